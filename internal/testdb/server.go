package testdb

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/axisor/axisor/internal/pgserver"
)

// server is the one connection of this process to the test server, plus what
// names its databases.
type server struct {
	base  *url.URL
	run   string
	count atomic.Int64
	// alive marks this run as not dead; see sweep. It is never used for queries.
	alive *pgx.Conn

	templateMu sync.Mutex
	template   string
}

// shared starts or finds the server once per process.
var shared = sync.OnceValues(func() (*server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	address := os.Getenv(EnvURL)
	if address == "" {
		var err error
		if address, err = startPrivate(ctx); err != nil {
			return nil, err
		}
	}
	base, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%s is not a postgres:// address", EnvURL)
	}
	raw := make([]byte, 4)
	if _, err := rand.Read(raw); err != nil {
		return nil, err
	}
	s := &server{base: base, run: hex.EncodeToString(raw)}
	cfg, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, err
	}
	cfg.RuntimeParams["application_name"] = "axt_" + s.run
	if s.alive, err = pgx.ConnectConfig(ctx, cfg); err != nil {
		return nil, err
	}
	return s, s.sweep(ctx)
})

// startPrivate makes sure that the private cluster runs.
func startPrivate(ctx context.Context) (string, error) {
	base, unlock, err := lockBase(ctx)
	if err != nil {
		return "", err
	}
	defer unlock()
	cluster, err := privateCluster(ctx, base)
	if err != nil {
		return "", err
	}
	if !cluster.Running(ctx) {
		if err := cluster.Purge(ctx); err != nil {
			return "", err
		}
		if err := cluster.Start(ctx); err != nil {
			return "", err
		}
	}
	return cluster.URL("postgres").Reveal(), nil
}

// lockBase creates the directory of this user's test cluster and locks it, so
// that two test processes do not start or wipe the cluster at the same time.
func lockBase(ctx context.Context) (dir string, unlock func(), err error) {
	dir = filepath.Join(os.TempDir(), "axisor-test-"+strconv.Itoa(os.Getuid()))
	if err := os.Mkdir(dir, 0o711); err != nil && !os.IsExist(err) {
		return "", nil, err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return "", nil, err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || int(st.Uid) != os.Getuid() || info.Mode().Perm()&0o022 != 0 {
		return "", nil, fmt.Errorf("use %s: it belongs to another user or others may write to it", dir)
	}
	unlock, err = pgserver.Lock(ctx, filepath.Join(dir, "lock"))
	return dir, unlock, err
}

func privateCluster(ctx context.Context, base string) (*pgserver.Server, error) {
	programs, err := pgserver.Find(ctx)
	if err != nil {
		return nil, err
	}
	return pgserver.New(pgserver.Options{
		Dir:      filepath.Join(base, "pg"+strconv.Itoa(programs.Major(ctx))),
		Binaries: programs,
		Settings: map[string]string{
			"max_connections": "500",
			// An autovacuum worker inside the template would make cloning wait.
			"autovacuum": "off",
		},
	})
}

func (s *server) url(database string) (string, error) {
	if s.base.Scheme == "" {
		return "", errors.New("the address has no scheme")
	}
	u := *s.base
	u.Path = "/" + database
	return u.String(), nil
}

// exec runs one statement on a connection of its own to the maintenance database.
func (s *server) exec(ctx context.Context, sql string) error {
	return s.with(ctx, func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, sql)
		return err
	})
}

func (s *server) with(ctx context.Context, fn func(*pgx.Conn) error) error {
	c, err := pgx.Connect(ctx, s.base.String())
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	return fn(c)
}

func (s *server) name() string {
	return fmt.Sprintf("axt_%s_%d", s.run, s.count.Add(1))
}

func (s *server) empty(ctx context.Context) (string, error) {
	name := s.name()
	return name, s.create(ctx, name, "template0")
}

// create copies a database file by file, which takes half the time of PostgreSQL 15's default, writing it to the WAL;
// 14 knows no other way.
func (s *server) create(ctx context.Context, name, template string) error {
	return s.with(ctx, func(c *pgx.Conn) error {
		sql := "CREATE DATABASE " + name + " TEMPLATE " + template
		if major, _ := strconv.Atoi(c.PgConn().ParameterStatus("server_version")[:2]); major >= 15 {
			sql += " STRATEGY FILE_COPY"
		}
		_, err := c.Exec(ctx, sql)
		return err
	})
}

func (s *server) drop(ctx context.Context, name string) error {
	return s.exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
}

// sweep drops the databases of processes that are gone: those whose marker
// connection is not there any more.
func (s *server) sweep(ctx context.Context) error {
	return s.with(ctx, func(c *pgx.Conn) error {
		rows, err := c.Query(ctx, `
			SELECT datname FROM pg_database
			WHERE datname LIKE 'axt\_%'
			  AND 'axt_' || split_part(datname, '_', 2) NOT IN (SELECT application_name FROM pg_stat_activity)
			UNION ALL
			SELECT d.datname FROM pg_database d
			WHERE d.datname LIKE 'axtpl\_%'
			  AND COALESCE(shobj_description(d.oid, 'pg_database'), '2000-01-01')::timestamptz < now() - interval '1 day'`)
		if err != nil {
			return err
		}
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		for _, name := range names {
			_, err := c.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
			if err != nil && !isState(err, "55006", "XX000", "3D000") { // another process sweeps too
				return err
			}
		}
		return nil
	})
}

func isState(err error, states ...string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && slices.Contains(states, pg.Code)
}

// retryBusy repeats fn while the server says that a connection to the database
// is still closing.
func retryBusy(ctx context.Context, fn func() error) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := fn()
		if err == nil || !isState(err, "55006") {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}
