package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/axisor/axisor/pkg/namespace"
)

// Server is what a server says of itself.
type Server struct {
	Version  string
	Database string
	Role     string
	Schema   string
	Bytes    int64
	Recovery bool // a standby: it accepts no writes
	TLS      bool
}

// Server asks the server what it is.
func (d *DB) Server(ctx context.Context) (Server, error) {
	var s Server
	err := d.Gorm(ctx).Raw(`SELECT current_setting('server_version') AS version, current_database() AS database, current_user AS role,
		COALESCE((SELECT nspname FROM pg_catalog.pg_namespace WHERE oid = ` + namespace.SharedSchema + `), '') AS schema, pg_database_size(current_database()) AS bytes, pg_is_in_recovery() AS recovery,
		COALESCE((SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS tls`).Scan(&s).Error
	if err != nil {
		return s, fmt.Errorf("ask the server: %w", err)
	}
	s.Version, _, _ = strings.Cut(s.Version, " ")
	return s, nil
}

// TableSize is how much room a table takes and how well it is kept.
type TableSize struct {
	Name                             string
	Rows                             int64 // the planner's estimate; -1 when it was never counted
	TableBytes, IndexBytes, AllBytes int64
	DeadRows                         int64
	LastVacuum, LastAnalyze          *time.Time
	Advice                           string // vacuum, analyze or ""
}

// TableSizes lists the tables, largest first.
func (d *DB) TableSizes(ctx context.Context) ([]TableSize, error) {
	var rows []TableSize
	err := d.Gorm(ctx).Raw(`SELECT c.relname AS name, c.reltuples::bigint AS rows, pg_table_size(c.oid) AS table_bytes,
			pg_indexes_size(c.oid) AS index_bytes, pg_total_relation_size(c.oid) AS all_bytes, COALESCE(s.n_dead_tup, 0) AS dead_rows,
			GREATEST(s.last_vacuum, s.last_autovacuum) AT TIME ZONE 'UTC' AS last_vacuum,
			GREATEST(s.last_analyze, s.last_autoanalyze) AT TIME ZONE 'UTC' AS last_analyze,
			CASE WHEN s.n_dead_tup > 10000 AND s.n_dead_tup > 0.2 * s.n_live_tup THEN 'vacuum'
				WHEN c.reltuples < 0 AND s.n_live_tup > 1000 OR s.n_mod_since_analyze > 10000 AND s.n_mod_since_analyze > 0.2 * s.n_live_tup
				THEN 'analyze' ELSE '' END AS advice
		FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_stat_user_tables s ON s.relid = c.oid
		WHERE c.relnamespace IN ` + OurSchemas + ` AND c.relkind IN ('r', 'p')
		ORDER BY all_bytes DESC, name`).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read sizes: %w", err)
	}
	return rows, nil
}

// Analyze counts tables anew for the planner. It stops nobody.
func (d *DB) Analyze(ctx context.Context, tables []string) error {
	for _, t := range tables {
		if err := d.Gorm(ctx).Exec("ANALYZE " + namespace.Table(t)).Error; err != nil {
			return fmt.Errorf("analyze %s: %w", t, err)
		}
	}
	return nil
}

// IndexState is one index and what is remarkable about it.
type IndexState struct {
	Name, Table string
	Bytes       int64
	Scans       int64
	Unique      bool
	Valid       bool
	Constraint  bool   // a key owns it
	CoveredBy   string // another index that does the same, or begins with its columns
	Bloat       float64
}

// IndexStates lists the indexes, by table and name. Covered by another is an index without a key of its own
// whose columns are the same as those of another, or its first; both without a condition and with the same
// operators. Bloat is how many times larger it is than its entries need, as far as the statistics tell.
func (d *DB) IndexStates(ctx context.Context) ([]IndexState, error) {
	var rows []IndexState
	err := d.Gorm(ctx).Raw(`WITH i AS (
			SELECT x.indexrelid AS oid, x.indrelid, ic.relname AS name, tc.relname AS tab, x.indisunique, x.indisvalid AND x.indisready AS valid,
				x.indkey::text AS keys, x.indclass::text AS classes, x.indoption::text AS options, x.indpred IS NULL AND x.indexprs IS NULL AS plain,
				ic.relam, ic.relpages, ic.reltuples, pg_relation_size(ic.oid) AS bytes, COALESCE(s.idx_scan, 0) AS scans,
				EXISTS (SELECT FROM pg_catalog.pg_constraint n WHERE n.conindid = x.indexrelid AND n.contype IN ('p', 'u', 'x')) AS key,
				(SELECT COALESCE(sum(st.stawidth), 8) FROM pg_catalog.pg_statistic st WHERE st.starelid = x.indrelid AND st.staattnum = ANY (x.indkey)) AS width
			FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class ic ON ic.oid = x.indexrelid JOIN pg_catalog.pg_class tc ON tc.oid = x.indrelid
			LEFT JOIN pg_catalog.pg_stat_user_indexes s ON s.indexrelid = x.indexrelid
			WHERE tc.relnamespace IN ` + OurSchemas + ` AND tc.relname <> '_prisma_migrations')
		SELECT a.name, a.tab AS "table", a.bytes, a.scans, a.indisunique AS "unique", a.valid, a.key AS "constraint",
			COALESCE((SELECT b.name FROM i b WHERE b.indrelid = a.indrelid AND b.oid <> a.oid AND a.plain AND b.plain AND a.relam = b.relam AND b.valid
				AND NOT a.indisunique
				AND (b.keys = a.keys AND b.classes = a.classes AND b.options = a.options AND (b.indisunique OR b.oid < a.oid)
					OR b.keys LIKE a.keys || ' %' AND b.classes LIKE a.classes || ' %' AND b.options LIKE a.options || ' %')
				ORDER BY b.indisunique DESC, length(b.keys), b.oid LIMIT 1), '') AS covered_by,
			CASE WHEN a.reltuples > 1000 THEN round((a.bytes / NULLIF(a.reltuples * (a.width + 16) / 0.9, 0))::numeric, 1) ELSE 0 END AS bloat
		FROM i a ORDER BY a.tab, a.name`).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read indexes: %w", err)
	}
	return rows, nil
}

// Session is one connection that does something, or stops others.
type Session struct {
	PID         int `gorm:"column:pid"`
	Role        string
	Application string
	State       string
	Since       time.Time // when its transaction or, without one, its state began
	Wait        string
	BlockedBy   string // server processes, separated by commas
	Blocks      int
	Query       string
}

// Activity lists the sessions of this database that are in a transaction or run a statement, those that stop
// most others first, then the oldest. Of others' statements a role without the right sees no text.
func (d *DB) Activity(ctx context.Context, idle bool) ([]Session, error) {
	var rows []Session
	err := d.Gorm(ctx).Raw(`WITH a AS (SELECT *, pg_blocking_pids(pid) AS blockers FROM pg_catalog.pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid())
		SELECT pid, COALESCE(usename, '') AS role, COALESCE(application_name, '') AS application, COALESCE(state, '') AS state,
			COALESCE(xact_start, state_change, backend_start) AT TIME ZONE 'UTC' AS since, COALESCE(wait_event_type || ': ' || wait_event, '') AS wait,
			array_to_string(blockers, ', ') AS blocked_by, (SELECT count(*) FROM a b WHERE a.pid = ANY (b.blockers)) AS blocks,
			left(regexp_replace(COALESCE(query, ''), '''[^'']*''', '''…''', 'g'), 500) AS query
		FROM a WHERE ? OR state <> 'idle' ORDER BY blocks DESC, since`, idle).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read activity: %w", err)
	}
	return rows, nil
}
