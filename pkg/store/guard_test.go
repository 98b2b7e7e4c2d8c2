package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

var guardNow = time.Date(2026, 8, 12, 12, 0, 0, 0, time.UTC)

type guardBundle struct {
	db            *store.DB
	user, account string
}

func guardSetup(t *testing.T) guardBundle {
	t.Helper()
	b := guardBundle{db: testdb.New(t)}
	g := b.db.Gorm(t.Context())
	require.NoError(t, g.Raw(`INSERT INTO "User" (email, username, updated_at) VALUES ('a@example.com', 'anna', now()) RETURNING id`).Scan(&b.user).Error)
	require.NoError(t, g.Raw(`INSERT INTO "UserExchangeAccounts" (user_id, exchange_id, credentials, is_active, updated_at)
		SELECT ?, id, '{}', true, now() FROM "Exchange" WHERE slug = 'lnmarkets' RETURNING id`, b.user).Scan(&b.account).Error)
	return b
}

func (b guardBundle) plan(trade string, sats int64) store.GuardPlan {
	return store.GuardPlan{
		Intent: models.GuardIntent{
			UserID: &b.user, AccountID: &b.account, TradeID: trade, Side: "buy", AmountSats: sats, MarginBefore: 1000,
			LiquidationBefore: 90000, EntryPrice: 95000, Price: 91000, Threshold: 10, PlannedAt: guardNow, UpdatedAt: guardNow,
		},
		SeenAt: guardNow.Add(-time.Second), SpentSince: guardNow.Add(-24 * time.Hour),
	}
}

func (b guardBundle) settle(t *testing.T, id string, to models.GuardState, from ...models.GuardState) error {
	t.Helper()
	return b.db.SettleGuardIntent(t.Context(), store.GuardOutcome{ID: id, From: from, To: to, At: guardNow},
		func(models.GuardIntent) ([]any, error) { return nil, nil })
}

func TestPlanGuardIntent_CapsHoldUnderConcurrency(t *testing.T) {
	t.Parallel()
	b := guardSetup(t)
	var wg sync.WaitGroup
	failures := make([]error, 12)
	for n := range failures {
		wg.Go(func() {
			p := b.plan(fmt.Sprintf("trade-%d", n), 100)
			p.UserDayCap = 350
			_, failures[n] = b.db.PlanGuardIntent(t.Context(), p)
		})
	}
	wg.Wait()
	var fine int
	for _, err := range failures {
		if err == nil {
			fine++
			continue
		}
		require.ErrorIs(t, err, store.ErrGuardCap)
	}
	require.Equal(t, 3, fine)
}

func TestPlanGuardIntent_OneOpenPerPosition(t *testing.T) {
	t.Parallel()
	b := guardSetup(t)
	ctx := t.Context()
	first, err := b.db.PlanGuardIntent(ctx, b.plan("trade", 100))
	require.NoError(t, err)
	_, err = b.db.PlanGuardIntent(ctx, b.plan("trade", 100))
	require.ErrorIs(t, err, store.ErrGuardOpen)

	require.NoError(t, b.db.MarkGuardIntentSent(ctx, first.ID, guardNow))
	require.ErrorIs(t, b.db.MarkGuardIntentSent(ctx, first.ID, guardNow), store.ErrGuardOvertaken)
	require.ErrorIs(t, b.settle(t, first.ID, models.GuardRejected, models.GuardPlanned), store.ErrGuardOvertaken)
	require.NoError(t, b.settle(t, first.ID, models.GuardUnknown, models.GuardSent))
	_, err = b.db.PlanGuardIntent(ctx, b.plan("trade", 100))
	require.Error(t, err, "unknown is open")
	require.NoError(t, b.settle(t, first.ID, models.GuardApplied, models.GuardSent, models.GuardUnknown))

	_, err = b.db.PlanGuardIntent(ctx, b.plan("trade", 100))
	require.ErrorIs(t, err, store.ErrGuardOvertaken, "the position was read before the addition")
	later := b.plan("trade", 100)
	later.SeenAt = guardNow
	_, err = b.db.PlanGuardIntent(ctx, later)
	require.ErrorIs(t, err, store.ErrGuardOvertaken, "an intent it did not know of, whatever the clocks say")
	later.KnownIntents = 1
	later.PositionDayCap = 199
	_, err = b.db.PlanGuardIntent(ctx, later)
	require.ErrorIs(t, err, store.ErrGuardCap)
	later.PositionDayCap = 200
	_, err = b.db.PlanGuardIntent(ctx, later)
	require.NoError(t, err)
}

