package lnmarkets_test

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/lnmarkets"
)

func TestWrite_IsSentOnceAndJudged(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		handle    func(int, http.ResponseWriter, *http.Request)
		ambiguous bool
		is        error
	}{
		{"400", says(400, `{"message":"You do not own this trade"}`), false, nil},
		{"400 as html", says(400, htmlPage), false, nil},
		{"400 empty", says(400, ``), false, nil},
		{"401", says(401, `{}`), false, lnmarkets.ErrUnauthorized},
		{"403", says(403, `{}`), false, lnmarkets.ErrForbidden},
		{"404", says(404, `{"message":"Not found"}`), false, nil},
		{"429", says(429, `{"message":"Too many requests"}`), false, lnmarkets.ErrRateLimited},
		{"400 cut in the body", halfway(400, `{"mess`), true, lnmarkets.ErrUnavailable},
		{"408", says(408, ``), true, nil},
		{"499", says(499, ``), true, nil},
		{"500", says(500, `{"code":"INTERNAL_SERVER_ERROR"}`), true, lnmarkets.ErrUnavailable},
		{"502 html", says(502, htmlPage), true, lnmarkets.ErrUnavailable},
		{"503", says(503, `{"message":"Trading engine temporarily unavailable"}`), true, lnmarkets.ErrUnavailable},
		{"504 empty", says(504, ``), true, lnmarkets.ErrUnavailable},
		{"200 html", says(200, htmlPage), true, lnmarkets.ErrUnavailable},
		{"200 empty", says(200, ``), true, lnmarkets.ErrUnavailable},
		{"204", says(204, ``), true, lnmarkets.ErrUnavailable},
		{"200 truncated json", says(200, tradeJSON[:200]), true, lnmarkets.ErrUnavailable},
		{"200 json twice", says(200, tradeJSON+tradeJSON), true, lnmarkets.ErrUnavailable},
		{"200 other json", says(200, `{"ok":true}`), true, lnmarkets.ErrUnavailable},
		{"200 null", says(200, `null`), true, lnmarkets.ErrUnavailable},
		{"200 about another trade", says(200, `{"id":"other","side":"buy","quantity":1,"margin":1,"price":1,"running":true}`), true, lnmarkets.ErrUnavailable},
		{"200 cut in the body", halfway(200, tradeJSON[:100]), true, lnmarkets.ErrUnavailable},
		{"200 too large", says(200, repeat(" ", 9<<20)), true, lnmarkets.ErrUnavailable},
		{"cut before an answer", cut, true, lnmarkets.ErrUnavailable},
		{"no answer in time", hang, true, lnmarkets.ErrUnavailable},
		{"redirect", func(_ int, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/v3/elsewhere", http.StatusTemporaryRedirect)
		}, true, lnmarkets.ErrUnavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := setup(t, tt.handle, func(o *lnmarkets.Options) {
				if tt.name == "no answer in time" {
					o.Timeout = 100 * time.Millisecond
				}
			})
			_, err := g.client.AddMargin(t.Context(), vectorID, 25000)
			require.Error(t, err)
			require.Equal(t, tt.ambiguous, lnmarkets.IsAmbiguous(err), err)
			if tt.is != nil {
				require.ErrorIs(t, err, tt.is)
			}
			require.NotErrorIs(t, err, lnmarkets.ErrNotSent)
			require.Len(t, g.requests(), 1, "a write goes out once")
			require.Empty(t, g.waits)
		})
	}
}

func TestWrite_CutOnAReusedConnectionIsNotSentAgain(t *testing.T) {
	t.Parallel()
	g := setup(t, func(try int, w http.ResponseWriter, r *http.Request) {
		if try == 1 {
			says(200, `[]`)(try, w, r)
			return
		}
		cut(try, w, r)
	})
	_, err := g.client.RunningTrades(t.Context())
	require.NoError(t, err)
	_, err = g.client.AddMargin(t.Context(), vectorID, 25000)
	require.True(t, lnmarkets.IsAmbiguous(err))
	require.Len(t, g.requests(), 2, "the transport must not repeat a write either")
}

func TestWrite_RefusedConnection(t *testing.T) {
	t.Parallel()
	g := setup(t, says(200, tradeJSON))
	g.server.Close()
	_, err := g.client.AddMargin(t.Context(), vectorID, 25000)
	require.ErrorIs(t, err, lnmarkets.ErrUnavailable)
	require.ErrorIs(t, err, lnmarkets.ErrNotSent)
	require.True(t, lnmarkets.IsAmbiguous(err))
}

