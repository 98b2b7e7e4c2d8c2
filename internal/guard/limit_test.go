package guard_test

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/lnmarkets"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

// slowly is the database behind something that holds back each of its answers for up to most.
func slowly(t *testing.T, address secret.Secret, most time.Duration) *store.DB {
	t.Helper()
	direct, err := pgconn.ParseConfig(address.Reveal())
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			network, at := pgconn.NetworkAddress(direct.Host, direct.Port)
			server, err := net.Dial(network, at)
			if err != nil {
				_ = client.Close()
				return
			}
			go func() {
				_, _ = io.Copy(server, client)
				_ = server.Close()
			}()
			go func() {
				defer func() { _ = client.Close() }()
				buf := make([]byte, 64<<10)
				for {
					n, err := server.Read(buf)
					if err != nil {
						return
					}
					time.Sleep(rand.N(most))
					if _, err := client.Write(buf[:n]); err != nil {
						return
					}
				}
			}()
		}
	}()
	to := url.URL{Scheme: "postgres", User: url.UserPassword(direct.User, direct.Password), Host: l.Addr().String(), Path: "/" + direct.Database, RawQuery: "sslmode=disable"}
	db, err := store.Open(store.Options{URL: secret.New(to.String())})
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// TestLimiter_SlowAnswersOfTheDatabaseDoNotBunchRequests, of one process or of several.
func TestLimiter_SlowAnswersOfTheDatabaseDoNotBunchRequests(t *testing.T) {
	t.Parallel()
	const allowed = 5
	for _, processes := range []int{1, 3} {
		address := testdb.NewURL(t)
		var limits []lnmarkets.Limiter
		for range processes {
			limits = append(limits, guard.NewSharedLimiter(slowly(t, address, 400*time.Millisecond), "http://exchange", allowed*0.9))
		}
		// A machine that stands still lets requests that were well apart go out together now and then. A limiter that
		// bunches them does it each time.
		for try := 1; ; try++ {
			sent := requests(t, limits, 18)
			nearest := time.Hour
			for n := allowed; n < len(sent); n++ {
				nearest = min(nearest, sent[n].Sub(sent[n-allowed]))
			}
			if nearest > 950*time.Millisecond {
				break
			}
			require.Less(t, try, 6, "%d processes: %d requests within %s", processes, allowed+1, nearest)
		}
	}
}

// requests are the moments at which n requests went out under the limits.
func requests(t *testing.T, limits []lnmarkets.Limiter, n int) (sent []time.Time) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	var mu sync.Mutex
	for _, limit := range limits {
		for range 4 {
			wg.Go(func() {
				for limit.Wait(ctx, lnmarkets.Private) == nil {
					mu.Lock()
					sent = append(sent, time.Now())
					if len(sent) >= n {
						cancel()
					}
					mu.Unlock()
				}
			})
		}
	}
	wg.Wait()
	require.GreaterOrEqual(t, len(sent), n)
	return sent[:n]
}

// TestLimiter_AMomentThatNobodyReservedHoldsNobodyUp: what stands in the database as the next moment, if nobody of us
// can have written it or the server's clock was set back since, is over; a pause that comes later holds.
func TestLimiter_AMomentThatNobodyReservedHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	s := setup(t)
	for _, at := range []string{"'infinity'", "'-infinity'", "'294276-01-01'", "now() + interval '1 day'"} {
		spoil := func() {
			require.NoError(t, s.db.Gorm(t.Context()).Exec(`INSERT INTO axisor.guard_rate (bucket, next_at) VALUES ('private http://exchange', `+at+`), ('key x', `+at+`)
				ON CONFLICT (bucket) DO UPDATE SET next_at = EXCLUDED.next_at`).Error)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		spoil()
		require.NoError(t, guard.NewSharedLimiter(s.db, "http://exchange", 9).Wait(ctx, lnmarkets.Private), at)
		pauses, err := s.db.GuardKeyPauses(ctx)
		require.NoError(t, err)
		require.Empty(t, pauses, at)
		spoil()
		guard.NewSharedLimiter(s.db, "http://exchange", 9).Pause(ctx, lnmarkets.Private, time.Minute)
		var paused *lnmarkets.PausedError
		require.ErrorAs(t, guard.NewSharedLimiter(s.db, "http://exchange", 9).Wait(ctx, lnmarkets.Private), &paused, at)
		require.InDelta(t, 60, paused.Left.Seconds(), 20, at)
	}
}

// TestLimiter_APauseHoldsForEveryProcess that shares the bucket, and for no other bucket.
func TestLimiter_APauseHoldsForEveryProcess(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	one, other := guard.NewSharedLimiter(s.db, "http://exchange", 9), guard.NewSharedLimiter(s.db, "http://exchange", 9)
	require.NoError(t, other.Wait(ctx, lnmarkets.Private))
	began := time.Now()
	one.Pause(ctx, lnmarkets.Private, 1200*time.Millisecond)
	one.Pause(ctx, lnmarkets.Private, 100*time.Millisecond) // a shorter one does not end the longer one
	require.NoError(t, other.Wait(ctx, lnmarkets.Public))
	require.Less(t, time.Since(began), time.Second)
	for _, l := range []lnmarkets.Limiter{other, one, guard.NewSharedLimiter(s.db, "http://exchange", 9)} {
		require.NoError(t, l.Wait(ctx, lnmarkets.Private))
		require.Greater(t, time.Since(began), 1150*time.Millisecond)
	}
	// A long one is an error at once, and does not move further away by being asked for.
	one.Pause(ctx, lnmarkets.Private, time.Minute)
	for range 100 {
		var paused *lnmarkets.PausedError
		require.ErrorAs(t, other.Wait(ctx, lnmarkets.Private), &paused)
		require.LessOrEqual(t, paused.Left, time.Minute+time.Second)
		require.ErrorIs(t, one.Wait(ctx, lnmarkets.Private), lnmarkets.ErrRateLimited)
	}
}

