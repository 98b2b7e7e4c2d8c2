package payment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/payments"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
)

type invoiceOptions struct {
	in      admin.InvoiceInput
	plan    flags.Enum
	expiry  time.Duration
	backend flags.Enum
}

func newInvoice(a *app.App) *cobra.Command {
	o := &invoiceOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "invoice USER", Short: "Make an invoice at the node and record its payment",
			Long: `Ask the configured node for an invoice over the plan's price and record it as a pending payment.

An intent is written down before the node is asked, and the invoice's description carries a reference. When the answer is
lost, or the program ends in between, run the command again: it finds the invoice by its reference and records that one
instead of making a second. Nobody sees an invoice before its payment is recorded.`,
			Examples: []string{
				"axisor payment invoice ana@example.com --plan pro",
				"axisor payment invoice ana --plan basic --amount-sats 21000 --expiry 15m -o json --jq .lightning_invoice",
			},
			Exits: exits.Database(exits.On(clierr.Failure, "the node refused"), exits.NotFound(""),
				exits.Conflict("inactive user, cheaper plan"), exits.On(clierr.Denied, "key refused"),
				exits.On(clierr.Unavailable, "the node did not answer: run it again"),
				exits.On(clierr.Locked, "another run is asking for this user")), Needs: []string{"plan"},
		},
		Effect: flags.Write, Fields: output.Fields[view](), Complete: a.UserNames,
		Flags: func(c *cobra.Command) {
			f := c.Flags()
			flags.RegisterEnum(c, &o.plan, "plan", "", "the plan that is paid for", plans()[1:]...)
			f.Int64Var(&o.in.AmountSats, "amount-sats", 0, "the amount `N` (default: the plan's price_sats)")
			f.StringVar(&o.in.Description, "description", "", "`TEXT` in the invoice; a reference is added")
			f.DurationVar(&o.expiry, "expiry", 0, "how long it can be paid, a `DURATION` (default: payments.expiry)")
			f.BoolVar(&o.in.IfNotExists, "if-not-exists", false, "a pending payment for this plan and amount that can still be paid is enough")
			backendFlag(c, &o.backend, "lnd", "lnbits")
		},
		Check: func(call *verb.Call) error {
			o.in.User, o.in.Plan = call.Args[0], o.plan.String()
			switch {
			case call.Given("amount-sats") && o.in.AmountSats < 1:
				return clierr.Usagef("--amount-sats %d: must be positive", o.in.AmountSats)
			case o.expiry < 0:
				return clierr.Usagef("--expiry %s: must be positive", o.expiry)
			}
			return nil
		},
		Run: o.run,
	}.Build(a)
}

func (o *invoiceOptions) run(ctx context.Context, call *verb.Call) error {
	cfg, err := call.Config()
	if err != nil {
		return err
	}
	node, err := needBackend(call.App, o.backend.String())
	if err != nil {
		return err
	}
	r, err := rules(call.App)
	if err != nil {
		return err
	}
	db, svc, err := call.Open(ctx)
	if err != nil {
		return err
	}
	o.in.Expiry = cfg.Payments.Expiry
	if o.expiry > 0 {
		o.in.Expiry = o.expiry
	}
	m := payments.Maker{
		DB: db, Service: svc, Backend: node, Rules: r, Mode: call.Mode(), Timeout: cfg.Payments.Timeout, Now: call.Now,
	}
	change, recovered, err := m.Make(ctx, o.in)
	if err != nil {
		return explain(err)
	}
	row := change.After
	say := output.Say{
		Done:    fmt.Sprintf("%s can pay %d sats for plan %s with this invoice", row.UserEmail, row.AmountSats, row.PlanType),
		Would:   fmt.Sprintf("%s would be asked for an invoice of %d sats for plan %s", node.Name(), row.AmountSats, row.PlanType),
		Already: fmt.Sprintf("%s has an invoice of %d sats for plan %s that can still be paid; nothing new was made", row.UserEmail, row.AmountSats, row.PlanType),
	}
	if recovered {
		say.Done += "; an earlier try had made it"
		say.Already = say.Done
	}
	return output.Change(call.Print, desc(), viewOf(*row), output.ChangeInfo{
		Result: change.Status, DryRun: change.DryRun, Say: say, Next: "axisor payment reconcile --apply",
	})
}

// explain sorts what an attempt can end with.
func explain(err error) error {
	switch {
	case errors.Is(err, payments.ErrInvoiceBusy):
		return clierr.New(clierr.Locked, "invoice_busy", err.Error(), "run it again in a minute").WithCause(err)
	case errors.Is(err, payments.ErrInvoiceUnknown):
		return clierr.New(clierr.Unavailable, "invoice_unknown", err.Error(), "run it again: it looks for the invoice before it asks for another").WithCause(err)
	}
	return err
}
