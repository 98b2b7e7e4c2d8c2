package lnsim_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/lnmarkets"
	"github.com/axisor/axisor/pkg/lnmarkets/futures"
	"github.com/axisor/axisor/pkg/secret"
)

// at is the clock of these tests.
func at() time.Time { return time.Date(2026, 8, 12, 9, 30, 0, 123e6, time.UTC) }

func fixedClock(o *lnsim.Options) { o.Now = at }

// clientOf is the real client with this key in front of the exchange.
func clientOf(t *testing.T, s *lnsim.Server, k lnsim.Key, change ...func(*lnmarkets.Options)) *lnmarkets.Client {
	t.Helper()
	o := lnmarkets.Options{
		BaseURL: s.URL,
		Credentials: &lnmarkets.Credentials{
			Key: secret.New(k.Key), Secret: secret.New(k.Secret), Passphrase: secret.New(k.Passphrase),
		},
		Limiter: lnmarkets.NewRateLimiter(0, 0), Now: at, Retries: -1, Timeout: 5 * time.Second,
	}
	for _, f := range change {
		f(&o)
	}
	c, err := lnmarkets.New(o)
	require.NoError(t, err)
	return c
}

// guardLong is the long of the documented examples, at a market of 93000.
func guardLong(t *testing.T, s *lnsim.Server, k lnsim.Key) lnsim.Trade {
	t.Helper()
	s.MustPrice(95000)
	trade := s.MustOpen(lnsim.TradeSpec{AccountID: k.AccountID, Side: futures.Buy, Quantity: 5000, Leverage: 25})
	s.MustPrice(93000)
	return trade
}

// request is a hand-made request, so that it can be wrong in every way.
type request struct {
	method, path, query, body string
	key                       lnsim.Key
	stamp                     int64
	change                    func(*http.Request)
}

func (q request) do(t *testing.T, s *lnsim.Server) (int, map[string]any, http.Header) {
	t.Helper()
	status, body, header := q.raw(t, s)
	var out map[string]any
	if len(body) > 0 && body[0] == '{' {
		require.NoError(t, json.Unmarshal(body, &out))
	}
	return status, out, header
}

func (q request) raw(t *testing.T, s *lnsim.Server) (int, []byte, http.Header) {
	t.Helper()
	if q.stamp == 0 {
		q.stamp = at().UnixMilli()
	}
	url, data := s.ControlURL+q.path, q.body
	if q.query != "" {
		url += "?" + q.query
		if data == "" {
			data = "?" + q.query
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), q.method, url, strings.NewReader(q.body))
	require.NoError(t, err)
	if q.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if q.key.Key != "" {
		stamp := strconv.FormatInt(q.stamp, 10)
		req.Header.Set("Lnm-Access-Key", q.key.Key)
		req.Header.Set("Lnm-Access-Passphrase", q.key.Passphrase)
		req.Header.Set("Lnm-Access-Timestamp", stamp)
		req.Header.Set("Lnm-Access-Signature", sign(q.key.Secret, stamp+strings.ToLower(q.method)+q.path+data))
	}
	if q.change != nil {
		q.change(req)
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, body, res.Header
}

func sign(key, message string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(message))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// post calls the control interface.
func post(t *testing.T, s *lnsim.Server, path, body string) (int, string) {
	t.Helper()
	res, err := http.Post(s.ControlURL+path, "application/json", bytes.NewBufferString(body))
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(b)
}
