package simulation_test

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

func TestSimulation(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	require.Equal(t, "no simulations found\n", p.OK("simulation", "list").Stderr)
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
	require.NoError(t, db.Gorm(t.Context()).Exec(`INSERT INTO "Simulation" (id, user_id, name, config, status, automation_type, progress) VALUES ('one', ?, 'bull run', '{"leverage":10}', 'running', 'margin_guard', 12.5)`, strings.TrimSpace(ana)).Error)

	items := p.OK("simulations", "list", "-o", "json").Items()
	require.Len(t, items, 1)
	require.Equal(t, []string{
		"automation_type", "completed_at", "created_at", "description", "duration", "id", "initial_price", "name", "plan_type", "price_scenario", "progress", "simulation_type", "started_at", "status", "updated_at", "user_id",
	}, slices.Sorted(maps.Keys(items[0])))
	count := func(args ...string) int {
		return len(p.OK(append([]string{"simulation", "list", "-o", "json"}, args...)...).Items())
	}
	require.Equal(t, 1, count("--user", "ANA@example.com", "--status", "running", "--type", "margin_guard"))
	require.Equal(t, 0, count("--user", "bob"))
	require.Equal(t, 0, count("--status", "failed"))
	require.Equal(t, 0, count("--until", "2001-01-01"))
	require.Contains(t, p.OK("simulation", "list").Stdout, "one")
	require.Equal(t, "user_not_found", p.Fails(3, "simulation", "list", "--user", "carl", "-o", "json").Error()["code"])
	p.Fails(2, "simulation", "list", "--sort", "secret")
	v := p.OK("simulation", "show", "one", "-o", "json").JSON()
	require.NotNil(t, v["config"])
	require.Contains(t, p.OK("simulation", "show", "one").Stdout, "bull run")
	require.Equal(t, "simulation_not_found", p.Fails(3, "simulation", "show", "none", "-o", "json").Error()["code"])
	p.Fails(2, "simulation", "show")
}
