package lnsim_test

import (
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/lnsim"
)

func TestAuth(t *testing.T) {
	t.Parallel()
	s := lnsim.NewServer(t, fixedClock)
	k := s.NewUser(1000)
	reader, err := s.AddKey(lnsim.Key{AccountID: k.AccountID, Scopes: []string{"account:read"}})
	require.NoError(t, err)
	stamp := "1786527000123"
	resign := func(key, message string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Lnm-Access-Signature", sign(key, message)) }
	}
	without := func(name string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Del(name) }
	}
	decoded, err := base64.StdEncoding.DecodeString(k.Secret)
	require.NoError(t, err)
	otherSecret, otherPhrase, otherKey := k, k, k
	otherSecret.Secret, otherPhrase.Passphrase, otherKey.Key = "x", "x", "x"
	const closed = "/v3/futures/isolated/trades/closed"
	tests := []struct {
		name    string
		request request
		status  int
		message string
	}{
		{"good", request{method: "GET", path: "/v3/account", key: k}, 200, ""},
		{"good with query", request{method: "GET", path: closed, query: "from=2026-01-01T00%3A00%3A00.000Z&limit=50", key: k}, 200, ""},
		{"good delete with query", request{method: "DELETE", path: "/v3/futures/isolated/trade/stoploss", query: "id=x", key: k}, 400, "You do not own this trade"},
		{"good post without body", request{method: "POST", path: "/v3/futures/isolated/trades/cancel-all", key: k}, 200, ""},
		{"no headers", request{method: "GET", path: "/v3/account"}, 401, "Unauthorized"},
		{"no key", request{method: "GET", path: "/v3/account", key: k, change: without("Lnm-Access-Key")}, 401, "Unauthorized"},
		{"no passphrase", request{method: "GET", path: "/v3/account", key: k, change: without("Lnm-Access-Passphrase")}, 401, "Unauthorized"},
		{"no timestamp", request{method: "GET", path: "/v3/account", key: k, change: without("Lnm-Access-Timestamp")}, 401, "Unauthorized"},
		{"no signature", request{method: "GET", path: "/v3/account", key: k, change: without("Lnm-Access-Signature")}, 401, "Unauthorized"},
		{"unknown key", request{method: "GET", path: "/v3/account", key: otherKey}, 401, "Api key does not exist"},
		{"wrong secret", request{method: "GET", path: "/v3/account", key: otherSecret}, 401, "Signature is not valid"},
		{"wrong passphrase", request{method: "GET", path: "/v3/account", key: otherPhrase}, 401, "Signature is not valid"},
		{"upper-case method signed", request{method: "GET", path: "/v3/account", key: k, change: resign(k.Secret, stamp+"GET/v3/account")}, 401, "Signature is not valid"},
		{"path without version signed", request{method: "GET", path: "/v3/account", key: k, change: resign(k.Secret, stamp+"get/account")}, 401, "Signature is not valid"},
		{"secret decoded", request{method: "GET", path: "/v3/account", key: k, change: resign(string(decoded), stamp+"get/v3/account")}, 401, "Signature is not valid"},
		{"query signed without question mark", request{method: "GET", path: closed, query: "limit=50", key: k, change: resign(k.Secret, stamp+"get"+closed+"limit=50")}, 401, "Signature is not valid"},
		{"query signed unencoded", request{
			method: "GET", path: closed, query: "from=2026-01-01T00%3A00%3A00.000Z", key: k,
			change: resign(k.Secret, stamp+"get"+closed+"?from=2026-01-01T00:00:00.000Z"),
		}, 401, "Signature is not valid"},
		{"body not signed", request{method: "POST", path: "/v3/futures/cross/deposit", body: `{"amount":100}`, key: k, change: resign(k.Secret, stamp+"post/v3/futures/cross/deposit")}, 401, "Signature is not valid"},
		{"body not compact", request{method: "POST", path: "/v3/futures/cross/deposit", body: `{"amount": 100}`, key: k}, 401, "Signature is not valid"},
		{"number unlike JavaScript", request{method: "POST", path: "/v3/futures/cross/deposit", body: `{"amount":100.0}`, key: k}, 401, "Signature is not valid"},
		{"29 s late", request{method: "GET", path: "/v3/account", key: k, stamp: at().Add(-29 * time.Second).UnixMilli()}, 200, ""},
		{"31 s late", request{method: "GET", path: "/v3/account", key: k, stamp: at().Add(-31 * time.Second).UnixMilli()}, 401, "Timestamp is not valid"},
		{"31 s early", request{method: "GET", path: "/v3/account", key: k, stamp: at().Add(31 * time.Second).UnixMilli()}, 401, "Timestamp is not valid"},
		{"seconds", request{method: "GET", path: "/v3/account", key: k, stamp: at().Unix()}, 401, "Timestamp is not valid"},
		{"scope missing", request{method: "GET", path: "/v3/futures/isolated/trades/running", key: reader}, 403, "Forbidden"},
		{"scope missing for a write", request{method: "POST", path: "/v3/futures/isolated/trade/add-margin", body: `{"id":"x","amount":1}`, key: reader}, 403, "Forbidden"},
		{"get with a body", request{method: "GET", path: "/v3/account", body: `{}`, key: k}, 400, "Invalid request"},
		{"body of another type", request{
			method: "POST", path: "/v3/futures/cross/deposit", body: `{"amount":100}`, key: k,
			change: func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
		}, 400, "Content-Type must be application/json"},
		{"unknown route", request{method: "GET", path: "/v3/nothing", key: k}, 404, "Not found"},
		{"removed oracle", request{method: "GET", path: "/v3/oracle/index"}, 404, "Not found"},
		{"removed oracle price", request{method: "GET", path: "/v3/oracle/last-price"}, 404, "Not found"},
		{"version 2", request{method: "GET", path: "/v2/user", key: k}, 410, "API v2 is no longer available, use /v3"},
		{"no version", request{method: "GET", path: "/account", key: k}, 404, "Not found"},
		{"wrong method", request{method: "DELETE", path: "/v3/account", key: k}, 405, "Method not allowed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			status, body, _ := tt.request.do(t, s)
			require.Equal(t, tt.status, status)
			if tt.message != "" {
				require.Equal(t, tt.message, body["message"])
				require.NotEmpty(t, body["code"])
			}
		})
	}
}

func TestAuth_RecordsHoldNoSecrets(t *testing.T) {
	t.Parallel()
	s := lnsim.NewServer(t)
	k := s.NewUser(1000)
	_, err := clientOf(t, s, k).Account(t.Context())
	require.Error(t, err, "the clocks differ by design")
	require.Len(t, s.Requests(), 1)
	_, state := get(t, s, "/sim/state")
	_, requests := get(t, s, "/sim/requests")
	for _, word := range []string{k.Key, k.Secret, k.Passphrase} {
		require.NotContains(t, state+requests, word)
	}
}

func TestAuth_ClockSkew(t *testing.T) {
	t.Parallel()
	s := lnsim.NewServer(t, fixedClock)
	k := s.NewUser(1000)
	require.NoError(t, s.SetSkew(45*time.Second))
	c := clientOf(t, s, k)
	_, err := c.Account(t.Context())
	require.ErrorContains(t, err, "Timestamp is not valid")
	got, err := c.Time(t.Context())
	require.NoError(t, err)
	require.Equal(t, 45*time.Second, got.Offset)
	_, err = c.WithOffset(got.Offset).Account(t.Context())
	require.NoError(t, err)
}
