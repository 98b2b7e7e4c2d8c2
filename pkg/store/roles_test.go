package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/store"
)

// ownTables are the tables with a user's rows, as the catalog knows them: a new one is in the proof at once.
func ownTables(t *testing.T, db *sql.DB) []string {
	t.Helper()
	return texts(t, db, `SELECT c.oid::regclass::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
		WHERE c.relnamespace IN ('public'::regnamespace, 'axisor'::regnamespace) AND c.relkind = 'r' AND a.attname = 'user_id' ORDER BY 1`)
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func texts(t *testing.T, db querier, query string, args ...any) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	require.NoError(t, err, query)
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		require.NoError(t, rows.Scan(&s))
		out = append(out, s)
	}
	require.NoError(t, rows.Err())
	return out
}

// fill writes one row of u1 and one of u2 into every table of users, whatever its columns are.
func fill(t *testing.T, db *sql.DB, tables []string) {
	t.Helper()
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	run := func(q string) {
		_, err := conn.ExecContext(t.Context(), q)
		require.NoError(t, err, q)
	}
	run(`INSERT INTO "User" (id, email, username) VALUES ('u1', 'u1@example.com', 'one'), ('u2', 'u2@example.com', 'two')`)
	run(`SET session_replication_role = replica`) // no parents needed: only who sees a row counts here
	for _, table := range tables {
		for _, user := range []string{"u1", "u2"} {
			run(insertFor(t, conn, table, user, "x"))
		}
	}
	run(`RESET session_replication_role`)
}

// insertFor writes a row of a user, whatever the table's columns are; tag keeps two rows of one user apart. Every id and
// every reference is tag and user, so a row refers to rows of the same user.
func insertFor(t *testing.T, db querier, table, user, tag string) string {
	t.Helper()
	names, values := []string{"user_id"}, []string{"'" + user + "'"}
	for _, c := range texts(t, db, `SELECT attname || ' ' || format_type(atttypid, NULL) FROM pg_attribute a
			WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attnotnull AND attidentity = ''
			AND (NOT atthasdef OR attname = 'id' AND atttypid = 'text'::regtype) AND attname <> 'user_id' ORDER BY attnum`, table) {
		name, kind, _ := strings.Cut(c, " ")
		names, values = append(names, `"`+name+`"`), append(values, sample(name, kind, tag+user))
	}
	return fmt.Sprintf(`INSERT INTO %s (%s) VALUES (%s)`, table, strings.Join(names, ", "), strings.Join(values, ", "))
}

func sample(column, kind, word string) string {
	switch {
	case column == "problems":
		return "'[]'"
	case column == "scope":
		return "'user'"
	case column == "severity":
		return "'info'"
	case column == "restore_to":
		return "2"
	case column == "kind":
		return "'near'"
	case column == "side":
		return "'buy'"
	case strings.HasPrefix(kind, "timestamp"):
		return "now()"
	case kind == "jsonb":
		return "'{}'"
	case kind == "boolean":
		return "true"
	case kind == `"PlanType"`:
		return "'pro'"
	case kind == "text":
		return "'" + word + "'"
	case kind == "text[]":
		return "'{}'"
	default:
		return "1"
	}
}

