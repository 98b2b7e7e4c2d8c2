package store_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// crowd makes users with many equal and missing values, in random order.
func crowd(t *testing.T, db *store.DB, n int) []models.User {
	t.Helper()
	base := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	users := make([]models.User, n)
	for i := range users {
		u := &users[i]
		u.Email, u.Username = fmt.Sprintf("user%03d@example.com", i), fmt.Sprintf("user%03d", i)
		u.PlanType = models.PlanTypes()[i%5]
		u.IsActive = new(i%4 != 0)
		u.CreatedAt = base.Add(time.Duration(i/7) * 24 * time.Hour)
		if i%3 != 0 {
			u.LastLoginAt = new(base.Add(time.Duration(i/5) * time.Microsecond))
		}
		u.PasswordHash, u.TwoFactorSecret = new("hash"), new("secret")
	}
	rand.Shuffle(n, func(i, j int) { users[i], users[j] = users[j], users[i] })
	require.NoError(t, db.Gorm(t.Context()).CreateInBatches(users, 200).Error)
	return users
}

func TestListUsers_PagesAgreeWithOneLongList(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	users := crowd(t, db, 60)
	for _, field := range []string{"id", "created_at", "updated_at", "email", "username", "plan_type", "last_login_at", "locked_until"} {
		for _, sort := range []string{field, "-" + field} {
			t.Run(sort, func(t *testing.T) {
				whole, err := db.ListUsers(t.Context(), store.UserFilter{}, store.Page{Sort: sort, All: true}).Collect()
				require.NoError(t, err)
				require.Len(t, whole, len(users))
				var paged []models.User
				page := store.Page{Sort: sort, Limit: 7}
				for {
					list := db.ListUsers(t.Context(), store.UserFilter{}, page)
					rows, err := list.Collect()
					require.NoError(t, err)
					require.NotEmpty(t, rows)
					paged = append(paged, rows...)
					if page.Cursor = list.Next(); page.Cursor == "" {
						break
					}
				}
				require.Equal(t, ids(whole), ids(paged))
				if field == "last_login_at" { // NULLs last, in both directions
					first := slices.IndexFunc(whole, func(u models.User) bool { return u.LastLoginAt == nil })
					for _, u := range whole[first:] {
						require.Nil(t, u.LastLoginAt)
					}
				}
			})
		}
	}
}

func ids(users []models.User) []string {
	out := make([]string, len(users))
	for i, u := range users {
		out[i] = u.ID
	}
	return out
}

func TestListUsers_Filters(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	crowd(t, db, 70)
	ctx := t.Context()
	count := func(f store.UserFilter) int {
		t.Helper()
		rows, err := db.ListUsers(ctx, f, store.Page{All: true}).Collect()
		require.NoError(t, err)
		for _, u := range rows {
			require.Nil(t, u.PasswordHash, "lists do not read secrets")
			require.Nil(t, u.TwoFactorSecret)
		}
		return len(rows)
	}
	require.Equal(t, 70, count(store.UserFilter{}))
	require.Equal(t, 14, count(store.UserFilter{Plan: models.PlanPro}))
	require.Equal(t, 52, count(store.UserFilter{Active: new(true)}))
	require.Equal(t, 18, count(store.UserFilter{Active: new(false)}))
	require.Equal(t, 10, count(store.UserFilter{Search: "USER01"}))
	require.Equal(t, 0, count(store.UserFilter{Search: "user_01"}), "an underscore is a letter, not a wildcard")
	day := time.Date(2025, 1, 3, 0, 0, 0, 0, time.UTC)
	require.Equal(t, 56, count(store.UserFilter{Created: store.TimeRange{Since: day}}))
	require.Equal(t, 14, count(store.UserFilter{Created: store.TimeRange{Until: day.In(time.FixedZone("x", 7200))}}))
	require.Equal(t, 0, count(store.UserFilter{Locked: true}))
	exec(t, db, `UPDATE "User" SET locked_until = now() + interval '1 hour' WHERE username = 'user001'`)
	exec(t, db, `UPDATE "User" SET locked_until = now() - interval '1 hour' WHERE username = 'user002'`)
	require.Equal(t, 1, count(store.UserFilter{Locked: true}))
	_, err := db.ListUsers(ctx, store.UserFilter{Plan: "gold"}, store.Page{}).Collect()
	require.ErrorIs(t, err, store.ErrInvalid)
}

func TestList_RefusesWhatItCannotDo(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	crowd(t, db, 5)
	list := db.ListUsers(t.Context(), store.UserFilter{}, store.Page{Limit: 2})
	_, err := list.Collect()
	require.NoError(t, err)
	for name, page := range map[string]store.Page{
		"sort": {Sort: `email"; DROP TABLE "User"; --`}, "limit": {Limit: -1}, "cursor": {Cursor: "?"},
	} {
		_, err := db.ListUsers(t.Context(), store.UserFilter{}, page).Collect()
		var bad *store.ArgumentError
		require.ErrorAs(t, err, &bad, name)
		require.Equal(t, name, bad.Name)
	}
	edited := base64.RawURLEncoding.EncodeToString([]byte(`{"s":"-created_at","v":"soon","i":"x"}`))
	_, err = db.ListUsers(t.Context(), store.UserFilter{}, store.Page{Cursor: edited}).Collect()
	require.ErrorContains(t, err, "next_cursor")
	_, err = db.ListUsers(t.Context(), store.UserFilter{}, store.Page{Cursor: list.Next(), Sort: "email"}).Collect()
	require.ErrorContains(t, err, "sorted by -created_at", "a cursor belongs to its order")
}

