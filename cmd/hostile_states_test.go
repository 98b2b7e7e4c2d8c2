package cmd_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/factory"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// states are the columns that hold a word for what a row is or is in, and the commands that read or write such a row,
// with ID for its id and OWNER for its user's.
var states = []struct {
	table, columns, commands string
}{
	{"Payment", "status payment_method", `payment show ID|payment list|payment list --status paid|payment check|payment check ID|payment stats|payment export
		|payment settle ID --force --reason r|payment settle ID --force --late --reason r|payment fail ID|payment refund ID --reason r|payment expire --backend none`},
	{"Automation", "status type risk_level", `automation show ID|automation list|automation check|automation disable ID|automation enable ID
		|automation update ID --risk-level low|automation delete ID -y`},
	{"TradeLog", "status action", `trade show ID|trade list|trade list --status success|trade export|trade stats|trade chart|trade calendar`},
	{"MarginGuardConfig", "mode", `guard config show OWNER|guard config list|guard config disable OWNER|guard config enable OWNER
		|guard config set OWNER --threshold 11|guard status`},
	{"Simulation", "status simulation_type price_scenario", "simulation show ID|simulation list"},
	{"BacktestReport", "status strategy", "report show ID|report list"},
	{"Notification", "type", "notification list"},
	{"AuditLog", "action resource severity", "audit show ID|audit list|audit export"},
	{"SecurityAuditLog", "action", "audit security list|audit export --security"},
	{"axisor.guard_intent", "resolution error", "guard history|guard resolve ID --applied --reason r"},
	{"axisor.payment_intent", "backend", "payment list|payment invoice OWNER --plan pro"},
}

// stateRows makes a row of each table that has no factory, and returns their ids.
func stateRows(t *testing.T, db *store.DB, userID string) map[string]string {
	t.Helper()
	ids := map[string]string{}
	for table, insert := range map[string]string{
		"Simulation":            `INSERT INTO "Simulation" (user_id, name, config) VALUES (?, 's', '{}') RETURNING id`,
		"BacktestReport":        `INSERT INTO "BacktestReport" (user_id, config, result) VALUES (?, '{}', '{}') RETURNING id`,
		"Notification":          `INSERT INTO "Notification" (user_id, type, channel_config) VALUES (?, 'email', '{}') RETURNING id`,
		"AuditLog":              `INSERT INTO "AuditLog" (user_id, action) VALUES (?, 'user.update') RETURNING id`,
		"SecurityAuditLog":      `INSERT INTO "SecurityAuditLog" (user_id, action) VALUES (?, 'LOGIN') RETURNING id`,
		"axisor.payment_intent": `INSERT INTO axisor.payment_intent (user_id, plan_type, amount_sats, expiry_seconds, description, backend, created_at, updated_at) VALUES (?, 'pro', 1, 1, 'd', 'lnd', now(), now()) RETURNING id`,
		"axisor.guard_intent": `INSERT INTO axisor.guard_intent (user_id, trade_id, side, amount_sats, margin_before, liquidation_before, entry_price, price, threshold, state, planned_at, sent_at, updated_at)
			VALUES (?, 't', 'buy', 5, 1, 1, 1, 1, 10, 'unknown', now(), now(), now()) RETURNING id`,
	} {
		var id string
		require.NoError(t, db.Gorm(t.Context()).Raw(insert, userID).Scan(&id).Error, table)
		ids[table] = id
	}
	return ids
}

// A word that somebody else stored becomes neither a code of an error nor an error that no code names.
func TestHostileStates_AreNoCodes(t *testing.T) {
	t.Parallel()
	const word = "zqx\x1b[31m of theirs"
	code := regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	p := clitest.WithDB(t)
	db := openDB(t, p)
	g := db.Gorm(t.Context())
	u := factory.User(t, db)
	account := factory.Account(t, db, u.ID)
	require.NoError(t, g.Exec(`INSERT INTO "AutomationType" (name, slug) VALUES ('theirs', ?)`, word).Error)
	ids := stateRows(t, db, u.ID)
	factory.Guard(t, db, u.ID)
	ids["TradeLog"] = factory.Trade(t, db, u.ID, func(l *models.TradeLog) { l.PnL = new(5.0) }).ID
	tried := 0
	for _, s := range states {
		table := s.table
		if !strings.Contains(table, ".") {
			table = `"` + table + `"`
		}
		for column := range strings.FieldsSeq(s.columns) {
			switch s.table { // what a command may end is made anew
			case "Payment":
				ids[s.table] = factory.Payment(t, db, u.ID).ID
			case "Automation":
				ids[s.table] = factory.Automation(t, db, u.ID, account.ID).ID
			}
			where, id := "id", ids[s.table]
			if s.table == "MarginGuardConfig" {
				where, id = "user_id", u.ID
			}
			for line := range strings.SplitSeq(s.commands, "|") {
				require.NoError(t, g.Exec(fmt.Sprintf(`UPDATE %s SET %s = ? WHERE %s = ?`, table, column, where), word, id).Error)
				line = strings.NewReplacer("ID", id, "OWNER", u.ID).Replace(line)
				what := fmt.Sprintf("%s.%s: %s", s.table, column, line)
				r := p.Run(append(strings.Fields(line), "-o", "json")...)
				tried++
				require.Contains(t, []int{0, 2, 3, 4, 7, 8, 10}, r.Code, "%s: %s", what, r.Stderr)
				require.NotContains(t, r.Stdout+r.Stderr, "\x1b", what)
				if r.Code != 0 {
					require.Regexp(t, code, r.Error()["code"], what)
					require.NotContains(t, r.Error()["code"], "zqx", what)
				}
			}
		}
	}
	require.Greater(t, tried, 60)
	require.Contains(t, []int{0, 8}, p.Run("doctor").Code)
}
