package app_test

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/buildinfo"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/lnmarkets"
	"github.com/axisor/axisor/pkg/migrate"
	"github.com/axisor/axisor/pkg/store"
)

func newApp(env ...string) *app.App {
	s, _, _ := streams.Test("")
	return app.New(s, buildinfo.Info{}, time.Now, env, "")
}

// What scripts and cron decide by: the exit code and the stable word of every kind of trouble.
func TestClassify(t *testing.T) {
	t.Parallel()
	a := newApp()
	for _, c := range []struct {
		err  error
		exit int
		code string
	}{
		{config.ErrNoKey, 10, "no_encryption_key"},
		{&config.Error{Source: "file", Key: "database.url", Rule: "must be a URL"}, 10, "config_invalid"},
		{migrate.ErrNoSchema, 12, "schema_missing"},
		{&migrate.VersionError{Current: 3, Head: 12}, 12, "schema_old"},
		{&migrate.VersionError{Current: 13, Head: 12}, 12, "schema_new"},
		{store.ErrSchemaMissing, 12, "schema_missing"},
		{&store.NotFoundError{Kind: "user", Ref: "an", Near: []string{"ana"}}, 3, "user_not_found"},
		{&store.AmbiguousError{Kind: "user", Ref: "ana"}, 4, "user_ambiguous"},
		{&store.ArgumentError{Name: "cursor", Value: "x", Rule: "bad"}, 2, "usage"},
		{&admin.InputError{Field: "email", Value: "x", Rule: "it is not an e-mail address"}, 2, "invalid_email"},
		{&admin.ConflictError{Kind: "user", Field: "email", Value: "a@b.co"}, 4, "user_exists"},
		{&admin.ConflictError{Kind: "plan", Code: "plan_in_use", Message: "12 users"}, 4, "plan_in_use"},
		{store.ErrNoDatabase, 11, "database_missing"},
		{store.ErrUnavailable, 11, "database_unreachable"},
		{store.ErrConnectionLost, 11, "connection_lost"},
		{store.ErrAuth, 6, "database_login_refused"},
		{store.ErrDenied, 6, "database_denied"},
		{store.ErrReadOnly, 6, "database_read_only"},
		{store.ErrTimeout, 11, "timeout"},
		{store.ErrLocked, 13, "row_locked"},
		{crypto.ErrWrongKey, 6, "wrong_encryption_key"},
		{crypto.ErrKeyTooShort, 10, "encryption_key_too_short"},
		{lnmarkets.ErrUnauthorized, 6, "exchange_refused_key"},
		{lnmarkets.ErrUnavailable, 11, "exchange_unavailable"},
		{&output.UsageError{Message: "unknown column"}, 2, "usage"},
		{context.DeadlineExceeded, 11, "timeout"},
		{context.Canceled, 130, "interrupted"},
		{syscall.ENOSPC, 1, "disk_full"},
		{errors.New("never heard of"), 1, "failure"},
	} {
		e := a.Classify(fmt.Errorf("do something: %w", c.err))
		require.Equal(t, c.exit, e.Kind.Exit(), "%v", c.err)
		require.Equal(t, c.code, e.Code, "%v", c.err)
		require.NotEmpty(t, e.Message)
	}
	require.Equal(t, []string{"did you mean ana?"}, a.Classify(&store.NotFoundError{Kind: "user", Ref: "an", Near: []string{"ana"}}).Hints)
	known := clierr.New(clierr.Partial, "some_failed", "x")
	require.Same(t, known, a.Classify(fmt.Errorf("run: %w", known)))
}

func TestGetenv_LastOneWins(t *testing.T) {
	t.Parallel()
	a := newApp("A=1", "A=2=3", "AB=4")
	require.Equal(t, "2=3", a.Getenv("A"))
	require.Empty(t, a.Getenv("C"))
}

// Nothing of an invocation is opened before it is asked for, and a missing database is an answer, not a crash.
func TestLazy(t *testing.T) {
	t.Parallel()
	a := newApp("HOME=" + t.TempDir())
	_, err := a.RawDB()
	e := a.Classify(err)
	require.Equal(t, "no_database_configured", e.Code)
	require.Contains(t, e.Hints[1], "axisor dev up")
	require.Empty(t, a.UserNames(t.Context(), "a"))

	dead := newApp("HOME="+t.TempDir(), "DATABASE_URL=postgres://nobody:geheim@127.0.0.1:1/none")
	t.Cleanup(dead.Close)
	db, err := dead.RawDB()
	require.NoError(t, err, "opening does not dial")
	require.Error(t, db.Ping(t.Context()))
	began := time.Now()
	require.Empty(t, dead.UserNames(t.Context(), "a"))
	require.Less(t, time.Since(began), 2*time.Second)
}
