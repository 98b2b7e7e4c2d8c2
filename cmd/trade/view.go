package trade

import (
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/pkg/models"
)

// view is a trade log, in the columns of its table.
type view struct {
	ID           string      `json:"id"`
	UserID       output.Ref  `json:"user_id"`
	AutomationID *string     `json:"automation_id"`
	TradeID      string      `json:"trade_id"`
	Status       string      `json:"status"`
	Action       *string     `json:"action"`
	PlanType     *string     `json:"plan_type"`
	PnL          *float64    `json:"pnl"`
	Amount       *float64    `json:"amount"`
	Price        *float64    `json:"price"`
	ErrorMessage *string     `json:"error_message"`
	ExecutedAt   output.Time `json:"executed_at"`
	CreatedAt    output.Time `json:"created_at"`
}

func desc() output.Desc {
	return output.Desc{Noun: "trades", ID: "id", Columns: []output.Column{
		{Field: "executed_at", Header: "WHEN"},
		{Field: "user_id", Header: "USER", Format: output.Name},
		{Field: "trade_id", Header: "TRADE", Drop: 3},
		{Field: "action"},
		{Field: "status", Role: role},
		{Field: "amount"},
		{Field: "price", Drop: 2},
		{Field: "pnl", Header: "PNL", Drop: 1, Role: signRole},
		{Field: "error_message", Header: "ERROR"},
	}}
}

func role(v any) int {
	status, _ := v.(string)
	switch s := models.TradeStatus(status); {
	case s.Succeeded():
		return int(streams.Good)
	case s.Failed():
		return int(streams.Bad)
	}
	return int(streams.Muted)
}

// signRole colours profit and loss; the sign is there without colour too.
func signRole(v any) int {
	pnl, _ := v.(float64)
	return int(signOf(pnl))
}

func signOf(pnl float64) streams.Role {
	switch {
	case pnl > 0:
		return streams.Good
	case pnl < 0:
		return streams.Bad
	}
	return streams.Muted
}

func viewOf(t models.TradeLog) view {
	v := view{
		ID: t.ID, UserID: output.Ref{ID: t.UserID}, AutomationID: t.AutomationID, TradeID: t.TradeID, Status: string(t.Status),
		Action: t.Action, PnL: t.PnL, Amount: t.Amount, Price: t.Price, ErrorMessage: t.ErrorMessage,
		ExecutedAt: output.At(t.ExecutedAt), CreatedAt: output.At(t.CreatedAt),
	}
	if t.PlanType != nil {
		v.PlanType = new(string(*t.PlanType))
	}
	return v
}

func owner(v *view) *output.Ref { return &v.UserID }
