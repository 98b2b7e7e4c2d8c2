package marginguard

import (
	"fmt"
	"time"
)

// Bounds of the positions of a trial.
const (
	maxQuantity = 500_000 // USD, the exchange's largest position
	maxLeverage = 100
	maxRestore  = 90 // percent
	// maxOpenings bounds how many positions a replay carries.
	maxOpenings = 20_000
)

// Trial are positions that are alike, for a replay: one of each side at the first candle, and again after each Every.
type Trial struct {
	Opening               // what each is like; At and Side are filled in
	Sides   []Side        // Long, Short or both
	Every   time.Duration // 0: at the first candle alone
}

// Validate refuses positions that the exchange would not open. Errors begin with the name of the value.
func (t Trial) Validate() error {
	switch {
	case t.Quantity < 1 || t.Quantity > maxQuantity:
		return fmt.Errorf("quantity %d: must be 1 to %d", t.Quantity, maxQuantity)
	case !(t.Leverage >= 1 && t.Leverage <= maxLeverage):
		return fmt.Errorf("leverage %g: must be 1 to %d", t.Leverage, maxLeverage)
	case t.Margin < 0:
		return fmt.Errorf("margin %d: must be positive", t.Margin)
	case t.Price < 0 || !finite(t.Price):
		return fmt.Errorf("entry %g: must be a price", t.Price)
	case t.Every < 0:
		return fmt.Errorf("every %s: must not be negative", t.Every)
	case t.Hold < 0:
		return fmt.Errorf("hold %s: must not be negative", t.Hold)
	}
	return nil
}

// Openings are the positions over candles, of which there is at least one. The error says that they are too many.
func (t Trial) Openings(candles []Candle) ([]Opening, error) {
	var out []Opening
	last := candles[len(candles)-1].At
	for at := candles[0].At; !at.After(last); at = at.Add(t.Every) {
		for _, side := range t.Sides {
			o := t.Opening
			o.At, o.Side = at, side
			out = append(out, o)
		}
		if len(out) > maxOpenings {
			return nil, fmt.Errorf("every %s: that is more than %d positions", t.Every, maxOpenings)
		}
		if t.Every <= 0 {
			break
		}
	}
	return out, nil
}

// Validate refuses what cannot be tried. Errors begin with the name of the value.
func (b Backtest) Validate() error {
	caps := b.Caps
	switch {
	case caps.PositionDaySats < -1:
		return fmt.Errorf("max-position-day %d: must not be below -1", caps.PositionDaySats)
	case caps.UserDaySats < 0:
		return fmt.Errorf("max-user-day %d: must not be negative", caps.UserDaySats)
	case caps.Cooldown < 0:
		return fmt.Errorf("cooldown %s: must not be negative", caps.Cooldown)
	case !(caps.CooldownEscape >= 0 && caps.CooldownEscape <= 1):
		return fmt.Errorf("escape %g: must be from 0 to 1", caps.CooldownEscape)
	case !(b.Config.RestoreTo >= 0 && b.Config.RestoreTo <= maxRestore):
		return fmt.Errorf("restore-to %g: must be a percentage up to %d", b.Config.RestoreTo, maxRestore)
	case b.Balance < 0:
		return fmt.Errorf("balance %d: must not be negative", b.Balance)
	case checkThreshold("", b.Config.Threshold) != nil:
		return fmt.Errorf("threshold %g: must be a percentage from 1 to 50", b.Config.Threshold)
	case checkAdd("", b.Config.AddPercent) != nil:
		return fmt.Errorf("add %g: must be a percentage above 0 and at most 100", b.Config.AddPercent)
	}
	return nil
}

// Under returns the same trial for each of these thresholds, in percent, under every reading.
func (b Backtest) Under(thresholds []float64) []Backtest {
	out := make([]Backtest, 0, len(Readings())*len(thresholds))
	for _, reading := range Readings() {
		for _, threshold := range thresholds {
			b.Reading, b.Config.Threshold = reading, threshold
			out = append(out, b)
		}
	}
	return out
}
