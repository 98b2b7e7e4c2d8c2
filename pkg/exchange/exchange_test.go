package exchange_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/exchange"
	"github.com/axisor/axisor/pkg/secret"
)

func options(url string) exchange.Options {
	return exchange.Options{
		BaseURL: url, Timeout: 5 * time.Second, PrivateRPS: 1000, PublicRPS: 1000, Now: time.Now,
		Sleep: func(context.Context, time.Duration) error { return nil },
	}
}

func fields(k lnsim.Key) map[string]secret.Secret {
	return map[string]secret.Secret{
		"API Key": secret.New(k.Key), "api_secret": secret.New(k.Secret), "passphrase": secret.New(k.Passphrase),
	}
}

func TestOpen_ChoosesBySlugAndVersion(t *testing.T) {
	t.Parallel()
	for _, ok := range [][2]string{{"lnmarkets", "v3"}, {"ln-markets", "V3"}, {"lnmarkets", "3"}, {"lnmarkets", ""}} {
		_, err := exchange.Open(ok[0], ok[1], options(""))
		require.NoError(t, err, ok)
	}
	for _, tc := range []struct{ slug, version, reason, hint string }{
		{"lnmarkets", "v2", "switched API v2 off on 31 March 2026", "axisor exchange update lnmarkets --api-version v3"},
		{"ln-markets", "2", "switched API v2 off", "axisor exchange update ln-markets --api-version v3"},
		{"lnmarkets", "v9", "axisor speaks v3", "axisor exchange update lnmarkets --api-version v3"},
		{"kraken", "v3", "cannot talk to the exchange \"kraken\"", ""},
	} {
		_, err := exchange.Open(tc.slug, tc.version, options(""))
		var unsupported *exchange.UnsupportedError
		require.ErrorAs(t, err, &unsupported, tc)
		require.ErrorIs(t, err, exchange.ErrUnsupported)
		require.Contains(t, err.Error(), tc.reason)
		require.Equal(t, tc.hint, unsupported.Hint)
	}
}

func TestTest_Outcomes(t *testing.T) {
	t.Parallel()
	sim := lnsim.NewServer(t)
	all, onlyTrades, onlyAccount := sim.NewUser(1000), sim.NewUser(1000, "futures:isolated:read"), sim.NewUser(1000, "account:read")
	wrong := func(change func(*lnsim.Key)) map[string]secret.Secret {
		k := all
		change(&k)
		return fields(k)
	}
	x, err := exchange.Open("lnmarkets", "v3", options(sim.URL))
	require.NoError(t, err)
	incomplete := fields(all)
	delete(incomplete, "passphrase")
	for name, tc := range map[string]struct {
		fields  map[string]secret.Secret
		outcome exchange.Outcome
		missing []string
	}{
		"works":            {fields(all), exchange.Works, nil},
		"wrong key":        {wrong(func(k *lnsim.Key) { k.Key = "nobody's" }), exchange.WrongKey, nil},
		"wrong secret":     {wrong(func(k *lnsim.Key) { k.Secret = "CANARY" }), exchange.WrongSignature, nil},
		"wrong passphrase": {wrong(func(k *lnsim.Key) { k.Passphrase = "CANARY" }), exchange.WrongSignature, nil},
		"no account scope": {fields(onlyTrades), exchange.MissingScope, []string{"account:read"}},
		"no trades scope":  {fields(onlyAccount), exchange.Works, []string{"futures:isolated:read"}},
		"incomplete":       {incomplete, exchange.Incomplete, nil},
	} {
		r := x.Test(t.Context(), tc.fields)
		require.Equal(t, tc.outcome, r.Outcome, "%s: %s", name, r.Detail)
		require.Equal(t, tc.missing, r.MissingScopes, name)
		require.True(t, r.Outcome.Conclusive(), name)
		require.NotContains(t, fmt.Sprintf("%+v", r), "CANARY", name)
		require.NotContains(t, fmt.Sprintf("%+v", r), all.Secret, name)
	}
}

func TestTest_WaysToTheExchange(t *testing.T) {
	t.Parallel()
	test := func(o exchange.Options, f map[string]secret.Secret) exchange.Result {
		x, err := exchange.Open("lnmarkets", "v3", o)
		require.NoError(t, err)
		return x.Test(t.Context(), f)
	}
	sim := lnsim.NewServer(t)
	k := fields(sim.NewUser(1000))
	require.NoError(t, sim.SetSkew(-45*time.Second))
	r := test(options(sim.URL), k)
	require.Equal(t, exchange.ClockOff, r.Outcome, r.Detail)
	require.False(t, r.Outcome.Conclusive())
	require.InDelta(t, -45, r.Offset.Seconds(), 2)
	require.NoError(t, sim.SetSkew(20*time.Second))
	require.Equal(t, exchange.Works, test(options(sim.URL), k).Outcome, "a tolerable difference is corrected")

	require.Equal(t, exchange.Unreachable, test(options("http://127.0.0.1:1/v3"), k).Outcome)
	for status, want := range map[int]exchange.Outcome{429: exchange.RateLimited, 503: exchange.Unreachable, 404: exchange.Unreachable} {
		down := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(down.Close)
		require.Equal(t, want, test(options(down.URL+"/v3"), k).Outcome, status)
	}
	k["isTestnet"] = secret.New("true")
	require.Equal(t, exchange.OtherNetwork, test(options(""), k).Outcome, "nothing is sent to the wrong network")
	require.Equal(t, exchange.Works, test(options(sim.URL), k).Outcome, "an explicit address wins")
}

// A refusal in words nobody knows is a refusal of the credentials all the same.
func TestTest_UnknownRefusal(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v3/time" {
			fmt.Fprintf(w, `{"time":%q}`, time.Now().UTC().Format("2006-01-02T15:04:05.000Z"))
			return
		}
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"message":"Unauthorized"}`)
	}))
	t.Cleanup(s.Close)
	x, err := exchange.Open("lnmarkets", "v3", options(s.URL+"/v3"))
	require.NoError(t, err)
	r := x.Test(t.Context(), fields(lnsim.Key{Key: "a", Secret: "b", Passphrase: "c"}))
	require.Equal(t, exchange.Refused, r.Outcome)
	require.True(t, r.Outcome.Conclusive())
}
