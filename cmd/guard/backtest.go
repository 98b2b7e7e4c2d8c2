package guard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/picture"
	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/chart"
	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/rowfile"
)

// backtestFlags are the flags of backtest.
type backtestFlags struct {
	prices  string
	path    string
	step    time.Duration
	user    string
	side    flags.Enum
	reading flags.Enum
	compare []float64
	files   picture.Files

	// try and trial hold the flags; those of them that were given replace what is configured.
	try   marginguard.Backtest
	trial marginguard.Trial
}

func backtest(a *app.App) *cobra.Command {
	o := &backtestFlags{}
	c := verb.Command{
		Words: verb.Words{
			Use:   "backtest",
			Short: "Try a guard configuration on a price history",
			Long: `Replays prices, best candles of one minute, with the decisions and caps of the guard, once a candle. A long meets the
low of each candle and a short its high, and liquidation comes before the guard may act. Positions are opened at the
first candle, or one after the other with --every. Nothing is read from the exchange and nothing is written.

Four figures count together: liquidations avoided, sats added, the sats lost in positions that were liquidated
anyway, and the idle sats, added to positions that would have survived without. Funding and fees are left out.

The configuration is the one of --user, changed by the other flags; without a user threshold 10 and add 20.
--compare tries several thresholds under every reading; --svg, --png and --html draw that. The file is csv with a header (time, open, high, low, close), or
JSON objects with these fields, one a line or in an array; - reads standard input.

--path makes prices up instead, one a minute: 95000..88000:281 are 281 prices from one to the other, 95000:10 ten times
the same, and commas join such parts. Caps and cool-down are the configured ones unless flags say otherwise.`,
			Examples: []string{
				"axisor guard backtest --prices candles.csv --leverage 25 --side both",
				"axisor guard backtest --prices candles.jsonl --every 24h --hold 168h --compare 5,10,20",
				"axisor guard backtest --path 95000..91000:161,91025..95000:160 --quantity 5000 --margin 210526",
				"axisor guard backtest --prices - --user ana@example.com -o json < candles.csv",
			},
			Exits: exits.Database(exits.On(clierr.Usage, "also for a value or a line that makes no sense"), exits.NotFound("no such file or user")),
		},
		Fields: output.Fields[backtestView](),
		Flags: func(c *cobra.Command) {
			f := c.Flags()
			f.StringVar(&o.prices, "prices", "", "price history in `FILE`, csv or JSON (- for standard input)")
			f.StringVar(&o.path, "path", "", "made-up `PRICES` instead: FROM..TO:COUNT or PRICE:COUNT, joined by commas")
			f.DurationVar(&o.step, "step", time.Minute, "time between two prices of --path")
			f.StringVar(&o.user, "user", "", "the configuration of this `USER` (id, e-mail or username)")
			flags.RegisterEnum(c, &o.side, "side", "long", "direction of the positions", "long", "short", "both")
			f.Int64Var(&o.trial.Quantity, "quantity", 1000, "size of a position in `USD`")
			f.Float64Var(&o.trial.Leverage, "leverage", 25, "leverage of a position, 1 to 100")
			f.Int64Var(&o.trial.Margin, "margin", 0, "margin of a position in `SATS`, instead of a leverage")
			f.Float64Var(&o.trial.Price, "entry", 0, "entry `PRICE` (default: the opening price of the candle)")
			f.DurationVar(&o.trial.Every, "every", 0, "open another position every `DURATION`")
			f.DurationVar(&o.trial.Hold, "hold", 0, "close a position after `DURATION` (default: at the end of the prices)")
			f.Int64Var(&o.try.Balance, "balance", 0, "free balance at the start in `SATS` (default: it never ends)")
			f.Float64Var(&o.try.Config.Threshold, "threshold", 10, "distance in `PERCENT`, 1 to 50, at which margin is added")
			f.Float64Var(&o.try.Config.AddPercent, "add", 20, "share of the margin to add, in `PERCENT`, above 0 to 100")
			f.Float64Var(&o.try.Config.RestoreTo, "restore-to", 0, "add what brings the distance back to `PERCENT`, instead of a share")
			f.Int64Var(&o.try.Caps.PositionDaySats, "max-position-day", 0, "most `SATS` in any 24 hours to one position, -1 for no cap (default: as configured)")
			f.Int64Var(&o.try.Caps.UserDaySats, "max-user-day", 0, "most `SATS` in any 24 hours to all of them, 0 for no cap (default: as configured)")
			f.DurationVar(&o.try.Caps.Cooldown, "cooldown", 0, "pause between additions to one position (default: as configured)")
			f.Float64Var(&o.try.Caps.CooldownEscape, "escape", escape, "`SHARE` of the threshold below which nothing waits for the end of a pause")
			f.Float64SliceVar(&o.compare, "compare", nil, "try each of these `THRESHOLDS` under every reading")
			o.files.Register(f)
			readingFlag(c, &o.reading)
		},
		Check: o.validate,
		Run:   o.run,
	}.Build(a)
	flags.CompleteLive(c, "user", a.UserNames)
	return c
}

