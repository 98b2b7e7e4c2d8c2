package marginguard

import (
	"fmt"
	"math"
	"sort"
	"time"
)

// NoCap is the value of a limit that does not limit.
const NoCap = math.MaxInt64

// How old the data behind a decision may be when money moves.
const (
	MaxPriceAge    = 10 * time.Second
	MaxPositionAge = 15 * time.Second
)

// maxImplied is how far the price implied by a position's profit may lie from
// the ticker's, as a share. Below minImplied contracts the rounding of the
// profit to whole sats says too little.
const (
	maxImplied = 0.01
	minImplied = 100
)

// CapWindow is the time over which the caps of a day count. It slides: at every
// moment what was added in the 24 hours before it counts, and no midnight ends it.
const CapWindow = 24 * time.Hour

// Caps are the operator's limits.
type Caps struct {
	// PositionDaySats limits the additions to one position in any CapWindow: zero
	// means its entry margin, a negative number no limit.
	PositionDaySats int64
	// UserDaySats limits the additions of one user in any CapWindow; zero means no limit.
	UserDaySats int64
	// BalanceShare is the part of an account's free balance that all additions of
	// one look at it may take together.
	BalanceShare float64
	// MinAddSats is the smallest addition worth a request.
	MinAddSats int64
	// Cooldown is the pause after an addition to the same position. It does not
	// hold back a position whose urgency is below CooldownEscape: a long pause
	// in a falling market is what liquidates.
	Cooldown       time.Duration
	CooldownEscape float64
}

// Spent is what has been added before: the sums over the last CapWindow.
type Spent struct {
	UserDay     int64
	PositionDay map[string]int64
	LastAdd     map[string]time.Time
}

// Funds is the free balance and what of it may still be used. Before the
// balance was read, Unread stands in.
type Funds struct {
	Free   int64
	Budget int64
}

// Unread are the funds of a user whose balance has not been read: no limit.
func Unread() Funds { return Funds{Free: NoCap, Budget: NoCap} }

// NewFunds applies the share of the caps to a free balance.
func (c Caps) NewFunds(free int64) Funds {
	part := c.BalanceShare
	if part <= 0 || part > 1 {
		part = 1
	}
	return Funds{Free: free, Budget: int64(math.Floor(float64(max(free, 0)) * part))}
}

// Input is everything a decision may depend on.
type Input struct {
	Config    Config
	Reading   Reading
	Positions []Position
	// PositionsFetchedAt is when the positions were asked for.
	PositionsFetchedAt time.Time
	Market             Market
	Funds              Funds
	Caps               Caps
	Spent              Spent
	// RunLeft is what the whole run may still add; NoCap when unlimited.
	RunLeft int64
	// Allowed, when not nil, is what of the run's cap fell to each position.
	Allowed map[string]int64
	// AllowedBy names the cap that Allowed comes from; empty means the run's.
	AllowedBy Limit
	// Frozen maps trade ids to the reason why they must not be touched now.
	Frozen map[string]string
	// Disabled, when not empty, is why nothing at all may be added.
	Disabled string
	Now      time.Time
}

// Decide returns one verdict per position, the nearest to liquidation first, so
// that a budget too small for all protects those that need it most. It changes
// nothing and gives the same answer for the same input.
func Decide(in Input) []Verdict {
	verdicts := make([]Verdict, 0, len(in.Positions))
	byID := make(map[string]Position, len(in.Positions))
	for _, p := range in.Positions {
		v, p := in.look(p)
		byID[p.ID] = p
		verdicts = append(verdicts, v)
	}
	sort.SliceStable(verdicts, func(i, j int) bool {
		a, b := verdicts[i], verdicts[j]
		if a.Urgency != b.Urgency {
			return a.Urgency < b.Urgency
		}
		return a.TradeID < b.TradeID
	})
	left := in.budget()
	for i := range verdicts {
		if verdicts[i].Decision == Add {
			in.size(&verdicts[i], byID[verdicts[i].TradeID], &left)
		}
	}
	return verdicts
}

