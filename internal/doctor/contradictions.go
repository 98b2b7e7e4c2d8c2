package doctor

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/axisor/axisor/pkg/automation"
	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/store"
)

// contradiction is one thing that cannot be right, and a query for those it is true of.
type contradiction struct {
	one, many string // behind the number of rows
	query     string // one text per row
	fix       string
}

// contradictions names each of several that rows fulfil.
func (v *visit) contradictions(ctx context.Context, fine string, list []contradiction) (Result, error) {
	db, err := v.migrated()
	if err != nil {
		return Result{}, err
	}
	var said []string
	fix := ""
	for _, c := range list {
		rows, err := texts(ctx, db.Queries(), db.Named(c.query))
		if err != nil {
			return Result{}, err
		}
		if len(rows) == 0 {
			continue
		}
		what := "1 " + c.one
		if len(rows) > 1 {
			what = fmt.Sprintf("%d %s", len(rows), c.many)
		}
		said = append(said, what+": "+some(rows))
		if fix == "" {
			fix = c.fix
		}
	}
	if len(said) > 0 {
		return warn(fix, "%s", strings.Join(said, "; ")), nil
	}
	return good("%s", fine), nil
}

func (v *visit) paymentRows(ctx context.Context) (Result, error) {
	return v.contradictions(ctx, "every paid one has a time, and no hash was paid twice", []contradiction{
		{
			"paid payment without paid_at", "paid payments without paid_at",
			`SELECT id FROM "Payment" WHERE status IN ('paid', 'completed') AND paid_at IS NULL ORDER BY id`, "axisor payment check",
		},
		{
			"hash of several paid payments", "hashes of several paid payments",
			`SELECT payment_hash FROM "Payment" WHERE status IN ('paid', 'completed') AND payment_hash IS NOT NULL
				GROUP BY payment_hash HAVING count(*) > 1 ORDER BY 1`, "axisor payment check",
		},
	})
}

func (v *visit) automationRows(ctx context.Context) (Result, error) {
	return v.contradictions(ctx, "is_active and status agree, and every configuration has a known shape", []contradiction{
		{
			"automation whose is_active and status disagree", "automations whose is_active and status disagree",
			`SELECT id FROM "Automation" WHERE ` + store.AutomationDisagrees + ` ORDER BY id`, "axisor automation check",
		},
		{
			"configuration that is no object", "configurations that are no objects",
			`SELECT id FROM "Automation" WHERE jsonb_typeof(config) <> 'object' ORDER BY id`, "axisor automation check",
		},
		{
			"configuration of no known shape", "configurations of no known shape",
			`SELECT id || ' (' || type || ')' FROM "Automation" WHERE jsonb_typeof(config) = 'object' AND NOT (` + knownShape() + `) ORDER BY id`,
			"axisor automation check",
		},
		{
			"user with a position's setting of no known shape", "users with settings of positions of no known shape",
			`SELECT u.username FROM "MarginGuardConfig" g JOIN "User" u ON u.id = g.user_id
				WHERE jsonb_typeof(g.individual_configs) NOT IN ('object', 'null') OR jsonb_typeof(g.individual_configs) = 'object' AND EXISTS (
					SELECT FROM jsonb_each(CASE jsonb_typeof(g.individual_configs) WHEN 'object' THEN g.individual_configs END) e
					WHERE jsonb_typeof(e.value) NOT IN ('object', 'null') OR jsonb_typeof(e.value) = 'object' AND NOT e.value ?| ` + textArray(marginguard.SettingKeys()) + `)
				ORDER BY 1`,
			"axisor guard config list",
		},
	})
}

// knownShape is a condition: a configuration has a strategy, or a key of the web application's shape of its type. It is
// what automation.Recognise asks, without reading every configuration.
func knownShape() string {
	known := []string{"config ? '" + automation.StrategyKey + "'"}
	for _, slug := range automation.Types() {
		known = append(known, fmt.Sprintf("type = '%s' AND config ?| %s", slug, textArray(automation.AppKeys(slug))))
	}
	return strings.Join(known, " OR ")
}

func textArray(words []string) string { return "ARRAY['" + strings.Join(words, "', '") + "']" }

func (v *visit) exchanges(ctx context.Context) (Result, error) {
	return v.contradictions(ctx, "each exists once, and those with active accounts are active", []contradiction{
		{
			"exchange in several rows", "exchanges in several rows", `SELECT string_agg(slug, ' and ' ORDER BY slug) FROM "Exchange"
				GROUP BY regexp_replace(lower(slug), '[^a-z0-9]', '', 'g') HAVING count(*) > 1 ORDER BY 1`, "axisor exchange list",
		},
		{
			"inactive exchange with active accounts", "inactive exchanges with active accounts", `SELECT slug FROM "Exchange" e WHERE NOT is_active
				AND EXISTS (SELECT FROM "UserExchangeAccounts" a WHERE a.exchange_id = e.id AND a.is_active) ORDER BY 1`, "axisor exchange list",
		},
	})
}

// server: a table counts as big from a hundred thousand rows on.
func (v *visit) server(ctx context.Context) (Result, error) {
	return v.contradictions(ctx, "sessions may write, autovacuum runs, no session holds a transaction open, and no replication slot fills the disk", []contradiction{
		{
			"replication slot that nobody reads", "replication slots that nobody reads",
			fmt.Sprintf(`SELECT slot_name || ' keeps ' || pg_size_pretty(kept) || ' of write-ahead log' FROM (
				SELECT slot_name, pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, restart_lsn) AS kept
				FROM pg_catalog.pg_replication_slots WHERE NOT active) s WHERE kept >= %d ORDER BY kept DESC`, cmp.Or(v.in.SlotKeeps, defaultSlotKeeps)),
			`axisor db shell -- -c "SELECT * FROM pg_replication_slots WHERE NOT active"`,
		},
		{
			"default that makes sessions read only", "defaults that make sessions read only",
			`SELECT 'default_transaction_read_only' WHERE current_setting('default_transaction_read_only') = 'on'`,
			`axisor db shell -- -c "SELECT setrole::regrole, setconfig FROM pg_db_role_setting"`,
		},
		{
			"big table without autovacuum", "big tables without autovacuum",
			`SELECT c.relname::text FROM pg_catalog.pg_class c WHERE c.relkind = 'r'
				AND c.relnamespace IN ` + store.OurSchemas + `
				AND c.reloptions && ARRAY['autovacuum_enabled=false', 'autovacuum_enabled=off', 'autovacuum_enabled=0'] AND c.reltuples >= 1e5 ORDER BY 1`,
			"axisor db size",
		},
		{
			"session idle in a transaction for minutes", "sessions idle in a transaction for minutes",
			fmt.Sprintf(`SELECT pid || ' (' || COALESCE(NULLIF(application_name, ''), usename) || ')' FROM pg_catalog.pg_stat_activity
				WHERE datname = current_database() AND state LIKE 'idle in transaction%%' AND state_change < clock_timestamp() - interval '%d microseconds' ORDER BY 1`,
				cmp.Or(v.in.IdleFor, defaultIdleFor).Microseconds()),
			"axisor db activity",
		},
	})
}
