package backup

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/pgserver"
	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/secret"
)

// attack is a function that tries everything that a superuser's session could do, and then lets the row pass. What
// it could do it leaves in a role's name or a file.
const attack = `CREATE FUNCTION public.evil(n int, place text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $f$
	DECLARE sql text; mark text := '%[1]s_' || place; BEGIN
	FOREACH sql IN ARRAY ARRAY['RESET ROLE', 'RESET SESSION AUTHORIZATION', 'SET SESSION AUTHORIZATION postgres', 'SET ROLE postgres'] LOOP
		BEGIN EXECUTE sql; EXCEPTION WHEN OTHERS THEN NULL; END;
		BEGIN EXECUTE 'CREATE ROLE ' || mark || ' SUPERUSER LOGIN'; EXCEPTION WHEN OTHERS THEN NULL; END;
		BEGIN EXECUTE 'ALTER ROLE ' || quote_ident(session_user) || ' SUPERUSER'; EXCEPTION WHEN OTHERS THEN NULL; END;
		BEGIN EXECUTE 'ALTER ROLE ' || quote_ident(current_user) || ' CREATEROLE BYPASSRLS'; EXCEPTION WHEN OTHERS THEN NULL; END;
		BEGIN EXECUTE format('COPY (SELECT 1) TO PROGRAM %%L', 'touch %[2]s/program_' || place); EXCEPTION WHEN OTHERS THEN NULL; END;
		BEGIN EXECUTE format('COPY (SELECT 1) TO %%L', '%[2]s/file_' || place); EXCEPTION WHEN OTHERS THEN NULL; END;
		BEGIN PERFORM lo_export(lo_from_bytea(0, 'x'), '%[2]s/object_' || place); EXCEPTION WHEN OTHERS THEN NULL; END;
		BEGIN EXECUTE 'ALTER SYSTEM SET archive_command = ''false'''; EXCEPTION WHEN OTHERS THEN NULL; END;
		BEGIN EXECUTE format('ALTER DATABASE %%I SET search_path = evil', '%[3]s'); EXCEPTION WHEN OTHERS THEN NULL; END;
	END LOOP;
	RETURN n; END $f$;`

// TestVerify_DumpsFunctionsHaveNoRights restores a dump whose functions attack from every place where a restore, a
// count or a dump of the definitions could run them.
func TestVerify_DumpsFunctionsHaveNoRights(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mark := "evil_" + randomName(t)
	dir, err := os.MkdirTemp("", "axisor-evil-*")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o777))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	var database string
	conn := b.connect(t)
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT current_database()").Scan(&database))
	// Harmless while the database is made; the attack comes in afterwards, so that only a restore runs it.
	b.exec(t, `CREATE FUNCTION public.evil(n int, place text) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n';
		CREATE TABLE checked (n int CHECK (evil(n, 'check') > 0)); CREATE TABLE indexed (n int); CREATE INDEX ON indexed (evil(n, 'index'));
		CREATE TABLE partial (n int); CREATE INDEX ON partial (n) WHERE evil(n, 'partial') > 0;
		CREATE TABLE generated (n int, g int GENERATED ALWAYS AS (evil(n, 'generated')) STORED);
		CREATE DOMAIN bad AS int CHECK (evil(VALUE, 'domain') > 0); CREATE TABLE domained (n bad);
		CREATE MATERIALIZED VIEW seen AS SELECT evil(1, 'matview') AS n;
		CREATE TABLE cast_me (n int); CREATE FUNCTION totext(cast_me) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT public.evil(1, 'cast')::text $$;
		CREATE CAST (cast_me AS text) WITH FUNCTION totext(cast_me);
		CREATE TABLE secret_rows (n int); ALTER TABLE secret_rows ENABLE ROW LEVEL SECURITY; ALTER TABLE secret_rows FORCE ROW LEVEL SECURITY;
		CREATE POLICY p ON secret_rows USING (evil(n, 'policy') > 0);
		INSERT INTO checked VALUES (1); INSERT INTO indexed VALUES (1); INSERT INTO partial VALUES (1); INSERT INTO generated VALUES (1);
		INSERT INTO domained VALUES (1); INSERT INTO cast_me VALUES (1); INSERT INTO secret_rows VALUES (1)`)
	q := b.request()
	q.Hash = true
	b.exec(t, strings.Replace(fmt.Sprintf(attack, mark, dir, database), "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1))
	b.exec(t, "DROP CAST (cast_me AS text)") // a hash on the way out would run it as us, who made it
	e := b.create(t, q)

	parent, err := os.MkdirTemp("", "axisor-private-*")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(parent, 0o755))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(parent)) })
	var private secret.Secret
	check := Check{Level: LevelDeep, Server: b.url, Hash: true, Private: func(ctx context.Context, major int) (secret.Secret, func() error, error) {
		bin, err := pgserver.FindMajor(ctx, major)
		require.NoError(t, err)
		s, err := pgserver.StartScratch(ctx, parent, bin)
		require.NoError(t, err)
		private = s.URL("postgres")
		return private, func() error {
			require.Zero(t, b.count(t, private, "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'evil_%' OR rolsuper AND rolname <> 'postgres'"))
			return s.Close()
		}, nil
	}}
	for _, check.PrivateOnly = range []bool{false, true} {
		report, err := b.repo.Verify(t.Context(), e, check)
		require.NoError(t, err)
		require.True(t, report.OK, report.Problem)
		require.Empty(t, report.Warnings)
	}
	require.False(t, private.IsZero())
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left, "no program ran and no file was written")
	require.Zero(t, b.count(t, b.url, "SELECT count(*) FROM pg_roles WHERE starts_with(rolname, '"+mark+"')"))
	require.Zero(t, b.count(t, b.url, "SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = setdatabase WHERE datname = '"+database+"'"))
	require.Empty(t, leftOf(t, b.url))
}

