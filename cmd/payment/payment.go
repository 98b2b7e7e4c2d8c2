// Package payment holds the commands on Lightning payments for plans. It decides nothing about money: states and
// evidence are pkg/admin's, invoices pkg/bolt11's, nodes internal/payments'.
package payment

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/bolt11"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// New builds `axisor payment`.
func New(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "payment",
		Short: "Lightning payments for plans: record, settle, check, reconcile",
		Long: `Lightning payments for plans. A payment is pending until it is paid, expired or failed; a paid one can be
refunded, and an expired or failed one can still be paid, or refunded, on purpose. The web application's word "completed" is read as paid.

Wherever a command takes a PAYMENT, its id, its payment hash or its invoice will do.`,
	}
	c.AddCommand(newList(a), newShow(a), newCreate(a), newDecode(a), newSettle(a),
		newExpire(a), newFail(a), newRefund(a), newStats(a), newCheck(a), newExport(a),
		newReconcile(a), newInvoice(a))
	return c
}

// filter are the flags that narrow a list of payments.
type filter struct {
	span    flags.Range
	user    string
	status  flags.Enum
	plan    flags.Enum
	method  string
	overdue bool
}

func (f *filter) register(c *cobra.Command, a *app.App) {
	fl := c.Flags()
	fl.StringVar(&f.user, "user", "", "only of this `USER` (id, e-mail or username)")
	flags.RegisterEnum(c, &f.status, "status", "", "only in this state", statuses()...)
	flags.RegisterEnum(c, &f.plan, "plan", "", "only for this plan", plans()...)
	fl.StringVar(&f.method, "method", "", "only with this `METHOD` of payment, such as lightning")
	fl.BoolVar(&f.overdue, "overdue", false, "only pending ones past their expiry")
	f.span.Register(c)
	flags.CompleteLive(c, "user", a.UserNames)
}

func (f *filter) resolve(ctx context.Context, a *app.App, db *store.DB) (store.PaymentFilter, error) {
	when, err := a.TimeRange(&f.span)
	if err != nil {
		return store.PaymentFilter{}, err
	}
	out := store.PaymentFilter{
		Status: models.PaymentStatus(f.status.String()), Plan: models.PlanType(f.plan.String()), Method: f.method,
		Created: when,
	}
	if f.overdue {
		out.OverdueAt = a.Now()
	}
	if f.user != "" {
		u, err := db.FindUser(ctx, f.user)
		if err != nil {
			return out, err
		}
		out.UserID = u.ID
	}
	return out, nil
}

func statuses() []string {
	var words []string
	for _, s := range models.PaymentStatuses() {
		words = append(words, string(s))
	}
	return words
}

func plans() []string {
	var words []string
	for _, p := range models.PlanTypes() {
		words = append(words, string(p))
	}
	return words
}

// rules are the configured facts that our invoices have.
func rules(a *app.App) (admin.InvoiceRules, error) {
	cfg, err := a.Config()
	if err != nil {
		return admin.InvoiceRules{}, err
	}
	return admin.InvoiceRules{Network: bolt11.Network(cfg.Payments.Network), NodeID: cfg.Payments.NodeID}, nil
}

// find reads the payment that an argument names.
func find(ctx context.Context, a *app.App, ref string) (store.Payment, error) {
	db, err := a.DB(ctx)
	if err != nil {
		return store.Payment{}, err
	}
	return db.FindPayment(ctx, ref)
}

// needsReason is the usage error of a command that writes down why.
func needsReason(c *cobra.Command, a *app.App, example string) error {
	if a.Globals.Reason != "" {
		return nil
	}
	return clierr.Usagef("%s needs --reason", c.CommandPath()).WithHint("for example: " + example)
}
