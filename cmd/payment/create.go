package payment

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/pkg/admin"
)

type createOptions struct {
	app   *app.App
	in    admin.CreatePaymentInput
	plan  flags.Enum
	write flags.Writes
}

func newCreate(a *app.App) *cobra.Command {
	o := &createOptions{app: a}
	c := &cobra.Command{
		Use:   "create USER",
		Short: "Record a pending payment for an invoice that exists",
		Long: `Record a pending payment. The invoice is decoded and its signature checked; amount, payment hash and expiry of the
row are the invoice's. --amount-sats must agree with it, and is needed when the invoice names no amount. An invoice
of another network or node than the configured one, an expired one, and one that is recorded already are refused.

This command asks no node for anything; axisor payment invoice makes a new invoice.

Exit codes: 0, 2 (also a bad invoice), 3 (no such user), 4 (recorded already, or expired), 10, 11, 12.`,
		Example: `  axisor payment create ana@example.com --plan pro --invoice lnbc5m1p…
  axisor payment create ana --plan basic --invoice lnbc1p… --amount-sats 100000 --if-not-exists -o json`,
		Args:              flags.Exactly("axisor payment create ana@example.com --plan pro --invoice lnbc…", "USER"),
		ValidArgsFunction: flags.Live(a.UserNames, false),
		RunE: func(c *cobra.Command, args []string) error {
			o.in.User, o.in.Plan = args[0], o.plan.String()
			switch {
			case o.in.Plan == "":
				return clierr.Usagef("axisor payment create needs --plan").WithHint("for example: --plan pro")
			case o.in.Invoice == "":
				return clierr.Usagef("axisor payment create needs --invoice").WithHint("axisor payment invoice makes one at the configured node")
			case c.Flags().Changed("amount-sats") && o.in.AmountSats < 1:
				return clierr.Usagef("--amount-sats %d: must be positive", o.in.AmountSats)
			}
			return runCreate(c.Context(), o)
		},
	}
	f := c.Flags()
	flags.RegisterEnum(c, &o.plan, "plan", "", "the plan that is paid for", plans()[1:]...)
	f.StringVar(&o.in.Invoice, "invoice", "", "the `BOLT11` invoice")
	f.Int64Var(&o.in.AmountSats, "amount-sats", 0, "the amount `N`; must agree with the invoice")
	f.StringVar(&o.in.Description, "description", "", "what it is for (default: the invoice's `TEXT`)")
	f.BoolVar(&o.in.AllowExpired, "allow-expired", false, "record an invoice that has expired, to settle a late or unrecorded payment")
	f.BoolVar(&o.in.IfNotExists, "if-not-exists", false, "the same payment for this invoice is no error")
	o.write.Register(c)
	flags.Fields(c, output.Fields[view]())
	return c
}

func runCreate(ctx context.Context, o *createOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	if o.in.Rules, err = rules(o.app); err != nil {
		return err
	}
	svc, err := o.app.Admin(ctx)
	if err != nil {
		return err
	}
	change, err := svc.CreatePayment(ctx, o.app.Mode(o.write.DryRun), o.in)
	if err != nil {
		return err
	}
	row := change.After
	if err := priceNotice(ctx, o.app, p, string(row.PlanType), row.AmountSats); err != nil {
		return err
	}
	what := fmt.Sprintf("payment of %d sats by %s for plan %s", row.AmountSats, row.UserEmail, row.PlanType)
	say := output.Say{
		Done: fmt.Sprintf("%s recorded, %s", what, row.Status), Would: fmt.Sprintf("%s would be recorded, %s", what, row.Status),
		Already: fmt.Sprintf("this invoice is recorded already, %s; left as it is", row.Status),
	}
	return output.Change(p, desc(), viewOf(*row), output.ChangeInfo{
		Result: change.Status, DryRun: change.DryRun, Say: say, Next: "axisor payment settle " + row.ID + " --preimage …",
	})
}

// priceNotice tells a person that a payment is not for the plan's price. That is no error: there are discounts, and
// the web application has a price list of its own.
func priceNotice(ctx context.Context, a *app.App, p *output.Printer, slug string, sats int32) error {
	if p.Machine() {
		return nil
	}
	db, err := a.DB(ctx)
	if err != nil {
		return err
	}
	plan, err := db.FindPlan(ctx, slug)
	if err != nil {
		return nil //nolint:nilerr // a plan without a row has no price to compare with
	}
	if plan.PriceSats != sats && (plan.PriceYearly == nil || *plan.PriceYearly != sats) {
		p.Notice("%s", a.Streams.PaintErr(streams.Warn, fmt.Sprintf("note: plan %s costs %d sats, and this payment is for %d", slug, plan.PriceSats, sats)))
	}
	return nil
}
