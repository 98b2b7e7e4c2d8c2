package migrate_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/migrate"
)

func TestVerify_FindsEachKindOfDriftAndRepairsIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		damage          string
		kind, object    string
		problem         string
		expected        string
		fixable, others bool // others: more findings follow from this one
	}{
		"table gone": {
			damage: `DROP TABLE "Simulation"`, kind: "table", object: "Simulation", problem: migrate.Missing, fixable: true, others: true,
		},
		"column gone": {
			damage: `ALTER TABLE "User" DROP COLUMN preferences`, kind: "column", object: "User.preferences", problem: migrate.Missing,
			expected: `"preferences" jsonb`, fixable: true,
		},
		"column type": {
			damage: `ALTER TABLE "Payment" ALTER COLUMN amount_sats TYPE bigint`, kind: "column", object: "Payment.amount_sats",
			problem: migrate.Different, expected: `"amount_sats" integer NOT NULL`,
		},
		"column null": {
			damage: `ALTER TABLE "User" ALTER COLUMN email DROP NOT NULL`, kind: "column", object: "User.email",
			problem: migrate.Different, expected: `"email" text NOT NULL`, fixable: true,
		},
		"column default": {
			damage: `ALTER TABLE "User" ALTER COLUMN plan_type DROP DEFAULT`, kind: "column", object: "User.plan_type",
			problem: migrate.Different, expected: `"plan_type" "PlanType" NOT NULL DEFAULT 'free'::"PlanType"`, fixable: true,
		},
		"column too many": {
			damage: `ALTER TABLE "User" ADD COLUMN extra text`, kind: "column", object: "User.extra", problem: migrate.Extra,
		},
		"enum label too many": {
			damage: `ALTER TYPE "PlanType" ADD VALUE 'gold'`, kind: "enum", object: "PlanType", problem: migrate.Different,
			expected: "free, basic, advanced, pro, lifetime",
		},
		"check gone": {
			damage: `ALTER TABLE "Payment" DROP CONSTRAINT chk_payment_amount_positive`, kind: "constraint",
			object: "Payment: chk_payment_amount_positive", problem: migrate.Missing, expected: "CHECK ((amount_sats > 0))", fixable: true,
		},
		"foreign key action": {
			damage: `ALTER TABLE "Payment" DROP CONSTRAINT "Payment_user_id_fkey",
				ADD CONSTRAINT "Payment_user_id_fkey" FOREIGN KEY (user_id) REFERENCES "User"(id)`,
			kind: "constraint", object: "Payment: Payment_user_id_fkey", problem: migrate.Different,
			expected: `FOREIGN KEY (user_id) REFERENCES "User"(id) ON UPDATE CASCADE ON DELETE CASCADE`, fixable: true,
		},
		"constraint not validated": {
			damage: `ALTER TABLE "Payment" DROP CONSTRAINT chk_payment_amount_positive,
				ADD CONSTRAINT chk_payment_amount_positive CHECK (amount_sats > 0) NOT VALID`,
			kind: "constraint", object: "Payment: chk_payment_amount_positive", problem: migrate.Invalid,
			expected: "CHECK ((amount_sats > 0))", fixable: true,
		},
		"index gone": {
			damage: `DROP INDEX idx_tradelog_successful`, kind: "index", object: "TradeLog: idx_tradelog_successful", problem: migrate.Missing,
			expected: `CREATE INDEX ON "TradeLog" USING btree (user_id, executed_at) WHERE (status = 'success'::text)`, fixable: true,
		},
		"index of another definition": {
			damage: `DROP INDEX idx_user_created_at; CREATE INDEX idx_user_created_at ON "User" (created_at DESC)`, kind: "index",
			object: "User: idx_user_created_at", problem: migrate.Different, expected: `CREATE INDEX ON "User" USING btree (created_at)`, fixable: true,
		},
		"index invalid": {
			damage: `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_user_created_at'::regclass`, kind: "index",
			object: "User: idx_user_created_at", problem: migrate.Invalid, expected: `CREATE INDEX ON "User" USING btree (created_at)`, fixable: true,
		},
		"index too many": {
			damage: `CREATE INDEX mine ON "User" (social_id)`, kind: "index", object: "User: mine", problem: migrate.Extra,
		},
		"row security off": {
			damage: `ALTER TABLE "User" DISABLE ROW LEVEL SECURITY`, kind: "row_security", object: "User", problem: migrate.Different,
			expected: "on", fixable: true,
		},
		"row security forced": {
			damage: `ALTER TABLE "User" FORCE ROW LEVEL SECURITY`, kind: "row_security", object: "User", problem: migrate.Different,
			expected: "not forced", fixable: true,
		},
		"policy too wide": {
			damage: `ALTER POLICY "Users can only see their own data" ON "User" USING (true)`, kind: "policy",
			object: "User: Users can only see their own data", problem: migrate.Different, fixable: true,
		},
		"policy too many": {
			damage: `CREATE POLICY all_rows ON "User" USING (true)`, kind: "policy", object: "User: all_rows", problem: migrate.Extra,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setupMigrated(t)
			b.exec(t, c.damage)
			findings, err := b.m.Verify(b.ctx)
			require.NoError(t, err)
			require.NotEmpty(t, findings)
			f := findings[0]
			require.Equal(t, []string{c.kind, c.object, c.problem}, []string{f.Kind, f.Object, f.Problem})
			if c.expected != "" {
				require.Equal(t, c.expected, f.Expected)
			}
			require.Equal(t, c.fixable, f.FixSQL != "", f.FixSQL)
			if !c.others {
				require.Len(t, findings, 1)
			}
			if !c.fixable {
				return
			}
			for _, f := range findings {
				for statement := range strings.SplitSeq(f.FixSQL, ";\n") {
					b.exec(t, statement)
				}
			}
			findings, err = b.m.Verify(b.ctx)
			require.NoError(t, err)
			require.Empty(t, findings)
		})
	}
}

func TestVerify_NamesApart(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	b.exec(t, `ALTER INDEX idx_user_created_at RENAME TO users_by_age`)
	b.exec(t, `ALTER TABLE "User" RENAME CONSTRAINT chk_user_username_length TO username_length`)
	findings, err := b.m.Verify(b.ctx)
	require.NoError(t, err)
	require.Empty(t, findings)
}

func TestVerify_RecognisesTheApplicationsTableNames(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	b.exec(t, `ALTER TABLE "AuditLog" RENAME TO audit_logs`)
	findings, err := b.m.Verify(b.ctx)
	require.NoError(t, err)
	require.Equal(t, []migrate.Finding{{
		Kind: "table", Object: "AuditLog", Problem: migrate.Missing,
		Actual: `a table "audit_logs" exists, the name the web application's own schema uses`,
	}}, findings)
}

func TestVerify_NeedsAMigratedDatabase(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	_, err := b.m.Verify(b.ctx)
	require.ErrorIs(t, err, migrate.ErrNoSchema)
}
