package automation

import (
	"encoding/json"

	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/pkg/automation"
	"github.com/axisor/axisor/pkg/models"
)

// view is an automation, in the columns of its table.
type view struct {
	ID        string          `json:"id"`
	UserID    output.Ref      `json:"user_id"`
	AccountID string          `json:"user_exchange_account_id"`
	Type      string          `json:"type"`
	Config    json.RawMessage `json:"config"`
	IsActive  bool            `json:"is_active"`
	Status    string          `json:"status"`
	RiskLevel *string         `json:"risk_level"`
	PlanType  *string         `json:"plan_type"`
	CreatedAt output.Time     `json:"created_at"`
	UpdatedAt output.Time     `json:"updated_at"`
}

func desc() output.Desc {
	return output.Desc{Noun: "automations", ID: "id", Columns: []output.Column{
		{Field: "id"},
		{Field: "user_id", Header: "USER", Format: output.Name, Drop: 3},
		{Field: "user_exchange_account_id", Header: "ACCOUNT", Drop: 5},
		{Field: "type"},
		{Field: "config", Header: "STRATEGY", Format: strategy, Drop: 2},
		{Field: "is_active", Header: "ACTIVE"},
		{Field: "status", Role: statusRole},
		{Field: "risk_level", Header: "RISK", Drop: 4},
		{Field: "updated_at", Header: "UPDATED", Drop: 1},
	}}
}

// strategy is what a person reads of a configuration in a list.
func strategy(v any) string {
	raw, _ := v.(json.RawMessage)
	if s := automation.Strategy(raw); s != "" {
		return s
	}
	return "(no strategy)"
}

func statusRole(v any) int {
	switch text, _ := v.(string); models.AutomationStatus(text) {
	case models.AutomationActive:
		return int(streams.Good)
	case models.AutomationError:
		return int(streams.Bad)
	}
	return int(streams.Muted)
}

func viewOf(a models.Automation) view {
	v := view{
		ID: a.ID, UserID: output.Ref{ID: a.UserID}, AccountID: a.UserExchangeAccountID, Type: a.Type, Config: json.RawMessage(a.Config),
		IsActive: a.IsActive == nil || *a.IsActive, Status: string(a.Status), RiskLevel: a.RiskLevel,
		CreatedAt: output.At(a.CreatedAt), UpdatedAt: output.At(a.UpdatedAt),
	}
	if len(v.Config) == 0 {
		v.Config = json.RawMessage("null")
	}
	if a.PlanType != nil {
		v.PlanType = new(string(*a.PlanType))
	}
	return v
}

func owner(v *view) *output.Ref { return &v.UserID }
