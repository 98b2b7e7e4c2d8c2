package trade

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/store"
)

type pruneOptions struct {
	older         flags.OlderThan
	batch         int
	withoutBackup bool
}

// prunedView says what was, or would be, deleted.
type prunedView struct {
	Before  output.Time  `json:"before"`
	Rows    int64        `json:"rows"`
	Batches int64        `json:"batches"`
	Oldest  *output.Time `json:"oldest"`
	Newest  *output.Time `json:"newest"`
	Backup  *string      `json:"backup"`
}

func newPrune(a *app.App) *cobra.Command {
	o := &pruneOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "prune", Short: "Delete old trade logs that a backup holds",
			Long: `Deletes the trade logs that were executed longer ago than a span of time, the oldest first, in batches of one short
transaction each. It asks before it begins. It can be stopped at any moment and run again; the audit trail has an entry
for every batch and one for the run.

It refuses unless a good backup of this very database was begun after the newest of these rows came in, imports
included; what comes in later stays. Backups are looked for in backup.directory. --without-backup deletes all the same
and needs a --reason. Keep the backup that it names: axisor backup pin ID.

Space is given back to the table, not to the disk.`,
			Examples: []string{
				"axisor trade prune --older-than 730d --dry-run",
				"axisor backup && axisor trade prune --older-than 730d --yes",
				`axisor trade prune --older-than 730d --without-backup --reason "copied to the archive" --yes`,
			},
			Exits: exits.Destroys(exits.Conflict("no backup holds the rows"), exits.On(clierr.Locked, "somebody holds the rows"),
				exits.On(clierr.Interrupted, "")),
		},
		Effect: flags.Destroy, Fields: output.Fields[prunedView](),
		Flags: func(c *cobra.Command) {
			o.older.Register(c, "what was executed longer ago than", "730d")
			c.Flags().IntVar(&o.batch, "batch", admin.PruneBatch, "rows in one transaction")
			c.Flags().BoolVar(&o.withoutBackup, "without-backup", false, "delete also what no backup holds; needs --reason")
		},
		Check: o.check,
		Write: o.run,
	}.Build(a)
}

func (o *pruneOptions) check(call *verb.Call) error {
	if err := o.older.Validate(call.Cmd); err != nil {
		return err
	}
	if o.batch < 1 || o.batch > 1_000_000 {
		return clierr.Usagef("--batch %d: must be between 1 and 1000000", o.batch)
	}
	if o.withoutBackup && call.Globals.Reason == "" && !call.DryRun {
		return clierr.Usagef("--without-backup needs --reason").WithHint("the reason is kept in the audit trail")
	}
	return nil
}

func (o *pruneOptions) run(ctx context.Context, call *verb.Call, db *store.DB, svc *admin.Service) error {
	p := call.Print
	before := call.Now().UTC().Add(-o.older.Span).Truncate(time.Second)
	old, err := db.CountTradesBefore(ctx, before)
	if err != nil {
		return err
	}
	v := prunedView{Before: output.At(before), Rows: old.Rows, Oldest: timeOf(old.Oldest), Newest: timeOf(old.Newest)}
	info := output.ChangeInfo{Result: words.Deleted, DryRun: call.DryRun}
	if old.Rows == 0 {
		info.Result, info.Say.Already = words.Unchanged, "no trade log is that old"
		return output.Change(p, pruneDesc(), v, info)
	}
	in := admin.PruneTradesInput{Before: before, Batch: o.batch}
	if !o.withoutBackup {
		b, err := holding(ctx, call.App, db, old)
		if err != nil {
			return err
		}
		in.Backup, in.Since, v.Backup = b.ID, b.Manifest.StartedAt, &b.ID
	}
	what := fmt.Sprintf("%s from %s to %s", words.Count(old.Rows, "trade log"), day(old.Oldest), day(old.Newest))
	if call.DryRun {
		info.Say.Would = what + " would be deleted" + inBackup(v.Backup)
		return output.Change(p, pruneDesc(), v, info)
	}
	if err := call.Prompt().Confirm(ctx, "delete "+what+inBackup(v.Backup)+"?"); err != nil {
		return err
	}
	bar := progress.Start(p.Streams(), "delete trade logs", old.Rows, progress.Items, call.Globals.Quiet)
	work, add, release := call.Stop.Between(ctx, "the batch in flight", bar)
	defer release()
	in.Progress = add
	done, err := svc.PruneTrades(work, call.App.Mode(false), in)
	bar.Done()
	if err != nil && progress.Stopped(ctx, work) {
		return clierr.New(clierr.Interrupted, "interrupted", "stopped: "+words.Count(done.Rows, "trade log")+" deleted", "run the command again to go on")
	}
	if err != nil {
		if done.Rows > 0 {
			p.Notice("%s were deleted; run the command again to go on", words.Count(done.Rows, "trade log"))
		}
		return err
	}
	v.Rows, v.Batches = done.Rows, done.Batches
	info.Say.Done = words.Count(done.Rows, "trade log") + " deleted"
	if v.Backup != nil {
		info.Next = "axisor backup pin " + *v.Backup
	}
	return output.Change(p, pruneDesc(), v, info)
}

func pruneDesc() output.Desc { return output.Desc{Noun: "trades", ID: "before"} }

func inBackup(id *string) string {
	if id == nil {
		return " without a backup"
	}
	return ", held by backup " + *id
}

func day(t *time.Time) string {
	if t == nil {
		return "unknown"
	}
	return t.UTC().Format(time.DateOnly)
}

func timeOf(t *time.Time) *output.Time {
	if t == nil {
		return nil
	}
	return new(output.At(*t))
}

// entered is when the newest of the rows came into the database.
func entered(ctx context.Context, db *store.DB, old store.OldTrades) (time.Time, error) {
	imported, err := db.LastTradeImport(ctx)
	if err != nil {
		return time.Time{}, err
	}
	var at time.Time
	for _, t := range []*time.Time{old.Written, imported} {
		if t != nil && t.After(at) {
			at = *t
		}
	}
	return at, nil
}
