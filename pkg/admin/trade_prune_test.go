package admin_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/factory"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

func TestPruneTrades_StopsAndGoesOn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := factory.User(t, b.db)
	now := b.db.Now()
	for i := range 25 { // five at each instant: batches end inside of them
		factory.Trade(t, b.db, u.ID, func(l *models.TradeLog) {
			l.ExecutedAt = now.AddDate(-2, 0, i/5)
			l.CreatedAt = l.ExecutedAt
		})
	}
	factory.Trade(t, b.db, u.ID, func(l *models.TradeLog) { l.ExecutedAt = now })
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	in := admin.PruneTradesInput{
		Before: now.AddDate(-1, 0, 0), Backup: "20260101_000000", Since: now.Add(-time.Hour), Batch: 7,
		Progress: func(int64) { stop() },
	}
	done, err := b.svc.PruneTrades(ctx, admin.Mode{}, in)
	require.ErrorIs(t, err, context.Canceled)
	require.EqualValues(t, 7, done.Rows)

	in.Progress = nil
	done, err = b.svc.PruneTrades(t.Context(), admin.Mode{}, in)
	require.NoError(t, err)
	require.Equal(t, admin.TradesPruned{Rows: 18, Batches: 3}, done)
	rows, err := b.db.ListTrades(t.Context(), store.TradeFilter{}, store.Page{}).Collect()
	require.NoError(t, err)
	require.Len(t, rows, 1)
	var complete []string
	require.NoError(t, b.db.Gorm(t.Context()).Raw(`SELECT new_values->>'complete' FROM "AuditLog" WHERE action = 'trade.prune' ORDER BY created_at`).Scan(&complete).Error)
	require.Equal(t, []string{"false", "true"}, complete)
}

func TestPruneTrades_LeavesWhatCameAfterTheBackup(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := factory.User(t, b.db)
	now := b.db.Now()
	late := factory.Trade(t, b.db, u.ID, func(l *models.TradeLog) { l.ExecutedAt = now.AddDate(-2, 0, 0) })
	factory.Trade(t, b.db, u.ID, func(l *models.TradeLog) { l.ExecutedAt, l.CreatedAt = now.AddDate(-2, 0, 0), now.AddDate(-2, 0, 0) })
	in := admin.PruneTradesInput{Before: now.AddDate(-1, 0, 0), Backup: "20260101_000000", Since: now.Add(-time.Hour)}
	done, err := b.svc.PruneTrades(t.Context(), admin.Mode{}, in)
	require.NoError(t, err)
	require.EqualValues(t, 1, done.Rows)
	_, err = b.db.TradeByID(t.Context(), late.ID)
	require.NoError(t, err)

	_, err = b.svc.PruneTrades(t.Context(), admin.Mode{}, admin.PruneTradesInput{Before: in.Before})
	require.ErrorContains(t, err, "without a backup")
	// An import meanwhile ends it: its rows may carry any time.
	require.NoError(t, b.db.Gorm(t.Context()).Exec(`INSERT INTO "AuditLog" (action, created_at) VALUES ('trade.import', ?)`, now).Error)
	_, err = b.svc.PruneTrades(t.Context(), admin.Mode{}, in)
	require.ErrorIs(t, err, store.ErrConflict)
}

func TestPruneTrades_WaitsOnlySoLong(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := factory.User(t, b.db)
	old := factory.Trade(t, b.db, u.ID, func(l *models.TradeLog) { l.ExecutedAt = b.db.Now().AddDate(-2, 0, 0) })
	held, release := make(chan struct{}), make(chan struct{})
	go func() {
		_ = b.db.Transaction(context.WithoutCancel(t.Context()), func(tx *store.DB) error {
			err := tx.Gorm(context.Background()).Exec(`UPDATE "TradeLog" SET pnl = 1 WHERE id = ?`, old.ID).Error
			close(held)
			<-release
			return err
		})
	}()
	<-held
	defer close(release)
	_, err := b.svc.PruneTrades(t.Context(), admin.Mode{Reason: "test"}, admin.PruneTradesInput{
		Before: b.db.Now().AddDate(-1, 0, 0), LockTimeout: 50 * time.Millisecond,
	})
	require.ErrorIs(t, err, store.ErrLocked)
}
