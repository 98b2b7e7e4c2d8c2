package trade

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/picture"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/chart"
	"github.com/axisor/axisor/pkg/store"
)

type calendarOptions struct {
	filter filter
	year   int
	files  picture.Files
}

// calendarView is the results of the days of a year. Days without a trade that counts are not among them.
type calendarView struct {
	Year   int       `json:"year"`
	Count  int64     `json:"count"`
	Used   int64     `json:"used"`
	PnLSum *float64  `json:"pnl_sum"`
	Days   []dayView `json:"days"`
}

// dayView is the result of a day in UTC.
type dayView struct {
	Day string  `json:"day"`
	PnL float64 `json:"pnl"`
}

func newCalendar(a *app.App) *cobra.Command {
	o := &calendarOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "calendar", Short: "Show the pnl of every day of a year as a calendar",
			Long: `Shows the pnl of each day of a year, in UTC: a column a week, Mondays on top. A sign tells gains from losses, the shade
how large they are: a quarter of the days has each. Only trades count that were done and have a pnl, as in "axisor trade
stats"; a day without one is a dot, which is not zero. With --svg, --png or --html the picture goes to a file; with -o
json the days are printed; in a pipe they are plain rows.`,
			Examples: []string{
				"axisor trade calendar --user ana@example.com",
				"axisor trade calendar --user ana@example.com --year 2025 --png ana-2025.png",
				"axisor trade calendar -o json --jq '.days[] | select(.pnl < 0) | .day'",
			},
			Exits: exits.Database(exits.NotFound("the user does not exist"), exits.Conflict("a picture exists, which --force replaces")),
		},
		Fields: output.Fields[calendarView](),
		Flags: func(c *cobra.Command) {
			o.filter.registerWhich(c, a)
			c.Flags().IntVar(&o.year, "year", 0, "which `YEAR` (default: this one)")
			o.files.Register(c.Flags())
		},
		Check: func(call *verb.Call) error {
			if !call.Given("year") {
				o.year = a.Now().UTC().Year()
			}
			if o.year < 2009 || o.year > 9999 {
				return clierr.Usagef("--year %d: must be a year from 2009", o.year)
			}
			return nil
		},
		Run: o.run,
	}.Build(a)
}

func (o *calendarOptions) run(ctx context.Context, call *verb.Call) error {
	p := call.Print
	curve, s, err := o.filter.curve(ctx, call.App, 0, func(f *store.TradeFilter) {
		f.Executed.Since = time.Date(o.year, 1, 1, 0, 0, 0, 0, time.UTC)
		f.Executed.Until = time.Date(o.year+1, 1, 1, 0, 0, 0, 0, time.UTC)
	})
	if err != nil {
		return err
	}
	v := calendarView{Year: o.year, Count: s.Count, Used: s.Used, PnLSum: s.PnLSum, Days: []dayView{}}
	k := chart.Calendar{Title: fmt.Sprintf("pnl of each day of %d (sats, UTC)", o.year), Unit: "sats", Year: o.year}
	for _, d := range curve.Days() {
		at, err := time.Parse(time.DateOnly, d.Period)
		if err != nil {
			return err
		}
		v.Days = append(v.Days, dayView{d.Period, d.PnL})
		k.Days = append(k.Days, chart.Day{At: at, Value: d.PnL})
	}
	title, note := fmt.Sprintf("%s, %d", o.filter.title(), o.year), noteOf(s)
	drawn, err := o.files.Write(call.Dir, call.Env, p.Notice, func() chart.Figure { return figure(title, note, k) })
	if err != nil || drawn && !p.Machine() {
		return err
	}
	return output.One(p, output.Desc{Noun: "calendars", ID: "year"}, v, func(d *output.Doc) {
		d.Title(title)
		writeNote(d, note)
		switch {
		case len(v.Days) == 0:
		case call.Streams.OutTerminal():
			drawCalendar(d, call.Streams, k)
		default:
			for _, day := range v.Days {
				d.Line(streams.Plain, "%s  %s", day.Day, output.Number(day.PnL))
			}
		}
	})
}

func drawCalendar(d *output.Doc, s *streams.Streams, k chart.Calendar) {
	for _, b := range k.Blocks(min(s.Width(), 120)) {
		d.Line(streams.Plain, "")
		d.Line(streams.Muted, "%s", b.Months)
		for _, row := range b.Rows {
			spans := []output.Span{{Text: row.Name + "  "}}
			for _, day := range row.Days {
				spans = append(spans, output.Span{Role: signOf(float64(day.Sign)), Text: day.Text})
			}
			d.Spans(spans...)
		}
	}
	d.Line(streams.Plain, "")
	for _, line := range k.Key() {
		d.Line(streams.Muted, "%s", line)
	}
}
