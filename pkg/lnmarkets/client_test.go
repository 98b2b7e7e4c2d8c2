package lnmarkets_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/lnmarkets"
	"github.com/axisor/axisor/pkg/lnmarkets/futures"
	"github.com/axisor/axisor/pkg/secret"
)

func TestAccount_RequestAndAnswer(t *testing.T) {
	t.Parallel()
	g := setup(t, says(200, `{"id":"u1","username":"trader-one","email":null,"balance":1250000.0,"syntheticUsdBalance":2.5,"feeTier":1,"linkingPublicKey":null}`))
	a, err := g.client.Account(t.Context())
	require.NoError(t, err)
	require.Equal(t, lnmarkets.Account{ID: "u1", Username: "trader-one", BalanceSats: 1250000, FeeTier: 1, SyntheticUSDBalance: 2.5}, a)

	req := g.requests()[0]
	require.Equal(t, "GET", req.method)
	require.Equal(t, "/v3/account", req.uri)
	require.Empty(t, req.body)
	require.Empty(t, req.header.Get("Content-Type"))
	require.Equal(t, "axisor/1.2.3", req.header.Get("User-Agent"))
	require.Equal(t, "key-in-clear", req.header.Get(lnmarkets.HeaderKey))
	require.Equal(t, "phrase-in-clear", req.header.Get(lnmarkets.HeaderPassphrase))
	require.Equal(t, vectorStamp, req.header.Get(lnmarkets.HeaderTimestamp))
	require.Equal(t, "oKS+GJLWKTmsYGbIkwSi4xxQXxj6TKWNLjq/Gi67/5I=", req.header.Get(lnmarkets.HeaderSignature))
}

func TestAddMargin_RequestAndAnswer(t *testing.T) {
	t.Parallel()
	g := setup(t, says(200, tradeJSON))
	trade, err := g.client.AddMargin(t.Context(), vectorID, 25000)
	require.NoError(t, err)
	require.Equal(t, int64(235526), trade.Margin)
	require.InDelta(t, 90931, trade.Liquidation, 0)
	require.True(t, trade.IsRunning())
	require.Zero(t, trade.ExitPrice)
	require.Equal(t, time.Date(2026, 8, 12, 8, 0, 0, 250e6, time.UTC), trade.FilledAt)
	require.True(t, trade.ClosedAt.IsZero())
	require.Equal(t, futures.Position{Side: futures.Buy, Quantity: 5000, Price: 95000, Margin: 235526}, trade.Position())

	require.Len(t, g.requests(), 1)
	req := g.requests()[0]
	require.Equal(t, "POST", req.method)
	require.Equal(t, "/v3/futures/isolated/trade/add-margin", req.uri)
	require.Equal(t, `{"id":"`+vectorID+`","amount":25000}`, req.body)
	require.Equal(t, "application/json", req.header.Get("Content-Type"))
	require.Equal(t, "RkJcqDJnRlIRewOvIAU3f+Zag41zuNkHYfG13Iq4XOU=", req.header.Get(lnmarkets.HeaderSignature))
}

func TestAddMargin_BodyIsNotHTMLEscaped(t *testing.T) {
	t.Parallel()
	g := setup(t, says(400, `{"message":"no such trade"}`))
	_, err := g.client.AddMargin(t.Context(), `a<b>&c`, 1)
	require.Error(t, err)
	require.Equal(t, `{"id":"a<b>&c","amount":1}`, g.requests()[0].body)
}

func TestAddMargin_RefusedBeforeSending(t *testing.T) {
	t.Parallel()
	g := setup(t, says(200, tradeJSON))
	for _, amount := range []int64{0, -1, 1 << 60} {
		_, err := g.client.AddMargin(t.Context(), vectorID, amount)
		require.ErrorIs(t, err, lnmarkets.ErrInput)
		require.False(t, lnmarkets.IsAmbiguous(err))
	}
	_, err := g.client.AddMargin(t.Context(), "", 1)
	require.ErrorIs(t, err, lnmarkets.ErrInput)
	require.Empty(t, g.requests())
}

