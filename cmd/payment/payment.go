// Package payment holds the commands on Lightning payments for plans. It decides nothing about money: states and
// evidence are pkg/admin's, invoices pkg/bolt11's, nodes internal/payments'.
package payment

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/verb"
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

// filtered adds the flags that narrow a list of payments.
func filtered(a *app.App, c *cobra.Command) func(context.Context, *store.DB) (store.PaymentFilter, error) {
	var status flags.Enum
	var overdue bool
	resolve := grouped(a, c)
	flags.RegisterEnum(c, &status, "status", "", "only in this state", statuses()...)
	c.Flags().BoolVar(&overdue, "overdue", false, "only pending ones past their expiry")
	return func(ctx context.Context, db *store.DB) (store.PaymentFilter, error) {
		f, err := resolve(ctx, db)
		f.Status = models.PaymentStatus(status.String())
		if overdue {
			f.OverdueAt = a.Now()
		}
		return f, err
	}
}

// grouped adds those of them that leave payments of every state.
func grouped(a *app.App, c *cobra.Command) func(context.Context, *store.DB) (store.PaymentFilter, error) {
	var (
		span flags.Range
		user verb.UserFlag
		plan flags.Enum
		f    store.PaymentFilter
	)
	user.Register(a, c, "only of this `USER` (id, e-mail or username)")
	flags.RegisterEnum(c, &plan, "plan", "", "only for this plan", plans()...)
	c.Flags().StringVar(&f.Method, "method", "", "only with this `METHOD` of payment, such as lightning")
	span.Register(c)
	return func(ctx context.Context, _ *store.DB) (_ store.PaymentFilter, err error) {
		f.Plan = models.PlanType(plan.String())
		if f.Created, err = a.TimeRange(&span); err != nil {
			return f, err
		}
		f.UserID, err = user.ID(ctx, a)
		return f, err
	}
}

func statuses() []string { return flags.Words(models.PaymentStatuses()) }

func plans() []string { return flags.Words(models.PlanTypes()) }

// rules are the configured facts that our invoices have.
func rules(a *app.App) (admin.InvoiceRules, error) {
	cfg, err := a.Config()
	if err != nil {
		return admin.InvoiceRules{}, err
	}
	return admin.InvoiceRules{Network: bolt11.Network(cfg.Payments.Network), NodeID: cfg.Payments.NodeID}, nil
}

type change = verb.Change[store.Payment]

// onPayment writes the payment that the argument names.
func onPayment[R any](do func(ctx context.Context, s *admin.Service, m admin.Mode, id string) (admin.Change[R], error)) func(context.Context, *admin.Service, admin.Mode, *verb.Call) (admin.Change[R], error) {
	return func(ctx context.Context, s *admin.Service, m admin.Mode, call *verb.Call) (admin.Change[R], error) {
		db, err := call.DB(ctx)
		if err != nil {
			return admin.Change[R]{}, err
		}
		row, err := db.FindPayment(ctx, call.Args[0])
		if err != nil {
			return admin.Change[R]{}, err
		}
		return do(ctx, s, m, row.ID)
	}
}
