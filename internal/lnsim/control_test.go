package lnsim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

func noSleep(context.Context, time.Duration) error { return nil }

func get(t *testing.T, s *lnsim.Server, path string) (int, string) {
	t.Helper()
	res, err := http.Get(s.ControlURL + path)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(b)
}

func TestControl_BuildsAnExchange(t *testing.T) {
	t.Parallel()
	s := lnsim.NewServer(t, fixedClock)
	ok := func(path, body string) string {
		status, out := post(t, s, path, body)
		require.Equal(t, 200, status, out)
		return out
	}
	ok("/sim/price", `{"last_price":95000,"spread":10}`)
	ok("/sim/accounts", `{"id":"u1","username":"one","balance":1000000,"fee_tier":1}`)
	ok("/sim/accounts", `[{"id":"u2","balance":5},{"balance":6}]`)
	var k lnsim.Key
	require.NoError(t, json.Unmarshal([]byte(ok("/sim/keys", `{"account_id":"u1"}`)), &k))
	require.Len(t, k.Key, 44)
	require.Len(t, k.Secret, 88)
	ok("/sim/keys", `{"account_id":"u2","key":"k2","secret":"s2","passphrase":"p2","scopes":["account:read"]}`)
	var made lnsim.Trade
	require.NoError(t, json.Unmarshal([]byte(ok("/sim/trades", `{"id":"t1","account_id":"u1","side":"buy","quantity":5000,"leverage":25}`)), &made))
	require.InDelta(t, 91346, made.Liquidation, 0)
	ok("/sim/trades", `[{"account_id":"u1","side":"sell","quantity":5000,"margin":210526}]`)

	c := clientOf(t, s, k)
	trades, err := c.RunningTrades(t.Context())
	require.NoError(t, err)
	require.Len(t, trades, 2)
	ticker, err := c.Ticker(t.Context())
	require.NoError(t, err)
	require.InDelta(t, 94995, ticker.PriceFor(futures.Buy, 1), 0)

	ok("/sim/faults", `{"method":"GET","path":"/v3/account","count":1,"status":503,"retry_after":"2"}`)
	_, err = c.Account(t.Context())
	require.Error(t, err)
	ok("/sim/clock", `{"skew_ms":45000}`)
	_, err = c.Account(t.Context())
	require.ErrorContains(t, err, "Timestamp")
	ok("/sim/clock", `{"now":"2026-08-12T09:30:00.123Z"}`)
	_, err = c.Account(t.Context())
	require.NoError(t, err)
	ok("/sim/funding", `{"rate":0.0002,"settle":true}`)
	ok("/sim/quirks", `{"no_liquidation":"null"}`)
	ok("/sim/limits", `{"private_rps":0}`)
	ok("/sim/candles", `{"range":"1h","candles":[{"time":"2026-08-12T08:00:00Z","open":1,"high":2,"low":1,"close":2,"volume":3}]}`)
	_, page, _ := request{method: "GET", path: "/v3/futures/candles", query: "from=2026-08-01T00%3A00%3A00Z&range=1h"}.do(t, s)
	require.Len(t, page["data"], 1)

	status, state := get(t, s, "/sim/state")
	require.Equal(t, 200, status)
	require.Contains(t, state, `"last_price":95000`)
	require.NotContains(t, state, k.Secret)
	_, requests := get(t, s, "/sim/requests")
	require.Contains(t, requests, `"path":"/v3/account"`)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, s.ControlURL+"/sim/requests", nil)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Empty(t, s.Requests())
}

func TestControl_Refuses(t *testing.T) {
	t.Parallel()
	s := lnsim.NewServer(t, fixedClock)
	for path, bodies := range map[string][]string{
		"/sim/price":    {`{}x`, `{"last_price":-1}`, `{"last_price":1.3}`, `{"prize":1}`, ``},
		"/sim/accounts": {`{"balance":-1}`, `{"fee_tier":9}`},
		"/sim/keys":     {`{"account_id":"nobody"}`},
		"/sim/trades":   {`{"account_id":"nobody","side":"buy","quantity":1,"leverage":1}`},
		"/sim/faults":   {`{}`},
		"/sim/clock":    {`{}`, `{"skew_ms":1,"now":"2026-08-12T09:30:00Z"}`},
	} {
		for _, body := range bodies {
			status, out := post(t, s, path, body)
			require.Equal(t, 400, status, "%s %s", path, body)
			require.Contains(t, out, `"error"`)
		}
	}
	k := s.NewUser(1)
	for _, bad := range []lnsim.TradeSpec{
		{AccountID: k.AccountID, Side: "b", Quantity: 1, Leverage: 1},
		{AccountID: k.AccountID, Side: futures.Buy, Quantity: 0, Leverage: 1},
		{AccountID: k.AccountID, Side: futures.Buy, Quantity: 1, Price: 1.3, Leverage: 1},
		{AccountID: k.AccountID, Side: futures.Buy, Quantity: 1},
		{AccountID: k.AccountID, Side: futures.Sell, Quantity: 1000, Price: 50000, Leverage: 10},
	} {
		_, err := s.OpenTrade(bad)
		require.ErrorIs(t, err, lnsim.ErrFixture)
	}
	_, err := s.AddKey(lnsim.Key{AccountID: k.AccountID, Scopes: []string{"everything"}})
	require.ErrorIs(t, err, lnsim.ErrFixture)
}

func TestControl_IsForThisMachineOnly(t *testing.T) {
	t.Parallel()
	handler := lnsim.New(lnsim.Options{}).Handler()
	try := func(change func(*http.Request)) int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/sim/price", bytes.NewBufferString(`{"last_price":5}`))
		r.RemoteAddr, r.Host = "127.0.0.1:5555", "localhost:8080"
		r.Header.Set("Content-Type", "application/json")
		change(r)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Code
	}
	require.Equal(t, 200, try(func(*http.Request) {}))
	require.Equal(t, 200, try(func(r *http.Request) { r.RemoteAddr, r.Host = "[::1]:5555", "[::1]:8080" }))
	require.Equal(t, 403, try(func(r *http.Request) { r.RemoteAddr = "192.0.2.7:5555" }))
	require.Equal(t, 403, try(func(r *http.Request) { r.Host = "evil.example.org" }))
	require.Equal(t, 403, try(func(r *http.Request) { r.Header.Set("Origin", "https://evil.example.org") }))
	require.Equal(t, 415, try(func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }))
}

func TestState_SurvivesARestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "deep", "exchange.json")
	with := func(o *lnsim.Options) { o.Now, o.StateFile = at, file }
	first := lnsim.NewServer(t, with)
	k := first.NewUser(1_000_000)
	trade := guardLong(t, first, k)
	_, err := clientOf(t, first, k).AddMargin(t.Context(), trade.ID, 25000)
	require.NoError(t, err)
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	second := lnsim.NewServer(t, with)
	trades, err := clientOf(t, second, k).RunningTrades(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(235526), trades[0].Margin)
	second.MustPrice(90000)
	got, _ := second.Trade(trade.ID)
	require.True(t, got.Liquidated)
	left, err := filepath.Glob(filepath.Join(filepath.Dir(file), ".exchange-*"))
	require.NoError(t, err)
	require.Empty(t, left)

	for _, bad := range []string{`{`, `{}`, `[]`, strings.Repeat("x", 10)} {
		require.NoError(t, os.WriteFile(file, []byte(bad), 0o600))
		_, err = lnsim.Open(lnsim.Options{StateFile: file})
		require.ErrorContains(t, err, "read exchange state")
	}
}
