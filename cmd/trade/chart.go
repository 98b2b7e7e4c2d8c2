package trade

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/picture"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/chart"
	"github.com/axisor/axisor/pkg/store"
	"github.com/axisor/axisor/pkg/tradestats"
)

const (
	curvePoints = 500
	fewBars     = 24 // rows of bars in a terminal
	manyBars    = 60 // bars in a picture
	chartRows   = 14
)

type chartOptions struct {
	filter  filter
	capital float64
	files   picture.Files
}

// pointView is the money after a trade.
type pointView struct {
	At     output.Time `json:"at"`
	Equity float64     `json:"equity"`
}

// barView is the result of a period.
type barView struct {
	Period string  `json:"period"`
	PnL    float64 `json:"pnl"`
}

// chartView is what the chart is made of.
type chartView struct {
	Count   int64       `json:"count"`
	Used    int64       `json:"used"`
	Capital *float64    `json:"capital"`
	PnLSum  *float64    `json:"pnl_sum"`
	Unit    string      `json:"bar_unit"`
	Points  []pointView `json:"points"`
	Bars    []barView   `json:"bars"`
}

func newChart(a *app.App) *cobra.Command {
	o := &chartOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "chart", Short: "Draw the money over time and the pnl of periods",
			Long: `Draws the cumulative pnl (with --capital the equity) of trades over time, and the pnl of days, weeks, months or years,
whichever are few enough to be read. Only trades count that were done and have a pnl, as in "axisor trade stats". With
--svg, --png or --html the picture goes to a file, for a report, with what was lost since the highest point shaded; a
page of HTML has the numbers, too. With -o json the numbers are printed, at most 500 points that keep every peak and
valley. In a pipe the same numbers are plain rows.`,
			Examples: []string{
				"axisor trade chart --user ana@example.com --since 90d",
				"axisor trade chart --user ana@example.com --capital 1000000 --svg ana.svg",
				"axisor trade chart --automation 6f1d2a34-5b6c-4d7e-8f90-a1b2c3d4e5f6 -o json",
			},
			Exits: exits.Database(exits.NotFound("the user does not exist"), exits.Conflict("a picture exists, which --force replaces")),
		},
		Fields: output.Fields[chartView](),
		Flags: func(c *cobra.Command) {
			o.filter.register(c, a)
			c.Flags().Float64Var(&o.capital, "capital", 0, "money in `SATS` at the beginning")
			o.files.Register(c.Flags())
		},
		Check: func(call *verb.Call) error { return checkCapital(call, o.capital) },
		Run:   o.run,
	}.Build(a)
}

func (o *chartOptions) run(ctx context.Context, call *verb.Call) error {
	p := call.Print
	curve, s, err := o.filter.curve(ctx, call.App, o.capital, nil)
	if err != nil {
		return err
	}
	few := fewBars
	if o.files.Any() {
		few = manyBars
	}
	bars, unit := curve.Bars(few)
	v := o.view(curve.Points(), bars, unit, s)
	title, note := o.filter.title(), noteOf(s)
	drawn, err := o.files.Write(call.Dir, call.Env, p.Notice, func() chart.Figure {
		return figure(title, note, o.line(v), chart.Bars{Title: "pnl by " + unit + " (sats)", Axis: unit + " (UTC)", Bars: filled(v, few)})
	})
	if err != nil || drawn && !p.Machine() {
		return err
	}
	return output.One(p, output.Desc{Noun: "charts", ID: "used"}, v, func(d *output.Doc) {
		d.Title(title)
		writeNote(d, note)
		if !call.Streams.OutTerminal() {
			o.rows(d, v)
			return
		}
		o.draw(d, v, call.Streams.Width())
	})
}

// curve reads the trades of the filter once, for the line and for the statistics.
func (f *filter) curve(
	ctx context.Context, a *app.App, capital float64, narrow func(*store.TradeFilter),
) (*tradestats.Curve, tradestats.Stats, error) {
	db, err := a.DB(ctx)
	if err != nil {
		return nil, tradestats.Stats{}, err
	}
	which, err := f.resolve(ctx, a, db)
	if err != nil {
		return nil, tradestats.Stats{}, err
	}
	if narrow != nil {
		narrow(&which)
	}
	curve, results := tradestats.NewCurve(curvePoints, capital), tradestats.New(nil)
	for t, err := range db.TradeOutcomes(ctx, which) {
		if err != nil {
			return nil, tradestats.Stats{}, err
		}
		if trade := tradeOf(t); results.Add(trade) {
			curve.Add(t.At, *trade.PnL)
		}
	}
	return curve, results.Stats(), nil
}

