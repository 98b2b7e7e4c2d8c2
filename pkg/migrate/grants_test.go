package migrate_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/migrate"
	"github.com/axisor/axisor/pkg/namespace"
)

// stranger is a role that is not axisor's. Roles belong to the whole server; it owns nothing but what a test grants.
const stranger = "axisor_test_other"

const makeStranger = `DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'axisor_test_other') THEN CREATE ROLE axisor_test_other; END IF;
	EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`

// strangerDamages lets somebody else write to a table and read its secrets, and our own roles what they must not.
func strangerDamages(name, sql string, table *migrate.Table) []damage {
	all := []damage{{fmt.Sprintf(`GRANT INSERT, DELETE ON %s TO %s`, sql, stranger), fmt.Sprintf("grant %s: %s different", name, stranger)}}
	for _, c := range table.Columns {
		if namespace.SecretColumn(c.Name) {
			all = append(all, damage{
				fmt.Sprintf(`GRANT SELECT ("%s") ON %s TO %s, authenticated`, c.Name, sql, stranger),
				fmt.Sprintf("grant %s.%s: %s different", name, c.Name, stranger),
			}, damage{"", fmt.Sprintf("grant %s.%s: authenticated different", name, c.Name)})
		}
	}
	return append(all, damage{fmt.Sprintf(`GRANT TRUNCATE ON %s TO authenticated`, sql), fmt.Sprintf("grant %s: authenticated different", name)})
}

// Every right of somebody else is named with the thing and the role. What opens a secret or changes rows is revoked, what a
// person may have wanted is told and stays, and both are gone when it is taken back.
func TestVerify_NamesRightsOfOthers(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	b.exec(t, makeStranger)
	b.exec(t, strings.ReplaceAll(strings.ReplaceAll(makeStranger, stranger, "axisor_support"), "CREATE ROLE axisor_support", "CREATE ROLE axisor_support NOLOGIN BYPASSRLS"))
	b.exec(t, `CREATE FUNCTION theirs() RETURNS text SECURITY DEFINER LANGUAGE sql AS 'SELECT 1::text'; REVOKE EXECUTE ON FUNCTION theirs() FROM PUBLIC;
		CREATE VIEW shown AS SELECT id, password_hash FROM "User"; CREATE VIEW again AS SELECT * FROM shown; CREATE VIEW rows AS SELECT u FROM "User" u;
		CREATE VIEW safe AS SELECT id, username FROM "User"; CREATE VIEW invoker WITH (security_invoker = true) AS TABLE "User";
		CREATE SCHEMA elsewhere; CREATE MATERIALIZED VIEW elsewhere.copy AS SELECT credentials FROM "UserExchangeAccounts"`)
	damages := []struct{ damage, says, repair string }{
		{`GRANT SELECT ON "User" TO stranger`, "grant User: stranger different|grant User: stranger noted", `REVOKE SELECT ON "User" FROM stranger`},
		{`GRANT SELECT ON "Plan" TO stranger`, "grant Plan: stranger noted", `REVOKE ALL ON "Plan" FROM stranger`},
		{`GRANT SELECT (amount_sats) ON "Payment" TO stranger`, "grant Payment: stranger noted", `REVOKE ALL ON "Payment" FROM stranger`},
		{`GRANT SELECT (token), INSERT (token) ON "RefreshToken" TO stranger`, "grant RefreshToken.token: stranger different", ""},
		{`GRANT UPDATE (credentials) ON "UserExchangeAccounts" TO PUBLIC`, "grant UserExchangeAccounts.credentials different", ""},
		{`GRANT SELECT ON "Exchange" TO stranger WITH GRANT OPTION`, "grant Exchange: stranger different|grant Exchange: stranger noted", `REVOKE ALL ON "Exchange" FROM stranger`},
		{`GRANT TRUNCATE ON river.river_job TO stranger`, "grant river.river_job: stranger different", ""},
		{`GRANT INSERT ON axisor.axisor_migrations TO stranger`, "grant axisor.axisor_migrations: stranger different", ""},
		{`GRANT UPDATE ON axisor_migrations TO stranger`, "grant view public.axisor_migrations: stranger different", ""},
		{`GRANT USAGE ON SEQUENCE axisor.axisor_migrations_id_seq TO stranger`, "grant axisor.axisor_migrations_id_seq: stranger different", ""},
		{`GRANT SELECT ON SEQUENCE river.river_job_id_seq TO PUBLIC`, "grant river.river_job_id_seq different", ""},
		{`GRANT CREATE ON SCHEMA public TO stranger`, "grant schema public: stranger different", ""},
		{`GRANT CREATE ON SCHEMA axisor TO PUBLIC`, "grant schema axisor different", ""},
		{`GRANT USAGE ON SCHEMA river TO stranger`, "grant schema river: stranger noted", `REVOKE ALL ON SCHEMA river FROM stranger`},
		{`ALTER DEFAULT PRIVILEGES IN SCHEMA axisor GRANT SELECT ON TABLES TO stranger`, "grant default privileges of OWNER in axisor on tables: stranger different", ""},
		{`ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO PUBLIC`, "grant default privileges of OWNER on sequences different", ""},
		{`GRANT EXECUTE ON FUNCTION theirs() TO stranger`, "grant function public.theirs(): stranger extra", `REVOKE ALL ON FUNCTION theirs() FROM stranger`},
		{`GRANT SELECT ON shown TO stranger`, "grant view public.shown: stranger different", ""},
		{`GRANT SELECT ON again TO PUBLIC`, "grant view public.again different", ""},
		{`GRANT SELECT ON rows TO stranger`, "grant view public.rows: stranger different", ""},
		{`GRANT SELECT (credentials) ON elsewhere.copy TO stranger`, "grant view elsewhere.copy: stranger different", ""},
		{`GRANT SELECT ON safe TO authenticated`, "grant view public.safe: authenticated different", ""},
		{`GRANT SELECT ON safe, invoker TO stranger`, "", `REVOKE ALL ON safe, invoker FROM stranger`},
		{`GRANT UPDATE ON safe TO stranger`, "grant view public.safe: stranger different", ""},
		{`GRANT UPDATE ON "User" TO authenticated`, "grant User: authenticated different", `REVOKE ALL ON "User" FROM authenticated`},
		{`GRANT SELECT ON "AutomationType", "Payment" TO axisor_support`, "grant Payment: axisor_support different", `REVOKE ALL ON "AutomationType", "Payment" FROM axisor_support`},
	}
	owner := b.list(t, `SELECT current_user::text`)[0]
	edit := strings.NewReplacer("stranger", stranger, "OWNER", owner).Replace
	var says, stays, repairs []string
	for _, d := range damages {
		b.exec(t, edit(d.damage))
		first, then, _ := strings.Cut(edit(d.says), "|")
		if first != "" {
			says = append(says, first)
		}
		if strings.HasSuffix(first, " noted") || strings.HasSuffix(first, " extra") {
			then = first
		}
		if then != "" {
			stays = append(stays, then)
		}
		repairs = append(repairs, edit(d.repair))
	}
	findings, err := b.m.Verify(b.ctx)
	require.NoError(t, err)
	require.ElementsMatch(t, says, saying(findings))
	_, err = b.m.Repair(b.ctx, findings)
	require.NoError(t, err)
	findings, err = b.m.Verify(b.ctx)
	require.NoError(t, err)
	require.Subset(t, saying(findings), stays, "what is no secret stays")
	require.Equal(t, []string{edit("grant function public.theirs(): stranger extra")}, saying(migrate.Differences(findings)))
	columns := b.list(t, `SELECT count(*) FILTER (WHERE has_column_privilege('axisor_test_other', attrelid, attname, 'SELECT')) || ' of ' || count(*)
		FROM pg_attribute WHERE attrelid = '"User"'::regclass AND attnum > 0 AND attname ~ 'password|token|secret|hash|backup_codes'`)
	require.Regexp(t, "^0 of [5-9]$", columns[0])
	for _, repair := range repairs {
		b.exec(t, repair)
	}
	noDrift(t, b)
}

