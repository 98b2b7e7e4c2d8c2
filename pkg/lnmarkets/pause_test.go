package lnmarkets_test

import (
	"context"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/lnmarkets"
)

// told is a limiter that remembers the pauses that it hears of.
type told struct {
	lnmarkets.Unpaced
	mu     sync.Mutex
	pauses map[lnmarkets.Bucket][]time.Duration
}

func (l *told) Pause(_ context.Context, b lnmarkets.Bucket, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pauses == nil {
		l.pauses = map[lnmarkets.Bucket][]time.Duration{}
	}
	l.pauses[b] = append(l.pauses[b], d)
}

func TestClient_AnAnswerThatAsksForAPausePausesItsBucket(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status int
		after  string
		want   []time.Duration
	}{
		"429 for a while":        {429, "12", []time.Duration{12 * time.Second}},
		"429 until a date":       {429, fixed().Add(21 * time.Second).Format(http.TimeFormat), []time.Duration{21 * time.Second}},
		"429 without a word":     {429, "", []time.Duration{time.Second}},
		"429 for no time":        {429, "0", []time.Duration{time.Second}},
		"429 for a day":          {429, "86400", []time.Duration{5 * time.Minute}},
		"503 for a while":        {503, "4", []time.Duration{4 * time.Second}},
		"503 without a word":     {503, "", nil},
		"400, which is no pause": {400, "30", nil},
		"200, which is no pause": {200, "30", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &told{}
			g := setup(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", tt.after)
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, `[]`)
			}, func(o *lnmarkets.Options) { o.Limiter, o.Retries = l, -1 })
			_, _ = g.client.RunningTrades(t.Context())
			_, _ = g.client.Time(t.Context())
			_, _ = g.client.WithLimiter(lnmarkets.Unpaced{Of: l}).AddMargin(t.Context(), vectorID, 1000)
			require.Equal(t, append(tt.want, tt.want...), l.pauses[lnmarkets.Private], "a read and a write")
			require.Equal(t, tt.want, l.pauses[lnmarkets.Public])
		})
	}
}

func TestRateLimiter_PausesOneBucketForEverybody(t *testing.T) {
	t.Parallel()
	l := lnmarkets.NewRateLimiter(0, 0)
	began := time.Now()
	l.Pause(t.Context(), lnmarkets.Private, 300*time.Millisecond)
	l.Pause(t.Context(), lnmarkets.Private, time.Millisecond)
	require.NoError(t, l.Wait(t.Context(), lnmarkets.Public))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if l.Wait(t.Context(), lnmarkets.Private) != nil || time.Since(began) < 300*time.Millisecond {
				t.Error("went out during the pause")
			}
		})
	}
	wg.Wait()

	// A pause longer than the caller's time, or than anybody waits, is an error at once.
	l.Pause(t.Context(), lnmarkets.Public, 20*time.Second)
	brief, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	began = time.Now()
	err := l.Wait(brief, lnmarkets.Public)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorIs(t, err, lnmarkets.ErrRateLimited)
	l.Pause(t.Context(), lnmarkets.Public, time.Minute)
	require.ErrorIs(t, l.Wait(t.Context(), lnmarkets.Public), lnmarkets.ErrRateLimited)
	require.Less(t, time.Since(began), 3*time.Second)
}

func TestPerKey_GivesEqualKeysOneLimiter(t *testing.T) {
	t.Parallel()
	made := 0
	p := lnmarkets.PerKey{Make: func(string) lnmarkets.Limiter { made++; return lnmarkets.NewRateLimiter(0, 0) }}
	a := p.For("a")
	require.NotSame(t, a, p.For("b"))
	require.Same(t, a, p.For("a"))
	require.Equal(t, 2, made)
}
