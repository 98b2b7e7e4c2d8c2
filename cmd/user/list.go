package user

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

func newList(a *app.App) *cobra.Command {
	var locked, wide bool
	return subject().List(a, verb.List[models.User]{
		Words: verb.Words{
			Short: "List users",
			Long: `List users, newest first. --since and --until look at the time of creation, --locked at users who are locked
out right now. --wide adds the pnl of each of the last 30 days, in sats, in UTC, today the last, and their sum
(pnl_30d and pnl_30d_sum): a sparkline on a terminal, numbers elsewhere. A day without a finished trade whose pnl is known
is null, drawn as a dot.`,
			Examples: []string{"axisor user list --plan pro --active", "axisor user list --search ana -o json --jq '.items[].email'", "axisor user list --wide"},
			Exits:    exits.Database(),
		},
		Sort: []string{"created_at", "updated_at", "email", "username", "plan_type", "last_login_at", "locked_until", "id"},
		Filter: verb.Filtered(func(a *app.App, c *cobra.Command) func(context.Context, *store.DB) (store.UserFilter, error) {
			resolve := filtered(a, c)
			c.Flags().BoolVar(&locked, "locked", false, "only users who are locked out now")
			c.Flags().BoolVar(&wide, "wide", false, "with the pnl of each of the last 30 days")
			flags.FieldsWith(c, "wide", output.Fields[wideView]()[len(output.Fields[view]()):])
			return func(ctx context.Context, db *store.DB) (store.UserFilter, error) {
				f, err := resolve(ctx, db)
				f.Locked = locked
				return f, err
			}
		}, (*store.DB).ListUsers),
		Print: func(ctx context.Context, call *verb.Call, db *store.DB, list store.List[models.User]) (done bool, err error) {
			if !wide || call.Globals.Quiet { // ids need no days
				return false, nil
			}
			return true, output.List(call.Print, wideDesc(call.Streams.OutTerminal()), withPnL(ctx, db, call.Now(), list.Items), list.Next)
		},
	})
}
