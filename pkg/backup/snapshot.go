package backup

import (
	"context"
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

// migrationVersion reads the newest applied migration from the table in the first of the schemas that has it; nil when
// none has.
func (s *snapshot) migrationVersion(ctx context.Context, schemas []string, table string) (*int64, error) {
	for _, schema := range schemas {
		name := pgx.Identifier{schema, table}.Sanitize()
		var there bool
		if err := s.conn.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", name).Scan(&there); err != nil {
			return nil, s.server.classify(ctx, "look for migration table", err)
		}
		if !there {
			continue
		}
		var v *int64
		if err := s.conn.QueryRow(ctx, "SELECT max(version_id) FROM "+name+" WHERE is_applied").Scan(&v); err != nil {
			return nil, s.server.classify(ctx, "read migration version", err)
		}
		return v, nil
	}
	return nil, nil
}

// rowText fixes what a row looks like as text, which its hash is made of.
const rowText = `SELECT set_config('DateStyle', 'ISO, YMD', false), set_config('IntervalStyle', 'postgres', false),
	set_config('extra_float_digits', '1', false), set_config('bytea_output', 'hex', false), set_config('TimeZone', 'UTC', false)`
