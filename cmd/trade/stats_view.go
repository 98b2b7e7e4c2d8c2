package trade

import (
	"fmt"

	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/tradestats"
)

// statsView is the results of a group of trades. Null numbers are explained in not_computable.
type statsView struct {
	Group             output.Ref        `json:"group"`
	Count             int64             `json:"count"`
	Used              int64             `json:"used"`
	Excluded          map[string]int64  `json:"excluded"`
	Wins              int64             `json:"wins"`
	Losses            int64             `json:"losses"`
	Zeros             int64             `json:"zeros"`
	WinRate           *float64          `json:"win_rate"` // percent
	PnLSum            *float64          `json:"pnl_sum"`
	PnLAvg            *float64          `json:"pnl_avg"`
	ProfitFactor      *float64          `json:"profit_factor"`
	AvgWin            *float64          `json:"avg_win"`
	AvgLoss           *float64          `json:"avg_loss"`
	Payoff            *float64          `json:"payoff"`
	MaxDrawdown       *float64          `json:"max_drawdown"` // sats
	MaxDrawdownPct    *float64          `json:"max_drawdown_percent"`
	DrawdownSeconds   *int64            `json:"drawdown_seconds"`
	RecoveryFactor    *float64          `json:"recovery_factor"`
	Sharpe            *float64          `json:"sharpe"`
	Sortino           *float64          `json:"sortino"`
	Calmar            *float64          `json:"calmar"`
	Best              *float64          `json:"best"`
	Worst             *float64          `json:"worst"`
	Volume            *float64          `json:"volume"`
	LongestWinStreak  int64             `json:"longest_win_streak"`
	LongestLossStreak int64             `json:"longest_loss_streak"`
	First             *output.Time      `json:"first_at"`
	Last              *output.Time      `json:"last_at"`
	Capital           *float64          `json:"capital"`
	FeeBasis          string            `json:"fee_basis"`
	NotComputable     map[string]string `json:"not_computable"`
}

func statsDesc() output.Desc {
	return output.Desc{Noun: "trades", ID: "group", Columns: []output.Column{
		{Field: "group", Format: output.Name},
		{Field: "count"},
		{Field: "used", Drop: 5},
		{Field: "wins", Drop: 3},
		{Field: "losses", Drop: 3},
		{Field: "win_rate", Header: "WIN %", Format: twoDigits},
		{Field: "pnl_sum", Header: "PNL", Role: signRole},
		{Field: "pnl_avg", Header: "AVERAGE", Format: twoDigits, Drop: 2},
		{Field: "profit_factor", Header: "FACTOR", Format: twoDigits, Drop: 4},
		{Field: "max_drawdown", Header: "DRAWDOWN", Drop: 1},
		{Field: "best", Drop: 6},
		{Field: "worst", Drop: 7},
	}}
}

func twoDigits(v any) string {
	f, _ := v.(float64)
	return fmt.Sprintf("%.2f", f)
}

func statsViewOf(group string, s tradestats.Stats) statsView {
	v := statsView{
		Group: output.Ref{ID: group}, Count: s.Count, Used: s.Used, Excluded: s.Excluded, Wins: s.Wins, Losses: s.Losses, Zeros: s.Zeros, WinRate: s.WinRate,
		PnLSum: s.PnLSum, PnLAvg: s.PnLAvg, ProfitFactor: s.ProfitFactor, AvgWin: s.AvgWin, AvgLoss: s.AvgLoss, Payoff: s.Payoff,
		MaxDrawdown: s.MaxDrawdown, MaxDrawdownPct: s.MaxDrawdownPercent, DrawdownSeconds: s.DrawdownSeconds, RecoveryFactor: s.RecoveryFactor,
		Sharpe: s.Sharpe, Sortino: s.Sortino, Calmar: s.Calmar, Best: s.Best, Worst: s.Worst, Volume: s.Volume,
		LongestWinStreak: s.LongestWinStreak, LongestLossStreak: s.LongestLossStreak, FeeBasis: "as recorded", NotComputable: s.NotComputable,
	}
	if s.Used > 0 {
		v.First, v.Last = new(output.At(s.First)), new(output.At(s.Last))
	}
	return v
}