// TestVerify_OrphansGoWhateverTheyHold removes scratch copies of a dead check with everything that keeps a database
// from being dropped, and spares the copy of one that lives.
func TestVerify_OrphansGoWhateverTheyHold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.create(t, b.request())
	// Other tests share the server and remove orphans as well: as long as its maker bears its name, it is none.
	orphan := func(held string, login, closed bool) (string, *pgx.Conn) {
		name, err := randomScratch()
		require.NoError(t, err)
		maker := b.connect(t)
		_, err = maker.Exec(t.Context(), "SELECT set_config('application_name', $1, false)", name)
		require.NoError(t, err)
		b.exec(t, "CREATE DATABASE "+name)
		if login {
			b.exec(t, "CREATE ROLE "+name+" LOGIN")
			b.exec(t, "ALTER DATABASE "+name+" OWNER TO "+name)
		}
		conn := open(t, b.repo.urlOf(b.url, name))
		_, err = conn.PgConn().Exec(t.Context(), strings.ReplaceAll(held, "@", name)).ReadAll()
		require.NoError(t, err)
		require.NoError(t, conn.Close(t.Context()))
		if closed {
			b.exec(t, "ALTER DATABASE "+name+" ALLOW_CONNECTIONS false")
		}
		return name, maker
	}
	held := map[string]string{
		"subscriptions": `CREATE TABLE t (n int); CREATE SUBSCRIPTION "one_@" CONNECTION 'host=/nonexistent' PUBLICATION p WITH (connect = false);
			CREATE SUBSCRIPTION "two_@" CONNECTION 'host=/nonexistent' PUBLICATION p WITH (connect = false, slot_name = 'x_@')`,
		"template": "ALTER DATABASE @ IS_TEMPLATE true", "closed": "CREATE SUBSCRIPTION s_@ CONNECTION 'host=/nonexistent' PUBLICATION p WITH (connect = false)",
		"event trigger": `CREATE FUNCTION no() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'nothing may be changed'; END $$;
			CREATE SUBSCRIPTION s_@ CONNECTION 'host=/nonexistent' PUBLICATION p WITH (connect = false); CREATE EVENT TRIGGER et ON ddl_command_start EXECUTE FUNCTION no()`,
		"publication": "CREATE TABLE t (n int); CREATE PUBLICATION every FOR ALL TABLES",
	}
	var level string
	require.NoError(t, b.connect(t).QueryRow(t.Context(), "SELECT current_setting('wal_level')").Scan(&level))
	if level == "logical" {
		held["slot"] = "SELECT pg_create_logical_replication_slot('slot_@', 'pgoutput')"
	}
	var prepared int
	require.NoError(t, b.connect(t).QueryRow(t.Context(), "SELECT current_setting('max_prepared_transactions')::int").Scan(&prepared))
	if prepared > 0 {
		held["prepared"] = "CREATE TABLE t (n int); BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION 'tx_@'"
	}
	var names []string
	var makers []*pgx.Conn
	for what, text := range held {
		name, maker := orphan(text, len(names)%2 == 0, what == "closed")
		names, makers = append(names, name), append(makers, maker)
	}
	visited, maker := orphan("SELECT 1", true, false)
	makers = append(makers, maker)
	session := open(t, b.repo.urlOf(b.url, visited))
	lonely, err := randomScratch()
	require.NoError(t, err)
	b.exec(t, "CREATE ROLE "+lonely)
	living, _ := orphan("SELECT 1", true, false)
	t.Cleanup(func() { b.dropAfter(t, living); b.execAfter(t, "DROP ROLE IF EXISTS "+living) })
	for _, maker := range makers {
		require.NoError(t, maker.Close(t.Context()))
	}

	report, err := b.repo.Verify(t.Context(), e, Check{Level: LevelDeep, Server: b.url})
	require.NoError(t, err)
	require.True(t, report.OK, report.Problem)
	for _, name := range append(names, visited, lonely) {
		require.Empty(t, b.databases(t, name), name)
		require.Zero(t, b.count(t, b.url, "SELECT count(*) FROM pg_roles WHERE rolname = '"+name+"'"), name)
	}
	require.Error(t, session.Ping(t.Context()), "sessions do not keep a copy")
	require.NotEmpty(t, b.databases(t, living), "its owner lives")
}

