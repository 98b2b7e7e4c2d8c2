package user_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/factory"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

// burdened gives a user everything that a change may have to take away, and one session.
func burdened(t *testing.T, db *store.DB, name string) models.User {
	t.Helper()
	u := row(t, db, name)
	require.NoError(t, db.UpdateUser(t.Context(), u.ID, map[string]any{
		"two_factor_enabled": true, "two_factor_secret": "s", "two_factor_backup_codes": models.JSON(`["a"]`), "email_verified": false,
		"email_verification_token": "v-" + name, "password_reset_token": "r-" + name, "login_attempts": 4, "locked_until": db.Now().Add(time.Hour),
	}))
	require.NoError(t, db.Gorm(t.Context()).Create(&models.RefreshToken{UserID: u.ID, Token: "t-" + name + fmt.Sprint(time.Now().UnixNano()), ExpiresAt: db.Now().Add(time.Hour)}).Error)
	return u
}

func liveSessions(t *testing.T, db *store.DB, id string) (n int64) {
	t.Helper()
	require.NoError(t, db.Gorm(t.Context()).Model(&models.RefreshToken{}).Where("user_id = ? AND NOT is_revoked", id).Count(&n).Error)
	return n
}

// securityOf are the names of the security events of a user.
func securityOf(p *clitest.Program, ref string) (names []string) {
	for _, e := range p.OK("audit", "security", "list", "--user", ref, "--all", "-o", "json").Items() {
		names = append(names, e["action"].(string))
	}
	slices.Sort(names)
	return names
}

// What an import changes about a user leaves what the commands for one user leave.
func TestImport_LeavesTheTrailOfTheSingleCommands(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	db := open(t, p)
	create(p, "ana", "--plan", "pro")
	create(p, "bob", "--plan", "pro")
	burdened(t, db, "ana")
	bob := burdened(t, db, "bob")
	for range 3 { // one more than the plan basic has
		factory.Account(t, db, row(t, db, "ana").ID)
		factory.Account(t, db, bob.ID)
	}

	p.Input(password+"\n").OK("user", "set-password", "ana", "--password-stdin")
	p.OK("user", "set-plan", "ana", "basic")
	p.OK("user", "disable", "ana")
	p.OK("user", "reset-2fa", "ana", "--yes")
	p.OK("user", "verify-email", "ana")
	hash, err := crypto.HashPasswordCost(secret.New(password), 4)
	require.NoError(t, err)
	file := fmt.Sprintf(`{"email":"bob@example.com","username":"bob","password_hash":%q,"plan_type":"basic","is_active":false,"two_factor_enabled":false,"email_verified":true}`, hash)
	r := p.Input(file).OK("user", "import", "-", "--on-conflict", "update", "-o", "json").JSON()
	require.Equal(t, "updated", r["result"])
	require.Equal(t, [5]float64{0, 1, 0, 0, 0}, counts(r))

	require.Equal(t, securityOf(p, "ana"), securityOf(p, "bob"))
	overLimits := func(ref string) any {
		e := p.OK("audit", "security", "list", "--user", ref, "--action", "PLAN_CHANGED", "-o", "json").Items()
		require.Len(t, e, 1)
		return e[0]["details"].(map[string]any)["over_limits"]
	}
	require.NotEmpty(t, overLimits("ana"))
	require.Equal(t, overLimits("ana"), overLimits("bob"))
	want, got := row(t, db, "ana"), row(t, db, "bob")
	require.Equal(t,
		[]any{want.TwoFactorSecret, want.TwoFactorBackupCodes, want.PasswordResetToken, want.EmailVerificationToken, want.LoginAttempts, want.LockedUntil},
		[]any{got.TwoFactorSecret, got.TwoFactorBackupCodes, got.PasswordResetToken, got.EmailVerificationToken, got.LoginAttempts, got.LockedUntil})
	require.Zero(t, liveSessions(t, db, bob.ID), "opened with the old password")
	entry := p.OK("audit", "list", "--user", "bob", "--action", "user.import", "-o", "json").Items()
	require.Len(t, entry, 1)
	require.EqualValues(t, 1, entry[0]["new_values"].(map[string]any)["sessions_revoked"])
	require.Equal(t, "pro", entry[0]["old_values"].(map[string]any)["plan_type"])

	// The same again is no change, and ends no session.
	require.NoError(t, db.Gorm(t.Context()).Create(&models.RefreshToken{UserID: bob.ID, Token: "new", ExpiresAt: db.Now().Add(time.Hour)}).Error)
	require.Equal(t, [5]float64{0, 0, 1, 0, 0}, counts(p.Input(file).OK("user", "import", "-", "--on-conflict", "update", "-o", "json").JSON()))
	clearText := `{"email":"bob@example.com","username":"bob","password":"` + password + `"}`
	for _, more := range [][]string{{"-n"}, nil} {
		args := append([]string{"user", "import", "-", "--on-conflict", "update", "-o", "json"}, more...)
		require.Equal(t, [5]float64{0, 0, 1, 0, 0}, counts(p.Input(clearText).OK(args...).JSON()))
	}
	require.EqualValues(t, 1, liveSessions(t, db, bob.ID))
}

func TestImport_QuietPrintsIDs(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	db := open(t, p)
	create(p, "ana")
	create(p, "bob")
	file := "email,username,is_active\nana@example.com,ana,false\nbob@example.com,bob,true\nnew@example.com,newbie,true\nbad,bad,true\n"
	r := p.Input(file).Run("user", "import", "-", "--on-conflict", "update", "-q")
	require.Equal(t, 7, r.Code)
	require.ElementsMatch(t, []string{row(t, db, "ana").ID, row(t, db, "newbie").ID}, strings.Fields(r.Stdout), "not bob, who is as the file says")
	require.Empty(t, p.Input(file).Run("user", "import", "-", "--on-conflict", "update", "-q").Stdout)
}

// One event has one name; rows of earlier versions, which had two, are found under either.
func TestPlanChange_HasOneName(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	db := open(t, p)
	ana := create(p, "ana")["id"].(string)
	p.OK("user", "set-plan", "ana", "pro")
	require.NoError(t, db.CreateSecurityAudit(t.Context(), &models.SecurityAuditLog{UserID: &ana, Action: "PLAN_CHANGE", Success: new(true), CreatedAt: db.Now()}))
	for _, name := range []string{"PLAN_CHANGED", "PLAN_CHANGE"} {
		require.Len(t, p.OK("audit", "security", "list", "--action", name, "-o", "json").Items(), 2, name)
	}
	require.Empty(t, p.OK("audit", "security", "list", "--action", "PLAN_CHAN", "-o", "json").Items())
}
