// Package testdb gives each test its own PostgreSQL database. It is test
// support only and must not be imported by anything that ships.
//
// The server is $AXISOR_TEST_DATABASE_URL when set (a role that may create
// databases). Otherwise a private cluster below the temporary directory is
// used, with durability off. All test processes of this user share it, whoever
// comes first starts it, and it is left running: starting takes longer than
// most packages' tests. `go run ./internal/testdb/testdbctl stop` ends it. A
// cluster found dead, for instance after a reboot, is thrown away, because
// without durability its files may be damaged.
//
// The schema is migrated once into a template database, named after the
// content of the migrations, and cloned per test. Databases left behind by
// processes that died are dropped by the next one.
package testdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/axisor/axisor/internal/pgserver"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

const (
	// EnvURL names the variable with the address of a server to use instead of
	// a private one.
	EnvURL = "AXISOR_TEST_DATABASE_URL"
	// EnvRequire names the variable that turns "no server programs on this
	// machine" from a skipped test into a failed one.
	EnvRequire = "AXISOR_TEST_REQUIRE_DB"
	// setupTimeout covers starting the server and migrating the template, with
	// other packages' tests competing for the machine.
	setupTimeout = 2 * time.Minute
)

// New returns a store on a migrated database of the test's own.
func New(t testing.TB) *store.DB {
	t.Helper()
	return open(t, NewURL(t))
}

func open(t testing.TB, address secret.Secret) *store.DB {
	t.Helper()
	db, err := store.Open(store.Options{URL: address, MaxConnections: 6, AppName: "axisor-test"})
	if err != nil {
		t.Fatalf("open test database: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close test database: %v", err)
		}
	})
	return db
}

// NewURL returns the address of a migrated database of the test's own.
func NewURL(t testing.TB) secret.Secret {
	t.Helper()
	return create(t, (*server).clone)
}

// Empty returns the address of a database of the test's own without a schema.
func Empty(t testing.TB) secret.Secret {
	t.Helper()
	return create(t, (*server).empty)
}

func create(t testing.TB, make func(*server, context.Context) (string, error)) secret.Secret {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	srv, err := shared()
	if errors.Is(err, pgserver.ErrNoBinaries) && os.Getenv(EnvRequire) == "" {
		t.Skipf("%v; install PostgreSQL or set %s", err, EnvURL)
	}
	if err != nil {
		t.Fatalf("start test database server: %v", err)
	}
	name, err := make(srv, ctx)
	if err != nil {
		t.Fatalf("create test database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
		defer cancel()
		if err := srv.drop(ctx, name); err != nil {
			t.Errorf("drop test database: %v", err)
		}
	})
	url, err := srv.url(name)
	if err != nil {
		t.Fatalf("address test database: %v", err)
	}
	return secret.New(url)
}

// Stop ends the private cluster of this user and deletes it. Tests that are
// running lose their databases.
func Stop(ctx context.Context) error {
	base, unlock, err := lockBase(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	cluster, err := privateCluster(ctx, base)
	if err != nil {
		return err
	}
	if err := cluster.Stop(ctx); err != nil && !errors.Is(err, pgserver.ErrNotRunning) {
		return fmt.Errorf("stop test database server: %w", err)
	}
	return cluster.Purge(ctx)
}