// TestVerify_DeepStillFindsLoss changes what is expected: a check that accepted everything would pass all others.
func TestVerify_DeepStillFindsLoss(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(t, `CREATE SEQUENCE s; SELECT setval('s', 41); CREATE INDEX present ON secrets (n); SELECT lo_from_bytea(0, 'x')`)
	e := b.create(t, b.request())
	require.EqualValues(t, 1, *e.Manifest.LargeObjects)
	none := int64(0)
	report, err := b.repo.Verify(t.Context(), forge(t, b, e, func(m *Manifest) { m.LargeObjects = &none }), Check{Level: LevelDeep, Server: b.url})
	require.NoError(t, err)
	require.Contains(t, report.Problem, "1 large objects instead of 0")

	// A pg_restore that drops something and says nothing.
	for _, lost := range []struct{ kind, problem string }{
		{"SEQUENCE SET public", "is at 1 instead of 41"}, {"INDEX public", "index public.present"}, {"CONSTRAINT public", "constraint public.User User_pkey"}, {"TABLE DATA public", "0 rows instead of"}, {"SEQUENCE( SET| OWNED BY)? public s", `sequence "public"."s" did not come back`},
	} {
		repo := newRepository(b.dir)
		repo.o.Tools = Finder{Directory: forgetful(t, lost.kind)}
		report, err := repo.Verify(t.Context(), e, Check{Level: LevelDeep, Server: b.url})
		require.NoError(t, err, lost.kind)
		require.False(t, report.OK, lost.kind)
		require.Contains(t, report.Problem, lost.problem)
	}
	require.Empty(t, leftOf(t, b.url))
}

