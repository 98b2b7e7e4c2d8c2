package trade

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/pkg/tradestats"
	"github.com/axisor/axisor/pkg/tradestats/plot"
)

const (
	curvePoints = 500
	fewBars     = 24 // rows of bars in a terminal
	manyBars    = 60 // bars in a picture
	chartRows   = 14
)

type chartOptions struct {
	app     *app.App
	filter  filter
	capital float64
	svg     string
	html    string
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

func newChart(a *app.App, run func(context.Context, *chartOptions) error) *cobra.Command {
	if run == nil {
		run = runChart
	}
	o := &chartOptions{app: a}
	c := &cobra.Command{
		Use:   "chart",
		Short: "Draw the money over time and the pnl of periods",
		Long: `Draws the cumulative pnl (with --capital the equity) of trades over time, and the pnl of days, weeks, months or years,
whichever are few enough to be read. Only trades count that were done and have a pnl, as in "axisor trade stats". With
--svg or --html the picture goes to a file, for a report; with -o json the numbers are printed, at most 500 points that
keep every peak and valley.

Exit codes: 0, 2, 3 when the user does not exist, 10, 11, 12.`,
		Example: `  axisor trade chart --user ana@example.com --since 90d
  axisor trade chart --user ana@example.com --capital 1000000 --svg ana.svg
  axisor trade chart --automation 6f1d2a34-5b6c-4d7e-8f90-a1b2c3d4e5f6 -o json`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if c.Flags().Changed("capital") && !(o.capital > 0 && o.capital < 1e15) {
				return clierr.Usagef("--capital %v: must be a positive number of sats", o.capital)
			}
			return run(c.Context(), o)
		},
	}
	o.filter.register(c, a)
	c.Flags().Float64Var(&o.capital, "capital", 0, "money in `SATS` at the beginning")
	c.Flags().StringVar(&o.svg, "svg", "", "write the picture to this `FILE`")
	c.Flags().StringVar(&o.html, "html", "", "write a page with the picture to this `FILE`")
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[chartView]())
	return c
}

func runChart(ctx context.Context, o *chartOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	f, err := o.filter.resolve(ctx, o.app, db)
	if err != nil {
		return err
	}
	curve, results := tradestats.NewCurve(curvePoints, o.capital), tradestats.New(nil)
	for t, err := range db.TradeOutcomes(ctx, f) {
		if err != nil {
			return err
		}
		if trade := tradeOf(t); results.Add(trade) {
			curve.Add(t.At, *trade.PnL)
		}
	}
	s := results.Stats()
	few := fewBars
	if o.svg != "" || o.html != "" {
		few = manyBars
	}
	c := plot.Chart{
		Title: strings.ToUpper(o.filter.describe()[:1]) + o.filter.describe()[1:], Label: "cumulative pnl", Start: o.capital, Points: curve.Points(),
		Note: fmt.Sprintf("%d of %d trades have a known result", s.Used, s.Count),
	}
	c.Bars, c.BarUnit = curve.Bars(few)
	if o.capital > 0 {
		c.Label = "equity"
	}
	if s.Used > 0 {
		c.Note += fmt.Sprintf("; pnl %s sats, max drawdown %s sats", plot.Sats(*s.PnLSum), plot.Sats(*s.MaxDrawdown))
	}
	for name, draw := range map[string]func(plot.Chart) string{o.svg: plot.SVG, o.html: plot.HTML} {
		if name == "" {
			continue
		}
		if err := write(config.Absolute(name, o.app.Dir, o.app.Env), draw(c)); err != nil {
			return err
		}
		p.Notice("written to %s", name)
	}
	if !p.Machine() && (o.svg != "" || o.html != "") {
		return nil
	}
	return output.One(p, output.Desc{Noun: "charts", ID: "used"}, o.view(c, s), func(d *output.Doc) { draw(d, c, o.app.Streams.Width()) })
}

// write puts a picture into a file for everybody to see.
func write(name, text string) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return clierr.Usagef("%s: the file cannot be written", name).WithCause(err)
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write the chart: %w", err)
	}
	return nil
}

func (o *chartOptions) view(c plot.Chart, s tradestats.Stats) chartView {
	v := chartView{Count: s.Count, Used: s.Used, PnLSum: s.PnLSum, Unit: c.BarUnit, Points: []pointView{}, Bars: []barView{}}
	if o.capital > 0 {
		v.Capital = &o.capital
	}
	for _, p := range c.Points {
		v.Points = append(v.Points, pointView{output.At(p.At), p.Equity})
	}
	for _, b := range c.Bars {
		v.Bars = append(v.Bars, barView(b))
	}
	return v
}

// draw shows the chart in a terminal.
func draw(d *output.Doc, c plot.Chart, width int) {
	d.Section(c.Title)
	d.Line(streams.Muted, "%s", c.Note)
	if len(c.Points) == 0 {
		return
	}
	d.Section(c.Label + " in sats, by time of execution (UTC)")
	for _, line := range plot.Lines(c, min(width, 120), chartRows) {
		d.Line(streams.Plain, "%s", line)
	}
	d.Section("pnl in sats by " + c.BarUnit)
	largest, label, value := 0.0, 0, 0
	for _, b := range c.Bars {
		largest = max(largest, b.PnL, -b.PnL)
		label, value = max(label, len(b.Period)), max(value, len(plot.Sats(b.PnL)))
	}
	room := max(min(width, 100)-label-value-5, 10)
	for _, b := range c.Bars {
		role := streams.Good
		if b.PnL < 0 {
			role = streams.Bad
		}
		d.Line(role, "%-*s  %*s  %s", label, b.Period, value, plot.Sats(b.PnL), plot.BarLine(b.PnL, largest, room))
	}
}
