// Command reads times commands that read, over the local socket, beside psql running the same query: psql itself, and
// psql as the system has it in PATH, which on Debian is a script that looks for the other one.
package main

import (
	"context"
	"fmt"
	"os/exec"

	"github.com/axisor/axisor/bench/internal/harness"
)

func main() {
	harness.Main(harness.Flags(), run)
}

// claim is one thing read by both.
type claim struct {
	name string
	args []string
	sql  string
	goal float64
}

func claims() []claim {
	const columns = `id, email, username, plan_type, is_active, email_verified, two_factor_enabled, login_attempts, locked_until,
		last_login_at, last_login_ip, social_provider, preferences, created_at, updated_at`
	return []claim{
		{"exchange list", []string{"exchange", "list"}, `SELECT * FROM "Exchange" ORDER BY slug LIMIT 50`, 0.7},
		{"user list, 50 rows", []string{"user", "list"}, `SELECT ` + columns + ` FROM "User" ORDER BY created_at DESC, id DESC LIMIT 50`, 0.7},
		{"search by e-mail", []string{"search", "p77@example.com"}, `SELECT ` + columns + ` FROM "User" WHERE email = 'p77@example.com'`, 0},
		{
			"user list --all -o csv",
			[]string{"user", "list", "--all", "-o", "csv"},
			`COPY (SELECT ` + columns + ` FROM "User" ORDER BY created_at, id) TO STDOUT CSV HEADER`, 0,
		},
	}
}

func run(ctx context.Context, b *harness.Harness) error {
	if err := b.SQL(ctx, harness.Database, fmt.Sprintf(`INSERT INTO "User" (email, username, plan_type, created_at, updated_at)
		SELECT 'p' || i || '@example.com', 'person' || i, (ARRAY['free','basic','pro'])[1 + i %% 3]::"PlanType",
		timestamp '2024-01-01' + i * interval '1 second', now() FROM generate_series(1, %d) i`, b.Pick(200, 2000, 10_000)), "VACUUM ANALYZE"); err != nil {
		return err
	}
	installed, err := exec.LookPath("psql")
	if err != nil {
		installed = ""
	}
	for _, c := range claims() {
		contestants := []harness.Contestant{
			b.Command("axisor", append([]string{b.Program}, c.args...)...), b.Command("psql", b.Psql(c.sql)...),
		}
		if installed != "" {
			contestants = append(contestants, b.Command("psql in PATH", append([]string{installed}, b.Psql(c.sql)[1:]...)...))
		}
		samples, err := harness.Turns(ctx, 2, b.Pick(2, 21, 41), contestants...)
		if err != nil {
			return err
		}
		row := harness.Row{Claim: c.name, Unit: "ms", Goal: c.goal}
		for i, rival := range []string{"psql -c, the program itself", "psql -c, as in PATH"}[:len(contestants)-1] {
			row.Rival = rival
			if err := b.Emit(row.Against(samples[0], samples[i+1], harness.Milliseconds)); err != nil {
				return err
			}
		}
	}
	return nil
}
