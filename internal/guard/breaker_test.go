package guard_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/models"
)

func wrongSecret(w *personOptions) {
	w.credentials = func(k lnsim.Key) map[string]string {
		return map[string]string{"api_key": k.Key, "api_secret": "wrong", "passphrase": k.Passphrase}
	}
}

func TestBreaker_RefusedKeyIsPutAsideUntilItChanges(t *testing.T) {
	t.Parallel()
	s := setup(t)
	bad := s.person(t, "bad", wrongSecret)
	s.person(t, "good")
	for range 2 {
		got := s.must(t)
		require.Equal(t, 1, got.Failed)
		require.Equal(t, marginguard.StatusFailed, item(t, got, bad.id).Status)
		s.advance(time.Minute)
	}
	asked := len(s.sim.RequestsTo(http.MethodGet, running))
	got := s.must(t)
	require.Zero(t, got.Failed)
	require.Equal(t, marginguard.Breaker, item(t, got, bad.id).Decision)
	require.Equal(t, marginguard.StatusSkipped, item(t, got, bad.id).Status)
	require.Len(t, s.sim.RequestsTo(http.MethodGet, running), asked+1, "only the good key is used")
	var told int
	for _, n := range s.notices(t) {
		if n.Kind == "breaker_open" {
			told++
			require.Equal(t, bad.id, *n.UserID)
		}
	}
	require.Equal(t, 1, told)

	// Other credentials are tried at once; still wrong, they need two runs again.
	s.exec(t, `UPDATE "UserExchangeAccounts" SET credentials = credentials || '{"note": "1"}' WHERE id = ?`, bad.account)
	require.Equal(t, 1, s.must(t).Failed)

	// A day later, or after a reset, the key is tried again.
	s.must(t)
	require.Zero(t, s.must(t).Failed)
	svc := admin.New(s.db, admin.Options{Actor: "tester", Now: s.clock})
	closed, err := svc.ResetGuardBreakers(t.Context(), admin.Mode{DryRun: true}, nil)
	require.NoError(t, err)
	require.Len(t, closed, 1)
	require.Zero(t, s.must(t).Failed, "a dry run closes nothing")
	_, err = svc.ResetGuardBreakers(t.Context(), admin.Mode{}, nil)
	require.NoError(t, err)
	require.Equal(t, 1, s.must(t).Failed)
}

func TestBreaker_AWorkingKeyForgetsItsFailures(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.person(t, "anna")
	s.person(t, "bert")
	fail := func() {
		s.sim.MustFail(lnsim.Fault{Method: http.MethodGet, Path: running, Status: 500})
	}
	one := func() marginguard.Result {
		got, err := s.run(t, marginguard.Request{}, func(o *guard.Options) { o.Concurrency = 1 })
		require.NoError(t, err)
		return got
	}
	// The targets come by id and one after the other: the same one meets the fault every time.
	for range 2 {
		fail()
		require.Equal(t, 1, one().Failed)
	}
	require.Zero(t, one().Failed)
	for range 3 {
		fail()
		require.Equal(t, 1, one().Failed)
	}
	require.Equal(t, 1, one().Skipped, "three in a row pause the key")
	s.advance(5*time.Minute + time.Second)
	require.Zero(t, one().Skipped)
	require.Zero(t, one().Failed)
}

func stops(o *guard.Options) { o.SurgeStops = true }

func TestBreaker_RunThatAddsFarMoreThanUsual(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.person(t, "anna")
	s.person(t, "bert")
	s.sim.MustPrice(91700)
	s.usual(t, 9, 20000, time.Hour)
	s.usual(t, 1, 20000, 25*time.Hour)
	var surge *marginguard.SurgeError
	got, err := s.run(t, marginguard.Request{DryRun: true}, stops)
	require.ErrorAs(t, err, &surge, "a dry run foresees it")
	require.Equal(t, int64(84210), surge.Planned)
	require.Len(t, got.Items, 2, "and shows everything")
	_, err = s.run(t, marginguard.Request{DryRun: true, Everything: true}, stops)
	require.NoError(t, err)

	got, err = s.run(t, marginguard.Request{}, stops)
	require.ErrorAs(t, err, &surge)
	require.Equal(t, int64(60000), surge.Limit)
	require.Equal(t, int64(60000), got.AddedSats, "what fits was added")
	require.Equal(t, 2, got.Added, "to the last sat")
	require.Len(t, s.posts(), 2)

	_, err = s.run(t, marginguard.Request{}, stops)
	var held *guard.BreakerError
	require.ErrorAs(t, err, &held)
	require.Equal(t, "run", held.Scope)
	held = nil
	s.sim.MustPrice(91350) // below the second one's trigger again
	got, err = s.run(t, marginguard.Request{DryRun: true}, stops)
	require.ErrorAs(t, err, &held, "a dry run foresees that, too")
	require.Len(t, got.Items, 1)

	s.advance(61 * time.Second)
	o := s.options()
	o.SurgeStops = true
	g, err := guard.New(o)
	require.NoError(t, err)
	got, err = g.Run(t.Context(), guard.Request{AllowSurge: true})
	require.NoError(t, err)
	require.Equal(t, 1, got.Added)
}

func TestBreaker_HostIsLeftAloneForAMoment(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.person(t, "anna")
	s.sim.MustFail(lnsim.Fault{Method: http.MethodGet, Path: running, Count: -1, Status: 500})
	_, err := s.run(t, marginguard.Request{})
	var market *marginguard.MarketError
	require.ErrorAs(t, err, &market)
	s.sim.ClearFaults()
	_, err = s.run(t, marginguard.Request{})
	var held *guard.BreakerError
	require.ErrorAs(t, err, &held)
	require.Equal(t, "host", held.Scope)
	s.advance(31 * time.Second)
	s.must(t)
	var rows []models.GuardBreaker
	require.NoError(t, s.db.Gorm(t.Context()).Where("scope = 'account'").Find(&rows).Error)
	require.Empty(t, rows, "an exchange that is down speaks against nobody's key")
}

func TestLimiter_IsSharedByProcesses(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	const rps, processes, each = 100.0, 4, 15
	began := time.Now()
	var wg sync.WaitGroup
	var mu sync.Mutex
	var sent []time.Time
	for range processes {
		limit := guard.NewShared(s.db, "http://exchange", rps)
		wg.Go(func() {
			for range each {
				if limit(ctx) != nil {
					return
				}
				mu.Lock()
				sent = append(sent, time.Now())
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.Len(t, sent, processes*each)
	// Blocks are handed out one after the other, so all of it takes its time,
	// and no second sees more than the rate, give or take one block's edge.
	require.Greater(t, time.Since(began), time.Duration((processes-1)*each/rps*float64(time.Second)))
}
