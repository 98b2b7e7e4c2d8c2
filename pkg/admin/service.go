package admin

import (
	"context"
	"errors"
	"time"

	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// Options say on whose behalf the service writes.
type Options struct {
	Actor   string // operator, for the audit trail
	Host    string
	Version string
	Profile string
	Now     func() time.Time
	// Passwords is what new passwords must satisfy; zero means crypto.DefaultPolicy.
	Passwords crypto.Policy
}

// Service is the one way to change rows.
type Service struct {
	db   *store.DB
	opts Options
}

// New makes a service on a database.
func New(db *store.DB, o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Passwords == (crypto.Policy{}) {
		o.Passwords = crypto.DefaultPolicy()
	}
	return &Service{db: db, opts: o}
}

// Mode says how a change is made.
type Mode struct {
	DryRun bool
	Reason string
}

// Change is what a write did, or in a dry run would do.
type Change[T any] struct {
	Before *T
	After  *T
	Status string
	DryRun bool
}

// FindUser finds the user that a command names by id, e-mail or username.
func (s *Service) FindUser(ctx context.Context, ref string) (models.User, error) {
	return s.db.FindUser(ctx, ref)
}

// txn is one change in progress.
type txn struct {
	db   *store.DB
	s    *Service
	mode Mode
	now  time.Time // one instant for every row of the change
}

// errDryRun rolls a dry run back after everything was tried, errUnchanged what turned out to change nothing: what is so
// already must not get another time of change.
var (
	errDryRun    = errors.New("dry run")
	errUnchanged = errors.New("unchanged")
)

// write runs one use case: all of it or nothing, and nothing in a dry run.
func (s *Service) write(ctx context.Context, mode Mode, fn func(*txn) error) error {
	return s.writeIn(ctx, mode, s.db.Transaction, fn)
}

func (s *Service) writeIn(
	ctx context.Context, mode Mode, transaction func(context.Context, func(*store.DB) error) error, fn func(*txn) error,
) error {
	now := s.opts.Now().UTC().Truncate(time.Microsecond) // the server's precision
	err := transaction(ctx, func(db *store.DB) error {
		if err := fn(&txn{db: db, s: s, mode: mode, now: now}); err != nil {
			return err
		}
		if mode.DryRun {
			return errDryRun
		}
		return nil
	})
	if errors.Is(err, errDryRun) || errors.Is(err, errUnchanged) {
		return nil
	}
	return err
}
