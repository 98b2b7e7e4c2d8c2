package payment

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/admin"
)

type refundOptions struct {
	app   *app.App
	ref   string
	in    admin.RefundInput
	plan  flags.Enum
	write flags.Writes
}

func newRefund(a *app.App) *cobra.Command {
	o := &refundOptions{app: a}
	const example = `axisor payment refund 1f0c6d1e-7b1a-4a57-9a43-0f4a55a3c111 --reason "paid twice, ticket 812"`
	c := &cobra.Command{
		Use:   "refund PAYMENT",
		Short: "Record that the money of a payment was sent back",
		Long: `Make a payment refunded and keep who, why, how much, and the proof. Nothing is sent: pay the user first, then record
it here with the user's invoice and the preimage of that payment. One invoice counts for one refund, and a payment is
refunded once. Of an expired or failed payment it is money that came too late and is not kept; a pending one is failed
first.

The user keeps the plan unless --plan says which one applies from now on.

Exit codes: 0, 2, 3, 4 (pending, refunded already, invoice used before), 10, 11, 12.`,
		Example: "  " + example + `
  axisor payment refund 1f0c6d1e-7b1a-4a57-9a43-0f4a55a3c111 --reason "withdrew" --plan free --invoice lnbc290u1… --preimage 0101…01`,
		Args: flags.Exactly(example, "PAYMENT"),
		RunE: func(c *cobra.Command, args []string) error {
			o.ref, o.in.Plan = args[0], o.plan.String()
			if err := needsReason(c, a, example); err != nil {
				return err
			}
			if c.Flags().Changed("amount-sats") && o.in.AmountSats < 1 {
				return clierr.Usagef("--amount-sats %d: must be positive", o.in.AmountSats)
			}
			return runRefund(c.Context(), o)
		},
	}
	f := c.Flags()
	f.Int64Var(&o.in.AmountSats, "amount-sats", 0, "how much went back (default: all of it, `N` sats)")
	f.StringVar(&o.in.Invoice, "invoice", "", "the user's `BOLT11` invoice that was paid")
	f.StringVar(&o.in.Preimage, "preimage", "", "what paying it returned, 64 `HEX` digits")
	flags.RegisterEnum(c, &o.plan, "plan", "", "the user's plan from now on", plans()...)
	o.write.Register(c)
	flags.Fields(c, output.Fields[view]())
	return c
}

func runRefund(ctx context.Context, o *refundOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	row, err := find(ctx, o.app, o.ref)
	if err != nil {
		return err
	}
	svc, err := o.app.Admin(ctx)
	if err != nil {
		return err
	}
	change, err := svc.RefundPayment(ctx, o.app.Mode(o.write.DryRun), row.ID, o.in)
	if err != nil {
		return err
	}
	say := output.Say{Done: "payment " + row.ID + " is refunded", Would: "payment " + row.ID + " would be refunded", Already: "payment " + row.ID + " is refunded already"}
	if o.in.Plan != "" {
		say.Done += fmt.Sprintf("; %s has plan %s", row.UserEmail, o.in.Plan)
		say.Would += fmt.Sprintf("; %s would have plan %s", row.UserEmail, o.in.Plan)
	}
	return output.Change(p, desc(), viewOf(*change.After), output.ChangeInfo{
		Result: change.Status, DryRun: change.DryRun, Say: say, Next: "axisor payment show " + row.ID,
	})
}
