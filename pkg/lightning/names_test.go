package lightning_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/lightningsim"
	"github.com/axisor/axisor/pkg/lightning"
)

// shout adds to every object each of its fields in upper case, with another value.
func shout(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for name, inner := range x {
			x[name] = shout(inner)
			if upper := strings.ToUpper(name); upper != name {
				x[upper] = map[bool]any{true: "SETTLED", false: 7}[name == "state"]
			}
		}
	case []any:
		for i := range x {
			x[i] = shout(x[i])
		}
	}
	return v
}

// TestBackends_FieldsSpelledOtherwiseChangeNothing: an invoice is not paid because of a field "STATE" or "PAID".
func TestBackends_FieldsSpelledOtherwiseChangeNothing(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, plain lightning.Backend, sim *lightningsim.Server) {
		t.Helper()
		to, err := url.Parse(sim.URL)
		require.NoError(t, err)
		proxy := &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) },
			ModifyResponse: func(res *http.Response) error {
				var v any
				if err := json.NewDecoder(res.Body).Decode(&v); err != nil {
					return err
				}
				raw, err := json.Marshal(shout(v))
				res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
				res.Header.Set("Content-Length", strconv.Itoa(len(raw)))
				return err
			},
		}
		loud := httptest.NewServer(proxy)
		t.Cleanup(loud.Close)
		name := "lnbits"
		if _, ok := plain.(*lightning.LND); ok {
			name = "lnd"
		}
		b := open(t, name, loud.URL)
		made, err := b.Create(t.Context(), lightning.Request{AmountSats: 29000, Memo: "plan pro", Expiry: time.Hour})
		require.NoError(t, err)
		for range 2 {
			want, err := plain.Lookup(t.Context(), made.PaymentHash)
			require.NoError(t, err)
			got, err := b.Lookup(t.Context(), made.PaymentHash)
			require.NoError(t, err)
			require.Equal(t, want, got)
			for v, err := range b.Invoices(t.Context(), 0) {
				require.NoError(t, err)
				require.Equal(t, want.State, v.State)
			}
			require.NoError(t, sim.Settle(made.PaymentHash, noon.Add(time.Minute), 0))
		}
	})
}
