package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

func open(t *testing.T, o store.Options) *store.DB {
	t.Helper()
	db, err := store.Open(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// with changes an address: a parameter when the key is lower case, else a part.
func with(t *testing.T, address secret.Secret, key, value string) secret.Secret {
	t.Helper()
	u, err := url.Parse(address.Reveal())
	require.NoError(t, err)
	if key == "Path" {
		u.Path = value
	} else {
		q := u.Query()
		q.Set(key, value)
		u.RawQuery = q.Encode()
	}
	return secret.New(u.String())
}

func exec(t *testing.T, db *store.DB, sql string) {
	t.Helper()
	require.NoError(t, db.Gorm(t.Context()).Exec(sql).Error)
}

func text(t *testing.T, db *store.DB, sql string, args ...any) string {
	t.Helper()
	var s string
	require.NoError(t, db.Gorm(t.Context()).Raw(sql, args...).Scan(&s).Error)
	return s
}

func newUser(t *testing.T, db *store.DB, name string) models.User {
	t.Helper()
	u := models.User{Email: name + "@example.com", Username: name}
	require.NoError(t, db.CreateUser(t.Context(), &u))
	return u
}

func TestOpen_DoesNotConnect(t *testing.T) {
	t.Parallel()
	db := open(t, store.Options{URL: secret.New("postgres://u:p@127.0.0.1:1/d")})
	err := db.Ping(t.Context())
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.NotErrorIs(t, err, store.ErrConnectionLost)
	require.EqualError(t, err, "database unavailable: connection refused (postgres://u@127.0.0.1:1/d)")
	require.ErrorIs(t, db.SQL().PingContext(t.Context()), store.ErrUnavailable, "also for those who use the pool directly")
}

func TestOpen_Session(t *testing.T) {
	t.Parallel()
	address := with(t, testdb.Empty(t), "schema", "public")
	db := open(t, store.Options{URL: address, StatementTimeout: 1234 * time.Millisecond, AppName: "session-test"})
	require.Equal(t, "UTC", text(t, db, "SHOW timezone"))
	require.Equal(t, "session-test", text(t, db, "SHOW application_name"))
	require.Equal(t, "1234ms", text(t, db, "SHOW statement_timeout"))
	require.Equal(t, "30s", text(t, db, "SHOW lock_timeout"))
	require.Equal(t, "5min", text(t, db, "SHOW idle_in_transaction_session_timeout"))

	exec(t, db, `CREATE SCHEMA "Other"`)
	other := open(t, store.Options{URL: with(t, with(t, address, "schema", "Other"), "lock_timeout", "77")})
	require.Equal(t, `"Other"`, text(t, other, "SHOW search_path"))
	require.Equal(t, "77ms", text(t, other, "SHOW lock_timeout"))
}

func TestOpen_PoolerMode(t *testing.T) {
	t.Parallel()
	db := open(t, store.Options{URL: with(t, testdb.NewURL(t), "pgbouncer", "true"), StatementTimeout: time.Minute})
	require.Equal(t, "0", text(t, db, "SHOW lock_timeout"), "a session setting would leak into other sessions")
	require.NoError(t, db.Transaction(t.Context(), func(tx *store.DB) error {
		require.Equal(t, "30s", text(t, tx, "SHOW lock_timeout"))
		require.Equal(t, "1min", text(t, tx, "SHOW statement_timeout"))
		return nil
	}))
	require.NoError(t, db.WithPgx(t.Context(), func(c *pgx.Conn) error {
		require.Equal(t, pgx.QueryExecModeExec, c.Config().DefaultQueryExecMode)
		return nil
	}))
	at := time.Date(2025, 6, 1, 9, 0, 0, 0, time.FixedZone("BRT", -3*3600))
	u := models.User{Email: "a@example.com", Username: "ann", LockedUntil: &at, Preferences: models.JSON(`{"a":1}`)}
	require.NoError(t, db.CreateUser(t.Context(), &u))
	require.Equal(t, "2025-06-01 12:00:00", text(t, db, `SELECT locked_until::text FROM "User" WHERE id = ?`, u.ID))
}

func TestTransaction(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	ctx := t.Context()
	boom := errors.New("boom")

	require.ErrorIs(t, db.Transaction(ctx, func(tx *store.DB) error {
		newUser(t, tx, "lost")
		return boom
	}), boom)
	require.NoError(t, db.Transaction(ctx, func(tx *store.DB) error {
		newUser(t, tx, "kept")
		// A failed statement aborts a transaction; a savepoint contains that.
		err := tx.Transaction(ctx, func(inner *store.DB) error {
			return inner.CreateUser(ctx, &models.User{Email: "kept@example.com", Username: "other"})
		})
		require.ErrorIs(t, err, store.ErrConflict)
		require.ErrorIs(t, tx.WithPgx(ctx, func(*pgx.Conn) error { return nil }), store.ErrInTransaction)
		require.NoError(t, tx.Close(), "closing a transaction's handle does not close the pool")
		newUser(t, tx, "after")
		return nil
	}))
	list, err := db.ListUsers(ctx, store.UserFilter{}, store.Page{Sort: "username"}).Collect()
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, []string{"after", "kept"}, []string{list[0].Username, list[1].Username})
	require.Panics(t, func() {
		_ = db.Transaction(ctx, func(tx *store.DB) error {
			newUser(t, tx, "panicked")
			panic("x")
		})
	})
	_, err = db.FindUser(ctx, "panicked")
	require.ErrorIs(t, err, store.ErrNotFound)
}

func TestTransaction_InterruptedLeavesNothing(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := db.Transaction(ctx, func(tx *store.DB) error {
		newUser(t, tx, "half")
		cancel()
		_, err := tx.FindUser(ctx, "half")
		return err
	})
	require.ErrorIs(t, err, context.Canceled)
	_, err = db.FindUser(t.Context(), "half")
	require.ErrorIs(t, err, store.ErrNotFound)
}

func TestLockKey_OneAfterTheOther(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	require.Error(t, db.LockKey(t.Context(), "k"), "outside a transaction the lock would end at once")
	var mu sync.Mutex
	inside, most := 0, 0
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			err := db.Transaction(context.Background(), func(tx *store.DB) error {
				if err := tx.LockKey(context.Background(), "k"); err != nil {
					return err
				}
				mu.Lock()
				inside++
				most = max(most, inside)
				mu.Unlock()
				err := tx.Gorm(context.Background()).Exec("SELECT pg_sleep(0.02)").Error
				mu.Lock()
				inside--
				mu.Unlock()
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, 1, most)
}

func TestPoolTimeout(t *testing.T) {
	t.Parallel()
	db := open(t, store.Options{URL: testdb.NewURL(t), MaxConnections: 1, PoolTimeout: 50 * time.Millisecond})
	ctx := t.Context()
	require.NoError(t, db.Transaction(ctx, func(*store.DB) error {
		for what, use := range map[string]func() error{
			"query": func() error { _, err := db.FindUser(ctx, "ann"); return err },
			"ping":  func() error { return db.Ping(ctx) },
			"pgx":   func() error { return db.WithPgx(ctx, func(*pgx.Conn) error { return nil }) },
			"tx":    func() error { return db.Transaction(ctx, func(*store.DB) error { return nil }) },
		} {
			err := use()
			require.ErrorIs(t, err, store.ErrPoolExhausted, what)
			require.ErrorIs(t, err, store.ErrUnavailable, what)
		}
		return nil
	}))
	for range 5 { // every slot was given back
		require.NoError(t, db.Ping(ctx))
	}
	require.Equal(t, 0, db.SQL().Stats().InUse)
}

func TestErrors_AreTold(t *testing.T) {
	t.Parallel()
	address := testdb.NewURL(t)
	db := open(t, store.Options{URL: address})
	ctx := t.Context()
	u := newUser(t, db, "ann")

	run := func(sql string) error { return db.Gorm(ctx).Exec(sql).Error }
	conflict := func(err error, kind, constraint string) {
		t.Helper()
		var e *store.ConflictError
		require.ErrorAs(t, err, &e)
		require.Equal(t, kind, e.Kind)
		require.Equal(t, constraint, e.Constraint)
	}
	err := db.CreateUser(ctx, &models.User{Email: "ann@example.com", Username: "other"})
	require.ErrorIs(t, err, store.ErrConflict)
	conflict(err, "unique", "User_email_key")
	err = db.Gorm(ctx).Create(&models.Payment{UserID: "nobody", AmountSats: 1, Status: "pending", PlanType: "pro"}).Error
	require.ErrorIs(t, err, store.ErrConflict)
	conflict(err, "foreign_key", "Payment_user_id_fkey")
	err = db.Gorm(ctx).Create(&models.Payment{UserID: u.ID, AmountSats: -1, Status: "pending", PlanType: "pro", Preimage: new("hunter2")}).Error
	require.ErrorIs(t, err, store.ErrInvalid)
	conflict(err, "check", "chk_payment_amount_positive")
	require.NotContains(t, err.Error(), "hunter2", "the failing row is not quoted")

	require.ErrorIs(t, run(`INSERT INTO "User" (username) VALUES ('x')`), store.ErrInvalid)
	require.ErrorIs(t, run(`SELECT 'hunter2'::"PlanType"`), store.ErrInvalid)
	require.NotContains(t, run(`SELECT 'hunter2'::"PlanType"`).Error(), "hunter2")
	brief := open(t, store.Options{URL: address, StatementTimeout: 50 * time.Millisecond})
	require.ErrorIs(t, brief.Gorm(ctx).Exec("SELECT pg_sleep(5)").Error, store.ErrTimeout)
	require.ErrorIs(t, run("SELECT * FROM nowhere"), store.ErrSchemaMissing)
	require.ErrorIs(t, run("SELECT * FROM nowhere.x"), store.ErrSchemaMissing)
	require.ErrorIs(t, run(`SELECT nothing FROM "User"`), store.ErrSchemaMissing)
	require.ErrorIs(t, run("SELECT 1/0"), store.ErrInvalid)
	require.ErrorIs(t, run("SELECT"+" FROM WHERE"), store.ErrServer)
	require.ErrorIs(t, db.Transaction(ctx, func(tx *store.DB) error {
		return tx.Gorm(ctx).Exec("SET TRANSACTION READ ONLY; ").Exec(`DELETE FROM "User" WHERE id = ''`).Error
	}), store.ErrReadOnly)

	gone := open(t, store.Options{URL: with(t, address, "Path", "/no_such_database")})
	err = gone.Ping(ctx)
	require.ErrorIs(t, err, store.ErrNoDatabase)
	require.NotErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, "no_such_database")

	odd := open(t, store.Options{URL: with(t, address, "no_such_setting", "1")})
	require.ErrorIs(t, odd.Ping(ctx), store.ErrURL)

	short, cancel := context.WithTimeout(ctx, 5*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, db.Gorm(short).Exec("SELECT pg_sleep(0.04)").Error, store.ErrTimeout)
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	require.ErrorIs(t, db.Ping(stopped), context.Canceled)
	_, err = db.FindUser(stopped, "ann")
	require.ErrorIs(t, err, context.Canceled)
}

func TestErrors_PermissionPasswordAndLocks(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	ctx := t.Context()
	err := db.Transaction(ctx, func(tx *store.DB) error {
		if err := tx.Gorm(ctx).Exec("SET LOCAL ROLE pg_monitor").Error; err != nil {
			return err
		}
		return tx.Gorm(ctx).Exec(`SELECT * FROM "User"`).Error
	})
	require.ErrorIs(t, err, store.ErrDenied)
	require.NotErrorIs(t, err, store.ErrAuth)

	u := newUser(t, db, "ann")
	require.NoError(t, db.Transaction(ctx, func(tx *store.DB) error {
		_, err := tx.UserByID(ctx, u.ID, true)
		require.NoError(t, err)
		return db.Transaction(ctx, func(other *store.DB) error {
			require.NoError(t, other.Gorm(ctx).Exec("SET LOCAL lock_timeout = '20ms'").Error)
			err := other.Transaction(ctx, func(in *store.DB) error {
				_, err := in.UserByID(ctx, u.ID, true)
				return err
			})
			require.ErrorIs(t, err, store.ErrLocked)
			return nil
		})
	}))
}

// refuser speaks just enough of the protocol to refuse every client with one
// SQLSTATE: a wrong password cannot be tried over a trusted socket.
func refuser(t *testing.T, code, message string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	body := "SFATAL\x00VFATAL\x00C" + code + "\x00M" + message + "\x00\x00"
	n := len(body) + 4
	answer := append([]byte{'E', byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, body...)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 1024)
			_, _ = c.Read(buf)
			_, _ = c.Write(answer)
			_ = c.Close()
		}
	}()
	return l.Addr().String()
}

