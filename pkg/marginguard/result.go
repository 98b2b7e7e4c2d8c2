package marginguard

import (
	"sort"
	"time"
)

// Status is what happened to a position or a user in a run.
type Status string

// The statuses. The first three concern additions of this run.
const (
	StatusApplied  Status = "applied"
	StatusRejected Status = "rejected"
	StatusUnknown  Status = "unknown"
	// StatusPlanned is an addition that a dry run would make.
	StatusPlanned Status = "planned"
	// StatusSkipped is a position in danger to which nothing was added, on purpose.
	StatusSkipped Status = "skipped"
	// StatusOK is a position that needs nothing.
	StatusOK Status = "ok"
	// StatusFailed is a user who could not be handled.
	StatusFailed Status = "failed"
	// StatusNotApplied is an earlier addition that turned out not to have happened.
	StatusNotApplied Status = "not_applied"
)

// Resolve is the verdict word of an item about an earlier addition.
const Resolve Decision = "resolve"

// Item is one line of a result: a position, or a user without one.
type Item struct {
	UserID    string
	AccountID string
	Verdict
	Status   Status
	Error    string
	IntentID string
	// Obstacle is what kept the user or the position from protection; empty when
	// nothing did.
	Obstacle Obstacle
}

// Result is what a run did.
type Result struct {
	RunID      string
	StartedAt  time.Time
	FinishedAt time.Time
	DryRun     bool
	Reading    Reading
	Price      float64
	Users      int
	Positions  int
	Triggered  int
	Added      int
	AddedSats  int64
	Skipped    int
	Failed     int
	Unknown    int
	// LeftAlone counts the positions that stayed in danger, and the users who could
	// not be looked at: everything with an obstacle, but for accounts that another
	// guard is for.
	LeftAlone int
	// Ended counts the guarded positions found to be running no more, Liquidated
	// those of them that were liquidated.
	Ended, Liquidated int
	// Looks are the users whose look came to its end, with how many positions were seen.
	Looks map[string]int
	// Items are ordered by danger. A run leaves out positions that need nothing.
	Items []Item
}

// Absorb adds the numbers of another run, without its items.
func (r *Result) Absorb(other Result) {
	if r.StartedAt.IsZero() {
		r.StartedAt, r.Reading = other.StartedAt, other.Reading
	}
	r.FinishedAt, r.Price = other.FinishedAt, other.Price
	r.Users += other.Users
	r.Positions += other.Positions
	r.Triggered += other.Triggered
	r.Added += other.Added
	r.AddedSats += other.AddedSats
	r.Skipped += other.Skipped
	r.Failed += other.Failed
	r.Unknown += other.Unknown
	r.LeftAlone += other.LeftAlone
	r.Ended += other.Ended
	r.Liquidated += other.Liquidated
}

// Partial reports whether somebody was left without an answer.
func (r Result) Partial() bool { return r.Failed > 0 || r.Unknown > 0 }

// Unserved reports whether somebody who wants protection was left without it, or
// without an answer: what a run must not end well with.
func (r Result) Unserved() bool { return r.Partial() || r.LeftAlone > 0 }

// count adds one item to the sums.
func (r *Result) count(i Item) {
	if i.Triggered && i.Decision != Resolve {
		r.Triggered++
	}
	if i.Obstacle != "" && i.Obstacle != ObstacleNetwork {
		r.LeftAlone++
	}
	switch i.Status {
	case StatusApplied, StatusPlanned:
		if i.Decision == Add {
			r.Added++
			r.AddedSats += i.Amount
		}
	case StatusSkipped:
		r.Skipped++
	case StatusFailed, StatusRejected:
		r.Failed++
	case StatusUnknown:
		r.Unknown++
	case StatusEnded:
		r.Ended++
		if i.Decision == PositionLiquidated {
			r.Liquidated++
		}
	}
}

func (r *Result) sort() {
	sort.SliceStable(r.Items, func(i, j int) bool {
		a, b := r.Items[i], r.Items[j]
		switch {
		case a.Urgency != b.Urgency:
			return a.Urgency < b.Urgency
		case a.UserID != b.UserID:
			return a.UserID < b.UserID
		case a.TradeID != b.TradeID:
			return a.TradeID < b.TradeID
		}
		return a.Decision < b.Decision
	})
}
