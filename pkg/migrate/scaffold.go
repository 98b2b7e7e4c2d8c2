package migrate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Templates names the kinds of migrations that Scaffold knows.
func Templates() []string { return slices.Sorted(maps.Keys(templates())) }

// Scaffold gives the text of a new migration of a kind, for a table and a column.
func Scaffold(kind, table, column string) (string, error) {
	text, ok := templates()[kind]
	if !ok {
		return "", fmt.Errorf("no template %q: use one of %s", kind, strings.Join(Templates(), ", "))
	}
	const timeout = "SET LOCAL lock_timeout = '5s';\n\n"
	return strings.NewReplacer("TABLE_NAME", table, "COLUMN_NAME", column, "TIMEOUT\n", timeout).Replace(text), nil
}

func templates() map[string]string {
	return map[string]string{
		"sql": `-- Say here what this changes and why.

-- +goose Up
TIMEOUT

-- +goose Down
TIMEOUT
`,
		"table": `-- Say here what the table is for and who writes to it.

-- +goose Up
TIMEOUT
CREATE TABLE TABLE_NAME (
    id TEXT NOT NULL DEFAULT (gen_random_uuid())::text,
    user_id TEXT NOT NULL,
    COLUMN_NAME TEXT,
    created_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT TABLE_NAME_pkey PRIMARY KEY (id),
    CONSTRAINT TABLE_NAME_user_id_fkey FOREIGN KEY (user_id) REFERENCES "User"(id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX idx_TABLE_NAME_user_id ON TABLE_NAME (user_id);

-- +goose Down
TIMEOUT
DROP TABLE TABLE_NAME;
`,
		"column": `-- A column that may be NULL, or has a constant default, is added without touching a row.

-- +goose Up
TIMEOUT
ALTER TABLE "TABLE_NAME" ADD COLUMN "COLUMN_NAME" TEXT;

-- +goose Down
TIMEOUT
ALTER TABLE "TABLE_NAME" DROP COLUMN "COLUMN_NAME";
`,
		"index": `-- Say here which query needs it. Nothing but index statements may stand in this file.

-- +goose NO TRANSACTION
-- +goose Up
CREATE INDEX CONCURRENTLY "idx_TABLE_NAME_COLUMN_NAME" ON "TABLE_NAME" ("COLUMN_NAME");

-- +goose Down
DROP INDEX CONCURRENTLY "idx_TABLE_NAME_COLUMN_NAME";
`,
		"check": `-- NOT VALID keeps the exclusive lock short. The next migration reads the old rows (template validate); correct
-- those that break the rule before this one: it is enforced on every later update of such a row.

-- +goose Up
TIMEOUT
ALTER TABLE "TABLE_NAME" ADD CONSTRAINT "chk_TABLE_NAME_COLUMN_NAME" CHECK ("COLUMN_NAME" IS NOT NULL) NOT VALID;

-- +goose Down
TIMEOUT
ALTER TABLE "TABLE_NAME" DROP CONSTRAINT "chk_TABLE_NAME_COLUMN_NAME";
`,
		"validate": `-- Reads the old rows against a rule that an earlier migration added, while reads and writes go on.

-- +goose Up
TIMEOUT
ALTER TABLE "TABLE_NAME" VALIDATE CONSTRAINT "chk_TABLE_NAME_COLUMN_NAME";

-- +goose Down
-- A validated rule cannot be made unvalidated; dropping it is the earlier migration's part.
TIMEOUT
`,
		"key": `-- A foreign key in two steps: this one, then template validate. Give the column an index first.

-- +goose Up
TIMEOUT
ALTER TABLE "TABLE_NAME" ADD CONSTRAINT "TABLE_NAME_COLUMN_NAME_fkey"
    FOREIGN KEY ("COLUMN_NAME") REFERENCES "User"(id) ON DELETE CASCADE ON UPDATE CASCADE NOT VALID;

-- +goose Down
TIMEOUT
ALTER TABLE "TABLE_NAME" DROP CONSTRAINT "TABLE_NAME_COLUMN_NAME_fkey";
`,
		"enum": `-- A new value of an enumeration. It cannot be used before this migration is committed, and it cannot be taken back.

-- +goose Up
TIMEOUT
ALTER TYPE "PlanType" ADD VALUE IF NOT EXISTS 'COLUMN_NAME';

-- +goose Down
TIMEOUT
`,
		"policy": `-- Row security: the policy first, then ENABLE, in one transaction.

-- +goose Up
TIMEOUT
CREATE POLICY "TABLE_NAME_own" ON "TABLE_NAME" FOR ALL TO authenticated
    USING ("COLUMN_NAME" = (SELECT NULLIF(current_setting('app.current_user_id', true), '')))
    WITH CHECK ("COLUMN_NAME" = (SELECT NULLIF(current_setting('app.current_user_id', true), '')));
ALTER TABLE "TABLE_NAME" ENABLE ROW LEVEL SECURITY;

-- +goose Down
TIMEOUT
ALTER TABLE "TABLE_NAME" DISABLE ROW LEVEL SECURITY;
DROP POLICY "TABLE_NAME_own" ON "TABLE_NAME";
`,
	}
}
