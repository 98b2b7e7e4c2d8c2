package lnsim_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/lnmarkets"
)

func TestFault_AmbiguousWrites(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		fault   lnsim.Fault
		applied bool
	}{
		{"applied, then cut", lnsim.Fault{Apply: true, Cut: true}, true},
		{"applied, then cut in the answer", lnsim.Fault{Apply: true, Cut: true, Body: lnsim.BodyTruncated}, true},
		{"applied, then 502", lnsim.Fault{Apply: true, Status: 502, Body: lnsim.BodyHTML}, true},
		{"applied, then half of the json", lnsim.Fault{Apply: true, Body: lnsim.BodyTruncated}, true},
		{"applied, then nothing", lnsim.Fault{Apply: true, Body: lnsim.BodyEmpty}, true},
		{"applied, then html with 200", lnsim.Fault{Apply: true, Body: lnsim.BodyHTML}, true},
		{"applied, then too slow", lnsim.Fault{DelayAfter: time.Minute}, true},
		{"too slow to be applied", lnsim.Fault{DelayBefore: time.Minute}, false},
		{"cut before", lnsim.Fault{Cut: true}, false},
		{"500", lnsim.Fault{Status: 500}, false},
		{"503", lnsim.Fault{Status: 503}, false},
		{"504 empty", lnsim.Fault{Status: 504, Body: lnsim.BodyEmpty}, false},
		{"200 without the exchange", lnsim.Fault{Status: 200}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := lnsim.NewServer(t, fixedClock)
			k := s.NewUser(1_000_000)
			trade := guardLong(t, s, k)
			tt.fault.Method, tt.fault.Path = "POST", "/v3/futures/isolated/trade/add-margin"
			s.MustFail(tt.fault)
			c := clientOf(t, s, k, func(o *lnmarkets.Options) { o.Timeout = 300 * time.Millisecond; o.Retries = 3 })
			_, err := c.AddMargin(t.Context(), trade.ID, 25000)
			require.Error(t, err)
			require.True(t, lnmarkets.IsAmbiguous(err), err)

			require.Len(t, s.RequestsTo("POST", "/v3/futures/isolated/trade/add-margin"), 1, "sent once")
			margin, balance := int64(210526), int64(1_000_000)
			if tt.applied {
				margin, balance = margin+25000, balance-25000
			}
			trades, err := c.RunningTrades(t.Context())
			require.NoError(t, err)
			require.Equal(t, margin, trades[0].Margin, "added at most once")
			account, err := c.Account(t.Context())
			require.NoError(t, err)
			require.Equal(t, balance, account.BalanceSats)
			require.Equal(t, tt.applied, s.Requests()[0].Applied)
			require.True(t, s.Requests()[0].Fault)
		})
	}
}

func TestFault_CleanRefusals(t *testing.T) {
	t.Parallel()
	s := lnsim.NewServer(t, fixedClock)
	k := s.NewUser(1_000_000)
	trade := guardLong(t, s, k)
	c := clientOf(t, s, k)
	s.MustFail(lnsim.Fault{Path: "/v3/futures/isolated/trade/*", Status: 429, RetryAfter: "7"})
	_, err := c.AddMargin(t.Context(), trade.ID, 25000)
	require.ErrorIs(t, err, lnmarkets.ErrRateLimited)
	require.False(t, lnmarkets.IsAmbiguous(err))
	var api *lnmarkets.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, 7*time.Second, api.RetryAfter)
	_, err = c.AddMargin(t.Context(), trade.ID, 25000)
	require.NoError(t, err, "the fault is used up")
}

func TestFault_SkipCountAndEnd(t *testing.T) {
	t.Parallel()
	s := lnsim.NewServer(t, fixedClock)
	k := s.NewUser(1_000_000)
	c := clientOf(t, s, k)
	s.MustFail(lnsim.Fault{Path: "/v3/account", Skip: 1, Count: 2, Status: 503})
	for _, fails := range []bool{false, true, true, false} {
		_, err := c.Account(t.Context())
		require.Equal(t, fails, err != nil)
	}
	s.MustFail(lnsim.Fault{Path: "/v3/account", Count: -1, Cut: true})
	for range 5 {
		_, err := c.Account(t.Context())
		require.ErrorIs(t, err, lnmarkets.ErrUnavailable)
	}
	_, err := c.Ticker(t.Context())
	require.NoError(t, err)
	s.ClearFaults()
	_, err = c.Account(t.Context())
	require.NoError(t, err)
	for _, bad := range []lnsim.Fault{{}, {Body: "x"}, {Status: 99}, {Status: 500, Path: "["}} {
		require.Error(t, s.Fail(bad))
	}
}

func TestFault_ReadsComeThrough(t *testing.T) {
	t.Parallel()
	s := lnsim.NewServer(t, fixedClock)
	k := s.NewUser(1_000_000)
	guardLong(t, s, k)
	s.MustFail(lnsim.Fault{Path: running, Status: 429, RetryAfter: "0"})
	s.MustFail(lnsim.Fault{Path: running, Status: 502, Body: lnsim.BodyHTML})
	s.MustFail(lnsim.Fault{Path: running, DelayBefore: time.Millisecond})
	c := clientOf(t, s, k, func(o *lnmarkets.Options) {
		o.Retries = 3
		o.Sleep = noSleep
	})
	trades, err := c.RunningTrades(t.Context())
	require.NoError(t, err)
	require.Len(t, trades, 1)
	require.Len(t, s.RequestsTo("GET", running), 3)
}

func TestLimits(t *testing.T) {
	t.Parallel()
	s := lnsim.NewServer(t, fixedClock, func(o *lnsim.Options) {
		o.Limits = lnsim.Limits{PrivateRPS: 5, PublicRPS: 1, PerKey: true}
	})
	k, other := s.NewUser(1), s.NewUser(2)
	c := clientOf(t, s, k)
	_, err := c.Account(t.Context())
	require.NoError(t, err)
	_, err = c.Account(t.Context())
	require.ErrorIs(t, err, lnmarkets.ErrRateLimited, "the clock stands still, so no token comes back")
	var api *lnmarkets.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, time.Second, api.RetryAfter)
	_, err = clientOf(t, s, other).Account(t.Context())
	require.NoError(t, err, "another key has its own bucket")
	_, err = c.Ticker(t.Context())
	require.NoError(t, err)
	_, err = c.Ticker(t.Context())
	require.ErrorIs(t, err, lnmarkets.ErrRateLimited)
}
