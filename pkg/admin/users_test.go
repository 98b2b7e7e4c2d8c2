package admin_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/namespace"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

type bundle struct {
	db  *store.DB
	svc *admin.Service
	now time.Time
}

func setup(t *testing.T) bundle {
	t.Helper()
	b := bundle{db: testdb.New(t), now: time.Date(2025, 3, 1, 9, 0, 0, 123456789, time.FixedZone("BRT", -3*3600))}
	b.svc = admin.New(b.db, admin.Options{
		Actor: "olga", Host: "ops1", Version: "1.2.3", Profile: "prod", Now: func() time.Time { return b.now },
	})
	return b
}

func (b bundle) rows(t *testing.T, table string) int {
	t.Helper()
	var n int
	require.NoError(t, b.db.Gorm(t.Context()).Raw(`SELECT count(*) FROM `+namespace.Table(table)).Scan(&n).Error)
	return n
}

func TestCreateUser(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	pw := secret.New("Correct-Horse-7")
	c, err := b.svc.CreateUser(ctx, admin.Mode{Reason: "ticket 7"}, admin.CreateUserInput{
		Email: "  Ann@Example.COM ", Username: "ann", Plan: models.PlanPro, Password: pw, Inactive: true,
		EmailVerified: new(true), Preferences: models.JSON(`{"theme":"dark","api_key":"hunter2"}`),
	})
	require.NoError(t, err)
	require.Equal(t, words.Created, c.Status)
	require.Nil(t, c.Before)
	u, err := b.db.UserByID(ctx, c.After.ID, false)
	require.NoError(t, err)
	require.Equal(t, "ann@example.com", u.Email)
	require.Equal(t, models.PlanPro, u.PlanType)
	require.False(t, u.Active())
	require.True(t, *u.EmailVerified)
	require.Equal(t, int32(0), *u.LoginAttempts)
	require.Equal(t, b.now.UTC().Truncate(time.Microsecond), u.CreatedAt)
	require.Equal(t, u.CreatedAt, u.UpdatedAt)
	ok, err := crypto.CheckPassword(*u.PasswordHash, pw)
	require.NoError(t, err)
	require.True(t, ok)

	logs, err := b.db.ListAudit(ctx, store.AuditFilter{UserID: u.ID}, store.Page{}).Collect()
	require.NoError(t, err)
	require.Len(t, logs, 1)
	row := logs[0]
	require.Equal(t, []string{"user.create", "user", u.ID}, []string{row.Action, *row.Resource, *row.ResourceID})
	require.Equal(t, models.SeverityInfo, row.Severity)
	require.Equal(t, u.CreatedAt, row.CreatedAt)
	require.Nil(t, row.OldValues)
	require.JSONEq(t, `{"actor":"olga","host":"ops1","reason":"ticket 7","version":"1.2.3","profile":"prod"}`, string(row.Details))
	var values map[string]any
	require.NoError(t, row.NewValues.Decode(&values))
	require.Equal(t, "ann@example.com", values["email"])
	require.Equal(t, true, values["has_password"])
	for _, hidden := range []string{*u.PasswordHash, pw.Reveal(), "hunter2"} {
		require.NotContains(t, string(row.NewValues), hidden)
	}

	events, err := b.db.ListSecurityAudit(ctx, store.SecurityAuditFilter{UserID: u.ID}, store.Page{}).Collect()
	require.NoError(t, err)
	require.Len(t, events, 1)
	require.Equal(t, "PASSWORD_SET", events[0].Action)

	c, err = b.svc.CreateUser(ctx, admin.Mode{}, admin.CreateUserInput{Email: "bob@example.com", Username: "bob"})
	require.NoError(t, err)
	require.Equal(t, 1, b.rows(t, "SecurityAuditLog"))
	require.Equal(t, models.PlanFree, c.After.PlanType, "the database's default is read back")
	require.True(t, c.After.Active())
	require.Nil(t, c.After.PasswordHash)
	require.NotEmpty(t, c.After.ID)
}

func TestCreateUser_DryRunWritesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	in := admin.CreateUserInput{Email: "ann@example.com", Username: "ann"}
	c, err := b.svc.CreateUser(t.Context(), admin.Mode{DryRun: true}, in)
	require.NoError(t, err)
	require.True(t, c.DryRun)
	require.Equal(t, "ann@example.com", c.After.Email)
	require.Zero(t, b.rows(t, "User"))
	require.Zero(t, b.rows(t, "AuditLog"))
}

