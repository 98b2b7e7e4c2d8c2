package user_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/factory"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

// open is the program's database, to look at and to prepare what no command can make.
func open(t *testing.T, p *clitest.Program) *store.DB {
	t.Helper()
	var url string
	for _, kv := range p.Env {
		if v, ok := strings.CutPrefix(kv, "DATABASE_URL="); ok {
			url = v
		}
	}
	db, err := store.Open(store.Options{URL: secret.New(url), MaxConnections: 3})
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

func row(t *testing.T, db *store.DB, ref string) models.User {
	t.Helper()
	u, err := db.FindUser(t.Context(), ref)
	require.NoError(t, err)
	u, err = db.UserByID(t.Context(), u.ID, false)
	require.NoError(t, err)
	return u
}

// actions are the audit rows of a user, newest first, with the security events in front.
func actions(p *clitest.Program, db *store.DB, ref string) (audit, security []string) {
	for _, e := range p.OK("audit", "list", "--user", ref, "--all", "-o", "json").Items() {
		audit = append(audit, e["action"].(string))
	}
	db.Gorm(p.T().Context()).Model(&models.SecurityAuditLog{}).Order("created_at DESC, id").Pluck("action", &security)
	return audit, security
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	db := open(t, p)
	create(p, "ana", "--email-verified", "--preferences", `{"theme":"dark"}`)
	create(p, "bob")

	r := p.OK("user", "update", "ana", "--email", "New@Example.org", "--username", "anna", "--dry-run", "-o", "json").JSON()
	require.Equal(t, "new@example.org", r["email"])
	require.Equal(t, true, r["dry_run"])
	require.Equal(t, "ana", row(t, db, "ana@example.com").Username)

	r = p.OK("user", "update", "ana", "--email", "New@Example.org", "--username", "anna", "--clear", "preferences", "-o", "json").JSON()
	require.Equal(t, "updated", r["result"])
	require.Equal(t, false, r["email_verified"], "nobody has verified the new address")
	require.Nil(t, r["preferences"])
	entry := p.OK("audit", "list", "--action", "user.update", "-o", "json").Items()[0]
	require.Equal(t, "ana@example.com", entry["old_values"].(map[string]any)["email"])
	require.Equal(t, "new@example.org", entry["new_values"].(map[string]any)["email"])

	require.Equal(t, "unchanged", p.OK("user", "update", "anna", "--username", "anna", "-o", "json").JSON()["result"])
	require.Len(t, p.OK("audit", "list", "--action", "user.update", "-o", "json").Items(), 1, "no change, no row")
	require.Equal(t, true, p.OK("user", "update", "anna", "--email", "third@example.org", "--email-verified", "-o", "json").JSON()["email_verified"])

	require.Equal(t, "user_exists", p.Fails(4, "user", "update", "anna", "--email", "BOB@example.com", "-o", "json").Error()["code"])
	require.Contains(t, p.Fails(4, "user", "update", "anna", "--username", "bob").Stderr, `username "bob" exists`)
	require.Contains(t, p.Fails(2, "user", "update", "anna").Stderr, "nothing to change")
	p.Fails(2, "user", "update", "anna", "--email", "nobody")
	p.Fails(2, "user", "update", "anna", "--preferences", "[1]")
	p.Fails(2, "user", "update", "anna", "--email-verified")
	require.Equal(t, "user_not_found", p.Fails(3, "user", "update", "carl", "--username", "carla", "-o", "json").Error()["code"])
}

func TestEnableDisable(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	db := open(t, p)
	ana := create(p, "ana")["id"].(string)
	create(p, "bob")
	factory.Session(t, db, ana)

	require.Equal(t, false, p.OK("user", "disable", "ana", "--revoke-sessions", "-o", "json").JSON()["is_active"])
	live := p.OK("user", "session", "list", "ana", "--live", "-o", "json").Items()
	require.Empty(t, live)
	require.Equal(t, "unchanged", p.OK("user", "disable", "ana", "-o", "json").JSON()["result"])
	many := p.OK("user", "disable", "ana", "bob", "ANA@example.com", "-o", "json").Items()
	require.Len(t, many, 2)
	require.ElementsMatch(t, []any{"unchanged", "updated"}, []any{many[0]["result"], many[1]["result"]})
	p.Fails(3, "user", "enable", "ana", "nobody")
	require.False(t, row(t, db, "ana").Active(), "all or none")
	require.Contains(t, p.OK("user", "enable", "ana", "bob").Stderr, "2 of 2 users enabled")
	p.OK("user", "enable", "ana", "--dry-run")
	audit, security := actions(p, db, "ana")
	require.Equal(t, []string{"user.enable", "user.disable", "user.create"}, audit)
	require.Contains(t, security, "USER_DISABLED")
}

func TestSetPlan(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	db := open(t, p)
	ana := create(p, "ana", "--plan", "pro")["id"].(string)
	for range 3 {
		factory.Account(t, db, ana)
	}
	r := p.OK("user", "set-plan", "ana", "FREE", "--dry-run")
	require.Contains(t, r.Stderr, "would be on free, down from pro")
	require.Contains(t, r.Stderr, "warning: over the limit of free: exchange_accounts: 3 of 1")
	require.Equal(t, "plan_downgrade", p.Fails(4, "user", "set-plan", "ana", "basic", "--only-upgrade", "-o", "json").Error()["code"])
	v := p.OK("user", "set-plan", "ana", "basic", "-o", "json").JSON()
	require.Equal(t, "basic", v["plan_type"])
	require.Equal(t, []any{map[string]any{"limit": "exchange_accounts", "used": 3.0, "max": 2.0}}, v["over_limits"])
	require.Equal(t, []any{}, p.OK("user", "set-plan", "ana", "lifetime", "--only-upgrade", "-o", "json").JSON()["over_limits"])
	require.Equal(t, "unchanged", p.OK("user", "set-plan", "ana", "lifetime", "-o", "json").JSON()["result"])
	p.Fails(2, "user", "set-plan", "ana", "gold")
	p.Fails(2, "user", "set-plan", "ana")
	p.Fails(3, "user", "set-plan", "carl", "pro")
	_, security := actions(p, db, "ana")
	require.Equal(t, []string{"PLAN_CHANGED", "PLAN_CHANGED"}, security)
}

func TestSetPassword(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	db := open(t, p)
	ana := create(p, "ana")["id"].(string)
	factory.Session(t, db, ana)
	require.NoError(t, db.UpdateUser(t.Context(), ana, map[string]any{"login_attempts": 5, "locked_until": db.Now().AddDate(0, 0, 1), "password_reset_token": "reset-me"}))

	r := p.Input(password+"\n").OK("user", "set-password", "ana", "--password-stdin", "--dry-run")
	require.Contains(t, r.Stderr, "1 session would end")
	require.Nil(t, row(t, db, "ana").PasswordHash)

	r = p.Input(password+"\n").OK("user", "set-password", "ana", "--password-stdin", "-o", "json")
	require.NotContains(t, r.Stdout+r.Stderr, password)
	require.EqualValues(t, 1, r.JSON()["sessions_revoked"])
	require.Nil(t, r.JSON()["generated"])
	u := row(t, db, "ana")
	ok, err := crypto.CheckPassword(*u.PasswordHash, secret.New(password))
	require.NoError(t, err)
	require.True(t, ok)
	require.Nil(t, u.LockedUntil)
	require.Nil(t, u.PasswordResetToken)

	factory.Session(t, db, ana)
	r = p.OK("user", "set-password", "ana", "--generate", "--keep-sessions", "-o", "json")
	made := r.JSON()["generated"].(string)
	require.EqualValues(t, 0, r.JSON()["sessions_revoked"])
	ok, err = crypto.CheckPassword(*row(t, db, "ana").PasswordHash, secret.New(made))
	require.NoError(t, err)
	require.True(t, ok)
	require.Len(t, p.OK("user", "session", "list", "ana", "--live", "-o", "json").Items(), 1)
	require.Nil(t, p.OK("user", "set-password", "ana", "--generate", "-n", "-o", "json").JSON()["generated"])
	require.Contains(t, p.OK("user", "set-password", "ana", "--generate").Stderr, "shown this once")

	file := filepath.Join(p.Dir, "pw")
	require.NoError(t, os.WriteFile(file, []byte(password), 0o644))
	p.Fails(10, "user", "set-password", "ana", "--password-file", "pw")
	require.NoError(t, os.Chmod(file, 0o600))
	p.OK("user", "set-password", "ana", "--password-file", "pw")

	require.Contains(t, p.Input("weak").Fails(2, "user", "set-password", "ana", "--password-stdin").Stderr, "at least 8 characters")
	require.Contains(t, p.Input("").Fails(2, "user", "set-password", "ana", "--password-stdin").Stderr, "holds no password")
	require.Contains(t, p.Fails(2, "user", "set-password", "ana", "-o", "json").Error()["message"], "no terminal")
	p.Fails(2, "user", "set-password", "ana", "--generate", "-q")
	p.Fails(2, "user", "set-password", "ana", "--generate", "--password-stdin")
	p.Fails(3, "user", "set-password", "carl", "--generate")

	loose := p.With("AXISOR_PASSWORD_MIN_LENGTH=4", "AXISOR_PASSWORD_REQUIRE=digit")
	loose.Input("x1x1").OK("user", "set-password", "ana", "--password-stdin")
	p.With("AXISOR_PASSWORD_MIN_LENGTH=30").Input(password).Fails(2, "user", "set-password", "ana", "--password-stdin")
	p.With("AXISOR_PASSWORD_REQUIRE=emoji").Fails(10, "user", "set-password", "ana", "--generate")

	dump := p.OK("audit", "list", "--all", "-o", "json").Stdout
	require.NotContains(t, dump, password)
	require.NotContains(t, dump, made)
	require.NotContains(t, dump, "$2a$")
}

func TestUnlockResetVerify(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	db := open(t, p)
	ana := create(p, "ana")["id"].(string)
	all := map[string]any{
		"login_attempts": 5, "locked_until": db.Now().AddDate(0, 0, 1), "two_factor_enabled": true, "two_factor_secret": "JBSWY3DPEHPK3PXP",
		"two_factor_backup_codes": models.JSON(`["AAAA1111"]`), "email_verification_token": "mailed",
	}
	require.NoError(t, db.UpdateUser(t.Context(), ana, all))
	before := row(t, db, "ana")

	p.OK("user", "unlock", "ana", "-n")
	require.Equal(t, before, row(t, db, "ana"), "a dry run changes nothing")

	require.Nil(t, p.OK("user", "unlock", "ana", "-o", "json").JSON()["locked_until"])
	u := row(t, db, "ana")
	require.EqualValues(t, 0, *u.LoginAttempts)
	require.True(t, *u.TwoFactorEnabled, "nothing but the lockout")
	require.Equal(t, "unchanged", p.OK("user", "unlock", "ana", "-o", "json").JSON()["result"])

	require.Equal(t, false, p.OK("user", "reset-2fa", "ana", "-o", "json").JSON()["two_factor_enabled"])
	u = row(t, db, "ana")
	require.Nil(t, u.TwoFactorSecret)
	require.Nil(t, u.TwoFactorBackupCodes)
	require.Equal(t, "unchanged", p.OK("user", "reset-2fa", "ana", "-o", "json").JSON()["result"])

	require.Equal(t, true, p.OK("user", "verify-email", "ana", "-o", "json").JSON()["email_verified"])
	require.Nil(t, row(t, db, "ana").EmailVerificationToken)
	require.Equal(t, "unchanged", p.OK("user", "verify-email", "ana", "-o", "json").JSON()["result"])
	for _, v := range []string{"unlock", "reset-2fa", "verify-email"} {
		require.Equal(t, "user_not_found", p.Fails(3, "user", v, "carl", "-o", "json").Error()["code"])
		p.Fails(2, "user", v)
		p.Fails(2, "user", v, "ana", "bob")
	}
	audit, security := actions(p, db, "ana")
	require.Equal(t, []string{"user.verify_email", "user.reset_2fa", "user.unlock", "user.create"}, audit)
	require.Equal(t, []string{"EMAIL_VERIFIED", "TWO_FACTOR_RESET", "USER_UNLOCKED"}, security)
	require.NotContains(t, p.OK("audit", "list", "--all", "-o", "json").Stdout, "JBSWY3DP")
}
