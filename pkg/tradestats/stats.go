// Package tradestats owns the arithmetic of trading results: one pass over trades in the order of their execution, in
// constant memory. Money is added exactly; floats are for ratios only. What cannot be computed is absent with a reason
// and never 0. It knows no database and no command.
package tradestats

import (
	"math"
	"time"
)

// Reasons why a trade does not count.
const (
	NotDone     = "failed"        // the exchange or the platform refused it
	NotFinal    = "not_final"     // pending, cancelled, or a word nobody knows
	NoPnL       = "no_pnl"        // done, and nobody wrote what came of it
	NotANumber  = "not_a_number"  // NaN or infinite
	OutOfRange  = "out_of_range"  // more than all bitcoin, or at a time that no calendar has
	daysOfRatio = 30              // the least days for yearly ratios
	hoursOfDay  = 24 * time.Hour  // a day in UTC
	yearDays    = 365             // the market never closes
	ratioReason = "needs capital" // for everything relative to it
)

// maxSats is more than all bitcoin that there will be.
const maxSats = 21e14

// Outcome is the group of a trade's status.
type Outcome int

// Outcomes.
const (
	Done Outcome = iota
	Failed
	Other
)

// Trade is what statistics need of a trade.
type Trade struct {
	At      time.Time
	Outcome Outcome
	PnL     *float64 // sats, net of the fees that whoever wrote it took off
	Amount  *float64
}

// Stats are the results of a number of trades. A nil number is explained in NotComputable under its JSON name.
type Stats struct {
	Count    int64            // all trades
	Used     int64            // those that count
	Excluded map[string]int64 // the others, by reason

	Wins, Losses, Zeros                 int64
	WinRate                             *float64 // percent of wins among wins and losses
	PnLSum, PnLAvg                      *float64
	ProfitFactor                        *float64
	AvgWin, AvgLoss, Payoff             *float64
	MaxDrawdown                         *float64 // sats
	MaxDrawdownPercent                  *float64
	DrawdownSeconds                     *int64 // the longest time below a peak, up to the last trade when it lasts
	RecoveryFactor                      *float64
	Sharpe, Sortino, Calmar             *float64
	Best, Worst                         *float64
	Volume                              *float64 // sum of the sizes of the amounts of the trades used
	LongestWinStreak, LongestLossStreak int64
	Days                                int64 // from the first day used to the last
	First, Last                         time.Time
	NotComputable                       map[string]string
}

// Accumulator takes trades one by one.
type Accumulator struct {
	capital  *float64
	s        Stats
	equity   money // without the capital
	peak     money
	drop     money // the largest
	won      money
	lost     money
	volume   money
	volumes  int64
	best     float64
	worst    float64
	streak   int64 // wins up, losses down
	peakAt   time.Time
	longest  time.Duration
	dropRate float64 // the largest, of the peak
	broke    bool    // the capital was gone at some time
	returns  returns
}

// New starts an account. capital in sats may be nil; what is relative to it is absent then.
func New(capital *float64) *Accumulator {
	return &Accumulator{capital: capital, s: Stats{Excluded: map[string]int64{}}}
}

// The years 1 to 9999, in seconds since 1970.
const (
	firstSecond = -62_135_596_800
	lastSecond  = 253_402_300_799
)

// Reason says why a trade does not count, "" when it does.
func Reason(t Trade) string {
	switch {
	case t.Outcome == Failed:
		return NotDone
	case t.Outcome == Other:
		return NotFinal
	case t.PnL == nil:
		return NoPnL
	case math.IsNaN(*t.PnL) || math.IsInf(*t.PnL, 0):
		return NotANumber
	case math.Abs(*t.PnL) > maxSats || t.At.Unix() < firstSecond || t.At.Unix() > lastSecond:
		return OutOfRange
	}
	return ""
}

