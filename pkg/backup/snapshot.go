package backup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// serverFacts reads what the preflight and the manifest need to know of the server.
func serverFacts(ctx context.Context, e *endpoint, conn *pgx.Conn) (Server, Database, error) {
	var s Server
	var d Database
	err := conn.QueryRow(ctx, `SELECT current_setting('server_version'), current_setting('server_version_num')::int,
		CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END::text`).
		Scan(&s.Version, &s.VersionNumber, &s.LSN)
	if err != nil {
		return s, d, e.classify(ctx, "read server version", err)
	}
	if d, err = readDatabase(ctx, e, conn, conn.Config().Database); err != nil {
		return s, d, err
	}
	if err := conn.QueryRow(ctx, "SELECT pg_database_size(current_database())").Scan(&d.SizeBytes); err != nil {
		return s, d, e.classify(ctx, "read size of the database", err)
	}
	// Some managed servers forbid the function; the backup is as good without the number.
	err = conn.QueryRow(ctx, `SELECT system_identifier::text FROM pg_control_system()`).Scan(&s.SystemIdentifier)
	if err != nil && ctx.Err() != nil {
		return s, d, e.classify(ctx, "read system identifier", err)
	}
	return s, d, nil
}

// snapshot is an open transaction whose view of the data the dump shares.
type snapshot struct {
	server *endpoint
	conn   *pgx.Conn
	id     string
}

func openSnapshot(ctx context.Context, e *endpoint, conn *pgx.Conn, lockWait time.Duration) (*snapshot, error) {
	s := &snapshot{server: e, conn: conn}
	if _, err := conn.Exec(ctx, "BEGIN READ ONLY ISOLATION LEVEL REPEATABLE READ"); err != nil {
		return nil, e.classify(ctx, "begin snapshot", err)
	}
	// With row security off a policy that would hide rows is an error, not a smaller count.
	_, err := conn.Exec(ctx, `SELECT set_config('row_security', 'off', true), set_config('lock_timeout', $1, true)`,
		fmt.Sprintf("%dms", lockWait.Milliseconds()))
	if err != nil {
		return nil, e.classify(ctx, "prepare snapshot", err)
	}
	if err := conn.QueryRow(ctx, "SELECT pg_export_snapshot()").Scan(&s.id); err != nil {
		return nil, e.classify(ctx, "export snapshot", err)
	}
	return s, nil
}

// migrationVersion reads the newest applied migration; nil when the table is not there.
func (s *snapshot) migrationVersion(ctx context.Context, schema, table string) (*int64, error) {
	if table == "" {
		return nil, nil
	}
	name := pgx.Identifier{schema, table}.Sanitize()
	var there bool
	if err := s.conn.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", name).Scan(&there); err != nil {
		return nil, s.server.classify(ctx, "look for migration table", err)
	}
	if !there {
		return nil, nil
	}
	var v *int64
	if err := s.conn.QueryRow(ctx, "SELECT max(version_id) FROM "+name+" WHERE is_applied").Scan(&v); err != nil {
		return nil, s.server.classify(ctx, "read migration version", err)
	}
	return v, nil
}

// rowText fixes what a row looks like as text, which its hash is made of.
const rowText = `SELECT set_config('DateStyle', 'ISO, YMD', false), set_config('IntervalStyle', 'postgres', false),
	set_config('extra_float_digits', '1', false), set_config('bytea_output', 'hex', false), set_config('TimeZone', 'UTC', false)`

// countTables counts every table whose rows pg_dump stores: no system schemas, no tables
// that belong to an extension, no partitioned parents (their partitions hold the rows).
func countTables(ctx context.Context, e *endpoint, conn *pgx.Conn, hash bool) ([]TableRows, error) {
	if hash {
		if _, err := conn.Exec(ctx, rowText); err != nil {
			return nil, e.classify(ctx, "prepare hashes", err)
		}
	}
	rows, err := conn.Query(ctx, `SELECT n.nspname, c.relname
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'r' AND c.relpersistence <> 't'
		  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%'
		  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
		                  WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
		  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
		                  WHERE d.classid = 'pg_catalog.pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
		ORDER BY 1, 2`)
	if err != nil {
		return nil, e.classify(ctx, "list tables", err)
	}
	tables, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (TableRows, error) {
		var t TableRows
		return t, row.Scan(&t.Schema, &t.Name)
	})
	if err != nil {
		return nil, e.classify(ctx, "list tables", err)
	}
	for i := range tables {
		t := &tables[i]
		sum := "''"
		if hash {
			sum = "coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text"
		}
		query := "SELECT count(*), " + sum + " FROM ONLY " + pgx.Identifier{t.Schema, t.Name}.Sanitize() + " t"
		if err := conn.QueryRow(ctx, query).Scan(&t.Rows, &t.Hash); err != nil {
			return nil, e.classify(ctx, "count rows of "+t.Schema+"."+t.Name, err)
		}
	}
	return tables, nil
}

// compareTables reports the first differences between what was dumped and what came back.
func compareTables(want, got []TableRows) error {
	type key struct{ schema, name string }
	have := map[key]TableRows{}
	for _, t := range got {
		have[key{t.Schema, t.Name}] = t
	}
	var problems []error
	for _, t := range want {
		n, ok := have[key{t.Schema, t.Name}]
		switch {
		case !ok:
			problems = append(problems, fmt.Errorf("table %s.%s did not come back", t.Schema, t.Name))
		case n.Rows != t.Rows:
			problems = append(problems, fmt.Errorf("table %s.%s has %d rows instead of %d", t.Schema, t.Name, n.Rows, t.Rows))
		case n.Hash != "" && t.Hash != "" && n.Hash != t.Hash:
			problems = append(problems, fmt.Errorf("table %s.%s has the right number of rows with another content", t.Schema, t.Name))
		}
		delete(have, key{t.Schema, t.Name})
	}
	for k := range have {
		problems = append(problems, fmt.Errorf("table %s.%s came from nowhere", k.schema, k.name))
	}
	if len(problems) > 5 {
		problems = append(problems[:5], fmt.Errorf("and %d more", len(problems)-5))
	}
	return errors.Join(problems...)
}