func TestWrite_NotSentWhenTheLimiterSaysNo(t *testing.T) {
	t.Parallel()
	g := setup(t, says(200, tradeJSON), func(o *lnmarkets.Options) { o.Limiter = lnmarkets.NewRateLimiter(0.001, 1) })
	_, err := g.client.AddMargin(t.Context(), vectorID, 1)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = g.client.AddMargin(ctx, vectorID, 1)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.False(t, lnmarkets.IsAmbiguous(err), "nothing left this machine")
	require.Len(t, g.requests(), 1)
}

func TestWrite_NotSentWhenAlreadyCancelled(t *testing.T) {
	t.Parallel()
	g := setup(t, says(200, tradeJSON))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := g.client.AddMargin(ctx, vectorID, 1)
	require.ErrorIs(t, err, context.Canceled)
	require.False(t, lnmarkets.IsAmbiguous(err))
	require.Empty(t, g.requests())
}

func TestWrite_CancelledOnItsWay(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	g := setup(t, func(_ int, _ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() })
	_, err := g.client.AddMargin(ctx, vectorID, 1)
	require.ErrorIs(t, err, context.Canceled)
	require.True(t, lnmarkets.IsAmbiguous(err))
}

func TestRedirect_DoesNotCarryTheSignatureElsewhere(t *testing.T) {
	t.Parallel()
	other := setup(t, says(200, `[]`))
	g := setup(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.server.URL+r.URL.Path, http.StatusFound)
	}, func(o *lnmarkets.Options) { o.HTTP = &http.Client{} })
	_, err := g.client.RunningTrades(t.Context())
	var api *lnmarkets.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, http.StatusFound, api.Status)
	require.ErrorIs(t, err, lnmarkets.ErrUnavailable)
	require.Empty(t, other.requests())
}

func TestRead_RetriesWhatMayPass(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		first  func(int, http.ResponseWriter, *http.Request)
		tries  int
		lasted bool
	}{
		{"429", says(429, ``), 2, true},
		{"502", says(502, htmlPage), 2, true},
		{"503", says(503, ``), 2, true},
		{"504", says(504, ``), 2, true},
		{"cut connection", cut, 2, true},
		{"cut in the body", halfway(200, `[`), 2, true},
		{"400", says(400, ``), 1, false},
		{"401", says(401, ``), 1, false},
		{"403", says(403, ``), 1, false},
		{"404", says(404, ``), 1, false},
		{"500", says(500, ``), 1, false},
		{"html", says(200, htmlPage), 1, false},
		{"empty", says(200, ``), 1, false},
		{"truncated", says(200, `[{"id":`), 1, false},
		{"timeout", hang, 1, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := setup(t, func(try int, w http.ResponseWriter, r *http.Request) {
				if try == 1 {
					tt.first(try, w, r)
					return
				}
				says(200, `[]`)(try, w, r)
			}, func(o *lnmarkets.Options) {
				if tt.name == "timeout" {
					o.Timeout = 100 * time.Millisecond
				}
			})
			_, err := g.client.RunningTrades(t.Context())
			require.Equal(t, tt.lasted, err == nil, err)
			require.False(t, lnmarkets.IsAmbiguous(err), "a read has no outcome to wonder about")
			// net/http itself repeats an idempotent request once when a kept
			// connection breaks, so a cut may show one request more.
			require.GreaterOrEqual(t, len(g.requests()), tt.tries)
			require.Len(t, g.waits, tt.tries-1)
		})
	}
}

func TestRead_BackoffAndRetryAfter(t *testing.T) {
	t.Parallel()
	g := setup(t, says(503, ``))
	_, err := g.client.Account(t.Context())
	require.ErrorIs(t, err, lnmarkets.ErrUnavailable)
	require.Len(t, g.requests(), 4, "one try and three more")
	require.Len(t, g.waits, 3)
	for i, base := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
		require.GreaterOrEqual(t, g.waits[i], base)
		require.LessOrEqual(t, g.waits[i], base+base/4)
	}

	after := func(v string) *rig {
		g := setup(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", v)
			says(429, ``)(0, w, r)
		})
		_, err := g.client.Time(t.Context())
		require.ErrorIs(t, err, lnmarkets.ErrRateLimited)
		return g
	}
	require.Equal(t, 7*time.Second, after("7").waits[0])
	require.GreaterOrEqual(t, after("0").waits[0], time.Second, "never sooner than the base")
	require.Equal(t, 9*time.Second, after(fixed().Add(9 * time.Second).Format(http.TimeFormat)).waits[0])
	require.LessOrEqual(t, after("soon").waits[0], 1250*time.Millisecond)
	require.LessOrEqual(t, after("NaN").waits[0], 1250*time.Millisecond)
	require.Empty(t, after("3600").waits, "an hour is for the caller to wait")
}

