package guard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
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

// maxOpenings bounds how many positions a replay carries.
const maxOpenings = 20000

// backtestFlags are the flags of backtest.
type backtestFlags struct {
	app     *app.App
	prices  string
	path    string
	step    time.Duration
	user    string
	side    flags.Enum
	reading flags.Enum
	try     marginguard.Config
	given   map[string]bool
	compare []float64
	files   picture.Files

	quantity        int64
	leverage, entry float64
	margin, balance int64
	every, hold     time.Duration
	// caps replaces those of the configuration where a flag was given.
	caps marginguard.Caps
}

func backtest(a *app.App) *cobra.Command {
	o := &backtestFlags{app: a, given: map[string]bool{}}
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
			f.Int64Var(&o.quantity, "quantity", 1000, "size of a position in `USD`")
			f.Float64Var(&o.leverage, "leverage", 25, "leverage of a position, 1 to 100")
			f.Int64Var(&o.margin, "margin", 0, "margin of a position in `SATS`, instead of a leverage")
			f.Float64Var(&o.entry, "entry", 0, "entry `PRICE` (default: the opening price of the candle)")
			f.DurationVar(&o.every, "every", 0, "open another position every `DURATION`")
			f.DurationVar(&o.hold, "hold", 0, "close a position after `DURATION` (default: at the end of the prices)")
			f.Int64Var(&o.balance, "balance", 0, "free balance at the start in `SATS` (default: it never ends)")
			f.Float64Var(&o.try.Threshold, "threshold", 10, "distance in `PERCENT`, 1 to 50, at which margin is added")
			f.Float64Var(&o.try.AddPercent, "add", 20, "share of the margin to add, in `PERCENT`, above 0 to 100")
			f.Float64Var(&o.try.RestoreTo, "restore-to", 0, "add what brings the distance back to `PERCENT`, instead of a share")
			f.Int64Var(&o.caps.PositionDaySats, "max-position-day", 0, "most `SATS` in any 24 hours to one position, -1 for no cap (default: as configured)")
			f.Int64Var(&o.caps.UserDaySats, "max-user-day", 0, "most `SATS` in any 24 hours to all of them, 0 for no cap (default: as configured)")
			f.DurationVar(&o.caps.Cooldown, "cooldown", 0, "pause between additions to one position (default: as configured)")
			f.Float64Var(&o.caps.CooldownEscape, "escape", escape, "`SHARE` of the threshold below which nothing waits for the end of a pause")
			f.Float64SliceVar(&o.compare, "compare", nil, "try each of these `THRESHOLDS` under every reading")
			o.files.Register(f)
			readingFlag(c, &o.reading)
		},
		Check: func(call *verb.Call) error { return o.validate(call, "axisor guard backtest --prices candles.csv") },
		Run:   func(ctx context.Context, call *verb.Call) error { return runBacktest(ctx, call, o) },
	}.Build(a)
	flags.CompleteLive(c, "user", a.UserNames)
	return c
}

func (o *backtestFlags) validate(call *verb.Call, example string) error {
	for _, name := range []string{"threshold", "add", "restore-to", "leverage", "margin", "max-position-day", "max-user-day", "cooldown"} {
		o.given[name] = call.Given(name)
	}
	o.try.Mode = marginguard.Global
	if err := o.try.Validate(); err != nil {
		return clierr.Usagef("%s", err.Error())
	}
	for _, t := range o.compare {
		if t < marginguard.MinThreshold || t > marginguard.MaxThreshold {
			return clierr.Usagef("--compare %g: must be percentages from 1 to 50", t)
		}
	}
	switch {
	case (o.prices == "") == (o.path == ""):
		return clierr.Usagef("%s needs --prices or --path, and not both", call.Cmd.CommandPath()).WithHint("for example: " + example)
	case o.files.Any() && len(o.compare) == 0:
		return clierr.Usagef("a picture shows a comparison").WithHint("add --compare 5,10,20")
	case o.step <= 0:
		return clierr.Usagef("--step %s: must be positive", o.step)
	case o.caps.PositionDaySats < -1, o.caps.UserDaySats < 0, o.caps.Cooldown < 0, !(o.caps.CooldownEscape >= 0 && o.caps.CooldownEscape <= 1):
		return clierr.Usagef("--max-user-day and --cooldown must not be negative, --max-position-day not below -1, --escape from 0 to 1")
	case o.try.RestoreTo < 0 || o.try.RestoreTo > 90:
		return clierr.Usagef("--restore-to %g: must be a percentage up to 90", o.try.RestoreTo)
	case o.quantity < 1 || o.quantity > 500000:
		return clierr.Usagef("--quantity %d: must be 1 to 500000", o.quantity)
	case !(o.leverage >= 1 && o.leverage <= 100):
		return clierr.Usagef("--leverage %g: must be 1 to 100", o.leverage)
	case o.given["margin"] && (o.given["leverage"] || o.margin < 1):
		return clierr.Usagef("--margin %d: must be positive, and without --leverage", o.margin)
	case o.entry < 0, o.balance < 0, o.every < 0, o.hold < 0:
		return clierr.Usagef("--entry, --balance, --every and --hold must not be negative")
	}
	return nil
}

