package db

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
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
	c := reading(a, &cobra.Command{
		Use:   "notify",
		Short: "Show whether the server tells of new trade logs",
		Long: `Shows whether the trigger is there that tells of new trade logs by NOTIFY, so that "axisor trade follow" prints them at
once instead of asking every two seconds. It is optional, and no migration installs it: each transaction that writes
trade logs takes the server's one lock of notifications at its commit, which hundreds of writers a second would feel.
It fires once for a statement, so the rows of an import cost nothing.

Exit codes: 11 without a database, 12 when the schema is not this program's.`,
		Example: "  axisor db notify\n  axisor db notify install",
	}, output.Fields[notifyView](), runNotify)
	c.AddCommand(
		newSetNotify(a, true, "install", "Make the server tell of new trade logs", output.Say{
			Done: "the server tells of new trade logs", Would: "the server would tell of new trade logs", Already: "the server tells of new trade logs already",
		}),
		newSetNotify(a, false, "remove", "Stop the server telling of new trade logs", output.Say{
			Done: "the server does not tell of new trade logs", Would: "the server would not tell of new trade logs", Already: "the server does not tell of new trade logs anyway",
		}),
	)
	return c
}

func runNotify(ctx context.Context, a *app.App, p *output.Printer) error {
	db, err := a.DB(ctx)
	if err != nil {
		return err
	}
	there, err := db.Notifies(ctx)
	if err != nil {
		return err
	}
	return output.One(p, notifyDesc(), notifyOf(there), nil)
}

func newSetNotify(a *app.App, on bool, verb, short string, say output.Say) *cobra.Command {
	var w flags.Writes
	c := &cobra.Command{
		Use:   verb,
		Short: short,
		Long: short + `: one trigger and its function, in one transaction. Writers wait while it happens, for three seconds at
most. Commands that follow trade logs notice at their next start.

Exit codes: 0 also when it is so already, 2, 6 when the connecting role does not own the table, 10, 11, 12, 13 when the
table is in use by a long transaction.`,
		Example: "  axisor db notify " + verb + " --dry-run\n  axisor db notify " + verb,
		Args:    flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := a.Printer()
			if err != nil {
				return err
			}
			s, err := a.Admin(c.Context())
			if err != nil {
				return err
			}
			done, err := s.SetNotify(c.Context(), a.Mode(w.DryRun), on)
			if err != nil {
				return err
			}
			return output.Change(p, notifyDesc(), notifyOf(on), output.ChangeInfo{Result: done.Status, DryRun: w.DryRun, Say: say})
		},
	}
	w.Register(c)
	flags.Fields(c, output.Fields[notifyView]())
	return c
}