func TestFindUser(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	ctx := t.Context()
	ann := newUser(t, db, "ann")
	odd := models.User{Email: "Odd.Case@Example.com", Username: "Odd_User"}
	require.NoError(t, db.CreateUser(ctx, &odd))
	named := models.User{Email: "named@example.com", Username: ann.ID}
	require.NoError(t, db.CreateUser(ctx, &named))
	for ref, want := range map[string]string{
		ann.ID: ann.ID, "ann@example.com": ann.ID, "ANN@EXAMPLE.COM": ann.ID, " ann ": ann.ID, "Ann": ann.ID,
		"odd.case@example.com": odd.ID, "Odd.Case@Example.com": odd.ID, "odd_user": odd.ID,
	} {
		u, err := db.FindUser(ctx, ref)
		require.NoError(t, err, ref)
		require.Equal(t, want, u.ID, ref)
		require.Nil(t, u.PasswordHash)
	}
	_, err := db.FindUser(ctx, "anm@example.com")
	var missing *store.NotFoundError
	require.ErrorAs(t, err, &missing)
	require.ErrorIs(t, err, store.ErrNotFound)
	require.Equal(t, []string{"ann@example.com"}, missing.Near)
	_, err = db.FindUser(ctx, "")
	require.ErrorIs(t, err, store.ErrNotFound)

	twin := models.User{Email: "ODD.case@example.com", Username: "twin"}
	require.NoError(t, db.CreateUser(ctx, &twin))
	_, err = db.FindUser(ctx, "odd.CASE@example.com")
	var twins *store.AmbiguousError
	require.ErrorAs(t, err, &twins)
	require.Len(t, twins.Candidates, 2)
	u, err := db.FindUser(ctx, "ODD.case@example.com")
	require.NoError(t, err)
	require.Equal(t, twin.ID, u.ID, "the exact spelling decides")
}

// It measures the memory of the process, so nothing runs beside it.
func TestListTrades_NewestFirstAndBounded(t *testing.T) {
	db := testdb.New(t)
	ctx := t.Context()
	u := newUser(t, db, "ann")
	require.NoError(t, db.Gorm(ctx).Exec(`
		INSERT INTO "TradeLog" (user_id, trade_id, status, action, pnl, executed_at, error_message)
		SELECT ?, 't' || n, CASE WHEN n % 10 = 0 THEN 'failed' ELSE 'success' END, 'add_margin',
			CASE WHEN n % 3 = 0 THEN NULL ELSE n % 17 / 7.0 END, timestamp '2025-01-01' + (n / 50) * interval '1 minute', repeat('x', 500)
		FROM generate_series(1, 30000) n`, u.ID).Error)

	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var last *models.TradeLog
	n, peak := 0, uint64(0)
	for row, err := range db.ListTrades(ctx, store.TradeFilter{UserID: u.ID}, store.Page{All: true}).Items {
		require.NoError(t, err)
		if last != nil {
			require.False(t, row.ExecutedAt.After(last.ExecutedAt))
			require.NotEqual(t, row.ID, last.ID)
		}
		last = &row
		if n++; n%5000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&after)
			peak = max(peak, after.HeapAlloc)
		}
	}
	require.Equal(t, 30000, n)
	// All rows together are more than 20 MB.
	require.Less(t, int64(peak)-int64(before.HeapAlloc), int64(12<<20))

	for _, c := range []struct {
		f    store.TradeFilter
		want int
	}{
		{store.TradeFilter{Status: models.TradeSuccess}, 27000},
		{store.TradeFilter{Status: models.TradeFailed}, 3000},
		{store.TradeFilter{TradeID: "t7"}, 1},
		{store.TradeFilter{Action: "buy"}, 0},
		{store.TradeFilter{AutomationID: "none"}, 0},
		{store.TradeFilter{Executed: store.TimeRange{Until: time.Date(2025, 1, 1, 0, 1, 0, 0, time.UTC)}}, 49},
	} {
		rows, err := db.ListTrades(ctx, c.f, store.Page{All: true}).Collect()
		require.NoError(t, err)
		require.Len(t, rows, c.want)
	}
	seen := map[string]bool{}
	page := store.Page{Sort: "-pnl", Limit: 4000}
	for { // many ties and NULLs
		list := db.ListTrades(ctx, store.TradeFilter{}, page)
		rows, err := list.Collect()
		require.NoError(t, err)
		for _, r := range rows {
			require.False(t, seen[r.ID])
			seen[r.ID] = true
		}
		if page.Cursor = list.Next(); page.Cursor == "" {
			break
		}
	}
	require.Len(t, seen, 30000)
	one, err := db.TradeByID(ctx, last.ID)
	require.NoError(t, err)
	require.Equal(t, last.TradeID, one.TradeID)
	_, err = db.TradeByID(ctx, "none")
	require.ErrorIs(t, err, store.ErrNotFound)
}

