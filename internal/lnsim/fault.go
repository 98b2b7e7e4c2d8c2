package lnsim

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"time"
)

// Fault makes the exchange misbehave on matching requests. Without Apply the
// request never reaches the exchange, as when a gateway fails; with Apply it is
// carried out and only the answer is spoilt.
type Fault struct {
	// Method and Path choose the requests: an empty one matches all. Path is
	// the whole path, such as /v3/account, or a pattern of package path.
	Method string
	Path   string
	// Skip lets that many matching requests pass first.
	Skip int
	// Count is how many requests fail; 1 when zero, without end when negative.
	Count int

	// Apply carries the request out before the answer is spoilt.
	Apply bool
	// DelayBefore passes before the request is carried out, DelayAfter between
	// that and the answer. A client that gives up during DelayBefore prevents
	// the change, one that gives up during DelayAfter does not.
	DelayBefore time.Duration
	DelayAfter  time.Duration
	// Detached carries the request out although the client gave up during
	// DelayBefore, as a server does that has it in a queue.
	Detached bool
	// Status replaces the status of the answer.
	Status int
	// RetryAfter is sent as the header of that name.
	RetryAfter string
	// Age and DateOffset make the answer older than it is: Age is the header of
	// that name, DateOffset moves the header Date.
	Age        string
	DateOffset time.Duration
	// Body replaces the body: BodyHTML, BodyEmpty or BodyTruncated.
	Body string
	// Text is the body itself.
	Text string
	// Cut drops the connection instead of answering; with BodyTruncated in the
	// middle of the answer.
	Cut bool

	hits int
}

// Values of Fault.Body.
const (
	BodyHTML      = "html"
	BodyEmpty     = "empty"
	BodyTruncated = "truncated"
)

// validate refuses faults that would never do anything.
func (f *Fault) validate() error {
	if !slices.Contains([]string{"", BodyHTML, BodyEmpty, BodyTruncated}, f.Body) {
		return fmt.Errorf("body %q is not one of html, empty, truncated", f.Body)
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		return fmt.Errorf("status %d is not between 200 and 599", f.Status)
	}
	if _, err := path.Match(f.Path, "/"); err != nil {
		return fmt.Errorf("path %q is not a pattern", f.Path)
	}
	if f.Status == 0 && f.Body == "" && f.Text == "" && !f.Cut && f.DelayBefore <= 0 && f.DelayAfter <= 0 && f.Age == "" && f.DateOffset == 0 {
		return fmt.Errorf("a fault needs a status, a body, an age, a delay or a cut")
	}
	return nil
}

// matches reports whether the fault is about this request.
func (f *Fault) matches(method, target string) bool {
	if f.Method != "" && f.Method != method {
		return false
	}
	if f.Path == "" {
		return true
	}
	ok, _ := path.Match(f.Path, target)
	return ok
}

// take uses the fault up by one request and says whether it strikes.
func (f *Fault) take() bool {
	f.hits++
	if f.hits <= f.Skip {
		return false
	}
	count := max(f.Count, 1)
	return f.Count < 0 || f.hits <= f.Skip+count
}

// distort spoils an answer. A delay alone leaves it as it is.
func (f *Fault) distort(out reply) reply {
	if f.Status != 0 {
		if !f.Apply || f.Status >= 300 {
			out.body = fmt.Appendf(nil, `{"message":%q}`, faultMessage(f.Status))
		}
		out.status = f.Status
	}
	if out.status == 0 {
		out.status = http.StatusOK
	}
	out.header = map[string]string{}
	if f.RetryAfter != "" {
		out.header["Retry-After"] = f.RetryAfter
	}
	if f.Age != "" {
		out.header["Age"] = f.Age
	}
	out.made = f.DateOffset
	switch f.Body {
	case BodyHTML:
		out.header["Content-Type"] = "text/html"
		out.body = []byte("<!DOCTYPE html>\n<html><head><title>Unavailable</title></head><body><h1>Unavailable</h1></body></html>\n")
	case BodyEmpty:
		out.body = nil
	case BodyTruncated:
		if len(out.body) == 0 {
			out.body = []byte(`{"id":"00000000-0000-4000-8000-000000000000","margin":1000`)
		}
		if !f.Cut {
			out.body = out.body[:len(out.body)/2]
		}
	default:
		if f.Text != "" {
			out.body = []byte(f.Text)
		}
		if f.Cut {
			out.body = nil
		}
	}
	return out
}

func faultMessage(status int) string {
	switch status {
	case http.StatusServiceUnavailable:
		return "Trading engine temporarily unavailable"
	case http.StatusTooManyRequests:
		return "Too many requests"
	case http.StatusInternalServerError:
		return "Internal error"
	default:
		return http.StatusText(status)
	}
}

// Fail adds a fault. Faults are tried in the order they were added.
func (s *Sim) Fail(f Fault) error {
	if err := f.validate(); err != nil {
		return err
	}
	// A delay without anything else is a slow request, not a lost one, and an old
	// answer was given once.
	if f.Status == 0 && f.Body == "" && !f.Cut {
		f.Apply = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f.hits = 0
	s.faults = append(s.faults, &f)
	return nil
}

// ClearFaults removes all faults.
func (s *Sim) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// strike finds the fault that a request runs into. Callers hold mu.
func (s *Sim) strike(method, target string) *Fault {
	for _, f := range s.faults {
		if f.matches(method, target) && f.take() {
			struck := *f
			return &struck
		}
	}
	return nil
}
