package lightningsim

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/axisor/axisor/pkg/exactjson"
)

// Handler serves LND below /v1/, LNbits below /api/v1/, and orders to the
// simulator below /sim/.
func (s *Sim) Handler() http.Handler {
	mux := http.NewServeMux()
	lnd, bits := guarded("Grpc-Metadata-macaroon", Macaroon), guarded("X-Api-Key", LNbitsKey)
	mux.HandleFunc("POST /v1/invoices", lnd(s.lndCreate))
	mux.HandleFunc("GET /v1/invoices", lnd(s.lndList))
	mux.HandleFunc("GET /v1/invoice/{hash}", lnd(s.lndLookup))
	mux.HandleFunc("POST /api/v1/payments", bits(s.bitsCreate))
	mux.HandleFunc("GET /api/v1/payments", bits(s.bitsList))
	mux.HandleFunc("GET /api/v1/payments/{hash}", bits(s.bitsLookup))
	mux.HandleFunc("POST /sim/settle/{hash}", s.order(func(hash string) error { return s.Settle(hash, s.o.Now(), 0) }))
	mux.HandleFunc("POST /sim/cancel/{hash}", s.order(func(hash string) error { return s.Set(hash, Cancelled) }))
	mux.HandleFunc("GET /sim/state", s.state)
	return s.faulty(mux)
}

// faulty applies the faults that were ordered.
func (s *Sim) faulty(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f := s.fault(r.URL.Path)
		switch {
		case f == nil:
			next.ServeHTTP(w, r)
		case f.Cut:
			next.ServeHTTP(nowhere{http.Header{}}, r)
			panic(http.ErrAbortHandler) //nolint:forbidigo // how net/http is told to drop the connection
		default:
			w.WriteHeader(f.Status)
			_, _ = w.Write([]byte(f.Body))
		}
	})
}

func (s *Sim) fault(path string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	for i := range s.faults {
		f := &s.faults[i]
		if strings.Contains(path, f.Path) && (f.Times == 0 || f.hits < f.Times) {
			f.hits++
			found := *f
			return &found
		}
	}
	return nil
}

// guarded refuses requests without the key.
func guarded(header, key string) func(http.HandlerFunc) http.HandlerFunc {
	return func(next http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get(header) != key {
				answer(w, http.StatusUnauthorized, map[string]any{"message": "verification failed: signature mismatch after caveat verification", "detail": "Invalid key."})
				return
			}
			next(w, r)
		}
	}
}

func (s *Sim) order(do func(hash string) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := do(r.PathValue("hash")); err != nil {
			answer(w, http.StatusNotFound, map[string]any{"error": err.Error()})
			return
		}
		answer(w, http.StatusOK, map[string]any{"ok": true})
	}
}

// State is what the simulator tells about itself.
type State struct {
	NodeID   string         `json:"node_id"`
	Invoices []StateInvoice `json:"invoices"`
}

// StateInvoice is an invoice, without its preimage.
type StateInvoice struct {
	Hash       string    `json:"payment_hash"`
	Request    string    `json:"lightning_invoice"`
	Memo       string    `json:"memo"`
	AmountMsat int64     `json:"amount_msat"`
	State      string    `json:"state"`
	CreatedAt  time.Time `json:"created_at"`
	ExpiresAt  time.Time `json:"expires_at"`
}

func (s *Sim) state(w http.ResponseWriter, _ *http.Request) {
	out := State{NodeID: s.NodeID(), Invoices: []StateInvoice{}}
	for _, v := range s.All() {
		out.Invoices = append(out.Invoices, StateInvoice{
			Hash: hex.EncodeToString(v.Hash[:]), Request: v.Request, Memo: v.Memo, AmountMsat: v.AmountMsat, State: v.State,
			CreatedAt: v.CreatedAt, ExpiresAt: v.CreatedAt.Add(time.Duration(v.ExpirySeconds) * time.Second),
		})
	}
	answer(w, http.StatusOK, out)
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		return // the caller has gone
	}
}

func (s *Sim) created(amountMsat int64, memo string, expiry time.Duration) (Invoice, error) {
	v, err := s.Add(amountMsat, memo, expiry)
	if err == nil {
		s.mu.Lock()
		s.creates++
		s.mu.Unlock()
	}
	return v, err
}

// LND

func (s *Sim) lndCreate(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Memo      string `json:"memo"`
		ValueMsat string `json:"value_msat"`
		Expiry    string `json:"expiry"`
	}
	if err := exactjson.Read(r.Body, &in); err != nil {
		answer(w, http.StatusBadRequest, map[string]any{"code": 3, "message": err.Error()})
		return
	}
	amount, errA := strconv.ParseInt(in.ValueMsat, 10, 64)
	expiry, errE := strconv.ParseInt(in.Expiry, 10, 64)
	if errA != nil || errE != nil || amount < 0 || expiry < 1 || len(in.Memo) > 639 {
		answer(w, http.StatusBadRequest, map[string]any{"code": 3, "message": "invalid invoice"})
		return
	}
	v, err := s.created(amount, in.Memo, time.Duration(expiry)*time.Second)
	if err != nil {
		answer(w, http.StatusInternalServerError, map[string]any{"code": 2, "message": err.Error()})
		return
	}
	answer(w, http.StatusOK, map[string]any{
		"r_hash": b64(v.Hash[:]), "payment_request": v.Request, "add_index": strconv.FormatInt(v.Index, 10),
	})
}

