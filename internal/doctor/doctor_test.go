package doctor_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/internal/doctor"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

const (
	key      = "doctor-test-encryption-key-0123456789"
	otherKey = "another-test-encryption-key-0123456789"
)

// now is the clock of every test.
func now() time.Time { return time.Date(2026, 8, 12, 9, 30, 0, 0, time.UTC) }

// testBundle is an installation in which everything is as it should be, and what is needed to break it.
type testBundle struct {
	t   *testing.T
	in  doctor.Installation
	db  *store.DB
	sim *lnsim.Server
	cfg *config.Config
}

func setup(t *testing.T) *testBundle {
	t.Helper()
	return setupOn(t, testdb.New(t))
}

func setupOn(t *testing.T, db *store.DB) *testBundle {
	t.Helper()
	b := &testBundle{t: t, db: db, sim: lnsim.NewServer(t, func(o *lnsim.Options) { o.Now = now })}
	backups := t.TempDir()
	require.NoError(t, os.Chmod(backups, 0o700))
	loaded, err := config.Load(config.LoadOptions{Dir: t.TempDir(), Env: []string{
		"HOME=" + t.TempDir(), "DATABASE_URL=postgres://somewhere/db", "AXISOR_LNMARKETS_BASE_URL=" + b.sim.URL,
		"AXISOR_BACKUP_DIRECTORY=" + backups,
	}})
	require.NoError(t, err)
	b.cfg = loaded.Config
	keys, err := crypto.NewKeyring(secret.New(key), []secret.Secret{secret.New(otherKey)})
	require.NoError(t, err)
	b.in = doctor.Installation{
		Config:  func() (*config.Loaded, error) { return loaded, nil },
		DB:      func() (*store.DB, error) { return db, nil },
		Keyring: func(context.Context) (*crypto.Keyring, error) { return keys, nil },
		Tools:   backup.Finder{Path: filepath.SplitList(os.Getenv("PATH")), Globs: backup.DefaultGlobs()},
		Now:     now,
		Dir:     t.TempDir(),
	}
	return b
}

func (b *testBundle) exec(query string, args ...any) {
	b.t.Helper()
	_, err := b.db.SQL().ExecContext(b.t.Context(), query, args...)
	require.NoError(b.t, err, query)
}

// run makes the checks and gives them by name.
func (b *testBundle) run() map[string]doctor.Result {
	results := map[string]doctor.Result{}
	for _, r := range doctor.Run(b.t.Context(), b.in) {
		results[r.Name] = r
	}
	return results
}

func sealed(t *testing.T, with string) string {
	t.Helper()
	keys, err := crypto.NewKeyring(secret.New(with), nil)
	require.NoError(t, err)
	text, err := keys.Encrypt(crypto.Place{}, "value")
	require.NoError(t, err)
	return fmt.Sprintf(`{"API Key": %q, "isTestnet": "false"}`, text)
}

const addUser = `INSERT INTO "User" (id, email, username) VALUES ('u1', 'ann@example.com', 'ann')`

func (b *testBundle) addAccount(credentials string) {
	b.t.Helper()
	b.exec(`INSERT INTO "UserExchangeAccounts" (user_id, exchange_id, credentials, is_active)
		SELECT 'u1', id, $1::jsonb, true FROM "Exchange"`, credentials)
}

func TestRun_AHealthyInstallation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(addUser)
	b.addAccount(sealed(t, key))
	results := doctor.Run(t.Context(), b.in)
	require.Len(t, results, 26)
	require.Equal(t, "config", results[0].Name, "the order of the report is fixed")
	for _, r := range results {
		if r.Name == "backup" {
			require.Equal(t, doctor.Warn, r.Level, "there is none yet")
			continue
		}
		if r.Name == "pg_dump" { // the machine's own may have holes
			require.NotEqual(t, doctor.Fail, r.Level, r.Finding)
			continue
		}
		require.Equal(t, doctor.OK, r.Level, "%s: %s", r.Name, r.Finding)
		require.NotEmpty(t, r.Finding, r.Name)
		require.Empty(t, r.Fix, r.Name)
	}
}