func TestSettleGuardIntent_AllOrNothing(t *testing.T) {
	t.Parallel()
	b := guardSetup(t)
	row, err := b.db.PlanGuardIntent(t.Context(), b.plan("trade", 100))
	require.NoError(t, err)
	require.NoError(t, b.db.MarkGuardIntentSent(t.Context(), row.ID, guardNow))
	broken := errors.New("no row for you")
	err = b.db.SettleGuardIntent(t.Context(), store.GuardOutcome{
		ID: row.ID, From: []models.GuardState{models.GuardSent}, To: models.GuardApplied, At: guardNow,
	}, func(i models.GuardIntent) ([]any, error) {
		require.Equal(t, models.GuardApplied, i.State)
		return []any{&models.TradeLog{UserID: b.user, TradeID: "trade", Status: models.TradeSuccess, ExecutedAt: guardNow}}, broken
	})
	require.ErrorIs(t, err, broken)
	require.NoError(t, b.db.Gorm(t.Context()).Where("id = ?", row.ID).Take(&row).Error)
	require.Equal(t, models.GuardSent, row.State)
	var n int64
	require.NoError(t, b.db.Gorm(t.Context()).Model(&models.TradeLog{}).Count(&n).Error)
	require.Zero(t, n)
}

func TestMarkGuardIntentSent_Switches(t *testing.T) {
	t.Parallel()
	b := guardSetup(t)
	for n, who := range []string{"", b.user} {
		row, err := b.db.PlanGuardIntent(t.Context(), b.plan(fmt.Sprint("trade", n), 100))
		require.NoError(t, err)
		_, err = b.db.SetGuardControl(t.Context(), who, true, "stop it", "tester", guardNow)
		require.NoError(t, err)
		err = b.db.MarkGuardIntentSent(t.Context(), row.ID, guardNow)
		require.ErrorIs(t, err, store.ErrGuardOff)
		require.ErrorContains(t, err, "stop it")
		_, err = b.db.SetGuardControl(t.Context(), who, false, "go on", "tester", guardNow)
		require.NoError(t, err)
		require.NoError(t, b.db.MarkGuardIntentSent(t.Context(), row.ID, guardNow))
	}
}

func TestGuardIntent_OutlivesItsUser(t *testing.T) {
	t.Parallel()
	b := guardSetup(t)
	row, err := b.db.PlanGuardIntent(t.Context(), b.plan("trade", 100))
	require.NoError(t, err)
	_, err = b.db.SetGuardControl(t.Context(), b.user, true, "x", "tester", guardNow)
	require.NoError(t, err)
	require.NoError(t, b.db.Gorm(t.Context()).Exec(`DELETE FROM "User" WHERE id = ?`, b.user).Error)
	require.NoError(t, b.db.Gorm(t.Context()).Where("id = ?", row.ID).Take(&row).Error)
	require.Nil(t, row.UserID)
	require.Nil(t, row.AccountID)
	require.Equal(t, int64(100), row.AmountSats)
	control, err := b.db.GuardControl(t.Context(), b.user)
	require.NoError(t, err)
	require.False(t, control.Disabled)
}