func (s *Sim) lndLookup(w http.ResponseWriter, r *http.Request) {
	v, ok := s.Get(r.PathValue("hash"))
	if !ok {
		answer(w, http.StatusNotFound, map[string]any{"code": 5, "message": "unable to locate invoice"})
		return
	}
	answer(w, http.StatusOK, lndWire(v))
}

func (s *Sim) lndList(w http.ResponseWriter, r *http.Request) {
	offset, _ := strconv.ParseInt(r.URL.Query().Get("index_offset"), 10, 64)
	limit, err := strconv.Atoi(r.URL.Query().Get("num_max_invoices"))
	if err != nil {
		limit = 100
	}
	out, last := []any{}, offset
	for _, v := range s.All() {
		if v.Index > offset && len(out) < limit {
			out, last = append(out, lndWire(v)), v.Index
		}
	}
	answer(w, http.StatusOK, map[string]any{"invoices": out, "last_index_offset": strconv.FormatInt(last, 10)})
}

func lndWire(v Invoice) map[string]any {
	wire := map[string]any{
		"memo": v.Memo, "r_preimage": b64(v.Preimage[:]), "r_hash": b64(v.Hash[:]), "value_msat": strconv.FormatInt(v.AmountMsat, 10),
		"value": strconv.FormatInt(v.AmountMsat/1000, 10), "creation_date": strconv.FormatInt(v.CreatedAt.Unix(), 10), "settle_date": "0",
		"payment_request": v.Request, "expiry": strconv.FormatInt(v.ExpirySeconds, 10), "add_index": strconv.FormatInt(v.Index, 10),
		"amt_paid_msat": strconv.FormatInt(v.PaidMsat, 10), "state": v.State, "settled": v.State == Settled,
	}
	if v.State == Settled {
		wire["settle_date"] = strconv.FormatInt(v.SettledAt.Unix(), 10)
	}
	return wire
}

func b64(raw []byte) string { return base64.StdEncoding.EncodeToString(raw) }

// LNbits

func (s *Sim) bitsCreate(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Out    bool   `json:"out"`
		Amount int64  `json:"amount"`
		Memo   string `json:"memo"`
		Expiry int64  `json:"expiry"`
	}
	if err := exactjson.Read(r.Body, &in); err != nil || in.Out || in.Amount < 1 || in.Expiry < 1 {
		answer(w, http.StatusBadRequest, map[string]any{"detail": "Invalid invoice."})
		return
	}
	v, err := s.created(in.Amount*1000, in.Memo, time.Duration(in.Expiry)*time.Second)
	if err != nil {
		answer(w, http.StatusInternalServerError, map[string]any{"detail": err.Error()})
		return
	}
	answer(w, http.StatusCreated, bitsWire(v))
}

func (s *Sim) bitsLookup(w http.ResponseWriter, r *http.Request) {
	v, ok := s.Get(r.PathValue("hash"))
	if !ok {
		answer(w, http.StatusNotFound, map[string]any{"detail": "Payment does not exist."})
		return
	}
	wire := bitsWire(v)
	answer(w, http.StatusOK, map[string]any{
		"paid": v.State == Settled, "status": wire["status"], "preimage": wire["preimage"], "details": wire,
	})
}

func (s *Sim) bitsList(w http.ResponseWriter, r *http.Request) {
	offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil {
		limit = 10
	}
	all := s.All()
	slices.Reverse(all)
	out := []any{}
	for i := offset; i < len(all) && len(out) < limit; i++ {
		out = append(out, bitsWire(all[i]))
	}
	answer(w, http.StatusOK, out)
}

func bitsWire(v Invoice) map[string]any {
	wire := map[string]any{
		"payment_hash": hex.EncodeToString(v.Hash[:]), "checking_id": hex.EncodeToString(v.Hash[:]), "bolt11": v.Request, "memo": v.Memo,
		"amount": v.AmountMsat, "fee": 0, "status": "pending", "preimage": strings.Repeat("0", 64),
		"time": v.CreatedAt.Format("2006-01-02T15:04:05"), "updated_at": v.CreatedAt.Format("2006-01-02T15:04:05.000000Z07:00"),
	}
	if v.State == Settled {
		wire["status"], wire["preimage"], wire["amount"] = "success", hex.EncodeToString(v.Preimage[:]), v.PaidMsat
		wire["updated_at"] = v.SettledAt.Format("2006-01-02T15:04:05.000000Z07:00")
	}
	return wire
}
