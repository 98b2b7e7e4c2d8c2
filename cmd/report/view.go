package report

import (
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/models"
)

// view is what the world sees of a report in a list.
type view struct {
	ID            string           `json:"id"`
	UserID        string           `json:"user_id"`
	Strategy      *string          `json:"strategy"`
	PlanType      *models.PlanType `json:"plan_type"`
	Status        models.JobStatus `json:"status"`
	ExecutionTime *int32           `json:"execution_time"`
	CreatedAt     output.Time      `json:"created_at"`
	UpdatedAt     output.Time      `json:"updated_at"`
	CompletedAt   *output.Time     `json:"completed_at"`
}

// showView is a report with what it was asked and what it found.
type showView struct {
	view
	Config *models.JSON `json:"config"`
	Result *models.JSON `json:"result"`
}

func desc() output.Desc {
	return output.Desc{Noun: "reports", ID: "id", Columns: []output.Column{
		{Field: "created_at", Header: "CREATED"},
		{Field: "user_id", Drop: 1},
		{Field: "strategy"},
		{Field: "status"},
		{Field: "execution_time", Header: "MS", Drop: 3},
		{Field: "completed_at", Header: "COMPLETED", Drop: 2},
		{Field: "id"},
	}}
}

func viewOf(r models.BacktestReport) view {
	return view{
		ID: r.ID, UserID: r.UserID, Strategy: r.Strategy, PlanType: r.PlanType, Status: r.Status, ExecutionTime: r.ExecutionTime,
		CreatedAt: output.At(r.CreatedAt), UpdatedAt: output.At(r.UpdatedAt), CompletedAt: output.AtPtr(r.CompletedAt),
	}
}

func showOf(r models.BacktestReport) showView {
	v := showView{view: viewOf(r)}
	if len(r.Config) > 0 {
		v.Config = &r.Config
	}
	if len(r.Result) > 0 {
		v.Result = &r.Result
	}
	return v
}
