package guard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// When breakers open, and for how long. A refused key opens only at the second
// run that is refused, because a single 401 has other causes; it closes at once
// when the credentials change. Asking costs one request, and a key that works
// again protects somebody: the first pause is refusedPause, each further one twice
// as long up to refusedMost, and refusedNear is the longest for whoever has a
// position known to be in danger or near it.
const (
	deniedLimit  = 2
	refusedPause = 2 * time.Minute
	refusedNear  = 5 * time.Minute
	refusedMost  = time.Hour
	failedLimit  = 3
	failedPause  = 5 * time.Minute
	hostPause    = 30 * time.Second
	surgePause   = 5 * time.Minute
)

// A run that adds several times what the largest of the last week added is a
// surge. Less than surgeRuns runs, or less than surgeDay of them, say nothing
// about what is usual.
const (
	surgeRuns = 10
	surgeDay  = 24 * time.Hour
	surgeWeek = 7 * surgeDay
)

// BreakerError says that a breaker holds the whole guard back.
type BreakerError struct {
	Scope, Reason string
	Until         time.Time
}

func (e *BreakerError) Error() string {
	return fmt.Sprintf("the circuit breaker of the %s is open until %s: %s", e.Scope, e.Until.UTC().Format(time.RFC3339), e.Reason)
}

// breakers remembers the keys that fail.
type breakers struct{ o Options }

// fingerprint tells stored credentials apart without telling anything of them.
func fingerprint(credentials []byte) string {
	sum := sha256.Sum256(credentials)
	return hex.EncodeToString(sum[:])
}

// keysLately is the time over which the share of refused keys is judged: the last
// answer to each key, whichever process heard it.
const keysLately = 5 * time.Minute

// widespread reports whether more than half of all keys that were asked lately were
// refused. Then it is the exchange that refuses, not the keys that are wrong; a
// single key that is the only one is no exception.
func (b breakers) widespread(ctx context.Context, asked []marginguard.Asked, now time.Time) (bool, error) {
	var users, accounts []string
	var refused int64
	for _, a := range asked {
		users, accounts = append(users, a.UserID), append(accounts, a.AccountID)
		if a.Refused {
			refused++
		}
	}
	if refused == 0 {
		return false, nil
	}
	served, elsewhere, err := b.o.DB.GuardKeys(ctx, users, accounts, now.Add(-keysLately))
	if err != nil {
		return false, err
	}
	refused += elsewhere
	all := int64(len(asked)) + served + elsewhere
	if 2*refused <= all {
		return false, nil
	}
	b.o.Log.ErrorContext(ctx, "most keys are refused: no key is put aside", "refused", refused, "asked", all)
	return true, nil
}

// pauseOf is how long a key is put aside at a number of runs in a row in which it
// failed; zero means not at all.
func pauseOf(f marginguard.Fault, failures int32) time.Duration {
	switch {
	case f != marginguard.Denied && failures >= failedLimit:
		return failedPause
	case f != marginguard.Denied || failures < deniedLimit:
		return 0
	}
	return min(refusedPause<<min(failures-deniedLimit, 10), refusedMost)
}

// Note implements marginguard.Breakers.
func (b breakers) Note(ctx context.Context, asked []marginguard.Asked, replies []marginguard.Reply) error {
	now := b.o.Now().UTC()
	widespread, err := b.widespread(ctx, asked, now)
	if err != nil {
		return err
	}
	var rows []models.GuardBreaker
	var notices []models.GuardNotice
	for _, r := range replies {
		row := models.GuardBreaker{Scope: store.BreakerAccount, Subject: r.Target.AccountID, UpdatedAt: now}
		if r.Fault == marginguard.Denied {
			row.Fingerprint = new(fingerprint(r.Target.Credentials))
		}
		if r.Fault != "" {
			before, err := b.o.DB.GuardBreaker(ctx, row.Scope, row.Subject)
			if err != nil {
				return err
			}
			row.Failures = 1
			if models.Deref(before.Fingerprint) == models.Deref(row.Fingerprint) {
				row.Failures += before.Failures
			}
			row.Reason = &r.Reason
			// It stays known as refused, for others to judge by, and is asked on.
			if widespread && r.Fault == marginguard.Denied {
				row.Failures = max(row.Failures-1, 1)
			}
		}
		pause := pauseOf(r.Fault, row.Failures)
		if widespread && r.Fault == marginguard.Denied {
			pause = 0
		}
		if pause > 0 {
			row.OpenedAt, row.OpenUntil = &now, new(now.Add(pause))
			n := models.GuardNotice{
				Kind: noticeBreaker, Severity: critical, UserID: &r.Target.UserID,
				Message: fmt.Sprintf("account %s is not guarded until %s: its key failed in %d runs in a row: %s",
					r.Target.AccountID, row.OpenUntil.Format(time.RFC3339), row.Failures, r.Reason),
			}
			if err := stamp(&n, map[string]any{"account_id": r.Target.AccountID, "fault": r.Fault}, now); err != nil {
				return err
			}
			notices = append(notices, n)
		}
		rows = append(rows, row)
	}
	return b.o.DB.SetGuardBreakers(ctx, rows, notices)
}

