package doctor_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/internal/doctor"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/backup"
)

// repairs runs the checks, then the repairs they offer, and gives these by check.
func (b *testBundle) repairs(dryRun bool) map[string]doctor.Repaired {
	done := map[string]doctor.Repaired{}
	for _, r := range doctor.Repair(b.t.Context(), doctor.Run(b.t.Context(), b.in), dryRun) {
		done[r.Name] = r
	}
	return done
}

func (b *testBundle) count(query string) (n int) {
	b.t.Helper()
	require.NoError(b.t, b.db.SQL().QueryRowContext(b.t.Context(), query).Scan(&n))
	return n
}

func TestRepair_WhatCannotHurt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	svc := admin.New(b.db, admin.Options{Actor: "tester", Now: now})
	b.in.Admin = func(context.Context) (*admin.Service, error) { return svc, nil }
	expired := 0
	b.in.Expire = func(_ context.Context, dryRun bool) (int, error) {
		if !dryRun {
			expired++
			b.exec(`UPDATE "Payment" SET status = 'expired'`)
		}
		return 1, nil
	}
	key := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(key, []byte("k"), 0o600))
	require.NoError(t, os.Chmod(key, 0o640))
	b.cfg.Encryption.KeyFile = key
	b.exec(addUser)
	b.exec(`INSERT INTO "Payment" (user_id, amount_sats, lightning_invoice, status, plan_type, expires_at) VALUES ('u1', 1, 'ln', 'pending', 'pro', '2026-08-12 07:30')`)
	b.exec(`DROP INDEX idx_payment_pending`)
	b.exec(`DELETE FROM "Exchange"`)
	b.exec(`DELETE FROM "AutomationType" WHERE slug = 'tp_sl'`)
	b.exec(`DELETE FROM "Plan" WHERE slug = 'pro'`)
	b.exec(`INSERT INTO "TradeLog" (user_id, trade_id, status, executed_at) SELECT 'u1', n::text, 'success', now() FROM generate_series(1, 2000) n`)
	b.exec(`SELECT pg_stat_force_next_flush()`)
	names := []string{"files", "schema", "reference_rows", "statistics", "payments"}

	done := b.repairs(true)
	require.Len(t, done, len(names))
	for _, name := range names {
		require.NoError(t, done[name].Err, name)
		require.NotEmpty(t, done[name].Action, name)
	}
	require.Equal(t, "inserted automation type tp_sl, credential field api_key, credential field api_secret, credential field passphrase, exchange lnmarkets, plan pro",
		done["reference_rows"].Action)
	require.Zero(t, b.count(`SELECT count(*) FROM "Exchange"`), "a dry run changes nothing")
	require.Zero(t, b.count(`SELECT count(*) FROM "AuditLog"`))
	results := b.run()
	for _, name := range names {
		require.NotEqual(t, doctor.OK, results[name].Level, name)
		require.True(t, results[name].Fixable(), name)
	}

	for name, r := range b.repairs(false) {
		require.NoError(t, r.Err, name)
	}
	results = b.run()
	for _, name := range names {
		require.Equal(t, doctor.OK, results[name].Level, "%s: %s", name, results[name].Finding)
	}
	require.Equal(t, 1, expired)
	require.Equal(t, 7, b.count(`SELECT count(*) FROM "AuditLog"`), "one for each row")
	require.Empty(t, b.repairs(false), "nothing is left to do")
}

// A failing repair does not keep the others from being made.
func TestRepair_OneThatFails(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.in.Admin = func(context.Context) (*admin.Service, error) { return nil, errors.New("no service") }
	b.exec(`DELETE FROM "Plan"`)
	b.cfg.Encryption.KeyFile = filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(b.cfg.Encryption.KeyFile, []byte("k"), 0o600))
	require.NoError(t, os.Chmod(b.cfg.Encryption.KeyFile, 0o644))
	done := b.repairs(false)
	require.ErrorContains(t, done["reference_rows"].Err, "no service")
	require.NoError(t, done["files"].Err)
	require.Equal(t, doctor.OK, b.run()["files"].Level)
}