// TestRowSecurity_ASessionSeesAndWritesItsOwnRowsOnly goes through every table with a user_id. The role gets every
// grant there is, so that nothing but the policies can be what stops it.
func TestRowSecurity_ASessionSeesAndWritesItsOwnRowsOnly(t *testing.T) {
	t.Parallel()
	db := testdb.New(t).SQL()
	tables := ownTables(t, db)
	require.Greater(t, len(tables), 15)
	fill(t, db, tables)
	_, err := db.ExecContext(t.Context(), `GRANT USAGE ON SCHEMA axisor TO authenticated; GRANT ALL ON ALL TABLES IN SCHEMA public, axisor TO authenticated`)
	require.NoError(t, err)
	as := func(user string, do func(tx *sql.Tx)) {
		tx, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		defer tx.Rollback()
		_, err = tx.ExecContext(t.Context(), `SET LOCAL ROLE authenticated`)
		require.NoError(t, err)
		_, err = tx.ExecContext(t.Context(), `SELECT set_config('app.current_user_id', $1, true)`, user)
		require.NoError(t, err)
		do(tx)
	}
	for _, table := range tables {
		for user, want := range map[string][]string{"u1": {"u1"}, "u2": {"u2"}, "": nil, "nobody": nil, "u1' OR '1'='1": nil} {
			as(user, func(tx *sql.Tx) {
				require.Equal(t, want, texts(t, tx, `SELECT user_id FROM `+table), "%s as %q", table, user)
			})
		}
		as("u1", func(tx *sql.Tx) {
			for _, q := range []string{`UPDATE ` + table + ` SET user_id = user_id WHERE user_id = 'u2'`, `DELETE FROM ` + table + ` WHERE user_id = 'u2'`} {
				done, err := tx.ExecContext(t.Context(), q)
				require.NoError(t, err, q)
				n, err := done.RowsAffected()
				require.NoError(t, err)
				require.Zero(t, n, q)
			}
		})
		as("u1", func(tx *sql.Tx) {
			// A policy for all commands refuses the row, one for reading alone finds none to change.
			done, err := tx.ExecContext(t.Context(), `UPDATE `+table+` SET user_id = 'u2'`)
			if err == nil {
				n, err := done.RowsAffected()
				require.NoError(t, err)
				require.Zero(t, n, "%s: a row was given away", table)
				return
			}
			require.ErrorContains(t, err, "42501", table)
		})
	}
	writable := 0
	for _, table := range tables {
		insert := insertFor(t, db, table, "u2", "y")
		as("u1", func(tx *sql.Tx) {
			_, err := tx.ExecContext(t.Context(), insert)
			require.ErrorContains(t, err, "42501", "%s: a row for somebody else", table)
		})
		as("u1", func(tx *sql.Tx) {
			done, err := tx.ExecContext(t.Context(), `UPDATE `+table+` SET user_id = user_id`)
			require.NoError(t, err, table)
			n, err := done.RowsAffected()
			require.NoError(t, err)
			require.LessOrEqual(t, n, int64(1), table)
			writable += int(n)
		})
	}
	require.Greater(t, writable, 9, "what is a user's own to write can be written")
}

func TestRoles_SupportReadsEverybodyAndNoSecret(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	fill(t, db.SQL(), ownTables(t, db.SQL()))
	require.NoError(t, db.Transaction(t.Context(), func(tx *store.DB) error { return tx.EnsureRoles(t.Context()) }))
	require.NoError(t, db.EnsureRoles(t.Context()), "again")
	roles, err := db.Roles(t.Context())
	require.NoError(t, err)
	for _, r := range roles {
		require.True(t, r.Exists)
		require.False(t, r.Login)
		require.Greater(t, r.Columns, 100)
		require.Zero(t, r.Secrets, r.Name)
	}
	try := func(q string) error {
		tx, err := db.SQL().BeginTx(t.Context(), nil)
		require.NoError(t, err)
		defer tx.Rollback()
		_, err = tx.ExecContext(t.Context(), `SET LOCAL ROLE axisor_support`)
		require.NoError(t, err)
		_, err = tx.ExecContext(t.Context(), q)
		return err
	}
	require.NoError(t, try(`SELECT 1 / (count(id) - 1) FROM "Automation"`), "it sees the rows of both")
	for _, q := range []string{
		`SELECT password_hash FROM "User"`, `SELECT * FROM "User"`, `SELECT "User" FROM "User"`, `SELECT two_factor_secret FROM "User"`,
		`SELECT token FROM "RefreshToken"`, `SELECT credentials FROM "UserExchangeAccounts"`, `TABLE "UserExchangeCredentials"`,
		`SELECT to_jsonb(u) FROM "User" u`, `COPY "User" TO STDOUT`, `SELECT id FROM "User" ORDER BY password_hash`,
		`UPDATE "User" SET is_active = false`, `DELETE FROM "AuditLog"`, `SELECT preimage FROM axisor.payment_refund`,
	} {
		require.ErrorContains(t, try(q), "42501", q)
	}
}
