package lnsim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/axisor/axisor/pkg/exactjson"
)

// control serves /sim: JSON in, JSON out, for this machine only. Lists of
// accounts, keys and trades may be posted as one array, which is kept with one
// write instead of one each.
func (s *Sim) control() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, f func(body []byte) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<20))
			var out any
			if err == nil {
				out, err = f(body)
			}
			if err != nil {
				respond(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
				return
			}
			respond(w, http.StatusOK, out)
		})
	}
	handle("GET /sim/state", func([]byte) (any, error) { return s.view(), nil })
	handle("POST /sim/price", func(b []byte) (any, error) {
		return with(b, func(m Market) (any, error) { return s.market(m) })
	})
	handle("POST /sim/accounts", func(b []byte) (any, error) { return batch(s, b, s.putAccount) })
	handle("POST /sim/keys", func(b []byte) (any, error) { return batch(s, b, s.putKey) })
	handle("POST /sim/trades", func(b []byte) (any, error) { return batch(s, b, s.putTrade) })
	handle("POST /sim/faults", func(b []byte) (any, error) {
		return with(b, func(f faultInput) (any, error) { return f, s.Fail(f.fault()) })
	})
	handle("DELETE /sim/faults", func([]byte) (any, error) { s.ClearFaults(); return done(nil) })
	handle("POST /sim/clock", func(b []byte) (any, error) {
		return with(b, func(c clockInput) (any, error) { return s.setClock(c) })
	})
	handle("GET /sim/requests", func([]byte) (any, error) { return map[string]any{"items": s.Requests()}, nil })
	handle("DELETE /sim/requests", func([]byte) (any, error) { s.ClearRequests(); return done(nil) })
	handle("POST /sim/funding", func(b []byte) (any, error) {
		return with(b, func(f fundingInput) (any, error) { return s.funding(f) })
	})
	handle("POST /sim/limits", func(b []byte) (any, error) {
		return with(b, func(l Limits) (any, error) { s.SetLimits(l); return l, nil })
	})
	handle("POST /sim/quirks", func(b []byte) (any, error) {
		return with(b, func(q Quirks) (any, error) { return q, s.SetQuirks(q) })
	})
	handle("POST /sim/stream", func(b []byte) (any, error) {
		return with(b, func(f StreamFaults) (any, error) { s.SetStream(f); return f, nil })
	})
	handle("DELETE /sim/stream", func([]byte) (any, error) { return map[string]int{"cut": s.CutStreams()}, nil })
	handle("POST /sim/candles", func(b []byte) (any, error) {
		return with(b, func(c candlesInput) (any, error) { return done(s.SetCandles(c.Range, c.Candles)) })
	})
	return localOnly(mux)
}

