package lnsim

import (
	"net"
	"net/http"
	"time"

	"golang.org/x/time/rate"
)

// Limits are the rates that the exchange enforces, in requests per second. A
// rate of zero is not enforced.
type Limits struct {
	PrivateRPS float64 `json:"private_rps"`
	PublicRPS  float64 `json:"public_rps"`
	// Burst is how many requests may come at once; 1 when zero.
	Burst int `json:"burst,omitempty"`
	// PerKey counts private requests by key instead of by address.
	PerKey bool `json:"per_key,omitempty"`
}

// limiter holds one bucket per counted thing. Callers hold the Sim's mu.
type limiter struct {
	limits  Limits
	buckets map[string]*rate.Limiter
}

func newLimiter(l Limits) *limiter {
	return &limiter{limits: l, buckets: map[string]*rate.Limiter{}}
}

func (l *limiter) allow(now time.Time, private bool, r *http.Request) bool {
	rps, what := l.limits.PublicRPS, "public "
	if private {
		rps, what = l.limits.PrivateRPS, "private "
	}
	if rps <= 0 {
		return true
	}
	who, _, _ := net.SplitHostPort(r.RemoteAddr)
	if private && l.limits.PerKey {
		who = r.Header.Get("Lnm-Access-Key")
	}
	b, ok := l.buckets[what+who]
	if !ok {
		b = rate.NewLimiter(rate.Limit(rps), max(l.limits.Burst, 1))
		l.buckets[what+who] = b
	}
	return b.AllowN(now, 1)
}

// SetLimits replaces the enforced rates.
func (s *Sim) SetLimits(l Limits) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits = newLimiter(l)
}