// forgetful is a pg_restore that leaves out a kind of entries.
func forgetful(t *testing.T, kind string) string {
	t.Helper()
	dir := fakeTools(t, `exec $REAL "$@"`)
	path := filepath.Join(dir, "pg_restore")
	script, err := os.ReadFile(path)
	require.NoError(t, err)
	real := strings.Fields(string(script[strings.Index(string(script), "exec "):]))[1]
	text := fmt.Sprintf(`#!/bin/bash
case "$*" in *--dbname=*) ;; *) exec %[1]s "$@";; esac
all=$(mktemp) list=$(mktemp) args=()
cat > "$all"
for a in "$@"; do case "$a" in --use-list=*) wanted=$(cat /dev/fd/3);; *) args+=("$a");; esac; done
%[1]s --list "$all" | grep -vE '^[0-9]+; [0-9]+ [0-9]+ %[2]s ' | grep -E '^[0-9]+;' > "$list.2"
while IFS= read -r line; do id=${line%%%%;*}; grep -qx "$id;" <<< "$wanted" && echo "$id;"; done < "$list.2" > "$list"
%[1]s "${args[@]}" --use-list="$list" "$all"; rc=$?
rm -f "$all" "$list" "$list.2"
exit $rc
`, real, kind)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o755))
	return dir
}

// TestVerify_LeavesOutWhatActs looks into the scratch copy of a database that subscribes and publishes.
func TestVerify_LeavesOutWhatActs(t *testing.T) {
	t.Parallel()
	url := testdb.Empty(t)
	conn := open(t, url)
	name := "acts_" + conn.Config().Database
	t.Cleanup(func() { forgetSubscriptions(t, url) })
	_, err := conn.PgConn().Exec(t.Context(), `CREATE TABLE t (n int PRIMARY KEY); INSERT INTO t VALUES (1);
		CREATE SUBSCRIPTION "`+name+`" CONNECTION 'host=/nonexistent' PUBLICATION p WITH (connect = false);
		CREATE PUBLICATION every FOR ALL TABLES; CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw;
		CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (password 'hunter2');
		CREATE FUNCTION ev() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
		CREATE EVENT TRIGGER et ON ddl_command_start EXECUTE FUNCTION ev()`).ReadAll()
	require.NoError(t, err)
	repo := newRepository(t.TempDir())
	e, err := repo.Create(t.Context(), Request{URL: url})
	require.NoError(t, err)
	admin, session, err := repo.login(t.Context(), url)
	require.NoError(t, err)
	defer admin.close(t.Context(), session)
	server, _, err := serverFacts(t.Context(), admin, session)
	require.NoError(t, err)
	tools, err := repo.o.Tools.Find(t.Context(), 0)
	require.NoError(t, err)
	contents, err := repo.contents(t.Context(), e, nil)
	require.NoError(t, err)
	s, err := repo.makeScratch(t.Context(), admin, session, server, e.Manifest.Database, func(string) {})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.drop(t.Context())) }()
	d := &deepRun{repo: repo, entry: e, tools: tools, scratch: s, contents: contents}
	require.NoError(t, d.restore(t.Context(), false))
	require.Empty(t, d.failures)
	b := &bundle{url: url}
	inside := repo.urlOf(url, s.name)
	require.Zero(t, b.count(t, inside, `SELECT (SELECT count(*) FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database()))
		+ (SELECT count(*) FROM pg_publication) + (SELECT count(*) FROM pg_event_trigger) + (SELECT count(*) FROM pg_user_mapping)`))
	require.EqualValues(t, 1, b.count(t, inside, "SELECT count(*) FROM public.t"))
	require.EqualValues(t, 1, b.count(t, inside, "SELECT count(*) FROM pg_foreign_server"))

	login, err := pgx.ConnectConfig(t.Context(), s.login.config)
	require.NoError(t, err)
	defer login.Close(t.Context())
	var rights int
	require.NoError(t, login.QueryRow(t.Context(), `SELECT count(*) FROM pg_roles WHERE rolname = session_user AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)`).Scan(&rights))
	require.Zero(t, rights)
	require.NoError(t, login.QueryRow(t.Context(), "SELECT count(*) FROM pg_auth_members WHERE member = session_user::regrole").Scan(&rights))
	require.Zero(t, rights, "a member of nothing")
}