// localOnly lets in programs on this machine, and keeps out web pages that a
// browser on this machine has open: they send an Origin, another Host, or a
// content type that needs no permission.
func localOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil || !loopback(peer) || !loopback(hostname(r.Host)) || r.Header.Get("Origin") != "" {
			respond(w, http.StatusForbidden, map[string]string{"error": "the control interface is for this machine only"})
			return
		}
		kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
		if r.Method == http.MethodPost && strings.TrimSpace(kind) != "application/json" {
			respond(w, http.StatusUnsupportedMediaType, map[string]string{"error": "content type must be application/json"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

func respond(w http.ResponseWriter, status int, out any) {
	b, err := json.Marshal(out)
	if err != nil {
		status, b = http.StatusInternalServerError, []byte(`{"error":"answer cannot be encoded"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n'))
}

func done(err error) (any, error) { return map[string]bool{"ok": true}, err }

// with decodes one strict JSON object and runs f on it.
func with[T any](body []byte, f func(T) (any, error)) (any, error) {
	var in T
	if err := exactjson.Strict(body, &in); err != nil {
		return nil, err
	}
	return f(in)
}

// batch puts one object, or an array of them, with one write of the state.
func batch[I, O any](s *Sim, body []byte, put func(I) (O, error)) (any, error) {
	many := bytes.HasPrefix(bytes.TrimSpace(body), []byte("["))
	list := make([]I, 1)
	var err error
	if many {
		err = exactjson.Strict(body, &list)
	} else {
		err = exactjson.Strict(body, &list[0])
	}
	if err != nil {
		return nil, err
	}
	out := make([]O, 0, len(list))
	err = s.change(func() error {
		for i, in := range list {
			made, err := put(in)
			if err != nil {
				return errors.Join(fmt.Errorf("item %d: %w", i, err), s.save())
			}
			out = append(out, made)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if !many {
		return out[0], nil
	}
	return out, nil
}

func (s *Sim) market(m Market) (any, error) {
	if err := s.SetMarket(m); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return map[string]any{"last_price": s.st.LastPrice, "index": s.st.Index, "spread": s.st.Spread, "prices": s.ladder()}, nil
}

type clockInput struct {
	SkewMs *int64     `json:"skew_ms"`
	Now    *time.Time `json:"now"`
}

func (s *Sim) setClock(c clockInput) (any, error) {
	var skew time.Duration
	switch {
	case (c.SkewMs == nil) == (c.Now == nil):
		return nil, errors.New("exactly one of skew_ms and now is required")
	case c.SkewMs != nil:
		skew = time.Duration(*c.SkewMs) * time.Millisecond
	default:
		skew = c.Now.Sub(s.now())
	}
	if err := s.SetSkew(skew); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return map[string]any{"now": s.clock(), "skew_ms": s.st.SkewMs}, nil
}

type fundingInput struct {
	Rate   *float64 `json:"rate"`
	Settle bool     `json:"settle"`
}

func (s *Sim) funding(f fundingInput) (any, error) {
	if f.Rate != nil {
		if err := s.SetFundingRate(*f.Rate); err != nil {
			return nil, err
		}
	}
	if f.Settle {
		return s.SettleFunding()
	}
	return done(nil)
}

type candlesInput struct {
	Range   string   `json:"range"`
	Candles []Candle `json:"candles"`
}

// faultInput is a Fault in JSON.
type faultInput struct {
	Method        string `json:"method"`
	Path          string `json:"path"`
	Skip          int    `json:"skip"`
	Count         int    `json:"count"`
	Apply         bool   `json:"apply"`
	DelayBeforeMs int64  `json:"delay_before_ms"`
	DelayAfterMs  int64  `json:"delay_after_ms"`
	Status        int    `json:"status"`
	RetryAfter    string `json:"retry_after"`
	Body          string `json:"body"`
	Text          string `json:"text"`
	Cut           bool   `json:"cut"`
	Detached      bool   `json:"detached"`
	Age           string `json:"age"`
	DateOffsetMs  int64  `json:"date_offset_ms"`
}

func (f faultInput) fault() Fault {
	return Fault{
		Method: f.Method, Path: f.Path, Skip: f.Skip, Count: f.Count, Apply: f.Apply,
		DelayBefore: time.Duration(f.DelayBeforeMs) * time.Millisecond,
		DelayAfter:  time.Duration(f.DelayAfterMs) * time.Millisecond,
		Status:      f.Status, RetryAfter: f.RetryAfter, Body: f.Body, Text: f.Text, Cut: f.Cut,
		Detached: f.Detached, Age: f.Age, DateOffset: time.Duration(f.DateOffsetMs) * time.Millisecond,
	}
}

// view is the state for people and scripts: no secrets, no passphrases.
func (s *Sim) view() any {
	type keyView struct {
		AccountID string   `json:"account_id"`
		Key       string   `json:"key"`
		Scopes    []string `json:"scopes"`
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := []keyView{}
	for _, k := range s.st.Keys {
		keys = append(keys, keyView{k.AccountID, k.Key[:min(len(k.Key), 6)] + "…", k.Scopes})
	}
	accounts, trades := make([]Account, len(s.st.Accounts)), make([]Trade, len(s.st.Trades))
	for i, a := range s.st.Accounts {
		accounts[i] = a.copy()
	}
	for i, t := range s.st.Trades {
		trades[i] = *t
	}
	return map[string]any{
		"now": s.clock(), "skew_ms": s.st.SkewMs, "last_price": s.st.LastPrice, "index": s.st.Index,
		"funding_rate": s.st.FundingRate, "prices": s.ladder(), "requests": s.served, "faults": len(s.faults),
		"accounts": accounts, "keys": keys, "trades": trades,
	}
}
