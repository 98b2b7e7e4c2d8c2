package store_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/factory"
	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

func TestIDs_ABeginningIsEnoughWhereItIsTheOnlyOne(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	ids := []string{"5a1b2c3d-0000-4000-8000-000000000001", "5a1b2c3d-0000-4000-8000-000000000002", "77889900-0000-4000-8000-000000000003"}
	for i, id := range ids {
		factory.User(t, db, func(u *models.User) {
			u.ID, u.Username, u.Email = id, fmt.Sprintf("user%d", i), fmt.Sprintf("user%d@example.com", i)
		})
	}
	u, err := db.FindUser(t.Context(), "77889900")
	require.NoError(t, err)
	require.Equal(t, ids[2], u.ID)
	u, err = db.FindUser(t.Context(), "77889900-0000-4")
	require.NoError(t, err)
	require.Equal(t, ids[2], u.ID)

	var several *store.AmbiguousError
	_, err = db.FindUser(t.Context(), "5A1B2C3D")
	require.ErrorAs(t, err, &several)
	require.Equal(t, ids[:2], several.Candidates)
	require.ErrorIs(t, err, store.ErrInvalid)
	require.NotErrorIs(t, err, store.ErrConflict)

	for _, ref := range []string{"7788990", "88990000", "77889900%", ids[2][:35] + "9"} {
		_, err = db.FindUser(t.Context(), ref)
		require.ErrorIs(t, err, store.ErrNotFound, ref)
	}
	factory.User(t, db, func(u *models.User) { u.Username, u.Email = "77889900", "digits@example.com" })
	u, err = db.FindUser(t.Context(), "77889900")
	require.NoError(t, err)
	require.Equal(t, "digits@example.com", u.Email, "a name goes before the beginning of an id")
}

func TestCursors_AreShortWhateverTheOrder(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	for i := range 6 {
		long := fmt.Sprintf("%s%d", strings.Repeat("long.name.", 6), i/2)
		factory.User(t, db, func(u *models.User) {
			u.Email, u.Username = fmt.Sprintf("%s.%d@example.com", long, i), fmt.Sprintf("a_name_that_is_longish_%d", i)
			if i == 0 {
				u.ID = "00c1a2b3-0000-4000-8000-000000000001"
			}
			if i > 2 {
				u.ID = fmt.Sprintf("clh3am8zi00%02dzxcvbnmasdfg", i) // as Prisma's cuid() makes them
			}
		})
	}
	for _, sort := range []string{"email", "-username", "created_at", "-last_login_at"} {
		page := store.Page{Sort: sort, Limit: 1}
		seen := map[string]bool{}
		for range 6 {
			list := db.ListUsers(t.Context(), store.UserFilter{}, page)
			rows, err := list.Collect()
			require.NoError(t, err)
			require.Len(t, rows, 1)
			seen[rows[0].ID] = true
			page.Cursor = list.Next()
			require.LessOrEqual(t, len(page.Cursor), 60, sort)
		}
		require.Len(t, seen, 6, sort)
		require.Empty(t, page.Cursor)
	}

	list := db.ListUsers(t.Context(), store.UserFilter{}, store.Page{Sort: "email", Limit: 1})
	rows, err := list.Collect()
	require.NoError(t, err)
	old := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"s":"email","v":%q,"i":%q}`, rows[0].Email, rows[0].ID))
	after, err := db.ListUsers(t.Context(), store.UserFilter{}, store.Page{Sort: "email", Limit: 9, Cursor: old}).Collect()
	require.NoError(t, err)
	require.Len(t, after, 5, "a cursor of an earlier version")
	require.NoError(t, db.DeleteUser(t.Context(), rows[0].ID))
	_, err = db.ListUsers(t.Context(), store.UserFilter{}, store.Page{Sort: "email", Cursor: list.Next()}).Collect()
	require.ErrorContains(t, err, "is gone")
	_, err = db.ListUsers(t.Context(), store.UserFilter{}, store.Page{Sort: "-email", Cursor: list.Next()}).Collect()
	require.ErrorContains(t, err, "sorted by email")
}

func TestCursors_OfATimelineAreShort(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	ana := factory.User(t, db)
	at := time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)
	for range 3 {
		factory.Payment(t, db, ana.ID, func(p *models.Payment) { p.CreatedAt, p.PaidAt, p.Status = at, &at, models.PaymentPaid })
	}
	require.NoError(t, db.Gorm(t.Context()).Exec(`INSERT INTO "AuditLog" (user_id, action, created_at)
		SELECT ?, 'user.something_with_a_rather_long_name', ? FROM generate_series(1, 3)`, ana.ID, at).Error)
	whole, err := db.Timeline(t.Context(), store.TimelineFilter{UserID: ana.ID}, store.Page{All: true}).Collect()
	require.NoError(t, err)
	require.Len(t, whole, 9)
	page := store.Page{Limit: 1}
	for i := range whole {
		list := db.Timeline(t.Context(), store.TimelineFilter{UserID: ana.ID}, page)
		rows, err := list.Collect()
		require.NoError(t, err)
		require.Equal(t, whole[i], rows[0])
		page.Cursor = list.Next()
		require.LessOrEqual(t, len(page.Cursor), 60)
	}
	require.Empty(t, page.Cursor)

	// Times that are none in Go, or of no year of ours, have their place in the order.
	for _, odd := range []string{"infinity", "infinity", "-infinity", "200000-01-01", "0044-03-15 BC"} {
		require.NoError(t, db.Gorm(t.Context()).Exec(`INSERT INTO "AuditLog" (user_id, action, created_at) VALUES (?, 'odd', CAST(? AS timestamp))`, ana.ID, odd).Error)
	}
	whole, err = db.Timeline(t.Context(), store.TimelineFilter{UserID: ana.ID}, store.Page{All: true}).Collect()
	require.NoError(t, err)
	require.Len(t, whole, 14)
	require.True(t, whole[0].At.IsZero())
	for i := range whole {
		list := db.Timeline(t.Context(), store.TimelineFilter{UserID: ana.ID}, page)
		rows, err := list.Collect()
		require.NoError(t, err)
		require.Equal(t, whole[i], rows[0])
		page.Cursor = list.Next()
	}
	require.Empty(t, page.Cursor)
}
