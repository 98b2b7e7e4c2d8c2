package marginguard

// Decision is the stable name of a decision.
type Decision string

// Every decision there is. Only Add moves money.
const (
	Add                 Decision = "add"
	OK                  Decision = "ok"
	NotSelected         Decision = "not_selected"
	Disabled            Decision = "disabled"
	PastLiquidation     Decision = "past_liquidation"
	NoLiquidation       Decision = "no_liquidation"
	InsufficientBalance Decision = "insufficient_balance"
	BelowMinimum        Decision = "below_minimum"
	Capped              Decision = "capped"
	MaxLeverageFloor    Decision = "max_leverage_floor"
	Cooldown            Decision = "cooldown"
	Stale               Decision = "stale"
	// Frozen is a position whose last addition has no known outcome yet.
	Frozen Decision = "frozen"
	// Breaker is a user whose key is not used for now, because it failed too often.
	Breaker Decision = "breaker"
	// OtherNetwork is a user whose account belongs to another exchange.
	OtherNetwork Decision = "other_network"
	// PriceMismatch is a position whose profit, as the exchange reports it,
	// was not computed from the price that the ticker shows.
	PriceMismatch Decision = "price_mismatch"
	// BadData is a position that the exchange describes in impossible numbers, or
	// for which the configuration holds some.
	BadData Decision = "bad_data"
	// Doubted is a report beside the decision about the same position: the exchange's
	// liquidation price contradicts entry and margin.
	Doubted Decision = "liquidation_doubted"
	// Defective is a report of something stored about the user that cannot be read.
	Defective Decision = "defective_row"
)

// Limit names what made an amount smaller than the configuration asked for.
type Limit string

// The limits, in the order in which they are applied.
const (
	LimitLeverage    Limit = "leverage"
	LimitPositionDay Limit = "position_day"
	LimitUserDay     Limit = "user_day"
	LimitRun         Limit = "run"
	// LimitSurge is what runs use to add together; see Request.SurgeSats.
	LimitSurge   Limit = "surge"
	LimitBalance Limit = "balance"
)

// Verdict is the decision for one position and the numbers behind it.
type Verdict struct {
	TradeID  string
	Side     Side
	Quantity int64
	// Threshold and AddPercent are the ones that apply to this position.
	Threshold, AddPercent float64

	Entry       float64
	Liquidation float64
	Price       float64 // the price used: see Market
	Trigger     float64
	Distance    float64 // percent, in the terms of the reading
	// Urgency is the distance measured against the threshold: 1 is at the
	// trigger, smaller is nearer to liquidation.
	Urgency float64

	Decision  Decision
	Triggered bool // the position is in its danger zone
	Reason    string
	// Doubt is how the liquidation price that the exchange reports contradicts the
	// position's own entry and margin; Liquidation is the worse one of both.
	Doubt string
	// Misconfigured says that BadData is the configuration's, not the position's.
	Misconfigured bool

	// Requested is the addition in sats that the configuration asks for, before any
	// cap; it is filled in for positions out of danger, too.
	Requested int64
	Amount    int64 // sats to add, zero unless Decision is Add
	LimitedBy Limit
	// Insufficient says that the position stays in its danger zone even so.
	Insufficient bool

	MarginBefore, MarginAfter     int64
	LeverageBefore, LeverageAfter float64
	LiquidationAfter              float64
	DistanceAfter                 float64
}

// Quiet reports whether there is nothing to tell about the position.
func (v Verdict) Quiet() bool {
	return v.Decision == OK || v.Decision == NotSelected || v.Decision == NoLiquidation
}
