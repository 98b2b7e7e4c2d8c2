package lightning_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/lightningsim"
	"github.com/axisor/axisor/pkg/bolt11"
	"github.com/axisor/axisor/pkg/lightning"
	"github.com/axisor/axisor/pkg/secret"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// both runs a test against each of the two interfaces of one simulated node.
func both(t *testing.T, test func(t *testing.T, b lightning.Backend, sim *lightningsim.Server)) {
	t.Helper()
	for _, name := range []string{"lnd", "lnbits"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := lightningsim.NewServer(t, func() time.Time { return noon })
			test(t, open(t, name, sim.URL), sim)
		})
	}
}

func open(t *testing.T, name, url string) lightning.Backend {
	t.Helper()
	o := lightning.Options{URL: url, Timeout: 2 * time.Second}
	if name == "lnd" {
		o.Key = secret.New(lightningsim.Macaroon)
		b, err := lightning.NewLND(o)
		require.NoError(t, err)
		return b
	}
	o.Key = secret.New(lightningsim.LNbitsKey)
	b, err := lightning.NewLNbits(o)
	require.NoError(t, err)
	return b
}

func TestBackends_Life(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, b lightning.Backend, sim *lightningsim.Server) {
		t.Helper()
		ctx := t.Context()
		made, err := b.Create(ctx, lightning.Request{AmountSats: 29000, Memo: "plan pro", Expiry: time.Hour})
		require.NoError(t, err)
		v, err := bolt11.Decode(made.PaymentRequest)
		require.NoError(t, err)
		require.Equal(t, v.Hash(), made.PaymentHash)
		sats, _ := v.Sats()
		require.EqualValues(t, 29000, sats)
		require.Equal(t, "plan pro", *v.Description)
		require.Equal(t, noon.Add(time.Hour), v.ExpiresAt())

		got, err := b.Lookup(ctx, made.PaymentHash)
		require.NoError(t, err)
		require.Equal(t, lightning.Open, got.State)
		require.EqualValues(t, 29_000_000, got.AmountMsat)
		require.Nil(t, got.ReceivedMsat)
		require.True(t, got.Preimage.IsZero(), "the preimage of an unpaid invoice stays at the node")

		require.NoError(t, sim.Settle(made.PaymentHash, noon.Add(time.Minute), 0))
		got, err = b.Lookup(ctx, made.PaymentHash)
		require.NoError(t, err)
		require.Equal(t, lightning.Settled, got.State)
		require.EqualValues(t, 29_000_000, *got.ReceivedMsat)
		require.Equal(t, noon.Add(time.Minute), got.SettledAt)
		require.Len(t, got.Preimage.Reveal(), 64)

		_, err = b.Lookup(ctx, strings.Repeat("ab", 32))
		require.ErrorIs(t, err, lightning.ErrNotFound)
	})
}

func TestBackends_ListEverythingOnce(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, b lightning.Backend, sim *lightningsim.Server) {
		t.Helper()
		for range 250 { // more than a page of either
			_, err := sim.Add(1000, "x", time.Hour)
			require.NoError(t, err)
		}
		seen := map[string]bool{}
		var last int64
		for v, err := range b.Invoices(t.Context(), 0) {
			require.NoError(t, err)
			require.False(t, seen[v.PaymentHash])
			seen[v.PaymentHash] = true
			last = max(last, v.Mark)
		}
		require.Len(t, seen, 250)
		for range b.Invoices(t.Context(), last) {
			require.Fail(t, "nothing comes after the last mark")
		}
	})
}

func TestLND_States(t *testing.T) {
	t.Parallel()
	sim := lightningsim.NewServer(t, func() time.Time { return noon })
	b := open(t, "lnd", sim.URL)
	v, err := b.Create(t.Context(), lightning.Request{AmountSats: 1, Memo: "x", Expiry: time.Hour})
	require.NoError(t, err)
	for state, want := range map[string]lightning.State{
		lightningsim.Accepted: lightning.Accepted, lightningsim.Cancelled: lightning.Cancelled, lightningsim.Open: lightning.Open,
	} {
		require.NoError(t, sim.Set(v.PaymentHash, state))
		got, err := b.Lookup(t.Context(), v.PaymentHash)
		require.NoError(t, err)
		require.Equal(t, want, got.State)
	}
	require.NoError(t, sim.Set(v.PaymentHash, "MAYBE"))
	_, err = b.Lookup(t.Context(), v.PaymentHash)
	require.ErrorIs(t, err, lightning.ErrUnavailable, "a state nobody knows is no state")
}

// LNbits answers "not paid" also when it could not look, and "cancelled" never.
func TestLNbits_NotPaidIsNotFailed(t *testing.T) {
	t.Parallel()
	sim := lightningsim.NewServer(t, func() time.Time { return noon })
	b := open(t, "lnbits", sim.URL)
	v, err := b.Create(t.Context(), lightning.Request{AmountSats: 1, Memo: "x", Expiry: time.Hour})
	require.NoError(t, err)
	require.NoError(t, sim.Set(v.PaymentHash, lightningsim.Cancelled))
	got, err := b.Lookup(t.Context(), v.PaymentHash)
	require.NoError(t, err)
	require.Equal(t, lightning.Open, got.State)
}