func TestRun_FindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		damage  func(b *testBundle)
		check   string
		level   doctor.Level
		finding string
	}{
		"drift": {
			func(b *testBundle) { b.exec(`DROP INDEX idx_user_email`) },
			"schema", doctor.Fail, "User: idx_user_email missing",
		},
		"something on top": {
			func(b *testBundle) { b.exec(`CREATE INDEX mine ON "User" (social_id)`) },
			"schema", doctor.Warn, "User: mine",
		},
		"plan gone": {
			func(b *testBundle) { b.exec(`DELETE FROM "Plan" WHERE slug = 'pro'`) },
			"reference_rows", doctor.Fail, "missing: plan pro",
		},
		"exchange gone": {
			func(b *testBundle) { b.exec(`DELETE FROM "Exchange"`) },
			"reference_rows", doctor.Fail, "missing: exchange lnmarkets",
		},
		"wrong key": {
			func(b *testBundle) {
				b.exec(addUser)
				b.addAccount(sealed(b.t, "a-key-that-nobody-has-any-more-0123456789"))
			},
			"encryption_key", doctor.Fail, "1 of the 1 credential tried do not open with this key",
		},
		"previous key": {
			func(b *testBundle) {
				b.exec(addUser)
				b.addAccount(sealed(b.t, otherKey))
			},
			"encryption_key", doctor.Warn, "still need a previous key or format",
		},
		"clear text": {
			func(b *testBundle) {
				b.exec(addUser)
				b.addAccount(`{"API Key": "clear"}`)
			},
			"encryption_key", doctor.Fail, "1 of the 1 credential tried are clear text",
		},
		"no key": {
			func(b *testBundle) {
				b.in.Keyring = func(context.Context) (*crypto.Keyring, error) { return nil, errors.New("no key") }
			},
			"encryption_key", doctor.Fail, "no key",
		},
		"exchange down": {
			func(b *testBundle) { b.cfg.LNMarkets.BaseURL = "http://127.0.0.1:1/v3" },
			"exchange", doctor.Fail, "http://127.0.0.1:1/v3",
		},
		"clock off": {
			func(b *testBundle) { require.NoError(b.t, b.sim.SetSkew(40*time.Second)) },
			"exchange", doctor.Fail, "the clock differs from the exchange's by 40s",
		},
		"clock a little off": {
			func(b *testBundle) { require.NoError(b.t, b.sim.SetSkew(-10*time.Second)) },
			"exchange", doctor.Warn, "by -10s",
		},
		"old api version": {
			func(b *testBundle) { b.exec(`UPDATE "Exchange" SET api_version = 'v2'`) },
			"exchange", doctor.Warn, `api_version "v2"`,
		},
		"no pg_dump": {
			func(b *testBundle) { b.in.Tools = backup.Finder{Directory: b.t.TempDir()} },
			"pg_dump", doctor.Fail, "pg_dump",
		},
		"two active accounts": {
			func(b *testBundle) {
				b.exec(addUser)
				b.addAccount(sealed(b.t, key))
				b.addAccount(sealed(b.t, key))
			},
			"active_accounts", doctor.Fail, "1 user with more than one: ann",
		},
		"payment past its expiry": {
			func(b *testBundle) {
				b.exec(addUser)
				b.exec(`INSERT INTO "Payment" (user_id, amount_sats, lightning_invoice, status, plan_type, expires_at)
					VALUES ('u1', 1, 'ln', 'pending', 'pro', '2026-08-12 07:30'), ('u1', 1, 'ln', 'paid', 'pro', '2026-08-01'),
						('u1', 1, 'ln', 'pending', 'pro', '2026-08-12 09:31')`)
			},
			"payments", doctor.Warn, "1 pending payment past the expiry, the oldest expired 2 hours ago",
		},
		"guard never ran": {
			func(b *testBundle) {
				b.exec(addUser)
				b.exec(`INSERT INTO "MarginGuardConfig" (user_id, is_active) VALUES ('u1', true)`)
			},
			"guard", doctor.Warn, "enabled for 1 user, but it has never run",
		},
		"guard stopped running": {
			func(b *testBundle) {
				b.exec(addUser)
				b.exec(`INSERT INTO "MarginGuardConfig" (user_id, is_active) VALUES ('u1', true)`)
				b.exec(`INSERT INTO axisor.guard_run (state, reading, started_at, finished_at)
					VALUES ('finished', 'remaining', '2026-08-12 06:30', '2026-08-12 06:31')`)
			},
			"guard", doctor.Warn, "but it last ran 3 hours ago",
		},
		"kill switch": {
			func(b *testBundle) {
				b.exec(`INSERT INTO axisor.guard_control (scope, disabled, updated_at) VALUES ('global', true, now())`)
			},
			"guard", doctor.Warn, "the kill switch is on",
		},
		"key file that others can open": {
			func(b *testBundle) {
				path := filepath.Join(b.t.TempDir(), "the key")
				require.NoError(b.t, os.WriteFile(path, []byte("k"), 0o600))
				require.NoError(b.t, os.Chmod(path, 0o644))
				b.cfg.Encryption.KeyFile = path
			},
			"files", doctor.Fail, "others can open ",
		},
		"backups that others can open": {
			func(b *testBundle) { require.NoError(b.t, os.Chmod(b.cfg.Backup.Directory, 0o755)) },
			"files", doctor.Warn, "others can open ",
		},
		"a secret granted": {
			func(b *testBundle) { b.exec(`GRANT SELECT (password_hash) ON "User" TO authenticated`) },
			"row_security", doctor.Fail, "the role authenticated may read 1 column with secrets",
		},
		"statistics": {
			func(b *testBundle) {
				b.exec(addUser)
				b.exec(`INSERT INTO "TradeLog" (user_id, trade_id, status, executed_at) SELECT 'u1', n::text, 'success', now() FROM generate_series(1, 2000) n`)
				b.exec(`SELECT pg_stat_force_next_flush()`)
			},
			"statistics", doctor.Warn, "out of date for 1 table: TradeLog",
		},
		"no rows visible": {
			func(b *testBundle) { b.exec(`ALTER TABLE "User" FORCE ROW LEVEL SECURITY`) },
			"schema", doctor.Fail, "User different",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			c.damage(b)
			results := b.run()
			r := results[c.check]
			require.Equal(t, c.level, r.Level, r.Finding)
			require.Contains(t, r.Finding, c.finding)
			require.NotEmpty(t, r.Fix)
			require.Equal(t, doctor.OK, results["database"].Level, "the other checks still run")
		})
	}
}

