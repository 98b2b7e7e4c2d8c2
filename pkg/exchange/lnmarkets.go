package exchange

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/lnmarkets"
	"github.com/axisor/axisor/pkg/secret"
)

const (
	// tolerance is how far a signature's time may be from the exchange's clock.
	tolerance = 30 * time.Second
	// fresh is how long a measured offset is used; clocks drift by seconds a day.
	fresh = 10 * time.Minute
	// headroom is the part of the rate limits that is used: our clock and theirs
	// do not tick together.
	headroom = 0.9
	// retries of a read: a test is repeated by whoever runs it, so it gives up early.
	retries = 1
)

// The permissions of a key that matter to the platform.
const (
	scopeAccount  = "account:read"
	scopeIsolated = "futures:isolated:read"
)

// LNMarketsCredentials picks the three parts of an LN Markets key out of a
// credentials object, whichever way its fields are spelled.
func LNMarketsCredentials(fields map[string]secret.Secret) (lnmarkets.Credentials, error) {
	by := crypto.ByFieldKey(fields)
	auth := lnmarkets.Credentials{Key: by["apikey"], Passphrase: by["passphrase"]}
	for _, name := range secretFields() {
		if s, ok := by[name]; ok {
			auth.Secret = s
			break
		}
	}
	return auth, auth.Validate()
}

func secretFields() []string { return []string{"apisecret", "secret", "secretkey"} }

// ClearText says why stored credentials are of no use, where crypto.ErrClearText is.
const ClearText = "the stored credentials are not encrypted, and are not sent; axisor credential rekey encrypts them"

// Sent reports whether the field of stored credentials is one that a request is made or signed with.
func Sent(field string) bool {
	name := crypto.FieldKey(field)
	return name == "apikey" || name == "passphrase" || slices.Contains(secretFields(), name)
}

// IsTestnet reports whether credentials are for a test network: by the network
// flag, which is a text, or, where none is stored, by a key that says so.
func IsTestnet(fields map[string]secret.Secret) bool {
	by := crypto.ByFieldKey(fields)
	for _, name := range []string{"istestnet", "testnet"} {
		if flag, ok := by[name]; ok && !flag.IsZero() {
			return strings.EqualFold(strings.TrimSpace(flag.Reveal()), "true")
		}
	}
	return strings.HasPrefix(by["apikey"].Reveal(), "test_")
}

// lnm is LN Markets, API version 3.
type lnm struct {
	o      Options
	client *lnmarkets.Client
	keys   lnmarkets.PerKey
	salt   []byte

	mu       sync.Mutex
	measured time.Time
	offset   time.Duration
}

func openLNMarkets(o Options) (Exchange, error) {
	c, err := lnmarkets.New(lnmarkets.Options{
		BaseURL: o.BaseURL, Network: o.Network, HTTP: o.HTTP, Timeout: o.Timeout, Now: o.Now, Sleep: o.Sleep,
		Limiter: limiter(o), Retries: retries, Logger: o.Log, Version: o.Version,
	})
	if err != nil {
		return nil, err
	}
	salt := make([]byte, sha256.Size)
	if _, err := rand.Read(salt); err != nil {
		return nil, fmt.Errorf("read random bytes: %w", err)
	}
	x := &lnm{o: o, client: c, salt: salt}
	x.keys.Make = func(string) lnmarkets.Limiter { return limiter(o) }
	return x, nil
}

func limiter(o Options) *lnmarkets.RateLimiter {
	return lnmarkets.NewRateLimiter(o.PrivateRPS*headroom, o.PublicRPS*headroom)
}

// Reach implements Exchange.
func (x *lnm) Reach(ctx context.Context) Result {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.measured.IsZero() || x.o.Now().Sub(x.measured) > fresh {
		got, err := x.client.Time(ctx)
		if err != nil {
			return unanswered(err)
		}
		x.measured, x.offset = x.o.Now(), got.Offset
	}
	r := Result{Outcome: Works, Offset: x.offset}
	if x.offset.Abs() > tolerance {
		r.Outcome = ClockOff
		r.Detail = fmt.Sprintf("the clock of this machine differs from the exchange's by %s, and %s are allowed",
			x.offset.Round(time.Second), tolerance)
	}
	return r
}

