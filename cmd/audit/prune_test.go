package audit_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
)

func TestSecurityList(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	require.Equal(t, "no security events found\n", p.OK("audit", "security", "list").Stderr)
	create(p, "ana")
	create(p, "bob")
	p.OK("user", "verify-email", "ana")
	p.OK("user", "set-plan", "bob", "pro")
	exec(t, p, `INSERT INTO "SecurityAuditLog" (action, success, details) VALUES ('LOGIN_FAILED', false, '{"password":"hunter2"}')`)
	count := func(args ...string) int {
		return len(p.OK(append([]string{"audit", "security", "list", "-o", "json"}, args...)...).Items())
	}
	require.Equal(t, 3, count())
	require.Equal(t, 1, count("--failed"))
	require.Equal(t, 2, count("--success"))
	require.Equal(t, 1, count("--user", "ana"))
	require.Equal(t, 1, count("--action", "PLAN_CHANGED"))
	require.Equal(t, 0, count("--until", "2001-01-01"))
	require.NotContains(t, p.OK("audit", "security", "list", "--all", "-o", "jsonl").Stdout, "hunter2")
	require.Equal(t, "user_not_found", p.Fails(3, "audit", "security", "list", "--user", "carl", "-o", "json").Error()["code"])
	p.Fails(2, "audit", "security", "list", "--failed", "--success")
	p.Fails(2, "audit", "security")
}

func TestExport(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	create(p, "ana")
	create(p, "bob")
	lines := strings.Split(strings.TrimSpace(p.OK("audit", "export", "--columns", "action,resource").Stdout), "\n")
	require.Equal(t, []string{"action,resource", "user.create,user", "user.create,user"}, lines)
	require.Equal(t, 1, strings.Count(p.OK("audit", "export", "-o", "jsonl", "--user", "ana").Stdout, "\n"))
	p.OK("user", "verify-email", "bob")
	require.Contains(t, p.OK("audit", "export", "--security").Stdout, "EMAIL_VERIFIED")
	p.Fails(3, "audit", "export", "--user", "carl")
}

func TestPrune(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	create(p, "ana")
	exec(t, p, `INSERT INTO "AuditLog" (action, created_at) SELECT 'old', now() - interval '400 days' FROM generate_series(1, 3)`)
	exec(t, p, `INSERT INTO "SecurityAuditLog" (action, created_at) VALUES ('OLD', now() - interval '400 days')`)
	require.Contains(t, p.Fails(2, "audit", "prune", "--older-than", "365d").Stderr, "--yes")
	r := p.OK("audit", "prune", "--older-than", "365d", "--dry-run")
	require.Contains(t, r.Stderr, "dry run: 3 changes and 1 security events would be deleted")
	require.Len(t, p.OK("audit", "list", "-o", "json").Items(), 4)
	require.Equal(t, true, p.OK("audit", "prune", "--older-than", "365d", "--yes", "--dry-run", "-o", "json").JSON()["dry_run"])
	v := p.OK("audit", "prune", "--older-than", "365d", "--yes", "-o", "json").JSON()
	require.Equal(t, []any{3.0, 1.0, "deleted"}, []any{v["audit"], v["security"], v["result"]})
	items := p.OK("audit", "list", "-o", "json").Items()
	require.Len(t, items, 2)
	require.Equal(t, "audit.prune", items[0]["action"])
	require.Contains(t, p.OK("audit", "prune", "--older-than", "365d", "--yes").Stderr, "nothing is that old")
	p.Fails(2, "audit", "prune", "--yes")
	p.Fails(2, "audit", "prune", "--older-than", "old")
}
