package trade

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/store"
	"github.com/axisor/axisor/pkg/tradestats"
)

const (
	byAutomation = "automation"
	byAction     = "action"
	byUser       = "user"
)

type statsOptions struct {
	filter  filter
	by      flags.Enum
	capital float64
	given   bool
}

func newStats(a *app.App) *cobra.Command {
	o := &statsOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "stats", Short: "Results of trades: win rate, profit factor, drawdown and more",
			Long: `Computes results over trade logs by time of execution, as a whole or in groups. Only trades that were done and have a
pnl count; used and excluded say how many, and why not the others. What cannot be computed is null, with the reason in
not_computable; it is never 0. Money is in sats, as the pnl was written (fees are off it if the writer took them off).

win_rate is the percent of wins among wins and losses; a pnl of 0 is neither. max_drawdown is the largest fall from a
peak. With --capital in sats there is also the drawdown in percent and, from 30 days on, Sharpe and Sortino (daily
returns in UTC, 365 days, no risk-free rate) and Calmar. Each group begins with the whole capital. The groups of
--by user and --by automation are named by id, in tables those of --by user by username.`,
			Examples: []string{
				"axisor trade stats --user ana@example.com --since 30d",
				"axisor trade stats --by month --capital 1000000 -o json",
				"axisor trade stats --by automation -o csv --columns group,used,win_rate,pnl_sum",
			},
			Exits: exits.Database(exits.NotFound("the user does not exist")),
		},
		Fields: output.Fields[statsView](),
		Flags: func(c *cobra.Command) {
			o.filter.register(c, a)
			flags.RegisterEnum(c, &o.by, "by", "", "one line for each", tradestats.ByDay, tradestats.ByWeek, tradestats.ByMonth, byUser, byAutomation, byAction)
			c.Flags().Float64Var(&o.capital, "capital", 0, "money in `SATS` at the beginning, for what is relative to it")
		},
		Check: func(call *verb.Call) error {
			o.given = call.Given("capital")
			return checkCapital(call, o.capital)
		},
		Read: o.run,
	}.Build(a)
}

func (o *statsOptions) run(ctx context.Context, call *verb.Call, db *store.DB) error {
	p := call.Print
	f, err := o.filter.resolve(ctx, call.App, db)
	if err != nil {
		return err
	}
	groups := map[string]*tradestats.Accumulator{}
	var last string
	var current *tradestats.Accumulator
	bar := progress.Start(p.Streams(), "reading trades", 0, progress.Items, call.Globals.Quiet)
	defer bar.Done()
	for t, err := range db.LabelledOutcomes(ctx, f, o.label()) {
		if err != nil {
			return err
		}
		bar.Add(1)
		if name := o.group(t); current == nil || name != last {
			last, current = name, groups[name]
			if current == nil {
				current = o.account()
				groups[name] = current
			}
		}
		current.Add(tradeOf(t))
	}
	if o.by.String() == "" {
		if current == nil {
			current = o.account()
		}
		v := statsViewOf("all", current.Stats())
		if o.given {
			v.Capital = &o.capital
		}
		return output.One(p, statsDesc(), v, func(d *output.Doc) { report(d, v, o.filter.title()) })
	}
	names := slices.Sorted(maps.Keys(groups))
	views := make([]statsView, 0, len(names))
	for _, name := range names {
		v := statsViewOf(name, groups[name].Stats())
		if o.given {
			v.Capital = &o.capital
		}
		views = append(views, v)
	}
	if o.by.String() == byUser && !p.Machine() {
		users, err := db.Usernames(ctx, names)
		if err != nil {
			return err
		}
		for i := range views {
			views[i].Group.Name = users[views[i].Group.ID]
		}
	}
	return output.Slice(p, statsDesc(), views)
}

func (o *statsOptions) account() *tradestats.Accumulator {
	if o.given {
		return tradestats.New(&o.capital)
	}
	return tradestats.New(nil)
}

// group names the group of a trade.
func (o *statsOptions) group(t store.TradeOutcome) string {
	switch by := o.by.String(); by {
	case "":
		return ""
	case byUser, byAutomation, byAction:
		return named(t.Label)
	default:
		return tradestats.Period(by, t.At)
	}
}

// label is the column that groups are made of.
func (o *statsOptions) label() string {
	switch o.by.String() {
	case byUser:
		return store.LabelUser
	case byAutomation:
		return store.LabelAutomation
	case byAction:
		return store.LabelAction
	}
	return store.LabelNone
}

func named(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

func tradeOf(t store.TradeOutcome) tradestats.Trade {
	out := tradestats.Trade{At: t.At, Outcome: tradestats.Other, PnL: t.PnL, Amount: t.Amount}
	switch {
	case t.Status.Succeeded():
		out.Outcome = tradestats.Done
	case t.Status.Failed():
		out.Outcome = tradestats.Failed
	}
	return out
}

// report is the results of one group for a person.
func report(d *output.Doc, v statsView, what string) {
	d.Title(what)
	d.Field("trades", v.Count)
	d.Field("used", v.Used)
	var why []string
	for _, reason := range slices.Sorted(maps.Keys(v.Excluded)) {
		why = append(why, fmt.Sprintf("%d %s", v.Excluded[reason], strings.ReplaceAll(reason, "_", " ")))
	}
	if len(why) > 0 {
		d.Field("excluded", strings.Join(why, ", "))
	}
	if v.Used == 0 { // one reason for everything
		d.Field("results", "n/a: "+v.NotComputable["pnl_sum"])
		return
	}
	if v.First != nil {
		d.Field("first", *v.First)
		d.Field("last", *v.Last)
	}
	d.Field("wins, losses, zeros", fmt.Sprintf("%d, %d, %d", v.Wins, v.Losses, v.Zeros))
	d.Field("longest streaks", fmt.Sprintf("%d wins, %d losses", v.LongestWinStreak, v.LongestLossStreak))
	line := func(label, name, unit string, x *float64, digits int) {
		if x == nil {
			d.Field(label, "n/a: "+v.NotComputable[name])
			return
		}
		text := fmt.Sprintf("%.*f", digits, *x)
		if digits == 0 {
			text = output.Number(*x)
		}
		d.Field(label, strings.TrimSpace(text+" "+unit))
	}
	line("win rate", "win_rate", "%", v.WinRate, 2)
	line("pnl", "pnl_sum", "sats", v.PnLSum, 0)
	line("per trade", "pnl_avg", "sats", v.PnLAvg, 2)
	line("profit factor", "profit_factor", "", v.ProfitFactor, 4)
	line("average win", "avg_win", "sats", v.AvgWin, 2)
	line("average loss", "avg_loss", "sats", v.AvgLoss, 2)
	line("payoff", "payoff", "", v.Payoff, 4)
	line("best", "best", "sats", v.Best, 0)
	line("worst", "worst", "sats", v.Worst, 0)
	line("max drawdown", "max_drawdown", "sats", v.MaxDrawdown, 0)
	line("max drawdown, %", "max_drawdown_percent", "%", v.MaxDrawdownPct, 4)
	line("recovery factor", "recovery_factor", "", v.RecoveryFactor, 4)
	line("Sharpe", "sharpe", "", v.Sharpe, 4)
	line("Sortino", "sortino", "", v.Sortino, 4)
	line("Calmar", "calmar", "", v.Calmar, 4)
	line("volume", "volume", "", v.Volume, 0)
}