func TestRunningTrades(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		count      int
		fails      bool
	}{
		{"none", `[]`, 0, false},
		{"one, with unknown fields", `[` + tradeJSON + `]`, 1, false},
		{"one of two has ended", `[` + tradeJSON + `,{"id":"x","side":"sell","quantity":1,"margin":1,"price":1,"running":true,"closed":true}]`, 1, false},
		{"null", `null`, 0, true},
		{"an object", `{}`, 0, true},
		{"no id", `[{"side":"buy","quantity":1,"margin":1,"price":1,"running":true}]`, 0, true},
		{"unknown side", `[{"id":"x","side":"b","quantity":1,"margin":1,"price":1,"running":true}]`, 0, true},
		{"half a satoshi", `[{"id":"x","side":"buy","quantity":1,"margin":1000.5,"price":1,"running":true}]`, 0, true},
		{"margin missing", `[{"id":"x","side":"buy","quantity":1,"price":1,"running":true}]`, 0, true},
		{"margin as text", `[{"id":"x","side":"buy","quantity":1,"margin":"1","price":1,"running":true}]`, 0, true},
		{"margin too exact", `[{"id":"x","side":"buy","quantity":1,"margin":1e300,"price":1,"running":true}]`, 0, true},
		{"price missing", `[{"id":"x","side":"buy","quantity":1,"margin":1,"running":true}]`, 0, true},
		{"running missing", `[{"id":"x","side":"buy","quantity":1,"margin":1,"price":1}]`, 0, true},
		{"quantity zero", `[{"id":"x","side":"buy","quantity":0,"margin":1,"price":1,"running":true}]`, 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := setup(t, says(200, tt.body))
			got, err := g.client.RunningTrades(t.Context())
			if tt.fails {
				require.ErrorIs(t, err, lnmarkets.ErrUnavailable)
				return
			}
			require.NoError(t, err)
			require.NotNil(t, got)
			require.Len(t, got, tt.count)
		})
	}
}

func TestRunningTrades_WaysToSayNoLiquidation(t *testing.T) {
	t.Parallel()
	for _, none := range []string{"null", "0", "0.0", "-1", "100000000", "1e11"} {
		g := setup(t, says(200, `[{"id":"x","side":"sell","quantity":1000,"margin":909090,"price":110000,"running":true,"liquidation":`+none+`}]`))
		got, err := g.client.RunningTrades(t.Context())
		require.NoError(t, err, none)
		require.False(t, got[0].HasLiquidation(), none)
	}
}

func TestTicker(t *testing.T) {
	t.Parallel()
	g := setup(t, says(200, `{"index":93012.5,"lastPrice":93000,"fundingRate":0.0001,"fundingTime":"2026-08-12T16:00:00.000Z","prices":[`+
		`{"minSize":0,"maxSize":100000,"bidPrice":92995,"askPrice":93005},{"minSize":100000,"maxSize":500000,"bidPrice":92980.5,"askPrice":null}],"new":1}`))
	got, err := g.client.Ticker(t.Context())
	require.NoError(t, err)
	require.InDelta(t, 93000, got.LastPrice, 0)
	require.Equal(t, time.Date(2026, 8, 12, 16, 0, 0, 0, time.UTC), got.FundingTime)
	require.InDelta(t, 92995, got.PriceFor(futures.Buy, 100000), 0)
	require.InDelta(t, 93005, got.PriceFor(futures.Sell, 1), 0)
	require.InDelta(t, 92980.5, got.PriceFor(futures.Buy, 100001), 0)
	require.InDelta(t, 92980.5, got.PriceFor(futures.Buy, 9000000), 0, "beyond the ladder its last step counts")
	require.InDelta(t, 93000, got.PriceFor(futures.Sell, 400000), 0, "no ask: the last price decides")
	require.Empty(t, g.requests()[0].header.Get(lnmarkets.HeaderKey), "public calls carry no credentials")

	empty := setup(t, says(200, `{"index":1,"lastPrice":93000.5,"fundingTime":1786521600000,"prices":[]}`))
	got, err = empty.client.Ticker(t.Context())
	require.NoError(t, err)
	require.InDelta(t, 93000.5, got.PriceFor(futures.Buy, 1), 0)
	require.Equal(t, int64(1786521600000), got.FundingTime.UnixMilli())
}

