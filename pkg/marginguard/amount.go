package marginguard

import "fmt"

// budget is what is left to spend while the positions of one user are decided.
type budget struct {
	run, userDay, balance int64
}

func (in Input) budget() budget {
	left := budget{run: max(in.RunLeft, 0), userDay: NoCap, balance: max(in.Funds.Budget, 0)}
	if in.Caps.UserDaySats > 0 {
		left.userDay = max(in.Caps.UserDaySats-in.Spent.UserDay, 0)
	}
	return left
}

// positionDay is the cap of a position in a CapWindow, of which spent sats are
// spent. Without an entry margin the margin at the start of the window stands in:
// what was added since must not raise the cap.
func (c Caps) positionDay(p Position, spent int64) int64 {
	switch {
	case c.PositionDaySats < 0:
		return NoCap
	case c.PositionDaySats > 0:
		return c.PositionDaySats
	case p.EntryMargin > 0:
		return p.EntryMargin
	}
	return max(p.Margin-spent, 0)
}

// PositionDayLeft is what may be added to a position now, when spent sats were
// added to it in the last CapWindow.
func (c Caps) PositionDayLeft(p Position, spent int64) int64 {
	limit := c.positionDay(p, spent)
	if limit == NoCap {
		return NoCap
	}
	return max(limit-spent, 0)
}

// size finds the amount of an addition that is due, or turns it into the
// refusal that explains why there is none.
func (in Input) size(v *Verdict, p Position, left *budget) {
	amount := share(p.Margin, v.AddPercent)
	if in.Config.RestoreTo > 0 {
		amount = in.Reading.restore(p, v.Price, in.Config.RestoreTo)
	}
	v.Requested = min(amount, max(p.maths().MaxAdd(), 0))
	for _, limit := range []struct {
		name Limit
		sats int64
	}{
		{LimitLeverage, p.maths().MaxAdd()},
		{LimitPositionDay, in.Caps.PositionDayLeft(p, in.Spent.PositionDay[p.ID])},
		{LimitUserDay, left.userDay},
		{LimitRun, left.run},
		{in.allowedBy(), in.allowed(p.ID)},
		{LimitBalance, left.balance},
	} {
		if limit.sats < amount {
			amount, v.LimitedBy = max(limit.sats, 0), limit.name
		}
	}
	if amount < max(in.Caps.MinAddSats, 1) {
		v.Decision, v.Reason = in.refusal(v.LimitedBy, amount)
		return
	}
	left.run = spend(left.run, amount)
	left.userDay = spend(left.userDay, amount)
	left.balance = spend(left.balance, amount)
	in.forecast(v, p, amount)
}

func (in Input) allowed(id string) int64 {
	if in.Allowed == nil {
		return NoCap
	}
	return in.Allowed[id]
}

func (in Input) allowedBy() Limit {
	if in.AllowedBy == "" {
		return LimitRun
	}
	return in.AllowedBy
}

func spend(left, amount int64) int64 {
	if left == NoCap {
		return NoCap
	}
	return left - amount
}

// forecast fills in what the position looks like after the addition.
func (in Input) forecast(v *Verdict, p Position, amount int64) {
	after := p.strengthened(amount)
	v.Amount = amount
	v.MarginAfter = after.Margin
	v.LeverageAfter = after.maths().Leverage()
	v.LiquidationAfter = after.Liquidation
	v.Reason += fmt.Sprintf(": adds %d sats", amount)
	if v.LimitedBy != "" {
		v.Reason += fmt.Sprintf(" (%s)", limitText(v.LimitedBy))
	}
	if !after.hasLiquidation() {
		return
	}
	v.DistanceAfter = in.Reading.Distance(after, v.Price)
	v.Insufficient = in.Reading.Fires(v.DistanceAfter, v.Threshold)
	if v.Insufficient {
		v.Reason += ", not enough to leave the danger zone"
	}
}

func (in Input) refusal(by Limit, amount int64) (Decision, string) {
	least := max(in.Caps.MinAddSats, 1)
	switch by {
	case LimitLeverage:
		return MaxLeverageFloor, "leverage would fall below 1: the position cannot take more margin"
	case LimitBalance:
		if in.Funds.Free < least {
			return InsufficientBalance, fmt.Sprintf("the free balance is %d sats", in.Funds.Free)
		}
		return InsufficientBalance, fmt.Sprintf("%d sats of the free balance of %d may be used, at least %d are needed",
			amount, in.Funds.Free, least)
	case "":
		return BelowMinimum, fmt.Sprintf("the addition would be %d sats, the minimum is %d", amount, least)
	default:
		return Capped, fmt.Sprintf("%s leaves %d sats, the minimum is %d", limitText(by), amount, least)
	}
}

func limitText(l Limit) string {
	switch l {
	case LimitLeverage:
		return "limited by leverage 1"
	case LimitPositionDay:
		return "limited by the 24-hour cap of the position"
	case LimitUserDay:
		return "limited by the 24-hour cap of the user"
	case LimitRun:
		return "limited by the cap of the run"
	case LimitSurge:
		return "limited by what runs use to add together (guard.surge: stop)"
	default:
		return "limited by the usable balance"
	}
}
