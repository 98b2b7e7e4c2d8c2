package lnmarkets_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/lnmarkets"
	"github.com/axisor/axisor/pkg/secret"
)

const tradeJSON = `{"id":"` + vectorID + `","type":"market","side":"buy","quantity":5000,"margin":235526.0,` +
	`"leverage":22.346398676735657,"price":95000,"liquidation":90931,"stoploss":0,"takeprofit":0,"exitPrice":null,` +
	`"pl":-113186,"openingFee":5263,"closingFee":0,"maintenanceMargin":5473,"entryPrice":95000,"entryMargin":210526,` +
	`"sumFundingFees":0,"createdAt":"2026-08-12T08:00:00.000Z","filledAt":"2026-08-12T08:00:00.250Z","closedAt":null,` +
	`"open":false,"running":true,"canceled":false,"closed":false,"clientId":null,"fieldOfTomorrow":{"a":[1]}}`

// fixed is the clock of these tests: the timestamp of the signature vectors.
func fixed() time.Time { return time.UnixMilli(1760000000000).UTC() }

// seen is one request as the server got it.
type seen struct {
	method, uri, body string
	header            http.Header
}

// rig is a client in front of a server made of one function, with every wait
// recorded instead of spent.
type rig struct {
	client *lnmarkets.Client
	server *httptest.Server
	mu     sync.Mutex
	waits  []time.Duration
	got    []seen
}

func (r *rig) requests() []seen {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]seen(nil), r.got...)
}

func setup(t *testing.T, handle func(try int, w http.ResponseWriter, r *http.Request), change ...func(*lnmarkets.Options)) *rig {
	t.Helper()
	g := &rig{}
	g.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		g.mu.Lock()
		g.got = append(g.got, seen{req.Method, req.RequestURI, string(body), req.Header.Clone()})
		try := len(g.got)
		g.mu.Unlock()
		handle(try, w, req)
	}))
	t.Cleanup(g.server.Close)
	o := lnmarkets.Options{
		BaseURL: g.server.URL + "/v3",
		Credentials: &lnmarkets.Credentials{
			Key: secret.New("key-in-clear"), Secret: secret.New(vectorSecret), Passphrase: secret.New("phrase-in-clear"),
		},
		Timeout: 5 * time.Second,
		Limiter: lnmarkets.Unpaced{},
		Now:     fixed,
		Sleep: func(ctx context.Context, d time.Duration) error {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.waits = append(g.waits, d)
			return ctx.Err()
		},
		Version: "1.2.3",
	}
	for _, f := range change {
		f(&o)
	}
	client, err := lnmarkets.New(o)
	require.NoError(t, err)
	g.client = client
	return g
}

// says answers every request the same way.
func says(status int, body string) func(int, http.ResponseWriter, *http.Request) {
	return func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// cut breaks the connection without an answer.
func cut(int, http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// halfway announces a long answer and breaks off in the middle.
func halfway(status int, body string) func(int, http.ResponseWriter, *http.Request) {
	return func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100000")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// hang answers nothing until the client has gone.
func hang(_ int, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

const htmlPage = `<!DOCTYPE html><html><head><title>502</title></head><body>Bad Gateway</body></html>`

func repeat(s string, n int) string { return strings.Repeat(s, n) }