// trip opens a breaker that holds back the whole guard.
func (g *Guard) trip(ctx context.Context, scope, subject string, pause time.Duration, why error) error {
	now := g.o.Now().UTC()
	text := why.Error()
	row := models.GuardBreaker{
		Scope: scope, Subject: subject, Failures: 1, Reason: &text, OpenedAt: &now, OpenUntil: new(now.Add(pause)), UpdatedAt: now,
	}
	n := models.GuardNotice{
		Kind: noticeBreaker, Severity: critical,
		Message: fmt.Sprintf("nothing is guarded until %s: %s", row.OpenUntil.Format(time.RFC3339), text),
	}
	if err := stamp(&n, map[string]any{"scope": scope, "subject": subject}, now); err != nil {
		return err
	}
	return g.o.DB.SetGuardBreakers(ctx, []models.GuardBreaker{row}, []models.GuardNotice{n})
}

// held returns the breaker that holds the whole guard back, if one does.
func (g *Guard) held(ctx context.Context, surge bool) error {
	for _, which := range []struct {
		scope, subject string
		ask            bool
	}{{store.BreakerHost, g.BaseURL(), true}, {store.BreakerRun, store.BreakerSurge, g.o.SurgeStops && !surge}} {
		if !which.ask {
			continue
		}
		b, err := g.o.DB.GuardBreaker(ctx, which.scope, which.subject)
		if err != nil {
			return err
		}
		if b.OpenUntil != nil && b.OpenUntil.After(g.o.Now()) {
			return &BreakerError{Scope: which.scope, Reason: models.Deref(b.Reason), Until: *b.OpenUntil}
		}
	}
	return nil
}

// usual is what a run may add before that is a surge; see surgeFunc.
func (g *Guard) usual(ctx context.Context, before time.Time) (int64, error) {
	usual, err := g.o.DB.GuardUsual(ctx, before.Add(-surgeWeek), before)
	return g.surgeLimit(usual, before), err
}

// surgeLimit is what may be added; zero when too little is known.
func (g *Guard) surgeLimit(usual store.GuardUsual, now time.Time) int64 {
	if g.o.SurgeFactor <= 0 || usual.Runs < surgeRuns || usual.First == nil || now.Sub(*usual.First) < surgeDay {
		return 0
	}
	return int64(g.o.SurgeFactor * float64(usual.Most))
}

// judge opens the breakers that the end of a run calls for.
func (g *Guard) judge(ctx context.Context, r marginguard.Result, failure error) error {
	var market *marginguard.MarketError
	var surge *marginguard.SurgeError
	switch {
	case errors.As(failure, &surge):
		return g.trip(ctx, store.BreakerRun, store.BreakerSurge, surgePause, failure)
	case errors.As(failure, &market) && r.RunID != "":
		// It had begun well: the exchange failed on the way.
		return g.trip(ctx, store.BreakerHost, g.BaseURL(), hostPause, failure)
	}
	return nil
}

// noteSurge tells about a run, or a round of workers, that added far more than
// they used to, and holds nothing back. An operator who allowed it knows already.
func (g *Guard) noteSurge(ctx context.Context, r Request, result marginguard.Result, limit surgeFunc) error {
	if g.o.SurgeStops || r.AllowSurge || r.DryRun || result.AddedSats == 0 {
		return nil
	}
	// One ordinary addition is no surge, however quiet the week was.
	single := marginguard.Largest(result.Items)
	most, err := limit(ctx, result.StartedAt)
	if err != nil || most == 0 {
		return err
	}
	added := result.AddedSats
	if !r.Round.IsZero() {
		if added, err = g.o.DB.GuardAdded(ctx, r.Round); err != nil {
			return err
		}
	}
	most = max(most, single)
	if added <= most {
		return nil
	}
	text := fmt.Sprintf("%d sats were added at once; after what was added in the last week, more than %d are unusual. Nothing was held back (guard.surge: tell)",
		added, most)
	g.o.Log.WarnContext(ctx, "far more was added than usual", "added_sats", added, "usual_sats", most, "run_id", result.RunID)
	now := g.o.Now().UTC()
	n := models.GuardNotice{Kind: noticeSurge, Severity: warning, Message: text}
	if err := stamp(&n, map[string]any{"added_sats": added, "usual_sats": most}, now); err != nil {
		return err
	}
	row := models.GuardBreaker{Scope: store.BreakerRun, Subject: store.BreakerSurge, Failures: 1, Reason: &text, UpdatedAt: now}
	return g.o.DB.SetGuardBreakers(ctx, []models.GuardBreaker{row}, []models.GuardNotice{n})
}
