package guard

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// missed is how many intervals may pass without a finished run, and patience how long an addition may stay open:
// after that no read-back has been able to tell what became of it.
const (
	missed   = 3
	patience = 5 * time.Minute
)

// Health is who wants protection, who has it, and why somebody does not.
type Health struct {
	store.GuardHealth

	Protection store.GuardProtection // Protected is nobody while nothing guards
	Problems   []Problem             // empty when all is well
	// ProblemCount also counts those beyond the first thousand.
	ProblemCount int64
	Alive        int // watchers and workers
}

// Problem is one reason why somebody is not protected. Without a user it is about everybody, with a trade id about
// that position.
type Problem struct {
	UserID   *string `json:"user_id"`
	Username *string `json:"username"`
	TradeID  *string `json:"trade_id"`
	Code     string  `json:"code"`
	Message  string  `json:"message"`
}

// Alive reports whether a watcher or worker has given a sign of life within three of its intervals, or of the least one.
func Alive(w models.GuardWorker, now time.Time, least time.Duration) bool {
	return now.Sub(w.BeatAt) <= missed*max(least, time.Duration(w.IntervalMs)*time.Millisecond)
}

// CheckHealth looks at the state of the guard, where a run is expected in each interval.
func CheckHealth(ctx context.Context, db *store.DB, now time.Time, interval time.Duration) (Health, error) {
	h := Health{Problems: []Problem{}}
	var err error
	if h.GuardHealth, err = db.GuardHealth(ctx); err != nil {
		return h, err
	}
	if h.Protection, err = db.GuardProtection(ctx, now.Add(-h.unseen(now, interval))); err != nil {
		return h, err
	}
	for _, w := range h.Workers {
		if Alive(w, now, interval) {
			h.Alive++
		}
	}
	h.judge(now, interval)
	held, err := db.GuardHeld(ctx, now)
	if err != nil {
		return h, err
	}
	for _, b := range held {
		h.problem("breaker_open", "nothing is guarded until %s: %s", models.Deref(b.OpenUntil).Format(time.RFC3339), models.Deref(b.Reason))
	}
	if len(h.Problems) > 0 && (h.Control.Disabled || h.LastRound == nil || len(held) > 0) {
		h.Protection.Protected = 0
	}
	if n := h.Protection.Wanting; n > 0 && h.Protection.Protected == 0 {
		wants := fmt.Sprintf("%d users want", n)
		if n == 1 {
			wants = "1 user wants"
		}
		h.problem("nobody_protected", "nobody is protected, and %s to be", wants)
	}
	h.ProblemCount = int64(len(h.Problems)) + h.Protection.ProblemCount
	for _, u := range h.Protection.Problems {
		p := Problem{UserID: &u.UserID, Username: &u.Username, Code: u.Code, Message: u.Message}
		if u.TradeID != "" {
			p.TradeID = &u.TradeID
		}
		h.Problems = append(h.Problems, p)
	}
	return h, nil
}

// judge finds what is wrong with the guard itself.
func (h *Health) judge(now time.Time, interval time.Duration) {
	if h.Control.Disabled {
		h.problem(store.ProblemSwitchedOff, "the guard is switched off: %s", models.Deref(h.Control.Reason))
	}
	last := h.LastRound
	switch {
	case last == nil:
		h.problem("no_run", "no run has finished yet")
	case now.Sub(*last) > missed*interval:
		h.problem("no_run", "no run has finished since %s", last.Format(time.RFC3339))
	}
	if r := h.LastRun; r != nil && r.State == models.GuardRunFailed && (last == nil || r.FinishedAt != nil && r.FinishedAt.After(*last)) {
		h.problem("run_failed", "the last run failed: %s", models.Deref(r.Error))
	}
	if h.LastDied {
		h.problem("run_died", "the run that began at %s died before its end; the next one finishes what it left", h.LastRun.StartedAt.Format(time.RFC3339))
	}
	if h.OldestOpen != nil && now.Sub(*h.OldestOpen) > patience {
		h.problem("addition_open", "an addition of %s has no known outcome: axisor guard history --state unknown", h.OldestOpen.Format(time.RFC3339))
	}
}

// problem adds one that is about everybody.
func (h *Health) problem(code, format string, args ...any) {
	h.Problems = append(h.Problems, Problem{Code: code, Message: fmt.Sprintf(format, args...)})
}

// unseen is the age of a look from which its user counts as unprotected.
func (h *Health) unseen(now time.Time, interval time.Duration) time.Duration {
	age := missed * interval
	for _, w := range h.Workers {
		each := missed * time.Duration(w.IntervalMs) * time.Millisecond
		if now.Sub(w.BeatAt) > max(each, age) {
			continue
		}
		if w.Kind == models.WorkerWatch {
			each = store.GuardUnseen
		}
		age = max(age, each)
	}
	return age
}

// Sentence says on one line what is wrong, as monitoring shows it.
func (h *Health) Sentence() string {
	const most = 5
	var parts []string
	for _, p := range h.Problems {
		if len(parts) == most {
			break
		}
		switch {
		case p.UserID == nil:
			parts = append(parts, p.Message)
		case p.TradeID != nil:
			parts = append(parts, fmt.Sprintf("%s, trade %s: %s", *p.Username, *p.TradeID, p.Message))
		default:
			parts = append(parts, fmt.Sprintf("%s: %s", *p.Username, p.Message))
		}
	}
	if left := h.ProblemCount - int64(len(parts)); left > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", left))
	}
	return strings.Join(parts, "; ")
}
