package migrate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/migrate"
)

// An empty schema that is named like the login stands before public in everybody's search path. The tables stay the ones
// that they are, wherever a repair or a migration runs, and it is told.
func TestPath_AnEmptySchemaOfTheLoginGetsNothing(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	_, err := b.m.UpTo(b.ctx, before)
	require.NoError(t, err)
	b.exec(t, `DO $$ BEGIN EXECUTE format('CREATE SCHEMA %I', current_user); END $$`)
	require.NotEqual(t, []string{"public"}, b.list(t, `SELECT current_schema()::text`))
	_, err = b.m.Up(b.ctx)
	require.NoError(t, err)
	b.exec(t, `DROP INDEX public.idx_payment_pending; DROP TABLE public."Simulation"; DROP TABLE axisor.guard_rate`)
	findings, err := b.m.Verify(b.ctx)
	require.NoError(t, err)
	_, err = b.m.Repair(b.ctx, findings)
	require.NoError(t, err)
	findings, err = b.m.Verify(b.ctx)
	require.NoError(t, err)
	require.Len(t, findings, 1, "%v", findings)
	require.Equal(t, "search_path", findings[0].Kind)
	require.Equal(t, migrate.Extra, findings[0].Problem)
	require.NoError(t, b.m.Check(b.ctx), "it hides nothing")
	require.Empty(t, b.list(t, `SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace`))
	shared, own, err := b.m.Schemas(b.ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"public", "axisor"}, []string{shared, own})
}

// A table that hides one of the shared ones stops whoever writes: it would write to the other.
func TestPath_AnotherTableInFrontIsNamed(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	b.exec(t, `DO $$ BEGIN EXECUTE format('CREATE SCHEMA %1$I; CREATE TABLE %1$I."User" (LIKE public."User")', current_user); END $$`)
	err := b.m.Check(b.ctx)
	require.ErrorIs(t, err, migrate.ErrHidden)
	require.ErrorContains(t, err, `they are in schema public, and in front of them stand `)
	findings, err := b.m.Verify(b.ctx)
	require.NoError(t, err)
	require.Len(t, findings, 1, "%v", findings)
	require.Equal(t, "search_path User different", findings[0].Kind+" "+findings[0].Object+" "+findings[0].Problem)
	require.Equal(t, `public."User"`, findings[0].Expected)
	require.Empty(t, findings[0].FixSQL)

	b.exec(t, `DO $$ BEGIN EXECUTE format('DROP SCHEMA %I CASCADE; ALTER DATABASE %I SET search_path = nowhere', current_user, current_database()); END $$`)
	b.db.SetMaxIdleConns(0)
	require.ErrorContains(t, b.m.Check(b.ctx), "they are in schema public, which is not in it")
}
