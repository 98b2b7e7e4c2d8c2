package namespace_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/namespace"
)

func TestOf_TakesTheFirstSchemaOfTheAddress(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"": "axisor", "public": "axisor", `"public"`: "axisor", `"$user", public`: "axisor", "$user,public": "axisor",
		"app": "axisor_app", "App": "axisor_app", `"App"`: "axisor_App", "app, public": "axisor_app", `"a ""b"", c", d`: `axisor_a "b", c`,
	} {
		require.Equal(t, want, namespace.Of(path).Own, path)
	}
	require.Equal(t, namespace.Names{Own: "axisor_app", Queue: "river_app"}, namespace.Of("app"))
}

func TestRename_ChangesWholeWordsOnly(t *testing.T) {
	t.Parallel()
	const sql = `SELECT axisor_migrations.x, "axisor"."guard_run".id FROM axisor.guard_run JOIN river.river_job USING (id) WHERE to_regnamespace('axisor') <> 0`
	require.Equal(t, sql, namespace.Default().Rename(sql))
	app := namespace.Of("app")
	renamed := app.Rename(sql)
	require.Equal(t, `SELECT axisor_migrations.x, "axisor_app"."guard_run".id FROM "axisor_app".guard_run JOIN "river_app".river_job USING (id) `+
		`WHERE to_regnamespace('"axisor_app"') <> 0`, renamed)
	require.Equal(t, renamed, app.Rename(renamed), "twice is once")
}

func TestTable_NamesOwnTablesWithTheirSchema(t *testing.T) {
	t.Parallel()
	require.Equal(t, `axisor."guard_run"`, namespace.Table("guard_run"))
	require.Equal(t, `"User"`, namespace.Table("User"))
}