func TestRead_NewSignatureForEveryTry(t *testing.T) {
	t.Parallel()
	now := fixed()
	g := setup(t, says(503, ``), func(o *lnmarkets.Options) {
		o.Retries = 1
		o.Now = func() time.Time { now = now.Add(time.Second); return now }
	})
	_, _ = g.client.Account(t.Context())
	require.Len(t, g.requests(), 2)
	require.NotEqual(t, g.requests()[0].header.Get(lnmarkets.HeaderSignature), g.requests()[1].header.Get(lnmarkets.HeaderSignature))
}

func TestRead_StopsWaitingWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	g := setup(t, says(503, ``), func(o *lnmarkets.Options) {
		o.Sleep = func(context.Context, time.Duration) error { cancel(); return ctx.Err() }
	})
	_, err := g.client.Account(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, lnmarkets.ErrUnavailable, "the first failure is not lost")
	require.Len(t, g.requests(), 1)
}

func TestRead_RealSleepEndsWithTheContext(t *testing.T) {
	t.Parallel()
	g := setup(t, says(503, ``), func(o *lnmarkets.Options) { o.Sleep = nil })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := g.client.Account(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestRead_NoRetriesWhenTurnedOff(t *testing.T) {
	t.Parallel()
	g := setup(t, says(503, ``), func(o *lnmarkets.Options) { o.Retries = -1 })
	_, err := g.client.Account(t.Context())
	require.Error(t, err)
	require.Len(t, g.requests(), 1)
}

func TestRead_UnknownHost(t *testing.T) {
	t.Parallel()
	g := setup(t, nil, func(o *lnmarkets.Options) {
		o.HTTP = &http.Client{Transport: failing{&net.OpError{Op: "dial", Err: &net.DNSError{Name: "nowhere", IsNotFound: true}}}}
	})
	_, err := g.client.Time(t.Context())
	require.ErrorIs(t, err, lnmarkets.ErrUnavailable)
	require.ErrorIs(t, err, lnmarkets.ErrNotSent)
	require.Len(t, g.waits, 3)
}

type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

func TestAPIError_Message(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, body, message, code string }{
		{"message", `{"message":"You do not own this trade","code":"C"}`, "You do not own this trade", "C"},
		{"error word", `{"error":"nope"}`, "nope", ""},
		{"message of another type", `{"message":{"a":1},"error":"nope","code":7}`, "nope", ""},
		{"html", "  <h1>hi</h1>\n", "<h1>hi</h1>", ""},
		{"empty", "", "", ""},
		{"terminal escapes", `{"message":"a\u001b[31mred\u0007\r\nb\u202e"}`, `a\x1b[31mred\a\r\nb\u202e`, ""},
		{"not utf-8", "a\xff\xfeb", "a\uFFFDb", ""},
		{"array", `[1,2]`, `[1,2]`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := setup(t, says(400, tt.body))
			_, err := g.client.AddMargin(t.Context(), vectorID, 1)
			var api *lnmarkets.APIError
			require.ErrorAs(t, err, &api)
			require.Equal(t, 400, api.Status)
			require.Equal(t, tt.message, api.Message)
			require.Equal(t, tt.code, api.Code)
			require.Contains(t, err.Error(), "POST /v3/futures/isolated/trade/add-margin: status 400")
		})
	}
	g := setup(t, says(400, repeat("é\x01", 5000)))
	_, err := g.client.AddMargin(t.Context(), vectorID, 1)
	var api *lnmarkets.APIError
	require.ErrorAs(t, err, &api)
	require.LessOrEqual(t, len(api.Message), 512)
	require.Greater(t, len(api.Message), 500)
	require.NotErrorIs(t, err, lnmarkets.ErrUnavailable)
}

func TestRateLimiter_SpacesCalls(t *testing.T) {
	t.Parallel()
	l := lnmarkets.NewRateLimiter(50, 0)
	started := time.Now()
	for range 4 {
		require.NoError(t, l.Wait(t.Context(), lnmarkets.Private))
	}
	require.GreaterOrEqual(t, time.Since(started), 55*time.Millisecond)
	for range 1000 {
		require.NoError(t, l.Wait(t.Context(), lnmarkets.Public))
	}
}
