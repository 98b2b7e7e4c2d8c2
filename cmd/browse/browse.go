// Package browse holds `axisor browse`: the terminal interface for support.
package browse

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/browse"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
)

type browseOptions struct {
	app    *app.App
	user   string
	search string
}

// New builds `axisor browse`.
func New(a *app.App) *cobra.Command { return newBrowse(a) }

func newBrowse(a *app.App) *cobra.Command {
	o := &browseOptions{app: a}
	c := &cobra.Command{
		Use:   "browse [USER]",
		Short: "Look around on the terminal: users, their trades, payments, automations, guard",
		Long: `A terminal interface to look around in, for support: the list of users with a filter that works as you type, and
for one user the profile with the use of the plan's limits, trades, payments, automations, the margin guard's
additions and the audit trail. With USER it opens that one. It reads rows as you come to them, cannot change
anything, and shows no secret. Press ? for the keys.

Exit codes: 0, 2 (no terminal), 10, 11, 12, 130.`,
		Example: `  axisor browse
  axisor browse ana@example.com
  axisor browse --search example.com`,
		Args:              flags.AtMostOne("axisor browse ana@example.com", "USER"),
		ValidArgsFunction: flags.Live(a.UserNames, false),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.user = args[0]
			}
			return runBrowse(c.Context(), o)
		},
	}
	c.Flags().StringVar(&o.search, "search", "", "begin with this `TEXT` in the filter")
	flags.Mark(c, flags.EffectKey, flags.Read)
	// Reads that run beside each other, and are given up, do not fit into the one transaction of --as-user.
	flags.Mark(c, flags.NoRowsKey, "true")
	return c
}

func runBrowse(ctx context.Context, o *browseOptions) error {
	s := o.app.Streams
	if !s.InTerminal() || !s.OutTerminal() || o.app.Globals.NoInput {
		return clierr.Usagef("browse needs a terminal").WithHint("axisor user list, axisor user show USER and axisor user timeline USER print the same")
	}
	loaded, err := o.app.LoadConfig()
	if err != nil {
		return err
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	// What is wrong with the connection is said before the screen is taken, where it can be read and copied.
	if o.user != "" {
		if _, err := db.FindUser(ctx, o.user); err != nil {
			return err
		}
	} else if err := o.app.CheckSchema(ctx); err != nil {
		return err
	}
	return browse.Run(ctx, browse.Options{
		Store: db, In: s.In, Out: s.Stdout(), Env: o.app.Env, Color: s.OutColor(), Now: o.app.Now, Where: db.Target().String(),
		Production: loaded.Production, User: o.user, Filter: o.search,
	})
}