func TestCreateUser_RefusesBadInput(t *testing.T) {
	t.Parallel()
	b := setup(t)
	good := admin.CreateUserInput{Email: "ann@example.com", Username: "ann"}
	for name, c := range map[string]struct {
		field string
		spoil func(*admin.CreateUserInput)
	}{
		"no e-mail":         {"email", func(in *admin.CreateUserInput) { in.Email = "" }},
		"no at sign":        {"email", func(in *admin.CreateUserInput) { in.Email = "ann.example.com" }},
		"no top domain":     {"email", func(in *admin.CreateUserInput) { in.Email = "ann@example" }},
		"two lines":         {"email", func(in *admin.CreateUserInput) { in.Email = "ann@example.com\nx" }},
		"kelvin sign":       {"email", func(in *admin.CreateUserInput) { in.Email = "\u212aate@example.com" }},
		"long e-mail":       {"email", func(in *admin.CreateUserInput) { in.Email = strings.Repeat("a", 250) + "@example.com" }},
		"two characters":    {"username", func(in *admin.CreateUserInput) { in.Username = "ab" }},
		"two runes":         {"username", func(in *admin.CreateUserInput) { in.Username = "äö" }},
		"51 characters":     {"username", func(in *admin.CreateUserInput) { in.Username = strings.Repeat("ä", 51) }},
		"control character": {"username", func(in *admin.CreateUserInput) { in.Username = "an\x00n" }},
		"outer space":       {"username", func(in *admin.CreateUserInput) { in.Username = "ann " }},
		"plan":              {"plan", func(in *admin.CreateUserInput) { in.Plan = "gold" }},
		"preferences list":  {"preferences", func(in *admin.CreateUserInput) { in.Preferences = models.JSON(`[1]`) }},
		"preferences null":  {"preferences", func(in *admin.CreateUserInput) { in.Preferences = models.JSON(`null`) }},
		"preferences NUL":   {"preferences", func(in *admin.CreateUserInput) { in.Preferences = models.JSON(`{"a":"\u0000"}`) }},
		"weak password":     {"password", func(in *admin.CreateUserInput) { in.Password = secret.New("short") }},
		"long password":     {"password", func(in *admin.CreateUserInput) { in.Password = secret.New("Aa1!" + strings.Repeat("x", 69)) }},
	} {
		in := good
		c.spoil(&in)
		_, err := b.svc.CreateUser(t.Context(), admin.Mode{}, in)
		var bad *admin.InputError
		require.ErrorAs(t, err, &bad, name)
		require.Equal(t, c.field, bad.Field, name)
		require.ErrorIs(t, err, store.ErrInvalid)
	}
	for _, edge := range []string{"abc", strings.Repeat("ä", 50)} {
		_, err := b.svc.CreateUser(t.Context(), admin.Mode{}, admin.CreateUserInput{Email: fmt.Sprintf("e%d@example.com", len(edge)), Username: edge})
		require.NoError(t, err, "the database agrees on the edges")
	}
	require.Equal(t, 2, b.rows(t, "User"))
	require.Equal(t, 2, b.rows(t, "AuditLog"))
}

func TestCreateUser_Duplicates(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	old := models.User{Email: "Ann@Example.com", Username: "ann"} // as the web application stores it
	require.NoError(t, b.db.CreateUser(ctx, &old))
	bob, err := b.svc.CreateUser(ctx, admin.Mode{}, admin.CreateUserInput{Email: "bob@example.com", Username: "bob"})
	require.NoError(t, err)

	for _, c := range []struct {
		name            string
		email, username string
		lax             bool
		field           string // "" means already_exists
	}{
		{"same e-mail in another case", "ann@example.com", "other", false, "email"},
		{"same username", "new@example.com", "ann", false, "username"},
		{"same person", "ANN@example.com", "ann", false, "email"},
		{"same person, accepted", "ANN@example.com", "ann", true, ""},
		{"e-mail of one, username of another", "ann@example.com", "bob", true, "email"},
		{"same e-mail, another username", "bob@example.com", "bobby", true, "email"},
		{"same username, another e-mail", "bobby@example.com", "bob", true, "username"},
	} {
		change, err := b.svc.CreateUser(ctx, admin.Mode{}, admin.CreateUserInput{Email: c.email, Username: c.username, IfNotExists: c.lax})
		if c.field == "" {
			require.NoError(t, err, c.name)
			require.Equal(t, words.AlreadyExists, change.Status)
			require.Equal(t, old.ID, change.After.ID)
			continue
		}
		var conflict *admin.ConflictError
		require.ErrorAs(t, err, &conflict, c.name)
		require.ErrorIs(t, err, store.ErrConflict)
		require.NotEmpty(t, conflict.Existing)
	}
	require.Equal(t, 2, b.rows(t, "User"))
	require.Equal(t, 1, b.rows(t, "AuditLog"))
	require.NotEqual(t, old.ID, bob.After.ID)
}

func TestCreateUser_ManyAtOnceLeaveOneRow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const n = 30
	var mu sync.Mutex
	status := map[string]int{}
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			email := "ann@example.com"
			if i%2 == 0 {
				email = "ANN@Example.com"
			}
			c, err := b.svc.CreateUser(context.Background(), admin.Mode{}, admin.CreateUserInput{Email: email, Username: "ann", IfNotExists: true})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			status[c.Status]++
			mu.Unlock()
		})
	}
	wg.Wait()
	require.Equal(t, map[string]int{words.Created: 1, words.AlreadyExists: n - 1}, status)
	require.Equal(t, 1, b.rows(t, "User"))
	require.Equal(t, 1, b.rows(t, "AuditLog"))
}

func TestCreateUser_RaceWithAWriterThatTakesNoLock(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	done := make(chan error, 1)
	require.NoError(t, b.db.Transaction(ctx, func(tx *store.DB) error {
		if err := tx.CreateUser(ctx, &models.User{Email: "ann@example.com", Username: "ann"}); err != nil {
			return err
		}
		go func() {
			_, err := b.svc.CreateUser(context.Background(), admin.Mode{}, admin.CreateUserInput{Email: "ann@example.com", Username: "ann", IfNotExists: true})
			done <- err
		}()
		require.Eventually(t, func() bool { // until the insert waits for ours
			var n int
			require.NoError(t, b.db.Gorm(ctx).Raw("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&n).Error)
			return n > 0
		}, 10*time.Second, 5*time.Millisecond)
		return nil
	}))
	require.NoError(t, <-done)
	require.Equal(t, 1, b.rows(t, "User"))
}

func TestCreateUser_FailedAuditUndoesTheUser(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.db.Gorm(t.Context()).Exec(`DROP TABLE "AuditLog"`).Error)
	_, err := b.svc.CreateUser(t.Context(), admin.Mode{}, admin.CreateUserInput{Email: "ann@example.com", Username: "ann"})
	require.ErrorIs(t, err, store.ErrSchemaMissing)
	require.Zero(t, b.rows(t, "User"))
}