// Add takes the next trade in the order of execution, and tells whether it counts.
func (a *Accumulator) Add(t Trade) bool {
	a.s.Count++
	if why := Reason(t); why != "" {
		a.s.Excluded[why]++
		return false
	}
	p := *t.PnL
	if n, ok := units(p); ok && n == 0 {
		p = 0 // counts and sums round alike: what adds nothing is neither win nor loss
	}
	if a.s.Used == 0 {
		a.s.First, a.peakAt, a.best, a.worst = t.At, t.At, p, p
	}
	a.s.Used++
	a.s.Last = t.At
	a.best, a.worst = max(a.best, p), min(a.worst, p)
	switch {
	case p > 0:
		a.s.Wins++
		a.won.add(p)
		a.streak = max(a.streak, 0) + 1
		a.s.LongestWinStreak = max(a.s.LongestWinStreak, a.streak)
	case p < 0:
		a.s.Losses++
		a.lost.add(p)
		a.streak = min(a.streak, 0) - 1
		a.s.LongestLossStreak = max(a.s.LongestLossStreak, -a.streak)
	default:
		a.s.Zeros++
		a.streak = 0
	}
	if t.Amount != nil && math.Abs(*t.Amount) <= maxSats { // which NaN is not
		a.volume.add(math.Abs(*t.Amount))
		a.volumes++
	}
	if a.capital != nil {
		a.returns.add(t.At, p, *a.capital+a.equity.float())
	}
	a.equity.add(p)
	a.underwater(t.At)
	return true
}

// underwater keeps the largest fall from a peak and the longest time below one.
func (a *Accumulator) underwater(at time.Time) {
	a.longest = max(a.longest, at.Sub(a.peakAt))
	if a.equity.cmp(&a.peak) >= 0 {
		a.peak.set(&a.equity)
		a.peakAt = at
		return
	}
	var fall money
	fall.difference(&a.peak, &a.equity)
	if fall.cmp(&a.drop) > 0 {
		a.drop.set(&fall)
	}
	if a.capital == nil {
		return
	}
	if top := *a.capital + a.peak.float(); top > 0 {
		a.dropRate = max(a.dropRate, fall.float()/top)
	} else {
		a.broke = true
	}
}

// Stats are the results so far.
func (a *Accumulator) Stats() Stats {
	s := a.s
	s.NotComputable = map[string]string{}
	miss := func(name, why string) { s.NotComputable[name] = why }
	if s.Used == 0 {
		why := "no trades"
		if s.Count > 0 {
			why = "no finished trade with a known pnl"
		}
		for _, name := range []string{
			"win_rate", "pnl_sum", "pnl_avg", "profit_factor", "avg_win", "avg_loss", "payoff", "max_drawdown", "max_drawdown_percent",
			"drawdown_seconds", "recovery_factor", "sharpe", "sortino", "calmar", "best", "worst", "volume",
		} {
			miss(name, why)
		}
		return s
	}
	n := float64(s.Used)
	s.PnLSum, s.PnLAvg, s.Best, s.Worst = new(a.equity.float()), new(a.equity.float()/n), new(a.best), new(a.worst)
	s.MaxDrawdown = new(a.drop.float())
	s.Days = day(s.Last) - day(s.First) + 1
	if s.Wins+s.Losses > 0 {
		s.WinRate = new(100 * float64(s.Wins) / float64(s.Wins+s.Losses))
	} else {
		miss("win_rate", "neither wins nor losses")
	}
	if s.Wins > 0 {
		s.AvgWin = new(a.won.float() / float64(s.Wins))
	} else {
		miss("avg_win", "no wins")
	}
	switch {
	case s.Losses > 0:
		s.AvgLoss = new(-a.lost.float() / float64(s.Losses))
		s.ProfitFactor = new(a.won.float() / -a.lost.float())
	case s.Wins > 0:
		miss("profit_factor", "no losses: infinite")
		miss("avg_loss", "no losses")
	default:
		miss("profit_factor", "neither wins nor losses")
		miss("avg_loss", "no losses")
	}
	if s.AvgWin != nil && s.AvgLoss != nil {
		s.Payoff = new(*s.AvgWin / *s.AvgLoss)
	} else {
		miss("payoff", "needs wins and losses")
	}
	if a.volumes > 0 {
		s.Volume = new(a.volume.float())
	} else {
		miss("volume", "no amounts")
	}
	if a.drop.sign() > 0 {
		s.RecoveryFactor, s.DrawdownSeconds = new(a.equity.float()/a.drop.float()), new(int64(a.longest/time.Second))
	} else {
		miss("recovery_factor", "no drawdown")
		miss("drawdown_seconds", "no drawdown")
	}
	a.relative(&s, miss)
	s.finite(miss)
	return s
}

