package payment

import (
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// view is what the world sees of a payment.
type view struct {
	ID               string               `json:"id"`
	UserID           string               `json:"user_id"`
	UserEmail        string               `json:"user_email"`
	AmountSats       int32                `json:"amount_sats"`
	Status           models.PaymentStatus `json:"status"`
	PlanType         models.PlanType      `json:"plan_type"`
	Description      *string              `json:"description"`
	PaymentMethod    *string              `json:"payment_method"`
	PaymentHash      *string              `json:"payment_hash"`
	LightningInvoice string               `json:"lightning_invoice"`
	// Preimage is shown for paid payments only: whoever has it before can take the money on its way.
	Preimage      *string               `json:"preimage"`
	ExpirySeconds *int32                `json:"expiry_seconds"`
	Amount        *float64              `json:"amount"`
	Evidence      *models.PaymentSource `json:"evidence"` // null: nobody here saw any
	Late          *bool                 `json:"late"`
	DuplicateOf   *string               `json:"duplicate_of"`
	ExpiresAt     *output.Time          `json:"expires_at"`
	PaidAt        *output.Time          `json:"paid_at"`
	CreatedAt     output.Time           `json:"created_at"`
	UpdatedAt     output.Time           `json:"updated_at"`
}

func desc() output.Desc {
	return output.Desc{Noun: "payments", ID: "id", Columns: []output.Column{
		{Field: "id", Drop: 1},
		{Field: "user_email", Header: "USER"},
		{Field: "plan_type", Header: "PLAN"},
		{Field: "amount_sats", Header: "SATS"},
		{Field: "status", Role: statusRole},
		{Field: "evidence", Drop: 5},
		{Field: "expires_at", Header: "EXPIRES", Drop: 3},
		{Field: "paid_at", Header: "PAID", Drop: 2},
		{Field: "created_at", Header: "CREATED"},
		{Field: "description", Drop: 4},
	}}
}

func statusRole(v any) int {
	s, _ := v.(models.PaymentStatus)
	switch s.Canonical() {
	case models.PaymentPaid:
		return int(streams.Good)
	case models.PaymentPending:
		return int(streams.Emphasis)
	case models.PaymentFailed:
		return int(streams.Bad)
	default:
		return int(streams.Muted)
	}
}

func viewOf(p store.Payment) view {
	v := view{
		ID: p.ID, UserID: p.UserID, UserEmail: p.UserEmail, AmountSats: p.AmountSats, Status: p.Status.Canonical(), PlanType: p.PlanType,
		Description: p.Description, PaymentMethod: p.PaymentMethod, PaymentHash: p.PaymentHash, LightningInvoice: p.LightningInvoice,
		ExpirySeconds: p.ExpirySeconds, Amount: p.Amount, Evidence: p.Source, Late: p.Late, DuplicateOf: p.DuplicateOf,
		ExpiresAt: output.AtPtr(p.ExpiresAt), PaidAt: output.AtPtr(p.PaidAt), CreatedAt: output.At(p.CreatedAt), UpdatedAt: output.At(p.UpdatedAt),
	}
	if v.Status == models.PaymentPaid || v.Status == models.PaymentRefunded {
		v.Preimage = p.Preimage
	}
	return v
}
