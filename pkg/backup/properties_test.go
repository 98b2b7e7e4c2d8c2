package backup

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// in runs statements in another database of the test server.
func (b *bundle) in(t *testing.T, database, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), b.repo.urlOf(b.url, database).Reveal())
	require.NoError(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), sql)
	require.NoError(t, err, sql)
}

// properties reads what a database is like, without its name and size.
func (b *bundle) properties(t *testing.T, name string) Database {
	t.Helper()
	e, conn, err := b.repo.login(t.Context(), b.url)
	require.NoError(t, err)
	defer e.close(t.Context(), conn)
	d, err := readDatabase(t.Context(), e, conn, name)
	require.NoError(t, err)
	d.Name = ""
	return d
}

// dressed makes a database with every property that one can have, and roles of its own.
func (b *bundle) dressed(t *testing.T, create string) (name, owner, app, guest string) {
	t.Helper()
	end := randomName(t)
	name, owner, app, guest = "dressed_"+end, "Owner "+end, "app_"+end, "guest_"+end
	q := func(s string) string { return pgx.Identifier{s}.Sanitize() }
	b.exec(t, fmt.Sprintf("CREATE ROLE %s; CREATE ROLE %s; CREATE ROLE %s", q(owner), app, guest))
	t.Cleanup(func() {
		b.dropAfter(t, name)
		b.execAfter(t, fmt.Sprintf("DROP OWNED BY %[1]s, %[2]s, %[3]s; DROP ROLE %[1]s, %[2]s, %[3]s", q(owner), app, guest))
	})
	b.exec(t, "CREATE DATABASE "+name+" TEMPLATE template0 "+create)
	b.in(t, name, fmt.Sprintf(`CREATE TABLE held (n int); INSERT INTO held SELECT generate_series(1, 10); GRANT SELECT ON held TO %[3]s;
		ALTER TABLE held OWNER TO %[2]s;
		ALTER DATABASE %[1]s OWNER TO %[2]s; REVOKE ALL ON DATABASE %[1]s FROM PUBLIC; REVOKE CREATE ON DATABASE %[1]s FROM %[2]s;
		GRANT CONNECT ON DATABASE %[1]s TO %[3]s WITH GRANT OPTION; SET ROLE %[3]s; GRANT CONNECT ON DATABASE %[1]s TO %[4]s; RESET ROLE;
		ALTER DATABASE %[1]s SET search_path TO "$user", 'odd, "schema"', public; ALTER DATABASE %[1]s SET statement_timeout TO '77s';
		ALTER DATABASE %[1]s SET app.token TO 'it''s \secret'; ALTER DATABASE %[1]s SET log_min_duration_statement TO 9;
		ALTER DATABASE %[1]s SET default_transaction_read_only TO on;
		ALTER ROLE %[3]s IN DATABASE %[1]s SET work_mem TO '9MB'; ALTER DATABASE %[1]s CONNECTION LIMIT 7;
		COMMENT ON DATABASE %[1]s IS 'it''s \ the "live" one'`, name, q(owner), app, guest))
	return name, owner, app, guest
}

// of makes a backup of another database.
func (b *bundle) of(t *testing.T, name string) Entry {
	t.Helper()
	return b.create(t, Request{URL: b.repo.urlOf(b.url, name), NoGlobals: true})
}

// TestRestore_TakesTheLiveProperties puts copies in place of a database in use: nobody notices but by the rows.
func TestRestore_TakesTheLiveProperties(t *testing.T) {
	t.Parallel()
	b := setup(t)
	name, owner, app, _ := b.dressed(t, "ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'de-AT' LC_COLLATE 'C' LC_CTYPE 'C'")
	before := b.properties(t, name)
	require.Len(t, before.Properties.Settings, 6)
	e := b.of(t, name)
	for i, o := range []Restore{{Existing: Swap}, {Existing: Replace, Jobs: 2}, {Existing: Swap, Jobs: 3}} {
		o.Server, o.Database = b.url, name
		plan := o
		plan.DryRun = true
		foretold, err := b.repo.RestoreTo(t.Context(), e, plan)
		require.NoError(t, err)
		got, err := b.repo.RestoreTo(t.Context(), e, o)
		require.NoError(t, err)
		if !got.Dropped {
			defer b.dropAfter(t, got.Previous)
		}
		require.Empty(t, got.NotKept)
		require.Equal(t, foretold.NotKept, got.NotKept)
		require.Equal(t, before, b.properties(t, name), "case %d", i)
		require.EqualValues(t, 1, b.count(t, got.Target, fmt.Sprintf(`SELECT count(*) FROM pg_class WHERE relname = 'held' AND relowner = '"%s"'::regrole
			AND has_table_privilege('%s', oid, 'SELECT')`, owner, app)))
	}
	// Left out where somebody says so.
	got, err := b.repo.RestoreTo(t.Context(), e, Restore{Server: b.url, Database: name, Existing: Replace, NoOwner: true, NoACL: true})
	require.NoError(t, err)
	require.Equal(t, before, b.properties(t, name), "those of the database itself stay")
	require.EqualValues(t, 0, b.count(t, got.Target, fmt.Sprintf(`SELECT count(*) FROM pg_class WHERE relname = 'held' AND has_table_privilege('%s', oid, 'SELECT')`, app)))
}

