package payment

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/payments"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/models"
)

// fullView is one payment with what belongs to it.
type fullView struct {
	view
	Settlement *settlementView `json:"settlement"`
	Refund     *refundView     `json:"refund"`
	Findings   []string        `json:"findings"` // what payment check says about it
}

// settlementView is the evidence for a payment.
type settlementView struct {
	Source       models.PaymentSource `json:"source"`
	Late         bool                 `json:"late"`
	Backend      *string              `json:"backend"`
	ReceivedMsat *int64               `json:"received_msat"`
	PlanBefore   *string              `json:"plan_before"`
	PlanAfter    *string              `json:"plan_after"`
	Reason       *string              `json:"reason"`
	Actor        *string              `json:"actor"`
	CreatedAt    output.Time          `json:"created_at"`
}

// refundView is money that went back.
type refundView struct {
	ID          string      `json:"id"`
	AmountSats  int32       `json:"amount_sats"`
	PaymentHash *string     `json:"payment_hash"`
	Proven      bool        `json:"proven"` // a preimage of the refunded invoice is kept
	Reason      string      `json:"reason"`
	Actor       *string     `json:"actor"`
	CreatedAt   output.Time `json:"created_at"`
}

func newShow(a *app.App) *cobra.Command {
	return verb.Command{
		Words: verb.Words{
			Use: "show PAYMENT", Short: "Show everything about one payment",
			Long: `Show one payment, named by id, payment hash or invoice: the row, why it counts as paid, its refund, and where it
disagrees with its own invoice.`,
			Examples: []string{
				"axisor payment show 1f0c6d1e-7b1a-4a57-9a43-0f4a55a3c111",
				"axisor payment show lnbc290u1p54twgq… -o json --jq .status",
			},
			Exits: exits.Database(exits.NotFound("no such payment"), exits.Conflict("several payments have this hash")),
		},
		Aliases: []string{"get"}, Fields: output.Fields[fullView](),
		Run: runShow,
	}.Build(a)
}

func runShow(ctx context.Context, call *verb.Call) error {
	r, err := rules(call.App)
	if err != nil {
		return err
	}
	db, err := call.DB(ctx)
	if err != nil {
		return err
	}
	row, err := db.FindPayment(ctx, call.Args[0])
	if err != nil {
		return err
	}
	v := fullView{view: viewOf(row), Findings: []string{}}
	s, err := db.SettlementOf(ctx, row.ID)
	if err != nil {
		return err
	}
	if s != nil {
		v.Settlement = &settlementView{
			Source: s.Source, Late: s.Late, Backend: s.Backend, ReceivedMsat: s.ReceivedMsat, PlanBefore: s.PlanBefore,
			PlanAfter: s.PlanAfter, Reason: s.Reason, Actor: s.Actor, CreatedAt: output.At(s.CreatedAt),
		}
	}
	back, err := db.RefundOf(ctx, row.ID)
	if err != nil {
		return err
	}
	if back != nil {
		v.Refund = &refundView{
			ID: back.ID, AmountSats: back.AmountSats, PaymentHash: back.PaymentHash, Proven: back.Preimage != nil, Reason: back.Reason,
			Actor: back.Actor, CreatedAt: output.At(back.CreatedAt),
		}
	}
	for _, f := range payments.Examine(row, r) {
		v.Findings = append(v.Findings, f.Kind)
	}
	overdue := row.Status == models.PaymentPending && row.ExpiresAt != nil && row.ExpiresAt.Before(call.Now())
	return output.One(call.Print, desc(), v, func(d *output.Doc) { v.write(d, overdue) })
}

func (v fullView) write(d *output.Doc, overdue bool) {
	d.Field("id", v.ID)
	d.Field("user", v.UserEmail)
	d.Field("plan", v.PlanType)
	d.Field("amount sats", v.AmountSats)
	d.Field("status", v.Status)
	d.Field("description", v.Description)
	d.Field("method", v.PaymentMethod)
	d.Field("payment hash", v.PaymentHash)
	d.Field("preimage", v.Preimage)
	d.Field("created", v.CreatedAt)
	d.Field("expires", v.ExpiresAt)
	d.Field("paid", v.PaidAt)
	d.Field("updated", v.UpdatedAt)
	d.Field("invoice", v.LightningInvoice)
	if overdue {
		d.Line(streams.Warn, "past its expiry: axisor payment expire")
	}
	for _, f := range v.Findings {
		d.Line(streams.Bad, "%s: see axisor payment check %s", f, v.ID)
	}
	d.Section("evidence")
	switch s := v.Settlement; {
	case s != nil:
		d.Field("source", s.Source)
		d.Field("backend", s.Backend)
		d.Field("received msat", s.ReceivedMsat)
		d.Field("late", s.Late)
		d.Field("duplicate of", v.DuplicateOf)
		d.Field("plan before", s.PlanBefore)
		d.Field("plan after", s.PlanAfter)
		d.Field("reason", s.Reason)
		d.Field("settled by", s.Actor)
		d.Field("settled", s.CreatedAt)
	case v.Status == models.PaymentPaid || v.Status == models.PaymentRefunded:
		d.Line(streams.Warn, "none: marked paid by the web application, which checks no evidence")
	default:
		d.Line(streams.Muted, "none")
	}
	if r := v.Refund; r != nil {
		d.Section("refund")
		d.Field("id", r.ID)
		d.Field("amount sats", r.AmountSats)
		d.Field("payment hash", r.PaymentHash)
		d.Field("proven", r.Proven)
		d.Field("reason", r.Reason)
		d.Field("refunded by", r.Actor)
		d.Field("refunded", r.CreatedAt)
	}
}
