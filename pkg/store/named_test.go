package store_test

import (
	"bytes"
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/migrate"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/namespace"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

// installation migrates a schema of a database and opens it.
func installation(t *testing.T, address secret.Secret, schema string) *store.DB {
	t.Helper()
	admin, err := sql.Open("pgx", address.Reveal())
	require.NoError(t, err)
	defer admin.Close()
	_, err = admin.ExecContext(t.Context(), `CREATE SCHEMA `+schema)
	require.NoError(t, err)
	db := open(t, store.Options{URL: with(t, address, "schema", schema)})
	m, err := migrate.New(db.SQL(), migrate.Options{})
	require.NoError(t, err)
	_, err = m.Up(t.Context())
	require.NoError(t, err)
	return db
}

// Two installations in one database, each with its own schema, see nothing of each other: neither rows of the shared
// tables nor what is axisor's own, whether a statement is made by gorm, in a transaction, or copied.
func TestNames_TwoInstallationsInOneDatabase(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	address := testdb.Empty(t)
	a, b := installation(t, address, "a"), installation(t, address, "b")
	u := newUser(t, a, "ann")
	p := models.Payment{UserID: u.ID, AmountSats: 7, Status: "paid", PlanType: models.PlanPro, LightningInvoice: "ln"}
	require.NoError(t, a.Gorm(ctx).Create(&p).Error)
	now := time.Now().UTC()
	_, err := a.SetGuardControl(ctx, "", true, "stop", "me", now)
	require.NoError(t, err)
	run, err := a.StartGuardRun(ctx, models.GuardRun{State: models.GuardRunRunning, Reading: "price", StartedAt: now})
	require.NoError(t, err)
	require.NoError(t, a.Transaction(ctx, func(tx *store.DB) error {
		return tx.Gorm(ctx).Create(&models.PaymentSettlement{PaymentID: p.ID, Source: models.SourceForced}).Error
	}))
	exec(t, a, `INSERT INTO river.river_job (kind, args) VALUES ('guard_shard', '{"shard": 1, "round": 2}')`)

	for db, there := range map[*store.DB]bool{a: true, b: false} {
		health, err := db.GuardHealth(ctx)
		require.NoError(t, err)
		require.Equal(t, there, health.LastRun != nil && health.LastRun.ID == run.ID && health.Control.Disabled)
		queue, err := db.OpenGuardShards(ctx, "guard_shard", time.Hour)
		require.NoError(t, err)
		require.Equal(t, there, len(queue) == 1)
		var csv bytes.Buffer
		n, err := db.CopyPayments(ctx, &csv, store.PaymentFilter{}, store.CSV{})
		require.NoError(t, err)
		require.Equal(t, there, n == 1 && strings.Contains(csv.String(), "forced"), csv.String())
		effects, err := db.UserEffects(ctx, u.ID)
		require.NoError(t, err)
		require.Equal(t, there, len(effects) > 0)
		require.NoError(t, db.Transaction(ctx, func(tx *store.DB) error { return tx.EnsureRoles(ctx) }))
		sizes, err := db.TableSizes(ctx)
		require.NoError(t, err)
		require.Greater(t, len(sizes), 30)
	}
	// Who guards here does not keep the other from guarding.
	for _, db := range []*store.DB{a, b} {
		release, err := db.LockGuardRun(ctx, "test")
		require.NoError(t, err)
		defer release()
	}
}

// Statements name our tables with their schema, so a search path that a role or a pooler sets hides nothing.
func TestNames_TheSearchPathDecidesNothing(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	exec(t, db, `CREATE SCHEMA decoy; CREATE TABLE decoy.guard_control (LIKE axisor.guard_control)`)
	decoyed := open(t, store.Options{URL: with(t, db.URL(), "search_path", `"$user",decoy,public`)})
	_, err := db.SetGuardControl(t.Context(), "", true, "stop", "me", time.Now())
	require.NoError(t, err)
	health, err := decoyed.GuardHealth(t.Context())
	require.NoError(t, err)
	require.True(t, health.Control.Disabled)
}

// Of the tables that the migrations make in the shared schema, statements give each its schema.
func TestNames_EverySharedTableIsKnown(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	var tables []string
	require.NoError(t, db.Gorm(t.Context()).Raw(`SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = `+namespace.SharedSchema).Scan(&tables).Error)
	require.Len(t, tables, 18)
	for _, name := range tables {
		require.True(t, namespace.IsShared(name), name)
	}
}

// What stands before the shared tables in the search path, and for users of row security before it, hides no row and
// gets none, through gorm, COPY and pgx.
func TestNames_TablesInFrontHideNothing(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), testdb.New(t)
	exec(t, db, `CREATE SCHEMA decoy; CREATE TABLE decoy."User" (LIKE public."User"); CREATE TABLE decoy."TradeLog" (LIKE public."TradeLog");
		CREATE TABLE decoy."SecurityAuditLog" (LIKE public."SecurityAuditLog"); CREATE TYPE decoy."PlanType" AS ENUM ('none')`)
	decoyed := open(t, store.Options{URL: with(t, db.URL(), "search_path", `"$user",decoy,public`)})
	u := newUser(t, decoyed, "ann")
	_, err := db.FindUser(ctx, u.ID)
	require.NoError(t, err)
	require.NoError(t, decoyed.PinnedTransaction(ctx, func(tx *store.DB) error {
		staged, err := tx.StageUsers(ctx, []store.ImportedUser{{Line: 1, Email: u.Email, Username: u.Username}})
		require.Len(t, staged, 1)
		return err
	}))
	var csv bytes.Buffer
	n, err := decoyed.CopyUsers(ctx, &csv, store.UserFilter{Search: `x' OR '"User"'`}, store.CSV{})
	require.NoError(t, err)
	require.Zero(t, n)
	n, err = decoyed.CopyUsers(ctx, &csv, store.UserFilter{}, store.CSV{})
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	there, err := decoyed.Notifies(ctx)
	require.NoError(t, err)
	require.False(t, there)
}