// TestRestore_SaysWhatItCannotKeep restores as a login that may not do everything.
func TestRestore_SaysWhatItCannotKeep(t *testing.T) {
	t.Parallel()
	b := setup(t)
	name, owner, _, _ := b.dressed(t, "ENCODING 'UTF8'")
	e := b.of(t, name)
	clerk := "clerk_" + randomName(t)
	b.exec(t, fmt.Sprintf(`CREATE ROLE %s LOGIN CREATEDB; GRANT %s TO %s`, clerk, pgx.Identifier{owner}.Sanitize(), clerk))
	t.Cleanup(func() {
		b.dropAfter(t, name)
		b.execAfter(t, "DROP OWNED BY "+clerk+"; DROP ROLE "+clerk)
	})
	o := Restore{Server: b.as(t, clerk), Database: name, Existing: Replace, NoOwner: true, NoACL: true}
	plan := o
	plan.DryRun = true
	foretold, err := b.repo.RestoreTo(t.Context(), e, plan)
	require.NoError(t, err)
	require.Contains(t, foretold.NotKept, "setting log_min_duration_statement: it needs a superuser")
	got, err := b.repo.RestoreTo(t.Context(), e, o)
	require.NoError(t, err)
	require.Subset(t, got.NotKept, foretold.NotKept)
	require.Equal(t, owner, b.properties(t, name).Properties.Owner)
}

// TestRestore_PropertiesOfTheBackup restores where no such database is.
func TestRestore_PropertiesOfTheBackup(t *testing.T) {
	t.Parallel()
	b := setup(t)
	name, owner, app, guest := b.dressed(t, "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")
	e := b.of(t, name)
	p := e.Manifest.Database.Properties
	require.Equal(t, owner, p.Owner)
	text, err := e.Manifest.encode()
	require.NoError(t, err)
	require.NotContains(t, string(text), "secret", "an application's own settings may be secrets")

	into := "moved_" + randomName(t)
	t.Cleanup(func() { b.dropAfter(t, into) })
	o := Restore{Server: b.url, Database: into}
	got, err := b.repo.RestoreTo(t.Context(), e, o)
	require.NoError(t, err)
	require.Len(t, got.NotKept, 2, got.NotKept)
	d := b.properties(t, into)
	require.Equal(t, "LATIN1", d.Encoding)
	require.Equal(t, 7, d.Properties.ConnectionLimit)
	require.Equal(t, p.Comment, d.Properties.Comment)
	require.True(t, d.Properties.GrantsSet, "what was closed to everybody is closed")
	for _, g := range d.Properties.Grants {
		require.NotEmpty(t, g.Grantee)
	}
	var names []string
	for _, s := range d.Properties.Settings {
		require.Empty(t, s.Role)
		names = append(names, s.Name)
	}
	require.Equal(t, []string{"default_transaction_read_only", "search_path", "statement_timeout"}, names)
	b.dropAfter(t, into)

	// With roles of other names, and one that is not there.
	o.MapRoles = map[string]string{owner: guest, guest: app}
	_, err = b.repo.RestoreTo(t.Context(), e, o)
	require.NoError(t, err)
	d = b.properties(t, into)
	require.Equal(t, guest, d.Properties.Owner)
	require.Contains(t, d.Properties.Settings, DatabaseSetting{Role: app, Name: "work_mem", Value: new("9MB")})
	b.dropAfter(t, into)
	e = forge(t, b, e, func(m *Manifest) {
		m.Database.Properties.Tablespace = "fast disks"
		m.Database.Properties.Grants = append(m.Database.Properties.Grants, Grant{Grantee: "nobody " + into, Grantor: owner, Privilege: "CONNECT"})
	})
	o.MapRoles, o.KeepACL, o.DryRun = nil, true, true
	got, err = b.repo.RestoreTo(t.Context(), e, o)
	require.NoError(t, err)
	require.Contains(t, strings.Join(got.NotKept, "\n"), "this server has no role \"nobody "+into)
	require.Contains(t, got.NotKept, `tablespace "fast disks": this server has none of that name`)

	for _, bad := range []string{"PUBLIC", "public"} {
		o.MapRoles = map[string]string{bad: app}
		_, err = b.repo.RestoreTo(t.Context(), e, o)
		require.ErrorContains(t, err, "is not a role")
	}
}

