package marginguard

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"
)

// How many users must have been looked at, unless there are fewer, before the profits
// that the exchange reports speak for or against its price; how long the first addition
// waits for that; and how many users of the last ones are heard.
const (
	juryUsers  = 5
	juryWait   = 2 * time.Second
	juryWindow = 20
)

// errContradicted is why a user is left alone while too little is known to say whether
// the price or the positions are wrong.
var errContradicted = errors.New("the profits that the exchange reported so far contradict its price")

// vote is what the positions of one user say of the price.
type vote struct{ agree, contradict int }

func (v vote) most() bool { return v.contradict > v.agree }

// plus adds what others say.
func (v vote) plus(w vote) vote { return vote{v.agree + w.agree, v.contradict + w.contradict} }

// user is the one vote of the user whose positions these are.
func (v vote) user() vote {
	if v.most() {
		return vote{contradict: 1}
	}
	return vote{agree: 1}
}

// jury finds out whether the price is wrong, or single positions are. When most positions
// contradict the ticker, no position may be acted on, also not one that says nothing or
// agrees; so the first additions of a run wait until enough users were looked at.
type jury struct {
	// part is a look at some of the users: one of them alone does not speak for all.
	part bool

	mu      sync.Mutex
	all     vote
	users   vote // in users, by what most of their positions say
	lately  []vote
	looked  int
	active  int
	waiting int
	fed     bool
	changed chan struct{}
}

func newJury(part bool) *jury { return &jury{part: part, changed: make(chan struct{})} }

// contradiction says how the profit of a position contradicts the price: empty when it
// does not. judged is false when the position says nothing of the price.
func contradiction(p Position, m Market) (why string, judged bool) {
	if p.Quantity < minImplied || IsCross(p.ID) || p.problem() != "" || !finite(m.LastPrice) || m.LastPrice <= 0 {
		return "", false
	}
	implied := impliedPrice(p)
	if math.Abs(implied-m.LastPrice) <= maxImplied*m.LastPrice {
		return "", true
	}
	return fmt.Sprintf("the reported profit belongs to a price of %.1f, the ticker shows %.1f", implied, m.LastPrice), true
}

// votes counts what positions say of the price.
func votes(positions []Position, m Market) (v vote) {
	for _, p := range positions {
		switch why, judged := contradiction(p, m); {
		case why != "":
			v.contradict++
		case judged:
			v.agree++
		}
	}
	return v
}

// begin and end enclose the look at a user, and the way to the worker that looks.
func (j *jury) begin() { j.change(func() { j.active++ }) }
func (j *jury) end()   { j.change(func() { j.active-- }) }

// over says that no further user is looked at.
func (j *jury) over() { j.change(func() { j.fed = true }) }

// again prepares for a second pass over the same users: what they said stays known.
func (j *jury) again() { j.change(func() { j.fed = false }) }

// hear counts the positions of one more user.
func (j *jury) hear(v vote) {
	j.change(func() {
		j.looked++
		if v == (vote{}) {
			return
		}
		j.all, j.users = j.all.plus(v), j.users.plus(v.user())
		j.lately = append(j.lately, v)
		if len(j.lately) > juryWindow {
			j.lately = j.lately[1:]
		}
	})
}

func (j *jury) change(do func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	do()
	j.wake()
}

// wake lets those who wait look again. Callers hold mu.
func (j *jury) wake() {
	close(j.changed)
	j.changed = make(chan struct{})
}

// most reports whether most positions, and most users, contradict the price.
func (j *jury) most(positions, users vote) bool {
	return positions.contradict >= 2 && positions.most() && users.most() && (!j.part || users.contradict >= 2)
}

// verdict is the error of a price that most positions contradict. Callers hold mu.
func (j *jury) verdict() error {
	positions, users := j.all, j.users
	if !j.most(positions, users) {
		positions, users = vote{}, vote{}
		for _, v := range j.lately {
			positions, users = positions.plus(v), users.plus(v.user())
		}
		if !j.most(positions, users) {
			return nil
		}
	}
	return &MarketError{Reason: fmt.Sprintf("the profits of %d of %d positions contradict the exchange's price by more than %g %%",
		positions.contradict, positions.contradict+positions.agree, 100*maxImplied)}
}

// known reports whether enough users were looked at. Callers hold mu.
func (j *jury) known() bool { return j.looked >= juryUsers || j.fed && j.active == j.waiting }

// final is the verdict when all were looked at.
func (j *jury) final() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.verdict()
}

// sure is the verdict as soon as so many users were looked at that a few more would not
// change it.
func (j *jury) sure() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.lately) < juryWindow {
		return nil
	}
	return j.verdict()
}

// trust waits until enough is known, and returns nil when additions may be made. idle is
// called when that takes time. A user who hangs does not hold back the others for long.
func (j *jury) trust(ctx context.Context, idle func()) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.known() {
		return j.verdict()
	}
	idle()
	j.waiting++
	j.wake()
	defer func() { j.waiting-- }()
	limit := time.NewTimer(juryWait)
	defer limit.Stop()
	for !j.known() {
		changed := j.changed
		j.mu.Unlock()
		late := false
		select {
		case <-changed:
		case <-limit.C:
			late = true
		case <-ctx.Done():
		}
		j.mu.Lock()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case late && !j.known() && j.all.most():
			return errContradicted
		case late:
			return j.verdictWhenKnown()
		}
	}
	return j.verdict()
}

// verdictWhenKnown is nil while too little is known. Callers hold mu.
func (j *jury) verdictWhenKnown() error {
	if !j.known() {
		return nil
	}
	return j.verdict()
}
