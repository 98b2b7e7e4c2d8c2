package migrate_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
)

func TestPrisma_PrintsWhatAFileLacks(t *testing.T) {
	t.Parallel()
	p := clitest.New(t)
	file := filepath.Join(t.TempDir(), "schema.prisma")
	require.NoError(t, os.WriteFile(file, []byte(`model User {
  @@index([username], map: "idx_user_username")
}`), 0o600))
	all, left := p.OK("migrate", "prisma").Stdout, p.OK("migrate", "prisma", file).Stdout
	require.Contains(t, all, "model Payment {\n")
	require.Contains(t, all, `  @@index([user_id, status], map: "idx_payment_user_status")`)
	require.Contains(t, all, `  @@index([username], map: "idx_user_username")`)
	require.NotContains(t, left, "idx_user_username")
	require.NotContains(t, all, "idx_payment_pending", "Prisma cannot declare a partial index")
	require.NotContains(t, all, "idx_guard_", "our own tables are none of its business")
	require.Len(t, p.OK("migrate", "prisma", file, "-o", "json").Items(), len(p.OK("migrate", "prisma", "-o", "json").Items())-1)
	p.Fails(3, "migrate", "prisma", file+".none")
}
