package payment

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/store"
)

func newCreate(a *app.App) *cobra.Command {
	var in admin.CreatePaymentInput
	var plan flags.Enum
	return subject().Change(a, change{
		Words: verb.Words{
			Use: "create USER", Short: "Record a pending payment for an invoice that exists",
			Long: `Record a pending payment. The invoice is decoded and its signature checked; amount, payment hash and expiry of the
row are the invoice's. --amount-sats must agree with it, and is needed when the invoice names no amount. An invoice
of another network or node than the configured one, an expired one, and one that is recorded already are refused.

This command asks no node for anything; axisor payment invoice makes a new invoice.`,
			Examples: []string{
				"axisor payment create ana@example.com --plan pro --invoice lnbc5m1p…",
				"axisor payment create ana --plan basic --invoice lnbc1p… --amount-sats 100000 --if-not-exists -o json",
			},
			Exits: exits.Database(exits.On(clierr.Usage, "also a bad invoice"), exits.NotFound("no such user"),
				exits.Conflict("recorded already, or expired")),
			Needs: []string{"plan", "invoice"},
		},
		Create: true, Complete: a.UserNames,
		Flags: func(c *cobra.Command) {
			f := c.Flags()
			flags.RegisterEnum(c, &plan, "plan", "", "the plan that is paid for", plans()[1:]...)
			f.StringVar(&in.Invoice, "invoice", "", "the `BOLT11` invoice")
			f.Int64Var(&in.AmountSats, "amount-sats", 0, "the amount `N`; must agree with the invoice")
			f.StringVar(&in.Description, "description", "", "what it is for (default: the invoice's `TEXT`)")
			f.BoolVar(&in.AllowExpired, "allow-expired", false, "record an invoice that has expired, to settle a late or unrecorded payment")
			f.BoolVar(&in.IfNotExists, "if-not-exists", false, "the same payment for this invoice is no error")
		},
		Check: func(call *verb.Call) (err error) {
			in.User, in.Plan = call.Args[0], plan.String()
			if err := positive(call, in.AmountSats); err != nil {
				return err
			}
			in.Rules, err = rules(a)
			return err
		},
		Do: func(ctx context.Context, s *admin.Service, m admin.Mode, call *verb.Call) (admin.Change[store.Payment], error) {
			done, err := s.CreatePayment(ctx, m, in)
			if err == nil {
				err = priceNotice(ctx, a, call.Print, string(done.After.PlanType), done.After.AmountSats)
			}
			return done, err
		},
		Say: func(c admin.Change[store.Payment]) output.Say {
			row := c.After
			what := fmt.Sprintf("payment of %d sats by %s for plan %s", row.AmountSats, row.UserEmail, row.PlanType)
			return output.Say{
				Done: fmt.Sprintf("%s recorded, %s", what, row.Status), Would: fmt.Sprintf("%s would be recorded, %s", what, row.Status),
				Already: fmt.Sprintf("this invoice is recorded already, %s; left as it is", row.Status),
			}
		},
		Next: func(row store.Payment) string { return "axisor payment settle " + row.ID + " --preimage …" },
	})
}

// positive refuses an amount that was given and is none.
func positive(call *verb.Call, sats int64) error {
	if call.Given("amount-sats") && sats < 1 {
		return clierr.Usagef("--amount-sats %d: must be positive", sats)
	}
	return nil
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
