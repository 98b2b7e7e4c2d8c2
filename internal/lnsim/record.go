package lnsim

import (
	"net/http"
	"slices"
	"time"
)

// maxRequests bounds the memory of past requests; the oldest go first.
const maxRequests = 20000

// Request is one request the exchange received. Headers are not kept: they
// hold the key and the passphrase.
type Request struct {
	// Seq counts from 1 over the life of the process.
	Seq    int       `json:"seq"`
	Time   time.Time `json:"time"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Query  string    `json:"query,omitempty"`
	Body   string    `json:"body,omitempty"`
	// AccountID is known once the request is authenticated.
	AccountID string `json:"account_id,omitempty"`
	// Status is zero while the answer is pending, and when there was none.
	Status int `json:"status"`
	// Fault says that a fault spoilt the answer.
	Fault bool `json:"fault"`
	// Applied says that the exchange carried the request out.
	Applied bool `json:"applied"`
}

// admit records a request on arrival and finds the fault it runs into.
func (s *Sim) admit(r *http.Request, body []byte) (*Request, *Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.served++
	rec := &Request{
		Seq: s.served, Time: s.clock(), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery,
		Body: string(body[:min(len(body), maxRequest)]),
	}
	if len(s.requests) >= maxRequests {
		s.requests = slices.Delete(s.requests, 0, maxRequests/10)
	}
	s.requests = append(s.requests, rec)
	fault := s.strike(r.Method, r.URL.Path)
	rec.Fault = fault != nil
	return rec, fault
}

// note completes the record of a request.
func (s *Sim) note(rec *Request, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rec.Status = status
}

// Requests returns what was received, oldest first.
func (s *Sim) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Request, len(s.requests))
	for i, r := range s.requests {
		list[i] = *r
	}
	return list
}

// RequestsTo returns the requests with this method and path, oldest first.
func (s *Sim) RequestsTo(method, path string) []Request {
	return slices.DeleteFunc(s.Requests(), func(r Request) bool { return r.Method != method || r.Path != path })
}

// ClearRequests forgets what was received.
func (s *Sim) ClearRequests() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}
