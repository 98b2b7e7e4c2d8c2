// Package lnmarkets is the client of the LN Markets API, version 3. It owns the
// wire: addresses, signatures, pacing, retries of reads, decoding, and telling
// a refused write from one whose outcome nobody knows.
//
// It must not know about users, databases, encryption or when margin should be
// added. Amounts are whole satoshis, quantities whole US dollars, prices US
// dollars per bitcoin.
//
// Two rules are stronger than convenience. A write is sent at most once,
// because the exchange has no idempotency key: whoever calls must read back
// after an ambiguous failure. And credentials appear in request headers and
// nowhere else.
package lnmarkets

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/axisor/axisor/pkg/secret"
)

// Defaults of Options.
const (
	// DefaultTimeout bounds one request, from connecting to the last byte.
	DefaultTimeout = 20 * time.Second
	// DefaultRetries is how often a failed read is tried again.
	DefaultRetries = 3
)

// Credentials are the three values the exchange hands out for one API key.
type Credentials struct {
	Key        secret.Secret
	Secret     secret.Secret
	Passphrase secret.Secret
}

// Validate reports which of the three is missing; shapes are the exchange's
// business.
func (c Credentials) Validate() error {
	switch {
	case c.Key.IsZero():
		return fmt.Errorf("api key is empty: %w", ErrCredentials)
	case c.Secret.IsZero():
		return fmt.Errorf("api secret is empty: %w", ErrCredentials)
	case c.Passphrase.IsZero():
		return fmt.Errorf("api passphrase is empty: %w", ErrCredentials)
	}
	return nil
}

// Options say how to reach the exchange. Only Now is required.
type Options struct {
	// BaseURL is the address including the version, such as
	// https://api.lnmarkets.com/v3. It wins over Network.
	BaseURL string
	// Network is mainnet (when empty), signet or testnet4.
	Network string
	// Credentials sign private calls. Without them only public calls work.
	Credentials *Credentials
	// HTTP is the client to use. It is copied, and the copy never follows a
	// redirect: a redirect would carry the signed headers elsewhere.
	HTTP *http.Client
	// Timeout bounds one attempt; DefaultTimeout when zero.
	Timeout time.Duration
	// Limiter paces calls; nil means a limiter of this client's own, at the
	// rates the exchange documents.
	Limiter Limiter
	// Now is the clock that signatures are stamped with.
	Now func() time.Time
	// Sleep waits between the attempts of a read; nil means really waiting.
	Sleep SleepFunc
	// Retries is how often a failed read is tried again; DefaultRetries when
	// zero, none when negative. Writes are never tried again.
	Retries int
	// Logger receives one debug line per attempt: method, path, status and
	// duration, nothing else. nil means silence.
	Logger *slog.Logger
	// Version of the program, for the User-Agent header.
	Version string
}

// Validate checks everything that New would refuse.
func (o Options) Validate() error {
	if o.Now == nil {
		return fmt.Errorf("clock is missing: %w", ErrOptions)
	}
	if o.Timeout < 0 {
		return fmt.Errorf("timeout %s is negative: %w", o.Timeout, ErrOptions)
	}
	if o.Credentials != nil {
		if err := o.Credentials.Validate(); err != nil {
			return err
		}
	}
	_, err := ResolveURL(o.Network, o.BaseURL)
	return err
}

// Client calls the exchange. It is safe for concurrent use.
type Client struct {
	base      *url.URL
	http      *http.Client
	auth      *Credentials
	timeout   time.Duration
	limiter   Limiter
	now       func() time.Time
	sleep     SleepFunc
	retries   int
	jitter    func() float64
	offset    time.Duration
	log       *slog.Logger
	userAgent string
}

// New makes a client. It does not connect.
func New(o Options) (*Client, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("configure lnmarkets client: %w", err)
	}
	base, err := ResolveURL(o.Network, o.BaseURL)
	if err != nil {
		return nil, err
	}
	c := &Client{
		base: base, http: withoutRedirects(o.HTTP), timeout: o.Timeout, limiter: o.Limiter,
		now: o.Now, sleep: o.Sleep, retries: o.Retries, jitter: rand.Float64, log: o.Logger,
		userAgent: "axisor/" + o.Version,
	}
	if o.Credentials != nil {
		auth := *o.Credentials
		c.auth = &auth
	}
	if c.timeout == 0 {
		c.timeout = DefaultTimeout
	}
	if c.limiter == nil {
		c.limiter = NewRateLimiter(DefaultPrivateRPS, DefaultPublicRPS)
	}
	if c.sleep == nil {
		c.sleep = sleep
	}
	if c.retries == 0 {
		c.retries = DefaultRetries
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if o.Version == "" {
		c.userAgent = "axisor/dev"
	}
	return c, nil
}

// BaseURL is the address the client calls.
func (c *Client) BaseURL() string { return c.base.String() }

// WithCredentials is the same client for another API key. Connections, limiter
// and clock are shared, so that thousands of keys cost one connection pool.
func (c *Client) WithCredentials(auth Credentials) (*Client, error) {
	if err := auth.Validate(); err != nil {
		return nil, err
	}
	other := *c
	other.auth = &auth
	return &other, nil
}

// WithLimiter is the same client with another limiter, for an exchange that counts
// requests by key.
func (c *Client) WithLimiter(l Limiter) *Client {
	other := *c
	other.limiter = l
	return &other
}

// WithOffset is the same client with a correction added to its clock, as found
// by Time. Without it requests carry the time of this machine.
func (c *Client) WithOffset(offset time.Duration) *Client {
	other := *c
	other.offset = offset
	return &other
}

// withoutRedirects copies an HTTP client so that redirects come back as they
// are. A nil client gets a transport of its own.
func withoutRedirects(given *http.Client) *http.Client {
	var c http.Client
	if given != nil {
		c = *given
	}
	if c.Transport == nil {
		if t, ok := http.DefaultTransport.(*http.Transport); ok {
			t = t.Clone()
			// Many users, one host: the default of two idle connections would
			// mean a TLS handshake for nearly every call.
			t.MaxIdleConnsPerHost = 32
			c.Transport = t
		}
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.Jar = nil
	return &c
}
