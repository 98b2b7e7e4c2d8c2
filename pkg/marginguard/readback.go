package marginguard

import (
	"fmt"
	"time"
)

// certainAfter is how long after sending an unchanged margin proves that the
// addition was not made: three times the time limit of a request.
const certainAfter = 60 * time.Second

// Judge compares a position with what was seen before an addition and says
// whether the addition happened. A nil position is one that is not running any
// more, which says nothing. since is the time since the request was sent.
//
// Margin also changes by funding and by cashing in, so the running sums of both
// correct the difference. Which sign a paid funding fee has in the sum is not
// documented; both are tried, and a case that both explain differently stays open.
func Judge(i Intent, now *Position, since time.Duration) (State, string) {
	if now == nil {
		return Unknown, "the position is not running any more"
	}
	if now.Unreadable != "" {
		return Unknown, "the position cannot be read: " + now.Unreadable
	}
	grown, applied, unchanged := compare(i, *now)
	switch {
	case applied && !unchanged:
		return Applied, fmt.Sprintf("the margin grew by %d sats", grown)
	case unchanged && !applied && since >= certainAfter:
		return NotApplied, fmt.Sprintf("the margin is unchanged %s after sending", since.Round(time.Second))
	case unchanged && !applied:
		return Unknown, "the margin has not changed yet"
	default:
		return Unknown, fmt.Sprintf("the margin changed by %d sats, which the addition of %d does not explain", grown, i.Amount)
	}
}

// compare says by how many sats the margin grew, and whether that is what it
// would be with the addition, and without it.
func compare(i Intent, now Position) (grown int64, applied, unchanged bool) {
	grown = now.Margin - i.Before.Margin
	cashed := now.SumCashInMargin - i.Before.SumCashInMargin
	funding := now.SumFundingFees - i.Before.SumFundingFees
	for _, delta := range []int64{grown + cashed, grown + cashed + funding, grown + cashed - funding} {
		applied = applied || delta == i.Amount
		unchanged = unchanged || delta == 0
	}
	return grown, applied, unchanged
}

func snapshotOf(p Position) Snapshot {
	return Snapshot{
		Margin: p.Margin, Liquidation: p.Liquidation, SumFundingFees: p.SumFundingFees,
		SumCashInMargin: p.SumCashInMargin, SumCashInPL: p.SumCashInPL,
	}
}

// find returns the position with an id. A position whose very id cannot be read
// stands in when there is no other: it may be the one, so that nil, which means that
// the position is not running, would say too much.
func find(positions []Position, id string) *Position {
	var nameless *Position
	for i := range positions {
		switch {
		case sameID(positions[i].ID, id):
			return &positions[i]
		case positions[i].ID == "" && positions[i].Unreadable != "":
			nameless = &positions[i]
		}
	}
	return nameless
}
