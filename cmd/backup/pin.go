package backup

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/backups"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
)

// pin keeps a backup, or with keep false lets retention decide about it again.
func pin(a *app.App, keep bool) *cobra.Command {
	var l backups.Location
	v := verb.Command{
		Words: verb.Words{
			Use:   "pin ID|FILE|latest",
			Short: "Keep a backup whatever retention says",
			Long:  `Keep a backup: it is never pruned until it is unpinned. Pinning a pinned one is fine.`,
			Examples: []string{
				"axisor backup pin latest",
				`axisor backup pin 20260812_030000 --reason "before the migration"`,
			},
			Exits: exits.And(exits.Configured(exits.On(clierr.CheckFailed, "manifest cannot be read")), clierr.NotFound, clierr.Denied, clierr.Interrupted),
		},
		Effect: flags.Write, Fields: output.Fields[listView](), Complete: l.Names,
		Run: func(ctx context.Context, call *verb.Call) error {
			e, changed, err := l.Pin(ctx, call.Args[0], keep, call.DryRun)
			if err != nil {
				return err
			}
			v, said := listViewOf(e), " is pinned"
			if !keep {
				said = " is not pinned"
			}
			if call.DryRun && v.Pinned != nil {
				*v.Pinned = keep
			}
			info := output.ChangeInfo{Result: words.Updated, DryRun: call.DryRun, Summary: "backup " + e.ID + said}
			if !changed {
				info.Result = words.Unchanged
			}
			return output.Change(call.Print, listDesc(), v, info)
		},
	}
	if !keep {
		v.Use, v.Short = "unpin ID|FILE|latest", "Let retention decide about a backup again"
		v.Long = "Let retention decide about a pinned backup again. Nothing is removed by this."
		v.Examples = []string{"axisor backup unpin 20260812_030000"}
	}
	return command(a, &l, database, v)
}