// TestRun_AWorkersQuietRoundsCount: they leave no run behind.
func TestRun_AWorkersQuietRoundsCount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(addUser)
	b.exec(`INSERT INTO "MarginGuardConfig" (user_id, is_active) VALUES ('u1', true)`)
	b.exec(`INSERT INTO axisor.guard_run (state, reading, started_at, finished_at)
		VALUES ('failed', 'remaining', '2026-08-12 09:28', '2026-08-12 09:28')`)
	b.exec(`INSERT INTO axisor.guard_worker (kind, host, pid, interval_ms, started_at, beat_at, finished_at)
		VALUES ('worker', 'here', 1, 20000, '2026-08-12 06:30', '2026-08-12 09:29', '2026-08-12 09:29')`)
	r := b.run()["guard"]
	require.Equal(t, doctor.Warn, r.Level, r.Finding)
	require.Contains(t, r.Finding, "0 of 1 users who want protection have it; first ann: the user has no account on lnmarkets")

	b.addAccount(`{}`)
	b.exec(`INSERT INTO axisor.guard_outcome (user_id, looked_at, positions, unprotected, problems) VALUES ('u1', '2026-08-12 09:29', 2, 0, '[]')`)
	r = b.run()["guard"]
	require.Equal(t, doctor.OK, r.Level, r.Finding)
	require.Contains(t, r.Finding, "1 user protected, last run 1 minute ago")

	b.exec(`UPDATE axisor.guard_outcome SET unprotected = 1, problems = '[{"trade_id": "t1", "code": "capped", "message": "the cap of a day is used up"}]'`)
	r = b.run()["guard"]
	require.Equal(t, doctor.Fail, r.Level, r.Finding)
	require.Contains(t, r.Finding, "1 position in danger without protection; 0 of 1 users who want protection have it; first ann: the cap of a day")
	require.Equal(t, "axisor guard status", r.Fix)
}