// A failing node says nothing: no failure but its own word is ErrNotFound.
func TestBackends_Failures(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, b lightning.Backend, sim *lightningsim.Server) {
		t.Helper()
		made, err := b.Create(t.Context(), lightning.Request{AmountSats: 5, Memo: "x", Expiry: time.Hour})
		require.NoError(t, err)
		for _, c := range []struct {
			fault lightningsim.Fault
			is    error
		}{
			{lightningsim.Fault{Status: 500, Body: `{"message":"boom"}`}, lightning.ErrUnavailable},
			{lightningsim.Fault{Status: 502, Body: "<html>bad gateway</html>"}, lightning.ErrUnavailable},
			{lightningsim.Fault{Status: 404, Body: "404 page not found"}, lightning.ErrRefused},
			{lightningsim.Fault{Status: 401}, lightning.ErrDenied},
			{lightningsim.Fault{Status: 429}, lightning.ErrUnavailable},
			{lightningsim.Fault{Status: 302}, lightning.ErrUnavailable},
			{lightningsim.Fault{Status: 200, Body: "not json"}, lightning.ErrUnavailable},
			{lightningsim.Fault{Status: 200, Body: "{}"}, lightning.ErrUnavailable},
			{lightningsim.Fault{Cut: true}, lightning.ErrUnavailable},
		} {
			sim.Heal()
			sim.Fail(c.fault)
			_, err := b.Lookup(t.Context(), made.PaymentHash)
			require.ErrorIs(t, err, c.is, "%+v", c.fault)
			require.NotErrorIs(t, err, lightning.ErrNotFound, "%+v", c.fault)
			var list error
			for _, list = range b.Invoices(t.Context(), 0) {
				break
			}
			if c.fault.Body != "{}" { // an empty object is an empty list to LND
				require.Error(t, list, "%+v", c.fault)
			}
			_, err = b.Create(t.Context(), lightning.Request{AmountSats: 5, Memo: "y", Expiry: time.Hour})
			require.ErrorIs(t, err, c.is, "%+v", c.fault)
		}
	})
}

func TestBackends_SlowAndGone(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(slow.Close)
	t.Cleanup(func() { close(release) })
	key := secret.New("geheim-geheim")
	b, err := lightning.NewLND(lightning.Options{URL: slow.URL, Key: key, Timeout: 50 * time.Millisecond})
	require.NoError(t, err)
	_, err = b.Lookup(t.Context(), strings.Repeat("ab", 32))
	require.ErrorIs(t, err, lightning.ErrUnavailable)
	require.ErrorContains(t, err, "no answer in time")

	b, err = lightning.NewLND(lightning.Options{URL: "http://127.0.0.1:1", Key: key})
	require.NoError(t, err)
	_, err = b.Lookup(t.Context(), strings.Repeat("ab", 32))
	require.ErrorIs(t, err, lightning.ErrUnavailable)
	require.NotContains(t, err.Error(), "geheim")
}

func TestOptions(t *testing.T) {
	t.Parallel()
	key := secret.New("k")
	for _, o := range []lightning.Options{
		{URL: "http://node.example.org", Key: key}, // a key in clear
		{URL: "https://u:p@node.example.org", Key: key},
		{URL: "https://node.example.org?x=1", Key: key},
		{URL: "node", Key: key},
		{URL: "https://node.example.org"},
		{URL: "https://node.example.org", Key: key, Certificate: []byte("no pem")},
	} {
		_, err := lightning.NewLND(o)
		require.ErrorIs(t, err, lightning.ErrOptions, o.URL)
	}
	b, err := lightning.NewLNbits(lightning.Options{URL: "https://node.example.org/", Key: key})
	require.NoError(t, err)
	require.Equal(t, "https://node.example.org", b.Address())
}

// A server that repeats the key in its error does not get it printed, nor its escape sequences.
func TestErrors_HoldNoKey(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"detail":"bad key ` + r.Header.Get(lightning.HeaderKey) + `\u001b[31m"}`))
	}))
	t.Cleanup(s.Close)
	b, err := lightning.NewLNbits(lightning.Options{URL: s.URL, Key: secret.New("geheim-geheim")})
	require.NoError(t, err)
	_, err = b.Lookup(t.Context(), strings.Repeat("ab", 32))
	require.ErrorContains(t, err, "bad key [redacted]")
	require.NotContains(t, err.Error(), "\x1b")
}

// A node with a certificate of its own is trusted for that certificate and no other.
func TestCertificate(t *testing.T) {
	t.Parallel()
	sim, err := lightningsim.New(lightningsim.Options{Now: func() time.Time { return noon }})
	require.NoError(t, err)
	s := httptest.NewTLSServer(sim.Handler())
	t.Cleanup(s.Close)
	o := lightning.Options{URL: s.URL, Key: secret.New(lightningsim.Macaroon)}
	b, err := lightning.NewLND(o)
	require.NoError(t, err)
	_, err = b.Lookup(t.Context(), strings.Repeat("ab", 32))
	require.ErrorIs(t, err, lightning.ErrUnavailable)
	o.Certificate = pemOf(s.Certificate().Raw)
	b, err = lightning.NewLND(o)
	require.NoError(t, err)
	_, err = b.Lookup(t.Context(), strings.Repeat("ab", 32))
	require.ErrorIs(t, err, lightning.ErrNotFound)
}
