package migrate_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/migrate"
)

// TestPrisma_FindsEverythingItWouldMake builds one database from the SQL that Prisma generates and one from
// the migrations, and wants everything of the first in the second: types, nullability, defaults, keys with
// their actions, enums, and indexes under the same names.
func TestPrisma_FindsEverythingItWouldMake(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../test/prisma/prisma_schema.sql")
	require.NoError(t, err)
	prisma := setupEmpty(t)
	prisma.exec(t, string(raw))
	theirs, ours := prisma.catalog(t), setupFresh(t).catalog(t)

	require.Len(t, theirs.Tables, 18)
	require.Equal(t, theirs.Enums["PlanType"], ours.Enums["PlanType"])
	for name, want := range theirs.Tables {
		got := ours.Tables[name]
		require.NotNil(t, got, name)
		require.Equal(t, want.Columns, got.Columns, name)
		for index, i := range want.Indexes {
			require.Equal(t, i, got.Indexes[index], "%s: %s", name, index)
		}
		for constraint, c := range want.Constraints {
			require.Equal(t, c, got.Constraints[constraint], "%s: %s", name, constraint)
		}
	}
	// And read the way verify reads: beyond what Prisma makes there is nothing but additions.
	for _, f := range migrate.Compare(theirs, ours) {
		if f.Kind != "row_security" {
			require.Equal(t, migrate.Extra, f.Problem, f)
		}
	}
}