func TestTicker_BadMarketData(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{}`, `{"lastPrice":null}`, `{"lastPrice":0}`, `{"lastPrice":-5}`, `{"lastPrice":"93000"}`, `{"lastPrice":1e12}`, `[]`} {
		g := setup(t, says(200, body))
		_, err := g.client.Ticker(t.Context())
		require.ErrorIs(t, err, lnmarkets.ErrUnavailable, body)
		require.Len(t, g.requests(), 1, "bad data is not asked for again")
	}
}

func TestTime_OffsetFromTheMiddleOfTheCall(t *testing.T) {
	t.Parallel()
	now := fixed()
	g := setup(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		now = now.Add(4 * time.Second)
		_, _ = fmt.Fprintf(w, `{"time":%q}`, fixed().Add(12*time.Second).Format("2006-01-02T15:04:05.000Z07:00"))
	}, func(o *lnmarkets.Options) { o.Now = func() time.Time { return now } })
	got, err := g.client.Time(t.Context())
	require.NoError(t, err)
	require.Equal(t, 4*time.Second, got.RoundTrip)
	require.Equal(t, 10*time.Second, got.Offset)

	corrected := g.client.WithOffset(got.Offset)
	_, _ = corrected.Account(t.Context())
	require.Equal(t, "1760000014000", g.requests()[1].header.Get(lnmarkets.HeaderTimestamp))
}

func TestCrossPosition(t *testing.T) {
	t.Parallel()
	g := setup(t, says(200, `{"id":"b1","quantity":-2000,"leverage":10,"margin":600000,"entryPrice":94000,"runningMargin":212765,"initialMargin":0,"maintenanceMargin":3191,"liquidation":130646.5,"totalPl":22878,"deltaPl":22878,"tradingFees":2127,"fundingFees":0,"updatedAt":"2026-08-12T09:29:59.000Z"}`))
	p, err := g.client.CrossPosition(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(-2000), p.Quantity)
	liq, ok := p.Position().Liquidation()
	require.True(t, ok)
	require.InDelta(t, p.Liquidation, liq, 0)

	flat := setup(t, says(200, `{"id":"b1","quantity":0,"leverage":1,"margin":0,"entryPrice":null,"liquidation":null}`))
	p, err = flat.client.CrossPosition(t.Context())
	require.NoError(t, err)
	require.Zero(t, p.Liquidation)
}

func TestClient_LogsOnlyTheOutlineOfARequest(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	g := setup(t, says(401, `{"message":"bad key key-in-clear with `+vectorSecret+`","code":"phrase-in-clear"}`), func(o *lnmarkets.Options) {
		o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	_, err := g.client.AddMargin(t.Context(), vectorID, 1)
	require.ErrorIs(t, err, lnmarkets.ErrUnauthorized)
	require.Contains(t, log.String(), "status=401")
	require.Contains(t, log.String(), "path=/v3/futures/isolated/trade/add-margin")
	everything := log.String() + fmt.Sprintf("%v %+v %#v", err, err, g.client)
	for _, word := range []string{"key-in-clear", "phrase-in-clear", vectorSecret, vectorID} {
		require.NotContains(t, everything, word)
	}
}

func TestClient_PrivateCallsNeedCredentials(t *testing.T) {
	t.Parallel()
	g := setup(t, says(200, `[]`), func(o *lnmarkets.Options) { o.Credentials = nil })
	_, err := g.client.RunningTrades(t.Context())
	require.ErrorIs(t, err, lnmarkets.ErrCredentials)
	_, err = g.client.AddMargin(t.Context(), vectorID, 1)
	require.ErrorIs(t, err, lnmarkets.ErrCredentials)
	require.Empty(t, g.requests())

	_, err = g.client.WithCredentials(lnmarkets.Credentials{Key: secret.New("k")})
	require.ErrorIs(t, err, lnmarkets.ErrCredentials)
	other, err := g.client.WithCredentials(lnmarkets.Credentials{Key: secret.New("k"), Secret: secret.New("s"), Passphrase: secret.New("p")})
	require.NoError(t, err)
	_, err = other.RunningTrades(t.Context())
	require.NoError(t, err)
	require.Equal(t, "k", g.requests()[0].header.Get(lnmarkets.HeaderKey))
}
