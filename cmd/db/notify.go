package db

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/store"
)

type notifyView struct {
	Table     string `json:"table"`
	Channel   string `json:"channel"`
	Installed bool   `json:"installed"`
}

func notifyDesc() output.Desc { return output.Desc{Noun: "triggers", ID: "table"} }

func notifyOf(installed bool) notifyView {
	return notifyView{Table: "TradeLog", Channel: store.NotifyChannel, Installed: installed}
}

func newNotify(a *app.App) *cobra.Command {
	return verb.Command{
		Words: verb.Words{
			Use: "notify", Short: "Show whether the server tells of new trade logs",
			Long: `Shows whether the trigger is there that tells of new trade logs by NOTIFY, so that "axisor trade follow" prints them at
once instead of asking every two seconds. It is optional, and no migration installs it: each transaction that writes
trade logs takes the server's one lock of notifications at its commit, which hundreds of writers a second would feel.
It fires once for a statement, so the rows of an import cost nothing.`,
			Examples: []string{"axisor db notify", "axisor db notify install"},
			Exits:    exits.Database(),
		},
		Fields: output.Fields[notifyView](),
		Flags: func(c *cobra.Command) {
			c.AddCommand(
				newSetNotify(a, true, "install", "Make the server tell of new trade logs", output.Say{
					Done: "the server tells of new trade logs", Would: "the server would tell of new trade logs", Already: "the server tells of new trade logs already",
				}),
				newSetNotify(a, false, "remove", "Stop the server telling of new trade logs", output.Say{
					Done: "the server does not tell of new trade logs", Would: "the server would not tell of new trade logs", Already: "the server does not tell of new trade logs anyway",
				}),
			)
		},
		Read: func(ctx context.Context, call *verb.Call, db *store.DB) error {
			there, err := db.Notifies(ctx)
			if err != nil {
				return err
			}
			return output.One(call.Print, notifyDesc(), notifyOf(there), nil)
		},
	}.Build(a)
}

func newSetNotify(a *app.App, on bool, name, short string, say output.Say) *cobra.Command {
	return verb.Command{
		Words: verb.Words{
			Use: name, Short: short,
			Long: short + `: one trigger and its function, in one transaction. Writers wait while it happens, for three seconds at
most. Commands that follow trade logs notice at their next start.`,
			Examples: []string{"axisor db notify " + name + " --dry-run", "axisor db notify " + name},
			Exits: exits.Database(exits.OK("also when it is so already"), exits.On(clierr.Denied, "the connecting role does not own the table"),
				exits.On(clierr.Locked, "a long transaction uses the table")),
		},
		Effect: flags.Write, Fields: output.Fields[notifyView](),
		Write: func(ctx context.Context, call *verb.Call, _ *store.DB, svc *admin.Service) error {
			done, err := svc.SetNotify(ctx, call.Mode(), on)
			if err != nil {
				return err
			}
			return output.Change(call.Print, notifyDesc(), notifyOf(on), output.ChangeInfo{Result: done.Status, DryRun: call.DryRun, Say: say})
		},
	}.Build(a)
}
