package user_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/factory"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// furnished makes a user with something in every table.
func furnished(t *testing.T, p *clitest.Program, db *store.DB, name string) string {
	t.Helper()
	id := create(p, name, "--plan", "pro")["id"].(string)
	acc := factory.Account(t, db, id)
	auto := factory.Automation(t, db, id, acc.ID)
	factory.Trade(t, db, id, func(l *models.TradeLog) { l.AutomationID = &auto.ID })
	factory.Trade(t, db, id)
	factory.Payment(t, db, id)
	factory.Session(t, db, id)
	factory.Guard(t, db, id)
	return id
}

func effects(v map[string]any) map[string]string {
	out := map[string]string{}
	for _, e := range v["effects"].([]any) {
		m := e.(map[string]any)
		out[m["table"].(string)] = m["action"].(string)
	}
	return out
}

func TestDelete(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	db := open(t, p)
	ana := furnished(t, p, db, "ana")
	bob := furnished(t, p, db, "bob")

	plan := p.OK("user", "delete", "ana", "--dry-run", "-o", "json").JSON()
	require.Equal(t, map[string]string{
		"UserExchangeAccounts": "deleted", "Automation": "deleted", "TradeLog": "deleted", "Payment": "deleted", "RefreshToken": "deleted",
		"MarginGuardConfig": "deleted", "AuditLog": "unlinked",
	}, effects(plan))
	require.Equal(t, true, plan["dry_run"])
	row(t, db, "ana")

	e := p.Fails(2, "user", "delete", "ana", "-o", "json").Error()
	require.Equal(t, "confirmation_needed", e["code"])
	require.Equal(t, "deleted", p.OK("user", "delete", "ana", "--yes", "--reason", "asked", "-o", "json").JSON()["result"])
	p.Fails(3, "user", "show", ana)
	p.Fails(3, "user", "delete", "ana", "--yes")
	p.OK("user", "delete", "ana", "--yes", "--if-exists")
	row(t, db, bob)
	last := p.OK("audit", "list", "--resource", "user", "--action", "user.delete", "-o", "json").Items()
	require.Len(t, last, 1)
	require.Nil(t, last[0]["user_id"])
	require.Equal(t, ana, last[0]["resource_id"])
	require.Equal(t, "ana@example.com", last[0]["old_values"].(map[string]any)["email"])
	require.Len(t, p.OK("audit", "list", "--user", ana, "-o", "json").Items(), 2, "the trail is found by the old id")
}

func TestDelete_Blocked(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	db := open(t, p)
	ana := furnished(t, p, db, "ana")
	require.NoError(t, db.Gorm(t.Context()).Exec(`CREATE TABLE trading_logs (id int PRIMARY KEY, "userId" text NOT NULL REFERENCES "User"(id) ON DELETE RESTRICT)`).Error)
	require.NoError(t, db.Gorm(t.Context()).Exec(`INSERT INTO trading_logs VALUES (1, ?)`, ana).Error)
	for _, flag := range []string{"--yes", "--dry-run"} {
		e := p.Fails(4, "user", "delete", "ana", flag, "-o", "json").Error()
		require.Equal(t, "user_in_use", e["code"])
		require.Contains(t, e["message"], "trading_logs.userId (1)")
	}
	// an automation of somebody else on this user's account stands in the way as well
	require.NoError(t, db.Gorm(t.Context()).Exec(`DELETE FROM trading_logs`).Error)
	accounts, err := db.AccountsOf(t.Context(), ana)
	require.NoError(t, err)
	factory.Automation(t, db, create(p, "bob")["id"].(string), accounts[0].ID)
	require.Contains(t, p.Fails(4, "user", "delete", "ana", "--yes").Stderr, "Automation.user_exchange_account_id (1)")
	row(t, db, "ana")
}

func TestDelete_Anonymize(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	db := open(t, p)
	ana := furnished(t, p, db, "ana")
	require.NoError(t, db.UpdateUser(t.Context(), ana, map[string]any{"last_login_ip": "203.0.113.9", "last_login_at": time.Now().UTC(), "social_id": "g-1"}))
	p.OK("user", "update", "ana", "--email", "ana.silva@example.org")

	plan := p.OK("user", "delete", "ana", "--anonymize", "-n", "-o", "json").JSON()
	require.Equal(t, "kept", effects(plan)["Payment"])
	require.Equal(t, "deleted", effects(plan)["Automation"])
	require.Equal(t, "ana.silva@example.org", row(t, db, "ana").Email)

	v := p.OK("user", "delete", "ana", "--anonymize", "--yes", "--reason", "erasure", "-o", "json").JSON()
	require.Equal(t, "anonymized", v["result"])
	kept := v["kept_as"].(string)
	require.Regexp(t, `^anon-[0-9a-f]{32}$`, kept)
	u := row(t, db, kept)
	require.False(t, u.Active())
	require.Nil(t, u.LastLoginIP)
	require.Nil(t, u.SocialID)
	shown := p.OK("user", "show", kept, "-o", "json").JSON()
	require.Len(t, shown["trades"], 2)
	require.Len(t, shown["payments"], 1)
	require.Empty(t, shown["sessions"])
	require.Empty(t, shown["accounts"])
	p.Fails(3, "user", "show", ana)

	var dump string
	for _, table := range []string{"User", "AuditLog", "SecurityAuditLog", "TradeLog", "Payment"} {
		var part string
		require.NoError(t, db.Gorm(t.Context()).Raw(`SELECT coalesce(string_agg(t::text, '|'), '') FROM "`+table+`" t`).Scan(&part).Error)
		dump += part
	}
	for _, gone := range []string{ana, "ana@example", "ana.silva", "203.0.113.9", ",ana,"} {
		require.NotContains(t, dump, gone)
	}
	require.NotEmpty(t, p.OK("audit", "list", "--user", kept, "-o", "json").Items())
}
