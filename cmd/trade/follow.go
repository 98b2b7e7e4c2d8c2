package trade

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/follow"
	"github.com/axisor/axisor/internal/verb"
)

type followOptions struct {
	filter filter
	last   int
	every  time.Duration
	asked  bool // --interval was given
}

func newFollow(a *app.App) *cobra.Command {
	o := &followOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "follow", Short: "Print trade logs as they appear",
			Long: `Prints the newest trade logs, oldest first, and then every new one until it is stopped. Where the server tells of new
rows (axisor db notify install) they are printed at once; elsewhere the database is asked at every interval for what
came after the last row. Nothing is lost when a notification is, or the connection: what to print is decided by the
rows, and a server that went away is asked again until it is back. Rows that appear more than a minute after the time
they carry are not seen. "follow -o jsonl" is for programs.`,
			Examples: []string{
				"axisor trade follow --user ana@example.com",
				"axisor trade follow --status failure -o jsonl --interval 10s",
			},
			Exits: exits.Database(exits.NotFound("the user does not exist"), exits.On(clierr.Unavailable, "there is no server at the start"),
				exits.On(clierr.Interrupted, "it was interrupted")),
		},
		Fields: output.Fields[view](),
		Flags: func(c *cobra.Command) {
			o.filter.register(c, a)
			c.Flags().IntVar(&o.last, "last", 10, "begin with this many old rows")
			c.Flags().DurationVar(&o.every, "interval", 2*time.Second, "how often to look; 30s where the server tells")
		},
		Check: func(call *verb.Call) error {
			if o.every < 100*time.Millisecond {
				return clierr.Usagef("--interval %s is too short", o.every).WithHint("100ms is the least")
			}
			if o.last < 0 || o.last > 10000 {
				return clierr.Usagef("--last %d: must be between 0 and 10000", o.last)
			}
			o.asked = call.Given("interval")
			return nil
		},
		Run: o.run,
	}.Build(a)
}

func (o *followOptions) run(ctx context.Context, call *verb.Call) error {
	p := call.Print
	if p.Format() == output.JSON || p.Format() == output.YAML {
		return clierr.Usagef("follow never ends, so it cannot be one %s document", p.Format()).WithHint("use -o jsonl")
	}
	db, err := call.DB(ctx)
	if err != nil {
		return err
	}
	f, err := o.filter.resolve(ctx, call.App, db)
	if err != nil {
		return err
	}
	t := follow.Trades{DB: db, Filter: f, Last: o.last, Every: o.every, KeepInterval: o.asked, Notice: p.Notice}
	for batch, err := range t.Batches(ctx) {
		if err != nil {
			return err
		}
		// One table or csv per batch, so that rows are seen at once; only the first has a header.
		if err := output.List(p, desc(), app.Owned(ctx, p, db, output.Each(batch), viewOf, owner), nil); err != nil {
			return err
		}
		p = p.Continued()
	}
	return nil
}
