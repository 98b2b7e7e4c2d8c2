package backup

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/pgserver"
	"github.com/axisor/axisor/pkg/secret"
)

func TestRestoreTo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.create(t, b.request())
	name := "restored_" + e.Manifest.Database.Name
	t.Cleanup(func() { b.dropAfter(t, name) })

	plan, err := b.repo.RestoreTo(t.Context(), e, Restore{Server: b.url, Database: name, DryRun: true})
	require.NoError(t, err)
	require.True(t, plan.Created)
	require.Empty(t, b.databases(t, name))

	got, err := b.repo.RestoreTo(t.Context(), e, Restore{Server: b.url, Database: name})
	require.NoError(t, err)
	require.Equal(t, Restored{ID: e.ID, Database: name, Created: true, Tables: 5, Rows: 2102, Target: b.repo.urlOf(b.url, name)}, got)

	_, err = b.repo.RestoreTo(t.Context(), e, Restore{Server: b.url, Database: name})
	require.ErrorIs(t, err, ErrTargetNotEmpty)
	require.Contains(t, b.databases(t, name), name, "a refused target is left alone")
	_, err = b.repo.RestoreTo(t.Context(), e, Restore{Server: b.url, Database: e.Manifest.Database.Name})
	require.ErrorIs(t, err, ErrTargetNotEmpty)
}

// The database to restore is the one the configuration names, and it is gone.
func TestRestoreTo_AfterTheDatabaseWasLost(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.create(t, b.request())
	u, err := url.Parse(b.url.Reveal())
	require.NoError(t, err)
	u.Path = "/lost_" + e.Manifest.Database.Name
	t.Cleanup(func() { b.dropAfter(t, u.Path[1:]) })
	got, err := b.repo.RestoreTo(t.Context(), e, Restore{Server: secret.New(u.String()), Database: u.Path[1:]})
	require.NoError(t, err)
	require.True(t, got.Created)
}

func TestRestoreTo_FailureLeavesNoDatabase(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.create(t, b.request())
	e = forge(t, b, e, func(m *Manifest) { m.Tables = m.Tables[1:] })
	name := "failed_" + e.Manifest.Database.Name
	_, err := b.repo.RestoreTo(t.Context(), e, Restore{Server: b.url, Database: name})
	require.ErrorIs(t, err, ErrDamaged)
	require.Empty(t, b.databases(t, name))

	_, err = b.repo.RestoreTo(t.Context(), e, Restore{Server: b.url})
	var input *InputError
	require.ErrorAs(t, err, &input)
}