// finite takes out what came out as no number: a ratio of what is too small, or of a capital of next to nothing.
func (s *Stats) finite(miss func(name, why string)) {
	for name, f := range map[string]**float64{
		"profit_factor": &s.ProfitFactor, "payoff": &s.Payoff, "recovery_factor": &s.RecoveryFactor, "volume": &s.Volume,
		"max_drawdown_percent": &s.MaxDrawdownPercent, "sharpe": &s.Sharpe, "sortino": &s.Sortino, "calmar": &s.Calmar,
	} {
		if *f != nil && (math.IsNaN(**f) || math.IsInf(**f, 0)) {
			*f = nil
			miss(name, "too large to be computed")
		}
	}
}

// relative fills in what is relative to the capital.
func (a *Accumulator) relative(s *Stats, miss func(name, why string)) {
	names := []string{"max_drawdown_percent", "sharpe", "sortino", "calmar"}
	missAll := func(why string, names ...string) {
		for _, name := range names {
			miss(name, why)
		}
	}
	switch {
	case a.capital == nil:
		missAll(ratioReason, names...)
		return
	case a.broke || a.returns.broke || *a.capital <= 0:
		missAll("the capital was used up", names...)
		return
	}
	s.MaxDrawdownPercent = new(100 * a.dropRate)
	if s.Days < daysOfRatio {
		missAll("fewer than 30 days", "sharpe", "sortino", "calmar")
		return
	}
	daily := a.returns.closed()
	if s.Sharpe = daily.sharpe(yearDays); s.Sharpe == nil {
		miss("sharpe", "the daily returns do not vary")
	}
	if s.Sortino = daily.sortino(); s.Sortino == nil {
		miss("sortino", "no day with a loss")
	}
	end := 1 + a.equity.float() / *a.capital
	switch {
	case a.dropRate == 0:
		miss("calmar", "no drawdown")
	case end <= 0:
		miss("calmar", "the capital was used up")
	default:
		s.Calmar = new((math.Pow(end, yearDays/float64(s.Days)) - 1) / a.dropRate)
	}
}

func day(t time.Time) int64 { return int64(math.Floor(float64(t.Unix()) / hoursOfDay.Seconds())) }

// returns are the results of days relative to the money at their beginning; a day without trades has 0.
type returns struct {
	n            int64
	sum, squares float64
	losses       float64 // squares of the negative ones
	current      int64
	start, today float64
	open, broke  bool
}

func (r *returns) add(at time.Time, pnl, before float64) {
	d := day(at)
	if r.open && d != r.current {
		*r = r.closed()
		r.n += d - r.current - 1
	}
	if !r.open {
		r.open, r.current, r.start, r.today = true, d, before, 0
		if before <= 0 {
			r.broke = true
		}
	}
	r.today += pnl
}

// closed is r with the day that is open counted.
func (r returns) closed() returns {
	if !r.open || r.start <= 0 {
		r.open = false
		return r
	}
	x := r.today / r.start
	r.n++
	r.sum += x
	r.squares += x * x
	if x < 0 {
		r.losses += x * x
	}
	r.open = false
	return r
}

func (r returns) mean() float64 { return r.sum / float64(r.n) }

func (r returns) sharpe(perYear float64) *float64 {
	if r.n < 2 {
		return nil
	}
	variance := (r.squares - float64(r.n)*r.mean()*r.mean()) / float64(r.n-1)
	if variance <= 1e-24 { // what rounding leaves of no variance at all
		return nil
	}
	return new(r.mean() / math.Sqrt(variance) * math.Sqrt(perYear))
}

func (r returns) sortino() *float64 {
	if r.losses == 0 {
		return nil
	}
	return new(r.mean() / math.Sqrt(r.losses/float64(r.n)) * math.Sqrt(yearDays))
}
