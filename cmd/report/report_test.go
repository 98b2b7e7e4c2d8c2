package report_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

func TestReport(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	require.Equal(t, "no reports found\n", p.OK("report", "list").Stderr)
	var url string
	for _, kv := range p.Env {
		if v, ok := strings.CutPrefix(kv, "DATABASE_URL="); ok {
			url = v
		}
	}
	db, err := store.Open(store.Options{URL: secret.New(url)})
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	ana := p.OK("user", "create", "--email", "ana@example.com", "--username", "ana", "--no-password", "-q").Stdout
	p.OK("user", "create", "--email", "bob@example.com", "--username", "bob", "--no-password")
	require.NoError(t, db.Gorm(t.Context()).Exec(`INSERT INTO "BacktestReport" (id, user_id, config, result, status, strategy) VALUES ('one', ?, '{"days":30}', '{"winRate":0.5}', 'completed', 'tp_sl')`, strings.TrimSpace(ana)).Error)

	items := p.OK("reports", "list", "-o", "json").Items()
	require.Len(t, items, 1)
	require.Equal(t, []string{
		"completed_at", "created_at", "execution_time", "id", "plan_type", "status", "strategy", "updated_at", "user_id",
	}, slices.Sorted(maps.Keys(items[0])))
	count := func(args ...string) int {
		return len(p.OK(append([]string{"report", "list", "-o", "json"}, args...)...).Items())
	}
	require.Equal(t, 1, count("--user", "ANA@example.com", "--status", "completed", "--strategy", "tp_sl"))
	require.Equal(t, 0, count("--user", "bob"))
	require.Equal(t, 0, count("--status", "failed"))
	require.Equal(t, 0, count("--until", "2001-01-01"))
	require.Contains(t, p.OK("report", "list").Stdout, "one")
	require.Equal(t, "user_not_found", p.Fails(3, "report", "list", "--user", "carl", "-o", "json").Error()["code"])
	p.Fails(2, "report", "list", "--sort", "secret")
	v := p.OK("report", "show", "one", "-o", "json").JSON()
	require.NotNil(t, v["config"])
	require.Contains(t, p.OK("report", "show", "one").Stdout, "tp_sl")
	require.Equal(t, "report_not_found", p.Fails(3, "report", "show", "none", "-o", "json").Error()["code"])
	p.Fails(2, "report", "show")
}
