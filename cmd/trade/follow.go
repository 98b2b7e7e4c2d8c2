package trade

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// overlap is how far each look goes back: a row carries the time of its execution and appears when its transaction
// is committed, so the newest row seen is not a safe place to go on from.
const overlap = time.Minute

type followOptions struct {
	app    *app.App
	filter filter
	last   int
	every  time.Duration
}

func newFollow(a *app.App, run func(context.Context, *followOptions) error) *cobra.Command {
	if run == nil {
		run = runFollow
	}
	o := &followOptions{app: a}
	c := &cobra.Command{
		Use:   "follow",
		Short: "Print trade logs as they appear",
		Long: `Prints the newest trade logs, oldest first, and then every new one until it is stopped. It asks the database for what
came after the last row at every interval, which needs no trigger in it; rows that appear more than a minute after the
time they carry are not seen. "follow -o jsonl" is for programs.

Exit codes: 0, 2, 3 when the user does not exist, 10, 11, 12, 130 when it was interrupted.`,
		Example: "  axisor trade follow --user ana@example.com\n  axisor trade follow --status failure -o jsonl --interval 10s",
		Args:    flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if o.every < 100*time.Millisecond {
				return clierr.Usagef("--interval %s is too short", o.every).WithHint("100ms is the least")
			}
			if o.last < 0 || o.last > 10000 {
				return clierr.Usagef("--last %d: must be between 0 and 10000", o.last)
			}
			return run(c.Context(), o)
		},
	}
	o.filter.register(c, a)
	c.Flags().IntVar(&o.last, "last", 10, "begin with this many old rows")
	c.Flags().DurationVar(&o.every, "interval", 2*time.Second, "how often to look")
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[view]())
	return c
}

func runFollow(ctx context.Context, o *followOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	if p.Format() == output.JSON || p.Format() == output.YAML {
		return clierr.Usagef("follow never ends, so it cannot be one %s document", p.Format()).WithHint("use -o jsonl")
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	f, err := o.filter.resolve(ctx, o.app, db)
	if err != nil {
		return err
	}
	head := !o.app.Globals.NoHeaders
	for batch, err := range o.batches(ctx, db, f) {
		if err != nil {
			return err
		}
		views := make([]view, len(batch))
		for i := range batch {
			views[i] = viewOf(batch[i])
		}
		// One table or csv per batch, so that rows are seen at once; only the first has a header.
		g := o.app.Globals
		block, err := output.New(o.app.Streams, output.Options{
			Format: string(p.Format()), JQ: g.JQ, Columns: g.Columns, NoHeaders: !head, Quiet: g.Quiet, Now: o.app.Now,
		})
		if err != nil {
			return err
		}
		if err := output.Slice(block, desc(), views); err != nil {
			return err
		}
		head = false
	}
	return nil
}

// batches yields the newest rows, oldest first, and then what is new at every look. It ends with the context.
func (o *followOptions) batches(ctx context.Context, db *store.DB, f store.TradeFilter) iter.Seq2[[]models.TradeLog, error] {
	return func(yield func([]models.TradeLog, error) bool) {
		seen := map[string]time.Time{}
		newest := f.Executed.Since
		rows, err := db.ListTrades(ctx, f, store.Page{Limit: max(1, o.last)}).Collect()
		slices.Reverse(rows)
		first := true
		var oldest time.Time // of the first rows: what the second look finds before it is old too
		for {
			if err != nil {
				yield(nil, err)
				return
			}
			var fresh []models.TradeLog
			for _, t := range rows {
				if _, old := seen[t.ID]; old {
					continue
				}
				seen[t.ID] = t.ExecutedAt
				if t.ExecutedAt.After(newest) {
					newest = t.ExecutedAt
				}
				if first && o.last > 0 || !first && !t.ExecutedAt.Before(oldest) {
					fresh = append(fresh, t)
				}
			}
			if len(fresh) > 0 && !yield(fresh, nil) {
				return
			}
			from := newest.Add(-overlap)
			for id, at := range seen {
				if at.Before(from) {
					delete(seen, id)
				}
			}
			select {
			case <-ctx.Done():
				yield(nil, ctx.Err())
				return
			case <-time.After(o.every):
			}
			look := f
			if from.After(look.Executed.Since) {
				look.Executed.Since = from
			}
			if !first {
				oldest = time.Time{}
			} else if len(rows) > 0 {
				oldest = rows[0].ExecutedAt
			}
			first = false
			rows, err = db.ListTrades(ctx, look, store.Page{All: true, Sort: "executed_at"}).Collect()
		}
	}
}
