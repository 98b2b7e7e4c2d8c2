package audit_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

func create(p *clitest.Program, name string) map[string]any {
	return p.OK("user", "create", "--email", name+"@example.com", "--username", name, "--no-password", "--reason", "for "+name, "-o", "json").JSON()
}

// exec changes the database behind the program's back, as the web application would.
func exec(t *testing.T, p *clitest.Program, sql string, args ...any) {
	t.Helper()
	var url string
	for _, kv := range p.Env {
		if len(kv) > 13 && kv[:13] == "DATABASE_URL=" {
			url = kv[13:]
		}
	}
	db, err := store.Open(store.Options{URL: secret.New(url)})
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, db.Gorm(t.Context()).Exec(sql, args...).Error)
}

func TestList(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	require.Equal(t, "no audit entries found\n", p.OK("audit", "list").Stderr)
	ana := create(p, "ana")
	create(p, "bob")

	items := p.OK("audit", "list", "-o", "json").Items()
	require.Len(t, items, 2)
	require.Equal(t, []string{
		"action", "created_at", "details", "id", "ip_address", "new_values", "old_values", "resource", "resource_id",
		"severity", "user_agent", "user_id",
	}, slices.Sorted(maps.Keys(items[0])))
	require.Equal(t, "user.create", items[0]["action"])
	require.Nil(t, items[0]["old_values"])
	require.Equal(t, "for bob", items[0]["details"].(map[string]any)["reason"])
	require.Equal(t, "bob@example.com", items[0]["new_values"].(map[string]any)["email"])

	count := func(args ...string) int {
		return len(p.OK(append([]string{"audit", "list", "-o", "json"}, args...)...).Items())
	}
	require.Equal(t, 1, count("--user", "ANA@example.com"))
	require.Equal(t, 2, count("--action", "user."))
	require.Equal(t, 0, count("--action", "user"))
	require.Equal(t, 2, count("--resource", "user"))
	require.Equal(t, 0, count("--resource", "plan"))
	require.Equal(t, 2, count("--since", "1h"))
	require.Equal(t, 0, count("--until", "2020-01-01"))
	require.Equal(t, 1, count("--limit", "1"))

	p.With("AXISOR_AUDIT_ACTOR=carol").OK("user", "disable", "bob")
	require.Equal(t, 1, count("--actor", "carol"))
	require.Equal(t, 0, count("--actor", "Carol"), "an actor is a whole name, as it was written")
	require.Equal(t, 0, count("--actor", "carol", "--action", "user.create"))
	require.Equal(t, 2, count("--action", "user.create"))
	for _, format := range []string{"csv", "jsonl"} { // the server writes the one, we the other
		out := p.OK("audit", "export", "--actor", "carol", "-o", format).Stdout
		require.Contains(t, out, "user.disable")
		require.NotContains(t, out, "user.create")
	}
	p.Fails(2, "audit", "export", "--actor", "carol", "--security")
	require.Equal(t, "user_not_found", p.Fails(3, "audit", "list", "--user", "carl", "-o", "json").Error()["code"])

	exec(t, p, `DELETE FROM "User" WHERE id = ?`, ana["id"])
	require.Equal(t, 1, count("--user", ana["id"].(string)), "a deleted user's trail is found by id")
	require.Equal(t, 1, count("--user", ana["id"].(string), "--resource", "user"))
	p.Fails(3, "audit", "list", "--user", ana["id"].(string), "--resource", "plan")
}

func TestShow(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	create(p, "ana")
	id := p.OK("audit", "list", "-q").Stdout
	id = id[:len(id)-1]
	v := p.OK("audit", "show", id, "-o", "json").JSON()
	require.Equal(t, id, v["id"])
	text := p.OK("audit", "show", id).Stdout
	require.Contains(t, text, "user.create")
	require.Contains(t, text, `+ email: "ana@example.com"`)
	require.Contains(t, text, "for ana")

	exec(t, p, `INSERT INTO "AuditLog" (id, action, old_values, new_values, details)
		VALUES ('web', 'automation_activated', '{"is_active":false,"kept":1}', '{"is_active":true,"kept":1,"token":"hunter2"}', '["x"]')`)
	text = p.OK("audit", "show", "web").Stdout
	require.Contains(t, text, "- is_active: false")
	require.Contains(t, text, "+ is_active: true")
	require.NotContains(t, text, "kept")
	require.NotContains(t, text, "hunter2", "secrets that others wrote are hidden")
	require.NotContains(t, p.OK("audit", "list", "--all", "-o", "jsonl").Stdout, "hunter2")

	require.Contains(t, p.Fails(3, "audit", "show", "none").Stderr, `no audit entry "none"`)
	require.Equal(t, 2, p.Run("audit", "show").Code)
}
