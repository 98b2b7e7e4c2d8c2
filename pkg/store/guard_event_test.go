package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// event is the end of a position with its notice; told is nil for one that is missed.
func (b guardBundle) event(trade, code string, told *time.Time) store.GuardEventNotice {
	e := store.GuardEventNotice{Event: models.GuardEvent{
		AccountID: b.account, TradeID: trade, Kind: models.GuardEventEnd, UserID: b.user, Side: "buy", Code: code, Message: code,
		SeenAt: guardNow, ToldAt: told,
	}}
	if told != nil {
		e.Notice = &models.GuardNotice{
			Kind: code, Severity: "info", UserID: &b.user, TradeID: &trade, Message: code, Details: models.JSON(`{}`), CreatedAt: *told, NextAttemptAt: *told,
		}
	}
	return e
}

// TestNoteGuardEvents_OnceWhoeverIsFirst: of many that see the end of a position at once, one tells.
func TestNoteGuardEvents_OnceWhoeverIsFirst(t *testing.T) {
	t.Parallel()
	b := guardSetup(t)
	note := func(e ...store.GuardEventNotice) error { return b.db.NoteGuardEvents(t.Context(), e, nil) }
	require.NoError(t, note(b.event("missed", "position_gone", nil)))
	failures := make([]error, 8)
	var all sync.WaitGroup
	for n := range failures {
		all.Go(func() {
			failures[n] = note(b.event("missed", "position_liquidated", &guardNow), b.event("new", "position_closed", &guardNow))
		})
	}
	all.Wait()
	for _, err := range failures {
		require.NoError(t, err)
	}
	require.NoError(t, note(b.event("missed", "position_gone", nil)), "what was told is not missed again")
	var notices, codes []string
	g := b.db.Gorm(t.Context())
	require.NoError(t, g.Raw(`SELECT kind FROM axisor.guard_notice ORDER BY kind`).Scan(&notices).Error)
	require.Equal(t, []string{"position_closed", "position_liquidated"}, notices)
	require.NoError(t, g.Raw(`SELECT code FROM axisor.guard_event WHERE told_at IS NOT NULL ORDER BY code`).Scan(&codes).Error)
	require.Equal(t, notices, codes)

	gone := b
	gone.account = "an account that was deleted meanwhile"
	require.NoError(t, note(gone.event("other", "position_closed", &guardNow)))
	over := []store.GuardEventKey{{AccountID: b.account, TradeID: "new", Kind: models.GuardEventEnd}}
	require.NoError(t, b.db.NoteGuardEvents(t.Context(), nil, over))
	ends, err := b.db.GuardEnds(t.Context(), b.user, 10)
	require.NoError(t, err)
	require.Len(t, ends, 1)
	require.Equal(t, "missed", ends[0].TradeID)
}

// TestListGuardIntents_WithTheEndsOfPositions in one list, page by page.
func TestListGuardIntents_WithTheEndsOfPositions(t *testing.T) {
	t.Parallel()
	b := guardSetup(t)
	at := func(minutes int) *time.Time { return new(guardNow.Add(time.Duration(minutes) * time.Minute)) }
	for n := range 6 {
		if n%2 == 0 {
			p := b.plan(fmt.Sprint("trade-", n), 100+int64(n))
			p.Intent.PlannedAt = *at(n)
			row, err := b.db.PlanGuardIntent(t.Context(), p)
			require.NoError(t, err)
			require.NoError(t, b.settle(t, row.ID, models.GuardRejected, models.GuardPlanned))
			continue
		}
		e := b.event("trade", "position_closed", at(n))
		e.Event.TradeID = string(rune('a' + n))
		require.NoError(t, b.db.NoteGuardEvents(t.Context(), []store.GuardEventNotice{e, b.event("missed", "position_gone", nil)}, nil))
	}
	var states []models.GuardState
	page := store.Page{Limit: 2}
	for {
		list := b.db.ListGuardIntents(t.Context(), store.GuardIntentFilter{UserID: b.user, Ends: true}, page)
		rows, err := list.Collect()
		require.NoError(t, err)
		for _, r := range rows {
			states = append(states, r.State)
		}
		if page.Cursor = list.Next(); page.Cursor == "" {
			break
		}
	}
	require.Equal(t, []models.GuardState{"closed", "rejected", "closed", "rejected", "closed", "rejected"}, states)
	plain, err := b.db.ListGuardIntents(t.Context(), store.GuardIntentFilter{}, store.Page{}).Collect()
	require.NoError(t, err)
	require.Len(t, plain, 3)
}
