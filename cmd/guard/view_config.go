package guard

import (
	"encoding/json"
	"fmt"

	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/models"
)

// configView is a user's guard configuration, in the columns of its table.
type configView struct {
	ID                  string          `json:"id"`
	User                string          `json:"user"`
	UserID              string          `json:"user_id"`
	IsActive            bool            `json:"is_active"`
	Mode                string          `json:"mode"`
	MarginThreshold     float64         `json:"margin_threshold"`
	AddMarginPercentage float64         `json:"add_margin_percentage"`
	SelectedPositions   []string        `json:"selected_positions"`
	IndividualConfigs   json.RawMessage `json:"individual_configs"`
	RestoreTo           *float64        `json:"restore_to"`
	CrossMargin         bool            `json:"cross_margin"`
	CreatedAt           output.Time     `json:"created_at"`
	UpdatedAt           output.Time     `json:"updated_at"`
}

func configDesc() output.Desc {
	return output.Desc{Noun: "guard configurations", ID: "id", Columns: []output.Column{
		{Field: "user"},
		{Field: "is_active", Header: "ACTIVE"},
		{Field: "mode"},
		{Field: "margin_threshold", Header: "THRESHOLD %"},
		{Field: "add_margin_percentage", Header: "ADD %"},
		{Field: "selected_positions", Header: "POSITIONS", Drop: 2},
		{Field: "updated_at", Header: "UPDATED", Drop: 1},
	}}
}

func configViewOf(c models.MarginGuardConfig, setting models.GuardSetting, username string) configView {
	v := configView{
		ID: c.ID, User: username, UserID: c.UserID, IsActive: c.IsActive, Mode: string(c.Mode.Canonical()),
		MarginThreshold: models.Deref(c.MarginThreshold), AddMarginPercentage: models.Deref(c.AddMarginPercentage),
		SelectedPositions: append([]string{}, c.SelectedPositions...), IndividualConfigs: json.RawMessage("null"),
		RestoreTo: setting.RestoreTo, CrossMargin: setting.CrossMargin,
		CreatedAt: output.At(c.CreatedAt), UpdatedAt: output.At(c.UpdatedAt),
	}
	if len(c.IndividualConfigs) > 0 {
		v.IndividualConfigs = json.RawMessage(c.IndividualConfigs)
	}
	return v
}

// sentence says what a configuration does.
func sentence(v configView, is string) string {
	state := "inactive"
	if v.IsActive {
		state = "active"
	}
	which := "every position"
	switch v.Mode {
	case string(models.GuardUnit):
		which = fmt.Sprintf("%d chosen positions", len(v.SelectedPositions))
	case string(models.GuardIndividual):
		which = "positions with settings of their own"
	}
	what := fmt.Sprintf("adds %s %% of the margin", output.Number(v.AddMarginPercentage))
	if v.RestoreTo != nil {
		what = fmt.Sprintf("restores a distance of %s %%", output.Number(*v.RestoreTo))
	}
	if v.CrossMargin {
		what += ", the cross position included"
	}
	return fmt.Sprintf("the guard of %s %s %s: %s, threshold %s %%, %s",
		v.User, is, state, which, output.Number(v.MarginThreshold), what)
}