// clocked is a connection to the exchange that remembers when each signed request began.
type clocked struct {
	mu   sync.Mutex
	sent []moment
}

type moment struct {
	key, path string
	at        time.Time
}

func (c *clocked) RoundTrip(r *http.Request) (*http.Response, error) {
	if key := r.Header.Get(lnmarkets.HeaderKey); key != "" {
		c.mu.Lock()
		c.sent = append(c.sent, moment{key, r.URL.Path, time.Now()})
		c.mu.Unlock()
	}
	return http.DefaultTransport.RoundTrip(r)
}

// gaps are the times between the requests of one key, or of all when it is empty.
func (c *clocked) gaps(key string) (out []time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var last time.Time
	for _, m := range c.sent {
		if key != "" && m.key != key {
			continue
		}
		if !last.IsZero() {
			out = append(out, m.at.Sub(last))
		}
		last = m.at
	}
	return out
}

func (c *clocked) use(o *guard.Options) { o.HTTP = &http.Client{Transport: c} }

// TestRun_ARetryAfterPausesEverybodyBehindTheAddress, also in the next process.
func TestRun_ARetryAfterPausesEverybodyBehindTheAddress(t *testing.T) {
	t.Parallel()
	s := setup(t)
	for _, name := range []string{"anna", "bert", "carl", "dora"} {
		s.person(t, name)
	}
	c := &clocked{}
	fast := func(o *guard.Options) { o.PrivateRPS, o.Concurrency = 50, 1 }
	s.sim.MustFail(lnsim.Fault{Method: http.MethodGet, Path: running, Status: 429, RetryAfter: "2", Skip: 1})
	require.Zero(t, s.must(t, fast, c.use).Failed)
	long := 0
	for _, gap := range c.gaps("") {
		if gap > 1900*time.Millisecond {
			long++
		}
	}
	require.Equal(t, 1, long, "%v", c.gaps(""))

	s.sim.MustFail(lnsim.Fault{Method: http.MethodGet, Path: running, Status: 429, RetryAfter: "86400", Skip: 1, Count: 1})
	asked := len(c.sent)
	first := s.must(t, fast, c.use)
	require.Equal(t, 3, first.Failed)
	require.Len(t, c.sent, asked+2, "the second one was told to wait, and the others heard of it")
	second := s.must(t, fast, c.use)
	require.Equal(t, 4, second.Failed)
	require.Len(t, c.sent, asked+2)
	require.Contains(t, second.Items[0].Error, "asked for a pause")
	require.Zero(t, s.count(t, "guard_breaker"), "that speaks against nobody's key")
}

// TestRun_AccountsWithOneKeyShareItsLimit, and nothing stored reveals the key.
func TestRun_AccountsWithOneKeyShareItsLimit(t *testing.T) {
	t.Parallel()
	s := setup(t)
	var key lnsim.Key
	same := func(w *personOptions) {
		was := w.credentials
		w.credentials = func(k lnsim.Key) map[string]string {
			if key.Key == "" {
				key = k
			}
			return was(key)
		}
	}
	for _, name := range []string{"anna", "bert", "carl"} {
		s.person(t, name, same)
	}
	perKey := func(o *guard.Options) { o.PrivateRPS, o.LimitPerKey = 2.5, true }
	c := &clocked{}
	require.Zero(t, s.must(t, perKey, c.use).Failed)
	gaps := c.gaps(key.Key)
	require.Len(t, gaps, 2)
	for _, gap := range gaps {
		require.Greater(t, gap, 350*time.Millisecond)
	}

	// One of them is told to wait: so do the others with that key, in every process.
	c = &clocked{}
	s.sim.MustFail(lnsim.Fault{Method: http.MethodGet, Path: running, Status: 429, RetryAfter: "120"})
	got := s.must(t, perKey, c.use, func(o *guard.Options) { o.Concurrency = 1 })
	require.Equal(t, 3, got.Failed)
	s.person(t, "dora")
	c = &clocked{}
	require.Equal(t, 3, s.must(t, perKey, c.use).Failed)
	require.Len(t, c.sent, 1)
	require.NotEqual(t, key.Key, c.sent[0].key)
	var buckets []string
	s.scan(t, &buckets, `SELECT bucket FROM axisor.guard_rate`)
	require.Len(t, buckets, 1)
	require.NotContains(t, strings.Join(buckets, " "), key.Key)
	require.NotContains(t, strings.Join(buckets, " "), lnmarkets.Sign("", "", "", key.Key, ""))
}