// look decides everything but the amount. It returns the position with the
// liquidation price that the decision is about.
func (in Input) look(p Position) (Verdict, Position) {
	v := Verdict{
		TradeID: p.ID, Side: p.Side, Quantity: p.Quantity, Entry: p.Price, Liquidation: p.Liquidation,
		MarginBefore: p.Margin, MarginAfter: p.Margin, LeverageBefore: p.Leverage, LeverageAfter: p.Leverage,
		LiquidationAfter: p.Liquidation, Price: in.Market.priceFor(p), Urgency: math.Inf(1),
	}
	rule := in.Config.ruleFor(p.ID)
	v.Threshold, v.AddPercent = rule.threshold, rule.add
	if IsCross(p.ID) && p.Quantity == 0 && p.Unreadable == "" {
		return v.because(NoLiquidation, "the cross position is flat"), p
	}
	if why := p.problem(); why != "" {
		return v.because(BadData, why), p
	}
	if rule.problem != "" {
		v.Misconfigured = true
		return v.because(BadData, rule.problem), p
	}
	v.LeverageBefore = p.maths().Leverage()
	v.LeverageAfter = v.LeverageBefore
	p, v.Doubt = p.believed()
	v.Liquidation, v.LiquidationAfter = p.Liquidation, p.Liquidation
	if !p.hasLiquidation() {
		return v.because(NoLiquidation, "the position has no liquidation price"), p
	}
	return in.measure(v, p, rule.selected), p
}

// measure decides about a position with usable numbers.
func (in Input) measure(v Verdict, p Position, selected bool) Verdict {
	v.Trigger = in.Reading.Trigger(p, v.Threshold)
	if selected && in.Config.RestoreTo == 0 {
		v.Requested = min(share(p.Margin, v.AddPercent), max(p.maths().MaxAdd(), 0))
	}
	if !finite(v.Price) || v.Price <= 0 {
		return v.because(BadData, "there is no usable price")
	}
	v.Distance = in.Reading.Distance(p, v.Price)
	v.DistanceAfter = v.Distance
	v.Urgency = in.Reading.urgency(v.Distance, v.Threshold)
	fires := in.Reading.Fires(v.Distance, v.Threshold)
	v.Triggered = selected && fires
	switch {
	case !selected:
		return v.because(NotSelected, "the configuration does not cover this position")
	case past(p, v.Price):
		return v.because(PastLiquidation, "the price is at or beyond liquidation: an addition would be lost")
	case !fires:
		return v.because(OK, in.explain(v))
	case in.Disabled != "":
		return v.because(Disabled, "the guard is switched off: "+in.Disabled)
	}
	if word, why := in.obstacle(p, v); word != "" {
		return v.because(word, why)
	}
	return v.because(Add, in.explain(v))
}

// obstacle names what forbids an addition that is otherwise due.
func (in Input) obstacle(p Position, v Verdict) (Decision, string) {
	if why, frozen := in.Frozen[p.ID]; frozen {
		return Frozen, why
	}
	if age := in.Now.Sub(in.Market.ReadAt); age > MaxPriceAge {
		return Stale, fmt.Sprintf("the price is %s old, at most %s is allowed", age.Round(time.Second), MaxPriceAge)
	}
	if age := in.Now.Sub(in.PositionsFetchedAt); age > MaxPositionAge {
		return Stale, fmt.Sprintf("the positions are %s old, at most %s is allowed", age.Round(time.Second), MaxPositionAge)
	}
	if why, _ := contradiction(p, in.Market); why != "" {
		return PriceMismatch, why
	}
	last, added := in.Spent.LastAdd[p.ID]
	if wait := in.Caps.Cooldown - in.Now.Sub(last); added && wait > 0 && v.Urgency >= in.Caps.CooldownEscape {
		return Cooldown, fmt.Sprintf("the last addition was %s ago, the pause is %s",
			in.Now.Sub(last).Round(time.Second), in.Caps.Cooldown)
	}
	return "", ""
}

func past(p Position, x float64) bool {
	if p.Side == Long {
		return x <= p.Liquidation
	}
	return x >= p.Liquidation
}

func (v Verdict) because(word Decision, reason string) Verdict {
	v.Decision, v.Reason = word, reason
	return v
}

func (in Input) explain(v Verdict) string {
	switch in.Reading {
	case Price:
		return fmt.Sprintf("liquidation is %.2f %% of the price away, the threshold is %g %%", v.Distance, v.Threshold)
	case Travelled:
		return fmt.Sprintf("%.2f %% of the way to liquidation is gone, the threshold is %g %%", v.Distance, v.Threshold)
	default:
		return fmt.Sprintf("%.2f %% of the way to liquidation is left, the threshold is %g %%", v.Distance, v.Threshold)
	}
}