func figure(title, note string, panels ...chart.Panel) chart.Figure {
	return chart.Figure{Title: title, Note: note, Empty: "no finished trade with a known pnl", Panels: panels}
}

// noteOf says what the figure is made of and what came out.
func noteOf(s tradestats.Stats) string {
	note := fmt.Sprintf("%d of %d trades have a known result", s.Used, s.Count)
	if s.Used > 0 {
		note += fmt.Sprintf("; pnl %s sats, max drawdown %s sats", chart.Number(*s.PnLSum), chart.Number(*s.MaxDrawdown))
	}
	return note
}

// writeNote writes a note a part a line, so that none is wider than a terminal.
func writeNote(d *output.Doc, note string) {
	for part := range strings.SplitSeq(note, "; ") {
		d.Line(streams.Muted, "%s", part)
	}
}

func (o *chartOptions) line(v chartView) chart.Line {
	l := chart.Line{Title: "cumulative pnl (sats)", Axis: "time of execution (UTC)", Start: o.capital}
	if o.capital > 0 {
		l.Title = "equity (sats)"
	}
	for _, p := range v.Points {
		l.Points = append(l.Points, chart.Point{At: time.Time(p.At), Value: p.Equity})
	}
	return l
}

// filled puts the periods without a trade between the others, so that equal room is equal time.
func filled(v chartView, most int) []chart.Bar {
	known := map[string]float64{}
	var names []string
	for _, b := range v.Bars {
		known[b.Period] = b.PnL
		names = append(names, b.Period)
	}
	if n := len(v.Points); n > 0 {
		first, last := time.Time(v.Points[0].At).UTC().Format(time.DateOnly), time.Time(v.Points[n-1].At).UTC().Format(time.DateOnly)
		if all := tradestats.Periods(v.Unit, first, last, most+1); len(all) <= most {
			names = all
		}
	}
	out := make([]chart.Bar, 0, len(names))
	for _, name := range names {
		b := chart.Bar{Name: name}
		if pnl, ok := known[name]; ok {
			b.Value = &pnl
		}
		out = append(out, b)
	}
	return out
}

func (o *chartOptions) view(points []tradestats.Point, bars []tradestats.Bar, unit string, s tradestats.Stats) chartView {
	v := chartView{Count: s.Count, Used: s.Used, PnLSum: s.PnLSum, Unit: unit, Points: []pointView{}, Bars: []barView{}}
	if o.capital > 0 {
		v.Capital = &o.capital
	}
	for _, p := range points {
		v.Points = append(v.Points, pointView{output.At(p.At), p.Equity})
	}
	for _, b := range bars {
		v.Bars = append(v.Bars, barView(b))
	}
	return v
}

// rows are the numbers of the chart, where no terminal shows a drawing.
func (o *chartOptions) rows(d *output.Doc, v chartView) {
	if len(v.Points) == 0 {
		return
	}
	d.Section(o.line(v).Title)
	for _, p := range v.Points {
		d.Line(streams.Plain, "%s  %s", p.At, output.Number(p.Equity))
	}
	d.Section("pnl in sats by " + v.Unit)
	for _, b := range v.Bars {
		d.Line(streams.Plain, "%s  %s", b.Period, output.Number(b.PnL))
	}
}

// draw shows the chart in a terminal.
func (o *chartOptions) draw(d *output.Doc, v chartView, width int) {
	l := o.line(v)
	if len(l.Points) == 0 {
		return
	}
	d.Section(l.Title + ", by " + l.Axis)
	for _, line := range l.Lines(min(width, 120), chartRows) {
		d.Line(streams.Plain, "%s", line)
	}
	bars := filled(v, fewBars)
	d.Section("pnl in sats by " + v.Unit)
	largest, label, value := 0.0, 0, 1
	for _, b := range bars {
		label = max(label, len(b.Name))
		if b.Value != nil {
			largest, value = max(largest, *b.Value, -*b.Value), max(value, len(chart.Number(*b.Value)))
		}
	}
	room := max(min(width, 100)-label-value-5, 10)
	for _, b := range bars {
		if b.Value == nil {
			d.Line(streams.Muted, "%-*s  %*s", label, b.Name, value, "–")
			continue
		}
		d.Line(signOf(*b.Value), "%-*s  %*s  %s", label, b.Name, value, chart.Number(*b.Value), chart.BarLine(*b.Value, largest, room))
	}
}
