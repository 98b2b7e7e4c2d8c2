package simulation

import (
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/models"
)

// view is what the world sees of a simulation in a list.
type view struct {
	ID             string           `json:"id"`
	UserID         string           `json:"user_id"`
	Name           string           `json:"name"`
	Description    *string          `json:"description"`
	Status         models.JobStatus `json:"status"`
	SimulationType *string          `json:"simulation_type"`
	AutomationType *string          `json:"automation_type"`
	PriceScenario  *string          `json:"price_scenario"`
	Duration       *int32           `json:"duration"`
	InitialPrice   *float64         `json:"initial_price"`
	Progress       *float64         `json:"progress"`
	PlanType       *models.PlanType `json:"plan_type"`
	StartedAt      *output.Time     `json:"started_at"`
	CreatedAt      output.Time      `json:"created_at"`
	UpdatedAt      output.Time      `json:"updated_at"`
	CompletedAt    *output.Time     `json:"completed_at"`
}

// showView is a simulation with its configuration.
type showView struct {
	view
	Config *models.JSON `json:"config"`
}

func desc() output.Desc {
	return output.Desc{Noun: "simulations", ID: "id", Columns: []output.Column{
		{Field: "created_at", Header: "CREATED"},
		{Field: "user_id", Drop: 2},
		{Field: "name"},
		{Field: "automation_type", Header: "TYPE", Drop: 1},
		{Field: "price_scenario", Header: "SCENARIO", Drop: 1},
		{Field: "status"},
		{Field: "progress", Drop: 3},
		{Field: "id"},
	}}
}

func viewOf(s models.Simulation) view {
	return view{
		ID: s.ID, UserID: s.UserID, Name: s.Name, Description: s.Description, Status: s.Status, SimulationType: s.SimulationType,
		AutomationType: s.AutomationType, PriceScenario: s.PriceScenario, Duration: s.Duration, InitialPrice: s.InitialPrice,
		Progress: s.Progress, PlanType: s.PlanType, StartedAt: output.AtPtr(s.StartedAt), CreatedAt: output.At(s.CreatedAt),
		UpdatedAt: output.At(s.UpdatedAt), CompletedAt: output.AtPtr(s.CompletedAt),
	}
}

func showOf(s models.Simulation) showView {
	v := showView{view: viewOf(s)}
	if len(s.Config) > 0 {
		v.Config = &s.Config
	}
	return v
}