func (o *backtestFlags) validate(call *verb.Call) error {
	for _, t := range o.compare {
		if !(t >= marginguard.MinThreshold && t <= marginguard.MaxThreshold) {
			return clierr.Usagef("--compare %g: must be percentages from 1 to 50", t)
		}
	}
	switch {
	case (o.prices == "") == (o.path == ""):
		return clierr.Usagef("%s needs --prices or --path, and not both", call.Cmd.CommandPath()).
			WithHint("for example: axisor guard backtest --prices candles.csv")
	case o.files.Any() && len(o.compare) == 0:
		return clierr.Usagef("a picture shows a comparison").WithHint("add --compare 5,10,20")
	case o.step <= 0:
		return clierr.Usagef("--step %s: must be positive", o.step)
	case call.Given("margin") && (call.Given("leverage") || o.trial.Margin < 1):
		return clierr.Usagef("--margin %d: must be positive, and without --leverage", o.trial.Margin)
	}
	o.try.Config.Mode = marginguard.Global
	o.trial.Sides = map[string][]marginguard.Side{
		"long": {marginguard.Long}, "short": {marginguard.Short}, "both": {marginguard.Long, marginguard.Short},
	}[o.side.String()]
	if err := cmp.Or(o.try.Validate(), o.trial.Validate()); err != nil {
		return clierr.Usagef("--%s", err.Error())
	}
	return nil
}

func (o *backtestFlags) run(ctx context.Context, call *verb.Call) error {
	base, err := o.base(ctx, call)
	if err != nil {
		return err
	}
	candles, err := o.candles(call)
	if err != nil {
		return err
	}
	if base.Openings, err = o.trial.Openings(candles); err != nil {
		return clierr.Usagef("--%s", err.Error())
	}
	tries := []marginguard.Backtest{base}
	if len(o.compare) > 0 {
		tries = base.Under(o.compare)
	}
	views := make([]backtestView, 0, len(tries))
	for _, one := range tries {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		report, err := one.Run(candles)
		if err != nil {
			return err
		}
		views = append(views, backtestViewOf(one, report, candles))
	}
	if len(o.compare) == 0 {
		return output.One(call.Print, backtestDesc(), views[0], func(d *output.Doc) { describeBacktest(d, views[0]) })
	}
	_, err = o.files.Write(call.Dir, call.Env, call.Print.Notice, func() chart.Figure { return compareFigure(views, o.compare) })
	if err != nil {
		return err
	}
	return output.Slice(call.Print, backtestDesc(), views)
}

// base is what to try: as configured, with the configuration of the user, changed by flags.
func (o *backtestFlags) base(ctx context.Context, call *verb.Call) (marginguard.Backtest, error) {
	out := o.try
	cfg, err := call.Config()
	if err != nil {
		return out, err
	}
	if out.Reading, err = marginguard.ParseReading(cmp.Or(o.reading.String(), cfg.Guard.Reading)); err != nil {
		return out, clierr.Usagef("%s", err.Error())
	}
	out.Balance = cmp.Or(o.try.Balance, marginguard.NoCap)
	caps := capsOf(cfg.Guard)
	unless(call, "max-position-day", &out.Caps.PositionDaySats, caps.PositionDaySats)
	unless(call, "max-user-day", &out.Caps.UserDaySats, caps.UserDaySats)
	unless(call, "cooldown", &out.Caps.Cooldown, caps.Cooldown)
	if o.user == "" {
		return out, nil
	}
	db, err := call.DB(ctx)
	if err != nil {
		return out, err
	}
	user, err := db.FindUser(ctx, o.user)
	if err != nil {
		return out, err
	}
	stored, err := guard.Stored(ctx, db, user.ID)
	if err != nil {
		return out, err
	}
	if stored == nil {
		return out, noConfig(user)
	}
	unless(call, "threshold", &out.Config.Threshold, stored.Threshold)
	unless(call, "add", &out.Config.AddPercent, stored.AddPercent)
	unless(call, "restore-to", &out.Config.RestoreTo, stored.RestoreTo)
	return out, nil
}

// unless sets a value unless its flag was given.
func unless[T any](call *verb.Call, flag string, value *T, configured T) {
	if !call.Given(flag) {
		*value = configured
	}
}

func (o *backtestFlags) candles(call *verb.Call) ([]marginguard.Candle, error) {
	if o.path != "" {
		candles, err := guard.ParsePath(o.path, o.step)
		if err != nil {
			return nil, clierr.Usagef("--path: %s", err.Error())
		}
		return candles, nil
	}
	in := io.NopCloser(call.Streams.In)
	if o.prices != "-" {
		f, _, err := call.OpenFile(o.prices)
		if err != nil {
			return nil, fmt.Errorf("--prices: %w", err)
		}
		in = f
	}
	defer func() { _ = in.Close() }()
	candles, err := guard.ReadCandles(in)
	if errors.As(err, new(*rowfile.FormatError)) {
		return nil, fmt.Errorf("--prices %s: %w", o.prices, err)
	}
	if err != nil {
		return nil, clierr.Usagef("--prices %s: %s", o.prices, err.Error())
	}
	return candles, nil
}