// Test implements Exchange. It reads the account, and then the running trades,
// whose permission the margin guard needs. A permission to write cannot be proved
// without writing.
func (x *lnm) Test(ctx context.Context, fields map[string]secret.Secret) Result {
	auth, err := LNMarketsCredentials(fields)
	if err != nil {
		return Result{Outcome: Incomplete, Detail: err.Error()}
	}
	if IsTestnet(fields) && lnmarkets.Mainnet(x.o.Network, x.o.BaseURL) {
		return Result{Outcome: OtherNetwork, Detail: "the credentials are for a test network, and lnmarkets.network is mainnet"}
	}
	reached := x.Reach(ctx)
	if reached.Outcome != Works {
		return reached
	}
	client, err := x.connect(auth)
	if err != nil {
		return Result{Outcome: Incomplete, Detail: err.Error(), Offset: reached.Offset}
	}
	_, accountErr := client.WithOffset(reached.Offset).Account(ctx)
	if accountErr != nil && !errors.Is(accountErr, lnmarkets.ErrForbidden) {
		return judged(accountErr, reached.Offset)
	}
	_, tradesErr := client.WithOffset(reached.Offset).RunningTrades(ctx)
	if tradesErr != nil && !errors.Is(tradesErr, lnmarkets.ErrForbidden) {
		return judged(tradesErr, reached.Offset)
	}
	r := Result{Outcome: Works, Offset: reached.Offset, Detail: "the exchange accepts the key"}
	if accountErr != nil {
		r.Outcome, r.MissingScopes = MissingScope, append(r.MissingScopes, scopeAccount)
	}
	if tradesErr != nil {
		r.MissingScopes = append(r.MissingScopes, scopeIsolated)
	}
	if len(r.MissingScopes) > 0 {
		r.Detail = "the key is authentic and lacks " + strings.Join(r.MissingScopes, ", ")
	}
	return r
}

// connect gives every key buckets of its own when the exchange counts by key; accounts
// with the same key share them. They are told apart by a hash, not to keep keys.
func (x *lnm) connect(auth lnmarkets.Credentials) (*lnmarkets.Client, error) {
	c, err := x.client.WithCredentials(auth)
	if err != nil || !x.o.LimitPerKey {
		return c, err
	}
	mac := hmac.New(sha256.New, x.salt)
	mac.Write([]byte(auth.Key.Reveal()))
	return c.WithLimiter(x.keys.For(string(mac.Sum(nil)))), nil
}

// judged sorts the failure of a signed request.
func judged(err error, offset time.Duration) Result {
	var api *lnmarkets.APIError
	if !errors.Is(err, lnmarkets.ErrUnauthorized) || !errors.As(err, &api) {
		r := unanswered(err)
		r.Offset = offset
		return r
	}
	// All of these are status 401. Only the message tells them apart, and it is
	// not documented: what is not recognised stays a plain refusal.
	r := Result{Outcome: Refused, Detail: "the exchange refuses the credentials: " + api.Error(), Offset: offset}
	switch said := strings.ToLower(api.Message + " " + api.Code); {
	case strings.Contains(said, "timestamp"):
		r.Outcome, r.Detail = ClockOff, "the exchange does not accept the time of the request"
	case strings.Contains(said, "signature"), strings.Contains(said, "passphrase"):
		r.Outcome, r.Detail = WrongSignature, "the exchange knows the key; the secret or the passphrase is wrong"
	case strings.Contains(said, "key"):
		r.Outcome, r.Detail = WrongKey, "the exchange does not know this API key; each network has keys of its own"
	}
	return r
}

func unanswered(err error) Result {
	switch {
	case errors.Is(err, lnmarkets.ErrRateLimited):
		return Result{Outcome: RateLimited, Detail: "the exchange limits the rate of requests: " + err.Error()}
	case errors.Is(err, lnmarkets.ErrUnavailable), errors.Is(err, lnmarkets.ErrNotSent):
		return Result{Outcome: Unreachable, Detail: "the exchange cannot be reached: " + err.Error()}
	}
	return Result{Outcome: Unreachable, Detail: "the exchange gave no usable answer: " + err.Error()}
}