func TestGuardTargets_StreamsPagesWithHistory(t *testing.T) {
	t.Parallel()
	b := guardSetup(t)
	ctx := t.Context()
	g := b.db.Gorm(ctx)
	require.NoError(t, g.Exec(`INSERT INTO "User" (email, username, updated_at)
		SELECT 'u' || n || '@example.com', 'user' || n, now() FROM generate_series(1, 1203) n`).Error)
	require.NoError(t, g.Exec(`INSERT INTO "UserExchangeAccounts" (user_id, exchange_id, credentials, is_active, updated_at)
		SELECT u.id, e.id, '{}', true, now() FROM "User" u, "Exchange" e WHERE e.slug = 'lnmarkets' AND u.id <> ?`, b.user).Error)
	require.NoError(t, g.Exec(`INSERT INTO "MarginGuardConfig" (user_id, is_active, updated_at) SELECT id, true, now() FROM "User"`).Error)
	yesterday := b.plan("old", 7)
	yesterday.Intent.PlannedAt = guardNow.Add(-24*time.Hour - time.Second)
	for _, p := range []store.GuardPlan{b.plan("one", 100), b.plan("two", 30), yesterday} {
		row, err := b.db.PlanGuardIntent(ctx, p)
		require.NoError(t, err)
		require.NoError(t, b.db.MarkGuardIntentSent(ctx, row.ID, p.Intent.PlannedAt))
		if p.Intent.TradeID == "one" {
			require.NoError(t, b.settle(t, row.ID, models.GuardApplied, models.GuardSent))
		}
	}
	seen := map[string]bool{}
	for target, err := range b.db.GuardTargets(ctx, store.GuardTargetFilter{SpentSince: guardNow.Add(-24 * time.Hour), AddsSince: guardNow.Add(-time.Hour)}) {
		require.NoError(t, err)
		require.False(t, seen[target.AccountID])
		seen[target.AccountID] = true
		require.Empty(t, target.Off)
		if target.AccountID != b.account {
			require.Zero(t, target.UserDay)
			require.Empty(t, target.Open)
			continue
		}
		require.Equal(t, int64(130), target.UserDay)
		require.Equal(t, map[string]int64{"one": 100, "two": 30}, target.PositionDay)
		require.Equal(t, guardNow, target.LastAdd["one"])
		require.Len(t, target.Open, 2)
	}
	require.Len(t, seen, 1204)

	// Switched off in every way, the account still comes, because of its open intents.
	require.NoError(t, g.Exec(`UPDATE "MarginGuardConfig" SET is_active = false`).Error)
	var targets []store.GuardTarget
	for target, err := range b.db.GuardTargets(ctx, store.GuardTargetFilter{SpentSince: guardNow, AddsSince: guardNow}) {
		require.NoError(t, err)
		targets = append(targets, target)
	}
	require.Len(t, targets, 1)
	require.Equal(t, "the configuration is not active", targets[0].Off)
	require.Len(t, targets[0].Open, 2)
}

func TestGuardRun_HistoryAndHealth(t *testing.T) {
	t.Parallel()
	b := guardSetup(t)
	ctx := t.Context()
	health, err := b.db.GuardHealth(ctx)
	require.NoError(t, err)
	require.Nil(t, health.LastRun)
	dead, err := b.db.StartGuardRun(ctx, models.GuardRun{Reading: "remaining", StartedAt: guardNow})
	require.NoError(t, err)
	require.NoError(t, b.db.CloseDeadGuardRuns(ctx, guardNow, guardNow))
	run, err := b.db.StartGuardRun(ctx, models.GuardRun{Reading: "remaining", StartedAt: guardNow.Add(time.Minute), Price: new(91000.5)})
	require.NoError(t, err)
	run.State, run.FinishedAt, run.AddedSats, run.Added = models.GuardRunFinished, new(guardNow.Add(2*time.Minute)), 4_000_000_000, 3
	require.NoError(t, b.db.FinishGuardRun(ctx, run, nil))
	health, err = b.db.GuardHealth(ctx)
	require.NoError(t, err)
	require.Equal(t, run.ID, health.LastFinished.ID)
	require.Equal(t, int64(4_000_000_000), health.LastFinished.AddedSats)
	require.InDelta(t, 91000.5, *health.LastFinished.Price, 0)
	var state string
	require.NoError(t, b.db.Gorm(ctx).Raw("SELECT state FROM axisor.guard_run WHERE id = ?", dead.ID).Scan(&state).Error)
	require.Equal(t, "interrupted", state)

	_, err = b.db.StartGuardRun(ctx, models.GuardRun{Reading: "guess", StartedAt: guardNow})
	require.ErrorIs(t, err, store.ErrInvalid)
}
