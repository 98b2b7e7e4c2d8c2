package user

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

type timelineOptions struct {
	page     flags.Page
	span     flags.Range
	sources  []string
	follow   bool
	interval time.Duration
}

func newTimeline(a *app.App) *cobra.Command {
	o := &timelineOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "timeline USER", Short: "Everything that happened to a user, in one order",
			Long: `Everything recorded about a user in one order, newest first: changes (audit), security events, logins (session),
payments when they were made and when they were paid, and trades.

--follow prints the newest page, oldest first, and then what happens as it happens, until it is interrupted; with
-o jsonl one object a line.`,
			Examples: []string{
				"axisor user timeline ana@example.com --since 7d",
				"axisor user timeline ana --source trade --source payment -o csv --all",
				"axisor user timeline ana --follow",
			},
			Try: "axisor user timeline ana@example.com", Excludes: [][]string{{"follow", "all"}, {"follow", "cursor"}},
			Exits: exits.Database(exits.NotFound("no such user"), exits.On(clierr.Interrupted, "interrupted")),
		},
		Fields: output.Fields[eventView](), Complete: a.UserNames,
		Flags: func(c *cobra.Command) {
			o.page.Register(c)
			c.Flags().StringSliceVar(&o.sources, "source", nil, "only from this `SOURCE`: "+strings.Join(store.Sources(), ", ")+"; repeatable")
			flags.Complete(c, "source", store.Sources)
			o.span.Register(c)
			c.Flags().BoolVar(&o.follow, "follow", false, "go on printing what happens")
			c.Flags().DurationVar(&o.interval, "interval", 2*time.Second, "how often --follow looks")
		},
		Check: func(_ *verb.Call) error { return o.validate() },
		Run:   o.run,
	}.Build(a)
}

func (o *timelineOptions) validate() error {
	if err := o.page.Validate(); err != nil {
		return err
	}
	for _, s := range o.sources {
		if !slices.Contains(store.Sources(), s) {
			return clierr.Usagef("--source %q: unknown", s).WithHint("use some of " + strings.Join(store.Sources(), ", "))
		}
	}
	if !o.follow {
		return nil
	}
	if o.interval < 100*time.Millisecond {
		return clierr.Usagef("--interval %s: must be at least 100ms", o.interval)
	}
	return nil
}

// eventView is one event. Details differ by source.
type eventView struct {
	At      output.Time  `json:"at"`
	Source  string       `json:"source"`
	Action  string       `json:"action"`
	Status  *string      `json:"status"`
	ID      string       `json:"id"`
	Details *models.JSON `json:"details"`
}

func eventDesc() output.Desc {
	return output.Desc{Noun: "events", ID: "id", Columns: []output.Column{
		{Field: "at", Header: "WHEN"}, {Field: "source"}, {Field: "action"}, {Field: "status", Drop: 2}, {Field: "details", Wrap: true, Format: detailWords}, {Field: "id", Drop: 1},
	}}
}

func eventOf(e store.Event) eventView {
	// Other programs write audit entries too.
	return eventView{At: output.At(e.At), Source: e.Source, Action: e.Action, Status: e.Status, ID: e.ID, Details: jsonOf(admin.Redact(e.Details))}
}

func (o *timelineOptions) run(ctx context.Context, call *verb.Call) error {
	p := call.Print
	if o.follow && p.Format() != output.Table && p.Format() != output.JSONL {
		return clierr.Usagef("--follow never ends, which -o %s cannot express", p.Format()).WithHint("use -o jsonl")
	}
	when, err := call.TimeRange(&o.span)
	if err != nil {
		return err
	}
	db, err := call.DB(ctx)
	if err != nil {
		return err
	}
	u, err := db.FindUser(ctx, call.Args[0])
	if err != nil {
		return err
	}
	filter := store.TimelineFilter{
		UserID: u.ID, Sources: o.sources, Range: when,
	}
	if !o.follow {
		list := db.Timeline(ctx, filter, store.Page(o.page))
		return output.List(p, eventDesc(), output.Map(list.Items, eventOf), list.Next)
	}
	events := follow(ctx, db, filter, store.Page(o.page), o.interval)
	if p.Format() == output.JSONL || call.Globals.Quiet {
		return output.List(p, eventDesc(), output.Map(events, eventOf), nil)
	}
	for e, err := range events {
		if err != nil {
			return err
		}
		v := eventOf(e)
		status := ""
		if v.Status != nil {
			status = " " + *v.Status
		}
		line := fmt.Sprintf("%s  %-8s %s%s", v.At, v.Source, v.Action, status)
		if v.Details != nil {
			line += "  " + detailWords(*v.Details)
		}
		if _, err := fmt.Fprintln(p.Streams().Out, streams.Visible(line)); err != nil {
			return err
		}
	}
	return nil
}
