//go:build interop

package prisma

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/migrate"
)

func TestInterop(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	require.NoError(t, err, "the Prisma proof needs Node.js 20.19 or newer; https://nodejs.org")
	var major int
	_, err = fmt.Sscanf(run(t, nil, node, "--version"), "v%d.", &major)
	require.NoError(t, err)
	require.GreaterOrEqual(t, major, 20, "the Prisma proof needs Node.js 20.19 or newer; %s is older", node)
	_, err = exec.LookPath("npm")
	require.NoError(t, err, "the Prisma proof needs npm, which belongs to Node.js")
	if _, err := os.Stat("node_modules/.package-lock.json"); err != nil || outdated(t) {
		run(t, nil, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	}
	// Prisma's command wants to fetch its native engine although generating does not use it. Naming any
	// program as that engine keeps it from trying.
	run(t, []string{"PRISMA_SCHEMA_ENGINE_BINARY=" + node, "CHECKPOINT_DISABLE=1"}, "npm", "run", "--silent", "generate")

	args := []string{"interop.mjs"}
	if os.Getenv("AXISOR_UPDATE") != "" {
		args = append(args, "--update")
	}
	out := run(t, []string{"DATABASE_URL=" + testdb.NewURL(t).Reveal()}, "node", args...)
	t.Log(out)
	// With the lines that we print the models and the database agree: Prisma has nothing to do.
	raw, err := os.ReadFile("schema.prisma")
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "schema.prisma")
	require.NoError(t, os.WriteFile(file, []byte(withIndexes(t, string(raw))), 0o600))
	out = run(t, []string{"DATABASE_URL=" + testdb.NewURL(t).Reveal(), "AXISOR_SCHEMA=" + file}, "node", "agree.mjs")
	t.Log(out)
	// And the other way round: what Prisma made, adopted, is to Prisma what the migrations make.
	out = run(t, []string{"DATABASE_URL=" + adopted(t)}, "node", "interop.mjs")
	t.Log(out)
}

// withIndexes puts what PrismaIndexes prints into the models.
func withIndexes(t *testing.T, schema string) string {
	t.Helper()
	lines, err := migrate.PrismaIndexes(schema)
	require.NoError(t, err)
	require.Len(t, lines, 15, "those that a push drops, and two that Prisma takes for others with the same columns")
	for _, l := range lines {
		head := "model " + l.Model + " {\n"
		require.Contains(t, schema, head)
		schema = strings.Replace(schema, head, head+"  "+l.Line+"\n", 1)
	}
	return schema
}

// adopted gives the address of a database that Prisma's own SQL made and a baseline took over.
func adopted(t *testing.T) string {
	t.Helper()
	url := testdb.Empty(t).Reveal()
	db, err := sql.Open("pgx", url)
	require.NoError(t, err)
	defer db.Close()
	raw, err := os.ReadFile("prisma_schema.sql")
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), string(raw))
	require.NoError(t, err)
	m, err := migrate.New(db, migrate.Options{})
	require.NoError(t, err)
	_, err = m.Baseline(t.Context(), false)
	require.NoError(t, err)
	return url
}

// outdated tells whether the packages are from before the last change of the lock file.
func outdated(t *testing.T) bool {
	t.Helper()
	lock, err := os.Stat("package-lock.json")
	require.NoError(t, err)
	installed, err := os.Stat("node_modules/.package-lock.json")
	require.NoError(t, err)
	return lock.ModTime().After(installed.ModTime())
}

func run(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, name, args...)
	c.Env = append(os.Environ(), env...)
	out, err := c.CombinedOutput()
	require.NoError(t, err, "%s %s\n%s", name, strings.Join(args, " "), out)
	return string(out)
}
