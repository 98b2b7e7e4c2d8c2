package admin

import (
	"fmt"

	"github.com/axisor/axisor/pkg/store"
)

// InputError says which value breaks which rule. Nothing was written.
type InputError struct {
	Field string // in the words of the columns: email, username, …
	Value string // "" when it must not be repeated
	Rule  string
	Hint  string
}

func (e *InputError) Error() string {
	if e.Value == "" {
		return fmt.Sprintf("invalid %s: %s", e.Field, e.Rule)
	}
	return fmt.Sprintf("invalid %s %q: %s", e.Field, e.Value, e.Rule)
}

// Unwrap makes errors.Is(err, store.ErrInvalid) true.
func (e *InputError) Unwrap() error { return store.ErrInvalid }

// NotFoundError says what was looked for, and what comes close.
type NotFoundError = store.NotFoundError

// ConflictError says that the change collides with what exists. Nothing was written.
type ConflictError struct {
	Kind     string // user, plan, …
	Code     string // stable word for scripts; "" for <kind>_exists
	Field    string
	Value    string
	Message  string // in full; "" for "a <kind> with this <field> exists"
	Hint     string
	Existing string // id of what is in the way
}

func (e *ConflictError) Error() string {
	if e.Message != "" {
		return e.Message
	}
	return fmt.Sprintf("a %s with %s %q exists", e.Kind, e.Field, e.Value)
}

// Unwrap makes errors.Is(err, store.ErrConflict) true.
func (e *ConflictError) Unwrap() error { return store.ErrConflict }