// A role that works in the database at this moment may be the application: what it may do is named, and left to a person.
func TestVerify_TakesNothingFromWhoeverIsWorking(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	name := "axisor_test_" + b.list(t, `SELECT oid::text FROM pg_database WHERE datname = current_database()`)[0]
	b.exec(t, `CREATE ROLE `+name+` LOGIN BYPASSRLS PASSWORD 'pw'`)
	t.Cleanup(func() {
		_, err := b.db.ExecContext(context.WithoutCancel(t.Context()), `DROP OWNED BY `+name+`; DROP ROLE `+name)
		require.NoError(t, err)
	})
	noDrift(t, b)
	b.exec(t, `GRANT SELECT (id), UPDATE (amount_sats) ON "Payment" TO `+name)
	config, err := pgx.ParseConfig(b.url)
	require.NoError(t, err)
	config.User, config.Password = name, "pw"
	session, err := pgx.ConnectConfig(b.ctx, config)
	require.NoError(t, err)
	defer session.Close(context.WithoutCancel(b.ctx))
	says := []string{"grant Payment: " + name + " noted", "grant Payment.amount_sats: " + name + " different", "role " + name + " noted"}
	findings, err := b.m.Verify(b.ctx)
	require.NoError(t, err)
	require.ElementsMatch(t, says, saying(findings))
	done, err := b.m.Repair(b.ctx, findings)
	require.NoError(t, err)
	require.Empty(t, done)
	require.NoError(t, session.Close(b.ctx))
	require.Eventually(t, func() bool {
		findings, err = b.m.Verify(b.ctx)
		require.NoError(t, err)
		done, err = b.m.Repair(b.ctx, findings)
		require.NoError(t, err)
		return len(done) == 1
	}, 20*time.Second, 50*time.Millisecond, "the server takes a moment to end a session")
	findings, err = b.m.Verify(b.ctx)
	require.NoError(t, err)
	require.ElementsMatch(t, []string{says[0], says[2]}, saying(findings))
}
