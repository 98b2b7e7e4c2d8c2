package payment

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
)

// refundedView is a refunded payment and what its user has above the limits of the plan from now on.
type refundedView struct {
	view
	OverLimits []verb.OverLimit `json:"over_limits"`
}

func newRefund(a *app.App) *cobra.Command {
	const example = `axisor payment refund 1f0c6d1e-7b1a-4a57-9a43-0f4a55a3c111 --reason "paid twice, ticket 812"`
	var in admin.RefundInput
	var plan flags.Enum
	return verb.Subject[admin.Refund, refundedView]{
		Desc: desc,
		View: func(r admin.Refund) refundedView { return refundedView{viewOf(r.Payment), verb.OverLimits(r.Over)} },
	}.Change(a, verb.Change[admin.Refund]{
		Words: verb.Words{
			Use: "refund PAYMENT", Short: "Record that the money of a payment was sent back",
			Long: `Make a payment refunded and keep who, why, how much, and the proof. Nothing is sent: pay the user first, then record
it here with the user's invoice and the preimage of that payment. One invoice counts for one refund, and a payment is
refunded once. Of an expired or failed payment it is money that came too late and is not kept; a pending one is failed
first.

The user keeps the plan unless --plan says which one applies from now on; what the user has above its limits stays and is
reported.`,
			Examples: []string{
				example, `axisor payment refund 1f0c6d1e-7b1a-4a57-9a43-0f4a55a3c111 --reason "withdrew" --plan free --invoice lnbc290u1… --preimage 0101…01`,
			},
			Exits: exits.Database(exits.NotFound(""), exits.Conflict("pending, refunded already, invoice used before")), Needs: []string{"reason"},
		},
		Flags: func(c *cobra.Command) {
			f := c.Flags()
			f.Int64Var(&in.AmountSats, "amount-sats", 0, "how much went back (default: all of it, `N` sats)")
			f.StringVar(&in.Invoice, "invoice", "", "the user's `BOLT11` invoice that was paid")
			f.StringVar(&in.Preimage, "preimage", "", "what paying it returned, 64 `HEX` digits")
			flags.RegisterEnum(c, &plan, "plan", "", "the user's plan from now on", plans()...)
		},
		Check: func(call *verb.Call) error {
			in.Plan = plan.String()
			return positive(call, in.AmountSats)
		},
		Do: onPayment(func(ctx context.Context, s *admin.Service, m admin.Mode, id string) (admin.Change[admin.Refund], error) {
			return s.RefundPayment(ctx, m, id, in)
		}),
		Say: func(c admin.Change[admin.Refund]) output.Say {
			id := c.After.ID
			say := output.Say{Done: "payment " + id + " is refunded", Would: "payment " + id + " would be refunded", Already: "payment " + id + " is refunded already"}
			if in.Plan != "" {
				say.Done += fmt.Sprintf("; %s has plan %s", c.After.UserEmail, in.Plan)
				say.Would += fmt.Sprintf("; %s would have plan %s", c.After.UserEmail, in.Plan)
			}
			return say
		},
		Also: func(call *verb.Call, c admin.Change[admin.Refund]) {
			call.WarnOver(models.PlanType(in.Plan), c.After.Over)
		},
		Next: func(row admin.Refund) string { return "axisor payment show " + row.ID },
	})
}