func TestListTrades_StoppingEarlyReleasesTheConnection(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	for range db.ListUsers(t.Context(), store.UserFilter{}, store.Page{}).Items {
		break
	}
	require.Equal(t, 0, db.SQL().Stats().InUse)
}

func TestAuditLists(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	ctx := t.Context()
	u := newUser(t, db, "ann")
	for i, action := range []string{"user.create", "user.update", "guard.run", "user.delete"} {
		row := models.AuditLog{Action: action, Resource: new("user"), ResourceID: &u.ID, CreatedAt: time.Date(2025, 1, i+1, 0, 0, 0, 0, time.UTC)}
		if i < 2 {
			row.UserID = &u.ID
		}
		require.NoError(t, db.CreateAudit(ctx, &row))
		require.Equal(t, models.SeverityInfo, row.Severity)
		require.NoError(t, db.CreateSecurityAudit(ctx, &models.SecurityAuditLog{Action: "LOGIN", Success: new(i%2 == 0), UserID: row.UserID}))
	}
	actions := func(f store.AuditFilter) (out []string) {
		t.Helper()
		rows, err := db.ListAudit(ctx, f, store.Page{}).Collect()
		require.NoError(t, err)
		for _, r := range rows {
			out = append(out, r.Action)
		}
		return out
	}
	require.Equal(t, []string{"user.update", "user.create"}, actions(store.AuditFilter{UserID: u.ID}))
	require.Equal(t, []string{"user.delete", "user.update", "user.create"}, actions(store.AuditFilter{Action: "user."}))
	require.Equal(t, []string{"user.delete", "guard.run", "user.update", "user.create"}, actions(store.AuditFilter{Resource: "user", ResourceID: u.ID}))
	require.Equal(t, []string{"guard.run"}, actions(store.AuditFilter{Action: "guard.run", Resource: "user"}))
	require.Equal(t, []string{"user.create"}, actions(store.AuditFilter{Created: store.TimeRange{Until: time.Date(2025, 1, 2, 0, 0, 0, 0, time.UTC)}}))
	for _, c := range []struct {
		f    store.SecurityAuditFilter
		want int
	}{
		{store.SecurityAuditFilter{}, 4},
		{store.SecurityAuditFilter{Success: new(false)}, 2},
		{store.SecurityAuditFilter{Success: new(true), UserID: u.ID}, 1},
		{store.SecurityAuditFilter{Action: "LOGOUT"}, 0},
	} {
		rows, err := db.ListSecurityAudit(ctx, c.f, store.Page{}).Collect()
		require.NoError(t, err)
		require.Len(t, rows, c.want)
	}
	_, err := db.AuditByID(ctx, "none")
	require.ErrorIs(t, err, store.ErrNotFound)
}

func TestReferenceRows(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	ctx := t.Context()
	all, err := db.ListExchanges(ctx, store.ExchangeFilter{Active: new(true), Search: "ln"}, store.Page{}).Collect()
	require.NoError(t, err)
	require.Len(t, all, 1)
	for _, ref := range []string{"lnmarkets", "LN-Markets", "ln markets", all[0].ID} {
		e, err := db.FindExchange(ctx, ref)
		require.NoError(t, err, ref)
		require.Equal(t, all[0].ID, e.ID)
	}
	_, err = db.FindExchange(ctx, "lnmarket")
	var missing *store.NotFoundError
	require.ErrorAs(t, err, &missing)
	require.Equal(t, []string{"lnmarkets"}, missing.Near)
	fields, err := db.CredentialTypes(ctx, all[0].ID)
	require.NoError(t, err)
	require.Len(t, fields, 3)
	require.Equal(t, "api_key", fields[0].FieldName)

	plans, err := db.ListPlans(ctx, store.PlanFilter{Active: new(true)}, store.Page{}).Collect()
	require.NoError(t, err)
	require.Len(t, plans, 5)
	require.Equal(t, "free", plans[0].Slug)
	p, err := db.FindPlan(ctx, "PRO")
	require.NoError(t, err)
	limits, stored, err := db.LimitsOfPlan(ctx, p.Slug)
	require.NoError(t, err)
	require.True(t, stored)
	require.Equal(t, int32(15), *limits.MaxAutomations)
	limits, stored, err = db.LimitsOfPlan(ctx, "none")
	require.NoError(t, err)
	require.False(t, stored)
	require.Equal(t, int32(5), *limits.MaxAutomations)
	_, err = db.FindPlan(ctx, "pros")
	require.ErrorAs(t, err, &missing)
	require.Equal(t, []string{"pro"}, missing.Near)
	usage, err := db.UsageOf(ctx, newUser(t, db, "ann").ID)
	require.NoError(t, err)
	require.Zero(t, usage)
}
