package marginguard

import (
	"math"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

// Side is the direction of a position.
type Side = futures.Side

// The two directions.
const (
	Long  = futures.Buy
	Short = futures.Sell
)

// Position is a running isolated trade as the exchange reports it.
type Position struct {
	ID       string
	Side     Side
	Quantity int64 // USD contracts
	Margin   int64 // sats, the fee reserve excluded
	// EntryMargin is the margin at opening, the default cap of a day. Zero
	// when the exchange does not say; the current margin then stands in.
	EntryMargin int64
	// Price is the reference entry: the price that profit and liquidation are
	// counted from. It differs from the original fill after profit was cashed in.
	Price       float64
	Liquidation float64
	Leverage    float64
	PL          int64
	// The three running sums explain changes of margin that no add-margin made.
	SumFundingFees  int64
	SumCashInMargin int64
	SumCashInPL     int64
	// Reserve is the part of a cross position's margin that must stay, and
	// Unreadable why nothing of the position is known.
	Reserve    int64
	Unreadable string
}

// Level is one step of the exchange's size ladder. A side without an offer is zero.
type Level struct {
	MinSize, MaxSize float64
	Bid, Ask         float64
}

// Market is what is known of the price, and when it was read.
type Market struct {
	LastPrice float64
	Index     float64
	Levels    []Level
	ReadAt    time.Time
}

// hasLiquidation is false when nothing, zero or an absurdly high price stands for
// the liquidation price. What the exchange reports is not believed alone: see believed.
func (p Position) hasLiquidation() bool {
	return finite(p.Liquidation) && p.Liquidation > 0 && p.Liquidation < futures.MaxPrice
}

// problem names what makes the position unusable, or is empty.
func (p Position) problem() string {
	switch {
	case p.Unreadable != "":
		return p.Unreadable
	case p.ID == "":
		return "the position has no id"
	case p.Side != Long && p.Side != Short:
		return "the side of the position is unknown"
	case p.Quantity <= 0:
		return "the quantity is not positive"
	case p.Margin <= 0:
		return "the margin is not positive"
	case p.Margin <= p.Reserve:
		return "nothing of the margin is left beside what must stay"
	case !finite(p.Price) || p.Price <= 0 || p.Price >= futures.MaxPrice:
		return "the entry price is not a price"
	}
	if computed, ok := p.maths().Liquidation(); ok && computed == p.Price {
		return "the margin is too small to be told from none"
	}
	return ""
}

// priceFor is the price that endangers the position more: the last price, or
// the ladder's side for the size at which the exchange would close it.
func (m Market) priceFor(p Position) float64 {
	level, ok := m.levelFor(p.Quantity)
	if !ok {
		return m.LastPrice
	}
	if p.Side == Long {
		if level.Bid > 0 {
			return math.Min(m.LastPrice, level.Bid)
		}
		return m.LastPrice
	}
	if level.Ask > 0 {
		return math.Max(m.LastPrice, level.Ask)
	}
	return m.LastPrice
}

func (m Market) levelFor(quantity int64) (Level, bool) {
	var last Level
	for _, level := range m.Levels {
		if float64(quantity) >= level.MinSize && float64(quantity) <= level.MaxSize {
			return level, true
		}
		if level.MaxSize >= last.MaxSize {
			last = level
		}
	}
	if len(m.Levels) > 0 && float64(quantity) > last.MaxSize {
		return last, true
	}
	return Level{}, false
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// CanonicalID is the one spelling of a trade id. Ids are compared without regard to
// case, surrounding blanks and the forms of writing a UUID.
func CanonicalID(id string) string {
	id = strings.ToLower(strings.TrimSpace(id))
	bare := id
	if len(bare) > 2 && bare[0] == '{' && bare[len(bare)-1] == '}' {
		bare = bare[1 : len(bare)-1]
	}
	bare = strings.TrimPrefix(bare, "urn:uuid:")
	if len(bare) != 32 && len(bare) != 36 {
		return id
	}
	if parsed, err := uuid.Parse(bare); err == nil {
		return parsed.String()
	}
	return id
}

func sameID(a, b string) bool { return a == b || CanonicalID(a) == CanonicalID(b) }