// TestRestoreTo_MapsRoles restores owners, grants and policies to other roles than those of the backup.
func TestRestoreTo_MapsRoles(t *testing.T) {
	t.Parallel()
	b := setup(t)
	old, fresh := "old "+randomName(t), "new_"+randomName(t)
	b.exec(t, fmt.Sprintf(`CREATE ROLE %[1]q; CREATE ROLE %[2]s; CREATE TABLE owned (n int); ALTER TABLE owned OWNER TO %[1]q;
		GRANT SELECT ON "User" TO %[1]q; CREATE POLICY mine ON secrets FOR SELECT TO %[1]q USING (n > 0)`, old, fresh))
	name := "mapped_" + randomName(t)
	t.Cleanup(func() {
		b.dropAfter(t, name)
		b.dropAfter(t, name+"_2")
		b.execAfter(t, fmt.Sprintf("DROP OWNED BY %q; DROP ROLE IF EXISTS %q; DROP ROLE IF EXISTS %s", old, old, fresh))
	})
	e := b.create(t, b.request())
	o := Restore{Server: b.url, Database: name, MapRoles: map[string]string{old: fresh}, DryRun: true}
	plan, err := b.repo.RestoreTo(t.Context(), e, o)
	require.NoError(t, err)
	require.Contains(t, plan.Roles, RoleUse{Name: old, As: fresh})
	require.Empty(t, b.databases(t, name))

	for _, jobs := range []int{1, 2} {
		o.DryRun, o.Jobs, o.Database = false, jobs, name+map[int]string{2: "_2"}[jobs]
		got, err := b.repo.RestoreTo(t.Context(), e, o)
		require.NoError(t, err)
		for query, want := range map[string]int64{
			"SELECT count(*) FROM pg_class WHERE relname = 'owned' AND relowner = '" + fresh + "'::regrole":                       1,
			"SELECT count(*) FROM pg_policies WHERE roles = '{" + fresh + "}'":                                                    1,
			`SELECT has_table_privilege('` + fresh + `', '"User"', 'SELECT')::int`:                                                1,
			`SELECT count(*) FROM pg_class, aclexplode(relacl) a WHERE relname = 'User' AND a.grantee = '"` + old + `"'::regrole`: 0,
		} {
			require.Equal(t, want, b.count(t, got.Target, query), query)
		}
	}

	o.Database = name + "_3"
	o.MapRoles = map[string]string{old: "nobody_" + name}
	_, err = b.repo.RestoreTo(t.Context(), e, o)
	require.ErrorIs(t, err, ErrRoleMissing)
	require.ErrorContains(t, err, "nobody_"+name)
	o.MapRoles = map[string]string{"typo": fresh}
	_, err = b.repo.RestoreTo(t.Context(), e, o)
	require.ErrorContains(t, err, `"typo" is not in the backup`)
	require.Empty(t, b.databases(t, name+"_3"), "refused before anything was made")
}

// A login that cannot act as those to whom a restore would give things is told before anything is made.
func TestRestoreTo_RefusesRolesOutOfReach(t *testing.T) {
	t.Parallel()
	b := setup(t)
	end := randomName(t)
	name, guest, app, old := "reach_"+end, "guest_"+end, "app_"+end, "Old Owner "+end
	b.exec(t, fmt.Sprintf(`CREATE ROLE %s LOGIN CREATEDB; CREATE ROLE %s; CREATE ROLE %q; ALTER TABLE other.empty OWNER TO %[3]q; ALTER SCHEMA other OWNER TO %[3]q`, guest, app, old))
	t.Cleanup(func() {
		b.dropAfter(t, name)
		b.execAfter(t, fmt.Sprintf("DROP OWNED BY %s, %s, %q; DROP ROLE %[1]s, %[2]s, %[3]q", guest, app, old))
	})
	plain := b.create(t, b.request())
	b.exec(t, fmt.Sprintf(`ALTER DEFAULT PRIVILEGES FOR ROLE %q GRANT SELECT ON TABLES TO %s`, old, app))
	defaults := b.create(t, b.request())
	b.exec(t, fmt.Sprintf(`GRANT SELECT ON "User" TO %[1]q WITH GRANT OPTION; GRANT USAGE ON SCHEMA public TO %[1]q; SET ROLE %[1]q; GRANT SELECT ON "User" TO %[2]s; RESET ROLE`, old, app))
	granted := b.create(t, b.request())
	me := plain.Manifest.Database.Properties.Owner

	refused := func(e Entry, o Restore, text string, kind error) {
		t.Helper()
		o.Server, o.Database = b.as(t, guest), name
		for _, o.DryRun = range []bool{true, false} {
			_, err := b.repo.RestoreTo(t.Context(), e, o)
			require.ErrorIs(t, err, kind)
			require.ErrorContains(t, err, text)
		}
		require.Empty(t, b.databases(t, name), "refused before anything was made")
	}
	restored := func(e Entry, o Restore, database, empty string) {
		t.Helper()
		o.Server, o.Database = b.as(t, guest), name
		got, err := b.repo.RestoreTo(t.Context(), e, o)
		require.NoError(t, err)
		require.EqualValues(t, 1, b.count(t, got.Target, fmt.Sprintf(`SELECT count(*) FROM pg_database d, pg_class c
			WHERE d.datname = current_database() AND c.oid = 'other.empty'::regclass AND pg_get_userbyid(d.datdba) = '%s' AND pg_get_userbyid(c.relowner) = '%s'`, database, empty)))
		b.dropAfter(t, name)
	}
	mapped := map[string]string{me: app}
	refused(plain, Restore{KeepOwner: true}, fmt.Sprintf("login %q cannot act as %q, %q", guest, old, me), ErrDenied)
	refused(plain, Restore{MapRoles: mapped}, fmt.Sprintf("cannot act as %q, %q", old, app), ErrDenied)
	refused(plain, Restore{Role: app}, fmt.Sprintf("cannot act as %q", app), ErrDenied)
	refused(plain, Restore{Role: "nobody_" + end}, "nobody_"+end, ErrRoleMissing)
	var input *InputError
	_, err := b.repo.RestoreTo(t.Context(), plain, Restore{Server: b.url, Database: name, Role: "none"})
	require.ErrorAs(t, err, &input)
	b.exec(t, fmt.Sprintf("GRANT %s TO %s", app, guest))
	refused(plain, Restore{MapRoles: mapped}, fmt.Sprintf("cannot act as %q,", old), ErrDenied)
	refused(defaults, Restore{KeepACL: true}, fmt.Sprintf("cannot act as %q, whose default privileges", old), ErrDenied)
	restored(plain, Restore{Role: app}, app, app)
	b.exec(t, fmt.Sprintf("GRANT %q TO %s", old, guest))
	refused(granted, Restore{MapRoles: mapped}, "is no superuser", ErrDenied)
	restored(defaults, Restore{MapRoles: mapped}, app, old)
}