func runBacktest(ctx context.Context, call *verb.Call, o *backtestFlags) error {
	p := call.Print
	base, err := o.base(ctx)
	if err != nil {
		return err
	}
	candles, err := o.candles()
	if err != nil {
		return err
	}
	if base.Openings, err = o.openings(candles); err != nil {
		return err
	}
	tries := []marginguard.Backtest{base}
	if len(o.compare) > 0 {
		tries = tries[:0]
		for _, r := range marginguard.Readings() {
			for _, threshold := range o.compare {
				one := base
				one.Reading, one.Config.Threshold = r, threshold
				tries = append(tries, one)
			}
		}
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
	if len(o.compare) > 0 {
		_, err := o.files.Write(o.app.Dir, o.app.Env, p.Notice, func() chart.Figure { return compareFigure(views, o.compare) })
		if err != nil {
			return err
		}
		return output.Slice(p, backtestDesc(), views)
	}
	return output.One(p, backtestDesc(), views[0], func(d *output.Doc) { describeBacktest(d, views[0]) })
}

// base is the configuration to try: the user's, changed by flags.
func (o *backtestFlags) base(ctx context.Context) (marginguard.Backtest, error) {
	cfg, err := o.app.Config()
	if err != nil {
		return marginguard.Backtest{}, err
	}
	word := o.reading.String()
	if word == "" {
		word = cfg.Guard.Reading
	}
	reading, err := marginguard.ParseReading(word)
	if err != nil {
		return marginguard.Backtest{}, clierr.Usagef("%s", err.Error())
	}
	out := marginguard.Backtest{Config: o.try, Reading: reading, Caps: o.limits(capsOf(cfg.Guard)), Balance: marginguard.NoCap}
	if o.balance > 0 {
		out.Balance = o.balance
	}
	if o.user == "" {
		return out, nil
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return out, err
	}
	user, err := db.FindUser(ctx, o.user)
	if err != nil {
		return out, err
	}
	row, err := db.GuardConfig(ctx, user.ID)
	if err != nil {
		return out, err
	}
	if row == nil {
		return out, noConfig(user)
	}
	stored, _, err := guard.Config(*row)
	if err != nil {
		return out, err
	}
	wish, err := db.GuardSetting(ctx, user.ID)
	if err != nil {
		return out, err
	}
	if !o.given["threshold"] {
		out.Config.Threshold = stored.Threshold
	}
	if !o.given["add"] {
		out.Config.AddPercent = stored.AddPercent
	}
	if !o.given["restore-to"] {
		out.Config.RestoreTo = deref(wish.RestoreTo, 0)
	}
	return out, nil
}

// limits are the configured caps, changed by flags.
func (o *backtestFlags) limits(caps marginguard.Caps) marginguard.Caps {
	if o.given["max-position-day"] {
		caps.PositionDaySats = o.caps.PositionDaySats
	}
	if o.given["max-user-day"] {
		caps.UserDaySats = o.caps.UserDaySats
	}
	if o.given["cooldown"] {
		caps.Cooldown = o.caps.Cooldown
	}
	caps.CooldownEscape = o.caps.CooldownEscape
	return caps
}

func (o *backtestFlags) candles() ([]marginguard.Candle, error) {
	if o.path != "" {
		candles, err := guard.ParsePath(o.path, o.step)
		if err != nil {
			return nil, clierr.Usagef("--path: %s", err.Error())
		}
		return candles, nil
	}
	in, end, err := o.open()
	if err != nil {
		return nil, err
	}
	defer end()
	candles, err := guard.ReadCandles(in)
	if errors.As(err, new(*rowfile.FormatError)) {
		return nil, fmt.Errorf("--prices %s: %w", o.prices, err)
	}
	if err != nil {
		return nil, clierr.Usagef("--prices %s: %s", o.prices, err.Error())
	}
	return candles, nil
}

func (o *backtestFlags) open() (io.Reader, func(), error) {
	if o.prices == "-" {
		return o.app.Streams.In, func() {}, nil
	}
	f, err := os.Open(o.app.Path(o.prices))
	if err != nil {
		return nil, nil, fmt.Errorf("read --prices: %w", err)
	}
	return f, func() { _ = f.Close() }, nil
}

func (o *backtestFlags) openings(candles []marginguard.Candle) ([]marginguard.Opening, error) {
	sides := map[string][]marginguard.Side{
		"long": {marginguard.Long}, "short": {marginguard.Short}, "both": {marginguard.Long, marginguard.Short},
	}[o.side.String()]
	var out []marginguard.Opening
	last := candles[len(candles)-1].At
	for at := candles[0].At; !at.After(last); at = at.Add(o.every) {
		for _, side := range sides {
			out = append(out, marginguard.Opening{
				At: at, Side: side, Quantity: o.quantity, Price: o.entry, Margin: o.margin, Leverage: o.leverage, Hold: o.hold,
			})
		}
		if len(out) > maxOpenings {
			return nil, clierr.Usagef("--every %s: that is more than %d positions", o.every, maxOpenings)
		}
		if o.every <= 0 {
			break
		}
	}
	return out, nil
}
