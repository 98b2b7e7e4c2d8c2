package marginguard

import (
	"errors"
	"fmt"
	"time"
)

// Reasons why the store refuses an intent.
var (
	// ErrCapReached means that a cap left less than the amount.
	ErrCapReached = errors.New("a cap is reached")
	// ErrOpenIntent means that the position has an addition without an outcome.
	ErrOpenIntent = errors.New("the position has an open intent")
	// ErrOvertaken means that something happened to the position or the intent
	// since it was looked at.
	ErrOvertaken = errors.New("overtaken by another addition")
)

// RoundError means that what all processes may add in a round leaves less than the amount. It is ErrCapReached. Both
// are in sats.
type RoundError struct{ Spent, Cap int64 }

func (e *RoundError) Error() string {
	return fmt.Sprintf("%v: %d of %d sats of the round are spent", ErrCapReached, e.Spent, e.Cap)
}

// Unwrap makes errors.Is(err, ErrCapReached) true.
func (e *RoundError) Unwrap() error { return ErrCapReached }

// ErrStopped is why a decided addition was not made when the run was stopped.
var ErrStopped = errors.New("the run was stopped before the addition was made")

// ErrSealed means that no encryption key opens an account's credentials.
var ErrSealed = errors.New("the stored credentials stay closed")

// SealedError says that the encryption key opened nothing at all, so that nobody
// was protected.
type SealedError struct{ Accounts int }

func (e *SealedError) Error() string {
	return fmt.Sprintf("the encryption key opens none of the %d accounts", e.Accounts)
}

// Unwrap makes errors.Is(err, ErrSealed) true.
func (e *SealedError) Unwrap() error { return ErrSealed }

// ElsewhereError says that an account is not one of the exchange that is asked.
type ElsewhereError struct{ Reason string }

func (e *ElsewhereError) Error() string { return e.Reason }

// DisabledError says that the guard is switched off.
type DisabledError struct {
	// UserID is empty when it is off for everybody.
	UserID string
	Reason string
}

func (e *DisabledError) Error() string {
	who := "the guard"
	if e.UserID != "" {
		who = "the guard of this user"
	}
	if e.Reason == "" {
		return who + " is switched off"
	}
	return fmt.Sprintf("%s is switched off: %s", who, e.Reason)
}

// MarketError says that the exchange's price, clock or service cannot be used.
// A run that ends with it has sent nothing since.
type MarketError struct {
	Reason string
	Err    error
}

func (e *MarketError) Error() string {
	if e.Err == nil {
		return e.Reason
	}
	return e.Reason + ": " + e.Err.Error()
}

func (e *MarketError) Unwrap() error { return e.Err }

// SurgeError says that a run wanted to add far more than runs used to. What the
// limit allowed went to the positions nearest to liquidation. Both are in sats.
type SurgeError struct {
	Planned, Limit int64
}

func (e *SurgeError) Error() string {
	return fmt.Sprintf("the run wants to add %d sats, what runs added in the last week allows %d", e.Planned, e.Limit)
}

// Fault is the class of a failed call to the exchange.
type Fault string

// The classes. Refused, Denied and Limited say that a write was not made; that the
// position has not changed is what proves it.
const (
	// Refused is a clean refusal of the request.
	Refused Fault = "refused"
	// Denied is a key without permission, or a wrong one.
	Denied Fault = "denied"
	// Limited is the exchange's rate limit.
	Limited Fault = "limited"
	// Unavailable is an exchange that cannot be reached or has trouble of its own.
	Unavailable Fault = "unavailable"
	// Garbled is an answer that makes no sense.
	Garbled Fault = "garbled"
)

// ExchangeError is a failed call to the exchange.
type ExchangeError struct {
	Fault  Fault
	Status int
	// RetryAfter is how long the exchange wants to hear nothing; zero when it did
	// not say.
	RetryAfter time.Duration
	Err        error
}

func (e *ExchangeError) Error() string { return e.Err.Error() }

func (e *ExchangeError) Unwrap() error { return e.Err }

// refused reports whether the exchange answered that it does not make a write.
func refused(err error) (status int, ok bool) {
	var e *ExchangeError
	if !errors.As(err, &e) {
		return 0, false
	}
	return e.Status, e.Fault == Refused || e.Fault == Denied || e.Fault == Limited
}

// hostTrouble reports whether err speaks against the exchange, not the user.
func hostTrouble(err error) bool {
	var e *ExchangeError
	return errors.As(err, &e) && e.Fault == Unavailable
}