// TestVerify_PrivateServer proves a backup without the server in use, and by itself when no database may be
// made there.
func TestVerify_PrivateServer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	role, guest := "policy_"+randomName(t), "guest_"+randomName(t)
	b.exec(t, fmt.Sprintf(`CREATE ROLE %s; CREATE ROLE %s LOGIN; CREATE POLICY p ON secrets TO %s USING (true)`, role, guest, role))
	t.Cleanup(func() {
		b.execAfter(t, fmt.Sprintf("DROP OWNED BY %s; DROP ROLE %s; DROP ROLE %s", role, role, guest))
	})
	e := b.create(t, b.request())
	parent, err := os.MkdirTemp("", "axisor-private-*")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(parent, 0o755))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(parent)) })
	used := 0
	c := Check{Level: LevelDeep, PrivateOnly: true, OnPrivate: func() { used++ }, Private: func(ctx context.Context, major int) (secret.Secret, func() error, error) {
		bin, err := pgserver.FindMajor(ctx, major)
		require.NoError(t, err)
		s, err := pgserver.StartScratch(ctx, parent, bin)
		require.NoError(t, err)
		return s.URL("postgres"), s.Close, nil
	}}
	report, err := b.repo.Verify(t.Context(), e, c)
	require.NoError(t, err)
	require.True(t, report.OK, report.Problem)
	require.NotNil(t, b.repo.entry(e.ID).Manifest.LastGood(LevelDeep))
	require.Equal(t, 1, used)

	c.PrivateOnly, c.Server = false, b.as(t, guest)
	report, err = b.repo.Verify(t.Context(), e, c)
	require.NoError(t, err)
	require.True(t, report.OK, report.Problem)
	require.Equal(t, 2, used, "this login makes no databases")

	// It compares as well as the server in use would.
	wrong := forge(t, b, e, func(m *Manifest) { m.Tables[0].Rows++ })
	report, err = b.repo.Verify(t.Context(), wrong, c)
	require.NoError(t, err)
	require.False(t, report.OK)
	left, err := os.ReadDir(parent)
	require.NoError(t, err)
	require.Empty(t, left)
}
