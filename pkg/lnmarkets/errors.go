package lnmarkets

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Sentinels of this package, for errors.Is.
var (
	// ErrOptions is a client that cannot be configured like this.
	ErrOptions = errors.New("invalid lnmarkets options")
	// ErrCredentials is a private call without complete credentials.
	ErrCredentials = errors.New("lnmarkets credentials are incomplete")
	// ErrInput is a call refused before anything was sent.
	ErrInput = errors.New("invalid lnmarkets request")
	// ErrUnavailable is an exchange that cannot be reached, fails on its side,
	// or answers with something that is not its API.
	ErrUnavailable = errors.New("exchange is unavailable")
	// ErrUnauthorized is a wrong key, secret, passphrase, signature or clock.
	ErrUnauthorized = errors.New("exchange refused the credentials")
	// ErrForbidden is an authentic key without the permission needed.
	ErrForbidden = errors.New("exchange key lacks the permission")
	// ErrRateLimited is too many requests.
	ErrRateLimited = errors.New("exchange limits the rate of requests")
	// ErrNotSent is a failure before a connection existed: the exchange has
	// not seen the request.
	ErrNotSent = errors.New("request was not sent")
)

// APIError is an answer of the exchange that is not a success.
type APIError struct {
	// Method and Path of the request, without host and query.
	Method, Path string
	// Status is the HTTP status. Decide on it alone.
	Status int
	// Code is the exchange's word for the failure, when it sent one.
	Code string
	// Message is for humans: control characters escaped, at most 512 bytes.
	Message string
	// RetryAfter is what the exchange asked for; zero when it did not.
	RetryAfter time.Duration
}

// Error implements error.
func (e *APIError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: status %d", e.Method, e.Path, e.Status)
	if e.Message != "" {
		fmt.Fprintf(&b, ": %s", e.Message)
	}
	if e.Code != "" {
		fmt.Fprintf(&b, " (%s)", e.Code)
	}
	return b.String()
}

// Is makes the status answer to the sentinels.
func (e *APIError) Is(target error) bool {
	switch target {
	case ErrUnavailable:
		return e.Status >= 500 || e.Status < 400
	case ErrUnauthorized:
		return e.Status == 401
	case ErrForbidden:
		return e.Status == 403
	case ErrRateLimited:
		return e.Status == 429
	}
	return false
}

// ResponseError is an answer that cannot be understood: not JSON, empty, cut
// short, too large, or without a field that must be there.
type ResponseError struct {
	Method, Path string
	Status       int
	// Reason says what is wrong with it.
	Reason string
	cause  error
}

// Error implements error.
func (e *ResponseError) Error() string {
	return fmt.Sprintf("%s %s: status %d: unusable answer: %s", e.Method, e.Path, e.Status, e.Reason)
}

// Is makes an unusable answer an unavailable exchange.
func (e *ResponseError) Is(target error) bool { return target == ErrUnavailable }

// Unwrap gives the cause, if any.
func (e *ResponseError) Unwrap() error { return e.cause }

// networkError is a request that got no answer.
type networkError struct {
	method, path string
	notSent      bool
	cause        error
}

func (e *networkError) Error() string {
	return fmt.Sprintf("%s %s: %s", e.method, e.path, e.cause)
}

func (e *networkError) Is(target error) bool {
	return target == ErrUnavailable || (target == ErrNotSent && e.notSent)
}

func (e *networkError) Unwrap() error { return e.cause }

// ambiguousError marks a write whose outcome is unknown.
type ambiguousError struct{ cause error }

func (e *ambiguousError) Error() string { return e.cause.Error() + " (outcome unknown)" }
func (e *ambiguousError) Unwrap() error { return e.cause }

// IsAmbiguous reports whether err leaves open if a write was carried out: any
// failure after the attempt began except a clean refusal (a whole 4xx answer).
// The caller must read the state back and must not send the write again before
// that. A refused connection counts as ambiguous too; errors.Is with ErrNotSent
// tells it apart.
func IsAmbiguous(err error) bool {
	var a *ambiguousError
	return errors.As(err, &a)
}

// cleanRefusal reports whether a status says that the exchange itself refused.
// 408 and 499 are 4xx, but gateways send them about requests that they have
// already passed on.
func cleanRefusal(status int) bool {
	return status >= 400 && status < 500 && status != 408 && status != 499
}
