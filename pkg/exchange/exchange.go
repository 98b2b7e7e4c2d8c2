// Package exchange owns which program speaks to which exchange: it chooses by the
// slug and API version of an Exchange row, and asks one question of all of them,
// what a set of credentials is worth. What an exchange's API looks like is the
// business of its own package, such as pkg/lnmarkets.
//
// It must not know databases, encryption or commands. No result of it carries a
// credential.
package exchange

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/axisor/axisor/pkg/lnmarkets"
	"github.com/axisor/axisor/pkg/secret"
)

// Outcome says what a test of credentials found out.
type Outcome string

// The outcomes of a test.
const (
	// Works: the exchange answered a signed request.
	Works Outcome = "works"
	// WrongKey: the exchange does not know the API key.
	WrongKey Outcome = "wrong_key"
	// WrongSignature: it knows the key, and the secret or the passphrase is wrong.
	WrongSignature Outcome = "wrong_signature"
	// Refused: it refuses the credentials and does not say which part.
	Refused Outcome = "refused"
	// MissingScope: the key is authentic and may not read the account.
	MissingScope Outcome = "missing_scope"
	// Incomplete: a field that every request needs is empty.
	Incomplete Outcome = "incomplete"
	// OtherNetwork: the credentials are for another network than the one that is configured.
	OtherNetwork Outcome = "other_network"
	// ClockOff: our clock differs so much that every signature would be refused.
	ClockOff Outcome = "clock_off"
	// RateLimited: too many requests; nothing was learned.
	RateLimited Outcome = "rate_limited"
	// Unreachable: no usable answer; nothing was learned.
	Unreachable Outcome = "unreachable"
)

// Conclusive reports whether the outcome says something about the credentials,
// rather than about the way to the exchange.
func (o Outcome) Conclusive() bool {
	switch o {
	case ClockOff, RateLimited, Unreachable, OtherNetwork:
		return false
	}
	return true
}

// Result is what a test found out.
type Result struct {
	Outcome Outcome
	Detail  string // one sentence for a person
	// MissingScopes are the permissions, of those that matter here, that the key lacks.
	MissingScopes []string
	// Offset is how far the exchange's clock is ahead of ours.
	Offset time.Duration
}

// Exchange is an exchange that can be asked.
type Exchange interface {
	// Reach asks for what needs no credentials: is it there, and does its clock
	// agree with ours? The outcome is Works, ClockOff, RateLimited or Unreachable.
	Reach(ctx context.Context) Result
	// Test finds out what credentials are worth. Fields may be spelled in any way.
	Test(ctx context.Context, fields map[string]secret.Secret) Result
}

// Options say how to reach exchanges.
type Options struct {
	BaseURL, Network      string
	Timeout               time.Duration
	PrivateRPS, PublicRPS float64
	LimitPerKey           bool // requests are counted by key, not by address
	HTTP                  *http.Client
	Now                   func() time.Time
	Sleep                 lnmarkets.SleepFunc
	Log                   *slog.Logger
	Version               string
}

// ErrUnsupported is returned for an exchange or API version that nothing here speaks.
var ErrUnsupported = errors.New("exchange is not supported")

// UnsupportedError says which exchange cannot be asked, and what to do about it.
type UnsupportedError struct {
	Slug, APIVersion string
	Reason           string
	Hint             string
}

// Error implements error.
func (e *UnsupportedError) Error() string { return e.Reason }

// Unwrap makes errors.Is(err, ErrUnsupported) true.
func (e *UnsupportedError) Unwrap() error { return ErrUnsupported }

// Open chooses the program for an exchange. An API version that is not set means
// the current one. It connects to nothing.
func Open(slug, apiVersion string, o Options) (Exchange, error) {
	if !IsLNMarkets(slug) {
		return nil, &UnsupportedError{
			Slug: slug, APIVersion: apiVersion, Reason: fmt.Sprintf("axisor cannot talk to the exchange %q, only to lnmarkets", slug),
		}
	}
	switch version := strings.TrimPrefix(strings.ToLower(strings.TrimSpace(apiVersion)), "v"); version {
	case "", "3":
		return openLNMarkets(o)
	case "2":
		return nil, &UnsupportedError{
			Slug: slug, APIVersion: apiVersion,
			Reason: fmt.Sprintf("exchange %q has api_version %q, and LN Markets switched API v2 off on 31 March 2026", slug, apiVersion),
			Hint:   "axisor exchange update " + slug + " --api-version v3",
		}
	}
	return nil, &UnsupportedError{
		Slug: slug, APIVersion: apiVersion,
		Reason: fmt.Sprintf("exchange %q has api_version %q, and axisor speaks v3", slug, apiVersion),
		Hint:   "axisor exchange update " + slug + " --api-version v3",
	}
}

// IsLNMarkets reports whether a slug is LN Markets in one of its two spellings.
func IsLNMarkets(slug string) bool {
	return strings.EqualFold(strings.ReplaceAll(slug, "-", ""), "lnmarkets")
}
