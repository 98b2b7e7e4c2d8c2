// Package browse holds `axisor browse`: the terminal interface for support.
package browse

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/browse"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/verb"
)

type browseOptions struct {
	search string
}

// New builds `axisor browse`.
func New(a *app.App) *cobra.Command { return newBrowse(a) }

func newBrowse(a *app.App) *cobra.Command {
	o := &browseOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "browse [USER]", Short: "Look around on the terminal: users, their trades, payments, automations, guard",
			Long: `A terminal interface to look around in, for support: the list of users with a filter that works as you type, and
for one user the profile with the use of the plan's limits, trades, payments, automations, the margin guard's
additions and the audit trail. With USER it opens that one. It reads rows as you come to them, cannot change
anything, and shows no secret. Press ? for the keys.`,
			Examples: []string{
				"axisor browse",
				"axisor browse ana@example.com",
				"axisor browse --search example.com",
			},
			Try:   "axisor browse ana@example.com",
			Exits: exits.Database(exits.On(clierr.Usage, "no terminal"), exits.On(clierr.Interrupted, "")),
		},
		NoRows: true, Complete: a.UserNames,
		Flags: func(c *cobra.Command) {
			c.Flags().StringVar(&o.search, "search", "", "begin with this `TEXT` in the filter")
			// Reads that run beside each other, and are given up, do not fit into the one transaction of --as-user.
		},
		Run: o.run,
	}.Build(a)
}

func (o *browseOptions) run(ctx context.Context, call *verb.Call) error {
	s := call.Streams
	if !s.InTerminal() || !s.OutTerminal() || call.Globals.NoInput {
		return clierr.Usagef("browse needs a terminal").WithHint("axisor user list, axisor user show USER and axisor user timeline USER print the same")
	}
	loaded, err := call.LoadConfig()
	if err != nil {
		return err
	}
	db, err := call.DB(ctx)
	if err != nil {
		return err
	}
	// What is wrong with the connection is said before the screen is taken, where it can be read and copied.
	if call.Arg(0) != "" {
		if _, err := db.FindUser(ctx, call.Arg(0)); err != nil {
			return err
		}
	} else if err := call.CheckSchema(ctx); err != nil {
		return err
	}
	return browse.Run(ctx, browse.Options{
		Store: db, In: s.In, Out: s.Stdout(), Env: call.Env, Color: s.OutColor(), Now: call.Now, Where: db.Target().String(),
		Production: loaded.Production, User: call.Arg(0), Filter: o.search,
	})
}