func TestRun_WithoutADatabase(t *testing.T) {
	t.Parallel()
	db, err := store.Open(store.Options{URL: secret.New("postgres://nobody@127.0.0.1:1/none")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	results := setupOn(t, db).run()
	require.Equal(t, doctor.Fail, results["database"].Level)
	require.Contains(t, results["database"].Finding, "connection refused")
	for name, level := range map[string]doctor.Level{
		"config": doctor.OK, "schema": doctor.Skip, "reference_rows": doctor.Skip, "guard": doctor.Skip, "payments": doctor.Skip,
		"encryption_key": doctor.OK, "exchange": doctor.OK, "files": doctor.OK, "free_space": doctor.OK, "wal_archive": doctor.OK, "backup": doctor.Warn,
	} {
		require.Equal(t, level, results[name].Level, "%s: %s", name, results[name].Finding)
	}
	require.Equal(t, "needs the database", results["guard"].Finding)
}

func TestRun_WithoutASchema(t *testing.T) {
	t.Parallel()
	db, err := store.Open(store.Options{URL: testdb.Empty(t)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	results := setupOn(t, db).run()
	require.Equal(t, doctor.OK, results["database"].Level)
	require.Equal(t, doctor.Fail, results["schema"].Level)
	require.Equal(t, "axisor migrate up", results["schema"].Fix)
	require.Equal(t, doctor.Skip, results["active_accounts"].Level)
	require.Equal(t, "needs the schema", results["active_accounts"].Finding)
}

func TestRun_WithABrokenConfiguration(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.in.Config = func() (*config.Loaded, error) { return nil, errors.New("no such key") }
	b.in.DB = func() (*store.DB, error) { return nil, errors.New("no such key") }
	results := b.run()
	require.Equal(t, doctor.Fail, results["config"].Level)
	for _, name := range []string{"database", "exchange", "backup", "encryption_key"} {
		require.Equal(t, doctor.Skip, results[name].Level, name)
	}
	require.Contains(t, []doctor.Level{doctor.OK, doctor.Warn}, results["pg_dump"].Level)
}

// One check that hangs costs its timeout and nothing else; one that breaks is a failed check.
func TestRun_ChecksAreApart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.in.Timeout = 300 * time.Millisecond
	b.in.Keyring = func(ctx context.Context) (*crypto.Keyring, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	require.NoError(t, b.sim.Fail(lnsim.Fault{Path: "/v3/time", Count: -1, DelayBefore: time.Minute}))
	results := b.run()
	require.Equal(t, doctor.Fail, results["encryption_key"].Level)
	require.Equal(t, doctor.Fail, results["exchange"].Level)

	b = setup(t)
	b.in.Keyring = func(context.Context) (*crypto.Keyring, error) { panic("boom") }
	results = b.run()
	require.Equal(t, doctor.Fail, results["encryption_key"].Level)
	require.Contains(t, results["encryption_key"].Finding, "boom")
	require.Equal(t, doctor.OK, results["exchange"].Level)
}

func TestRun_FileThatOthersMayChange(t *testing.T) {
	t.Parallel()
	b := setup(t)
	dir := t.TempDir()
	path := filepath.Join(dir, ".axisor.yaml")
	require.NoError(t, os.WriteFile(path, []byte("output:\n  format: table\n"), 0o600))
	require.NoError(t, os.Chmod(path, 0o666))
	b.in.Config = func() (*config.Loaded, error) {
		return config.Load(config.LoadOptions{Dir: dir, Env: []string{"HOME=" + dir}})
	}
	r := b.run()["config"]
	require.Equal(t, doctor.Fail, r.Level)
	require.Contains(t, r.Finding, "0666")
	require.Contains(t, r.Fix, "config validate", "what others may have written is for a person to read")
}