// TestRestore_SortsAsTheOriginal restores a database whose partitions hold only under its own order of letters.
func TestRestore_SortsAsTheOriginal(t *testing.T) {
	t.Parallel()
	b := setup(t)
	name := "sorted_" + randomName(t)
	t.Cleanup(func() { b.dropAfter(t, name); b.dropAfter(t, name+"_2") })
	b.exec(t, "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'sv' LC_COLLATE 'C' LC_CTYPE 'C'")
	b.in(t, name, `CREATE TABLE word (w text) PARTITION BY RANGE (w);
		CREATE TABLE word_a PARTITION OF word FOR VALUES FROM ('a') TO ('o'); CREATE TABLE word_o PARTITION OF word FOR VALUES FROM ('o') TO ('å');
		INSERT INTO word VALUES ('a'), ('B'), ('M'), ('Ost'), ('Z'), ('z')`)
	e := b.of(t, name)
	report, err := b.repo.Verify(t.Context(), e, Check{Level: LevelDeep, Server: b.url})
	require.NoError(t, err)
	require.True(t, report.OK, report.Problem)
	got, err := b.repo.RestoreTo(t.Context(), e, Restore{Server: b.url, Database: name + "_2", Jobs: 2})
	require.NoError(t, err)
	require.EqualValues(t, 6, got.Rows)
	require.Equal(t, "sv", b.properties(t, name+"_2").Locale)
}

// TestRestore_StaysAndTemplates replaces a template that a replication slot belongs to.
func TestRestore_StaysAndTemplates(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.create(t, b.request())
	name := "stays_" + randomName(t)
	t.Cleanup(func() { b.dropAfter(t, name) })
	o := Restore{Server: b.url, Database: name}
	_, err := b.repo.RestoreTo(t.Context(), e, o)
	require.NoError(t, err)
	b.in(t, name, "ALTER DATABASE "+name+" IS_TEMPLATE true")
	t.Cleanup(func() { b.execAfter(t, "ALTER DATABASE "+name+" IS_TEMPLATE false") })
	o.Existing = Replace
	b.in(t, name, "CREATE SUBSCRIPTION "+name+" CONNECTION 'dbname=nowhere' PUBLICATION p WITH (connect = false, slot_name = NONE)")
	o.DryRun = true
	got, err := b.repo.RestoreTo(t.Context(), e, o)
	require.NoError(t, err)
	require.Equal(t, []string{"subscription " + name}, got.Stay)
	b.in(t, name, "DROP SUBSCRIPTION "+name)
	o.DryRun = false
	got, err = b.repo.RestoreTo(t.Context(), e, o)
	require.NoError(t, err)
	require.True(t, got.Dropped)
	require.Empty(t, b.databases(t, got.Previous))
	require.True(t, b.properties(t, name).Properties.Template)
}

// TestKill_WhileARestoreRuns kills a restore in the middle of its rows: the final name stands for nothing then, and
// the next restore removes what is left.
func TestKill_WhileARestoreRuns(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.create(t, b.request())
	b.exec(t, fmt.Sprintf(`CREATE FUNCTION slow(int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
			IF current_database() <> '%s' THEN PERFORM pg_catalog.pg_sleep(60); END IF; RETURN true; END $$;
		CREATE TABLE sleepy (n int CHECK (slow(n))); INSERT INTO sleepy VALUES (1), (2)`, e.Manifest.Database.Name))
	slow := b.create(t, b.request())
	for _, jobs := range []int{1, 2} {
		name := fmt.Sprintf("killed_%s_%d", randomName(t), jobs)
		side := besideName(name, "restoring_")
		cmd := startHelper(t, helperJob{Dir: b.dir, URL: b.url.Reveal(), Restore: &helperRestore{ID: slow.ID, Database: name, Jobs: jobs}})
		eventually(t, "the rows are being loaded", func() bool {
			return b.count(t, b.url, "SELECT count(*) FROM pg_stat_activity WHERE starts_with(datname, '"+side+"') AND query LIKE 'COPY%sleepy%'") > 0
		})
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait()
		require.Len(t, b.databases(t, side), 1)
		require.NotContains(t, b.databases(t, name), name)
		eventually(t, "its session has ended", func() bool { return len(b.sessions(t, b.databases(t, side)[0])) == 0 })

		got, err := b.repo.RestoreTo(t.Context(), e, Restore{Server: b.url, Database: name, Jobs: jobs})
		require.NoError(t, err)
		require.True(t, got.Created)
		require.Equal(t, []string{name}, b.databases(t, name), "the leftover is gone")
		b.dropAfter(t, name)
	}
}