// A directory may be shared with others: whoever closes it has to know.
func TestRepair_LeavesDirectoriesAlone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, os.Chmod(b.cfg.Backup.Directory, 0o755))
	require.Equal(t, doctor.Warn, b.run()["files"].Level)
	require.Empty(t, b.repairs(false))
	require.Equal(t, "chmod 700 "+b.cfg.Backup.Directory, b.run()["files"].Fix)
}

// A configuration that is refused for its mode can be repaired although nothing else can be looked at.
func TestRepair_AConfigurationThatIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	dir := t.TempDir()
	path := filepath.Join(dir, ".axisor.yaml")
	require.NoError(t, os.WriteFile(path, []byte("database:\n  url: postgres://a:b@h/d\n"), 0o600))
	require.NoError(t, os.Chmod(path, 0o644))
	load := func() (*config.Loaded, error) {
		return config.Load(config.LoadOptions{Dir: dir, Env: []string{"HOME=" + dir}})
	}
	b.in.Config = load
	require.Equal(t, "chmod 600 "+path, b.run()["config"].Fix)
	require.NoError(t, b.repairs(false)["config"].Err)
	_, err := load()
	require.NoError(t, err)
}

// All opens what the sample leaves out.
func TestRun_AllOpensEveryCredential(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(addUser)
	b.exec(`INSERT INTO "UserExchangeAccounts" (user_id, exchange_id, credentials, updated_at)
		SELECT 'u1', id, '{"k": "clear"}', '2020-01-01' FROM "Exchange"`)
	b.exec(`INSERT INTO "UserExchangeAccounts" (user_id, exchange_id, credentials)
		SELECT 'u1', id, $1::jsonb FROM "Exchange", generate_series(1, 60)`, sealed(t, key))
	require.Equal(t, doctor.OK, b.run()["encryption_key"].Level)
	b.in.All = true
	r := b.run()["encryption_key"]
	require.Equal(t, doctor.Fail, r.Level)
	require.Equal(t, "1 of the 61 credentials tried are clear text", r.Finding)
}

func TestJudge_TheArchiveAndItsRoom(t *testing.T) {
	t.Parallel()
	at := func(d time.Duration) *time.Time { return new(now().Add(-d)) }
	cluster := func(holes int, last *time.Time) []backup.ClusterStatus {
		return []backup.ClusterStatus{{System: "7", Bases: 1, Holes: holes, LastTime: last}}
	}
	for _, c := range []struct {
		s       backup.Status
		level   doctor.Level
		finding string
	}{
		{backup.Status{}, doctor.OK, "not in use"},
		{backup.Status{Clusters: cluster(1, at(0))}, doctor.Fail, "has 1 hole"},
		{backup.Status{Clusters: cluster(0, at(time.Hour)), Receivers: []backup.ReceiverState{{}}}, doctor.Fail, "not being received"},
		{backup.Status{Clusters: cluster(0, nil)}, doctor.Warn, "no transaction"},
		{backup.Status{Clusters: cluster(0, at(50*time.Hour)), Receivers: []backup.ReceiverState{{Running: true}}}, doctor.Warn, "2 days ago"},
		{backup.Status{Clusters: cluster(0, at(time.Minute)), Receivers: []backup.ReceiverState{{Running: true}}}, doctor.OK, "1 minute ago"},
	} {
		r := doctor.JudgeArchive(c.s, now())
		require.Equal(t, c.level, r.Level, r.Finding)
		require.Contains(t, r.Finding, c.finding)
		require.Equal(t, c.level == doctor.OK, r.Fix == "")
	}
	for free, level := range map[int64]doctor.Level{100: doctor.Fail, 119: doctor.Fail, 121: doctor.Warn, 299: doctor.Warn, 300: doctor.OK} {
		r := doctor.JudgeSpace(free, 100)
		require.Equal(t, level, r.Level, "%d", free)
		require.Equal(t, level == doctor.OK, strings.TrimSpace(r.Fix) == "")
	}
}