func TestErrors_AtTheDoor(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]error{
		"28P01": store.ErrAuth, "28000": store.ErrAuth, "53300": store.ErrUnavailable, "57P03": store.ErrUnavailable,
		"3D000": store.ErrNoDatabase, "08P01": store.ErrURL,
	} {
		address := "postgres://ann:hunter2@" + refuser(t, code, "no entry") + "/d?sslmode=disable"
		db := open(t, store.Options{URL: secret.New(address)})
		err := db.Ping(t.Context())
		require.ErrorIs(t, err, want, code)
		require.ErrorContains(t, err, "no entry")
		require.NotContains(t, fmt.Sprintf("%v %+v", err, err), "hunter2")
	}
	for _, address := range []string{"postgres://u@no-such-host.invalid/d", "postgres:///d?host=/no/such/dir&user=u"} {
		db := open(t, store.Options{URL: secret.New(address), ConnectTimeout: 5 * time.Second})
		require.ErrorIs(t, db.Ping(t.Context()), store.ErrUnavailable, address)
	}
}

func TestErrors_ServerGoneInTheMiddle(t *testing.T) {
	t.Parallel()
	address := testdb.NewURL(t)
	db, killer := open(t, store.Options{URL: address}), open(t, store.Options{URL: address})
	ctx := t.Context()
	kill := func(pid string) { exec(t, killer, "SELECT pg_terminate_backend("+pid+")") }

	err := db.Transaction(ctx, func(tx *store.DB) error {
		newUser(t, tx, "half")
		kill(text(t, tx, "SELECT pg_backend_pid()::text"))
		return tx.CreateUser(ctx, &models.User{Email: "b@example.com", Username: "other"})
	})
	require.ErrorIs(t, err, store.ErrConnectionLost)
	require.ErrorIs(t, err, store.ErrUnavailable)
	_, err = killer.FindUser(ctx, "half")
	require.ErrorIs(t, err, store.ErrNotFound)

	err = db.WithPgx(ctx, func(c *pgx.Conn) error {
		kill(fmt.Sprint(c.PgConn().PID()))
		_, err := c.Exec(ctx, "SELECT 1")
		return err
	})
	require.ErrorIs(t, err, store.ErrConnectionLost)
	err = db.WithPgx(ctx, func(*pgx.Conn) error { return io.ErrUnexpectedEOF })
	require.Equal(t, io.ErrUnexpectedEOF, err, "an input file that ends early is not a lost connection")
	require.NoError(t, db.Ping(ctx), "the pool recovers")
}

func TestLogger_NeverPrintsValues(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	db := open(t, store.Options{URL: testdb.NewURL(t), Logger: log})
	ctx := t.Context()
	u := models.User{Email: "a@example.com", Username: "ann", PasswordHash: new("hunter2")}
	require.NoError(t, db.CreateUser(ctx, &u))
	require.Error(t, db.CreateUser(ctx, &models.User{Email: "hunter2@example.com", Username: "ann", PasswordHash: new("hunter2")}))
	require.Error(t, db.Gorm(ctx).Raw("SELECT ?::int", "hunter2").Scan(new(int)).Error)
	_, err := db.FindUser(ctx, "hunter2")
	require.Error(t, err)
	require.Contains(t, out.String(), "INSERT INTO")
	require.Contains(t, out.String(), "duration_ms")
	require.NotContains(t, out.String(), "hunter2")
	require.NotContains(t, out.String(), u.ID)
}
