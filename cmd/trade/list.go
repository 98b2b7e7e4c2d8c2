package trade

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

type listOptions struct {
	app        *app.App
	page       flags.Page
	executed   flags.Range
	user       string
	automation string
	trade      string
	status     string
	action     string
}

func sortable() []string { return []string{"executed_at", "created_at", "pnl", "amount", "price"} }

func newList(a *app.App, run func(context.Context, *listOptions) error) *cobra.Command {
	if run == nil {
		run = runList
	}
	o := &listOptions{app: a}
	c := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List trade logs",
		Long: `Lists trade logs, newest first. A page ends with a cursor for the next one; --all streams everything.

The web application has written more than one word for the same outcome, so --status takes any word that is in
the table: success, completed and executed mean success, failed, app_error and exchange_error mean failure.

Exit codes: 0, 2, 3 when the user does not exist, 10, 11, 12.`,
		Example: `  axisor trade list --user ana@example.com --since 7d
  axisor trade list --action add_margin --status failed -o json
  axisor trade list --all -o csv --columns executed_at,trade_id,amount,price`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.page.Validate(sortable()...); err != nil {
				return err
			}
			return run(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.user, "user", "", "only of this `USER` (id, e-mail or username)")
	f.StringVar(&o.automation, "automation", "", "only of the automation with this `ID`")
	f.StringVar(&o.trade, "trade", "", "only about the exchange's trade with this `ID`")
	f.StringVar(&o.status, "status", "", "only with this `STATUS`")
	f.StringVar(&o.action, "action", "", "only with this `ACTION`, such as add_margin")
	o.executed.Register(c)
	o.page.Register(c, sortable()...)
	flags.Complete(c, "status", statuses)
	flags.Complete(c, "action", func() []string { return []string{"add_margin"} })
	flags.CompleteLive(c, "user", a.UserNames)
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[view]())
	return c
}

func statuses() []string {
	return []string{
		string(models.TradeSuccess), string(models.TradeFailed), string(models.TradePending), string(models.TradeCancelled),
		string(models.TradeCompleted), string(models.TradeExecuted), string(models.TradeAppError), string(models.TradeExchangeError),
	}
}

func runList(ctx context.Context, o *listOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	filter := store.TradeFilter{
		AutomationID: o.automation, TradeID: o.trade, Status: models.TradeStatus(o.status), Action: o.action,
	}
	if filter.Executed, err = o.app.TimeRange(&o.executed); err != nil {
		return err
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	if filter.UserID, err = o.app.UserID(ctx, o.user); err != nil {
		return err
	}
	list := db.ListTrades(ctx, filter, store.Page(o.page))
	return output.List(p, desc(), output.Map(list.Items, viewOf), list.Next)
}
