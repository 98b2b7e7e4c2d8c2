package lnsim

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxRequest bounds what is read of one request.
const maxRequest = 64 << 10

// route is one endpoint. A route without a scope is public.
type route struct {
	scope  string
	handle func(*call) (any, error)
}

// call is a verified request on its way to a handler. Handlers run one at a
// time, with the state to themselves, and change nothing when they fail.
type call struct {
	account *Account
	query   url.Values
	body    []byte
	now     time.Time
}

// reply is what a handler's outcome looks like on the wire.
type reply struct {
	status int
	header map[string]string
	body   []byte
	// made is when the answer says it was made, seen from now.
	made time.Duration
}

// serve answers everything outside /sim.
func (s *Sim) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest+1))
	if err != nil {
		return
	}
	started := s.now()
	rec, fault := s.admit(r, body)
	var out reply
	if fault != nil && !pause(r, fault.DelayBefore, fault.Detached) {
		return
	}
	if fault == nil || fault.Apply {
		out = s.answer(r, body, rec)
	}
	if fault != nil {
		if !pause(r, fault.DelayAfter, false) {
			return
		}
		out = fault.distort(out)
		if fault.Cut {
			s.note(rec, 0)
			cutConnection(w, out)
		}
	}
	s.note(rec, out.status)
	s.log.DebugContext(r.Context(), "simulated exchange request", "method", r.Method, "path", r.URL.Path,
		"status", out.status, "duration_ms", s.now().Sub(started).Milliseconds())
	// The exchange's own clock, like every time that it tells.
	w.Header().Set("Date", s.date().Add(out.made).UTC().Format(http.TimeFormat))
	write(w, out)
}

func (s *Sim) date() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock()
}

// answer authenticates, routes and handles a request in one step that no other
// request can interleave with.
func (s *Sim) answer(r *http.Request, body []byte, rec *Request) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	result, err := s.handle(r, body, rec)
	if err != nil {
		var no *refusal
		if !errors.As(err, &no) {
			no = &refusal{status: http.StatusInternalServerError, message: "Internal error", code: "INTERNAL_SERVER_ERROR"}
			s.log.ErrorContext(r.Context(), "simulated exchange failed", "error", err)
		}
		out := reply{status: no.status, header: map[string]string{}}
		out.body = no.body()
		if no.retryAfter != "" {
			out.header["Retry-After"] = no.retryAfter
		}
		return out
	}
	rec.Applied = true
	b, err := json.Marshal(result)
	if err != nil {
		return reply{status: http.StatusInternalServerError}
	}
	return reply{status: http.StatusOK, body: b}
}

// handle finds the endpoint and runs it. Callers hold mu.
func (s *Sim) handle(r *http.Request, body []byte, rec *Request) (any, error) {
	if r.URL.Path == "/v2" || strings.HasPrefix(r.URL.Path, "/v2/") {
		return nil, errGone
	}
	methods, ok := s.routes[strings.TrimPrefix(r.URL.Path, "/v3")]
	if !ok || !strings.HasPrefix(r.URL.Path, "/v3/") {
		return nil, errNotFound
	}
	endpoint, ok := methods[r.Method]
	if !ok {
		return nil, errMethod
	}
	if len(body) > maxRequest {
		return nil, invalid("Body is too large")
	}
	if err := checkForm(r, body); err != nil {
		return nil, err
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, invalid("Invalid request")
	}
	c := &call{query: query, body: body, now: s.clock()}
	if endpoint.scope != "" {
		account, no := s.authenticate(r, body, endpoint.scope)
		if no != nil {
			return nil, no
		}
		c.account = account
		rec.AccountID = account.ID
	}
	if !s.limits.allow(s.now(), endpoint.scope != "", r) {
		return nil, errTooMany
	}
	result, err := endpoint.handle(c)
	if err != nil || r.Method == http.MethodGet {
		return result, err
	}
	return result, s.save()
}

// checkForm enforces the rules about bodies: none on GET and DELETE, JSON with
// its content type elsewhere.
func checkForm(r *http.Request, body []byte) error {
	if len(body) == 0 {
		return nil
	}
	if r.Method == http.MethodGet || r.Method == http.MethodDelete {
		return invalid("Invalid request")
	}
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(kind), "application/json") {
		return invalid("Content-Type must be application/json")
	}
	return nil
}

func write(w http.ResponseWriter, out reply) {
	for name, value := range out.header {
		w.Header().Set(name, value)
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	w.WriteHeader(out.status)
	_, _ = w.Write(out.body)
}

// pause waits, unless the client goes away first. It reports whether the
// request is still wanted; one that is detached always is.
func pause(r *http.Request, d time.Duration, detached bool) bool {
	gone := r.Context().Done()
	if detached {
		gone = nil
	}
	if d <= 0 {
		return detached || r.Context().Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-gone:
		return false
	case <-t.C:
		return true
	}
}

// cutConnection drops the connection: at once, or in the middle of an answer
// when there is one. net/http knows this panic and does not log it.
func cutConnection(w http.ResponseWriter, out reply) {
	if len(out.body) > 1 {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Content-Length", "1000000")
		w.WriteHeader(out.status)
		_, _ = w.Write(out.body[:len(out.body)/2])
		_ = http.NewResponseController(w).Flush()
	}
	panic(http.ErrAbortHandler) //nolint:forbidigo // how a handler of net/http drops its connection
}
