package migrate

// lintRule is a rule about one statement.
type lintRule struct {
	name            string
	pattern, unless string // of the bare statement, without regard to case
	message         string
	rewrite         string
	down            bool // also in the Down part
	inTransaction   bool // only in files with a transaction
	freshIsFine     bool // harmless on a table that the same file creates
}

// lintRules are the statements that hurt a database in use. What a rule cannot see, it does not guess.
func lintRules() []lintRule {
	add := `^ALTER TABLE .*\bADD (?:COLUMN )?(?:IF NOT EXISTS )?`
	return []lintRule{
		{
			name: "index-not-concurrent", pattern: `^CREATE (?:UNIQUE )?INDEX\b`, unless: `\bCONCURRENTLY\b`, freshIsFine: true,
			message: "writes wait until the index is built", rewrite: "CREATE INDEX CONCURRENTLY in a file with -- +goose NO TRANSACTION",
		},
		{
			name: "index-drop-not-concurrent", pattern: `^DROP INDEX\b`, unless: `\bCONCURRENTLY\b`, freshIsFine: true,
			message: "reads and writes wait, and queue behind every open transaction", rewrite: "DROP INDEX CONCURRENTLY in a file with -- +goose NO TRANSACTION",
		},
		{
			name: "concurrently-in-transaction", pattern: `\bCONCURRENTLY\b`, inTransaction: true, down: true,
			message: "the server refuses CONCURRENTLY inside a transaction", rewrite: "a file of its own with -- +goose NO TRANSACTION",
		},
		{
			name: "index-if-not-exists", pattern: `^CREATE (?:UNIQUE )?INDEX (?:CONCURRENTLY )?IF NOT EXISTS`,
			message: "succeeds over an INVALID index and over one with another definition", rewrite: "leave IF NOT EXISTS out: axisor looks into the catalog before and after",
		},
		{
			name: "constraint-if-not-exists", pattern: `ADD CONSTRAINT IF NOT EXISTS`,
			message: "no PostgreSQL understands this", rewrite: "ADD CONSTRAINT name … NOT VALID; a migration runs once",
		},
		{
			name: "check-without-not-valid", pattern: `^ALTER TABLE .*\bADD (?:CONSTRAINT \S+ )?CHECK\b`, unless: `\bNOT VALID\b`, freshIsFine: true,
			message: "reads the whole table while reads and writes wait", rewrite: "ADD CONSTRAINT … CHECK (…) NOT VALID; in the next migration VALIDATE CONSTRAINT",
		},
		{
			name: "foreign-key-without-not-valid", pattern: `^ALTER TABLE .*\b(?:FOREIGN KEY|ADD (?:COLUMN )?\S+ .*REFERENCES)\b`, unless: `\bNOT VALID\b`, freshIsFine: true,
			message: "reads the whole table while writes to both tables wait", rewrite: "ADD CONSTRAINT … FOREIGN KEY … NOT VALID; in the next migration VALIDATE CONSTRAINT",
		},
		{
			name: "key-without-index", pattern: `^ALTER TABLE .*\bADD (?:CONSTRAINT \S+ )?(?:UNIQUE|PRIMARY KEY)\b`, unless: `\bUSING INDEX\b`, freshIsFine: true,
			message: "builds an index while reads and writes wait", rewrite: "CREATE UNIQUE INDEX CONCURRENTLY first, then ADD CONSTRAINT … USING INDEX",
		},
		{
			name: "exclusion-constraint", pattern: `^ALTER TABLE .*\bEXCLUDE\b`, freshIsFine: true,
			message: "builds an index while reads and writes wait, and has no concurrent form", rewrite: "add it to a new table, and move the rows in batches",
		},
		{
			name: "column-not-null-without-default", pattern: add + `\S+ .*\bNOT NULL\b`, unless: `\bDEFAULT\b|\bCHECK\b|\bGENERATED\b`, freshIsFine: true,
			message: "fails on a table with rows", rewrite: "add it with a constant DEFAULT, or without NOT NULL, fill it in batches, then a CHECK … NOT VALID",
		},
		{
			name: "column-volatile-default", pattern: add + `\S+ .*\bDEFAULT\b.*\b(?:random|gen_random_uuid|uuid_generate_v4|clock_timestamp|timeofday|nextval)\(`, freshIsFine: true,
			message: "writes the whole table anew while reads and writes wait", rewrite: "add the column without default, SET DEFAULT, then fill the old rows in batches",
		},
		{
			name: "column-serial", pattern: add + `\S+ (?:big|small)?serial\b`, freshIsFine: true,
			message: "writes the whole table anew while reads and writes wait", rewrite: "add a bigint column, a sequence as default, then fill the old rows in batches",
		},
		{
			name: "column-stored-generated", pattern: add + `\S+ .*\bGENERATED ALWAYS AS \(.*\) STORED`, freshIsFine: true,
			message: "writes the whole table anew while reads and writes wait", rewrite: "an ordinary column with a trigger, filled in batches; or an index on the expression",
		},
		{
			name: "column-if-not-exists", pattern: `\bADD COLUMN IF NOT EXISTS\b`, freshIsFine: true,
			message: "accepts a column of another type under the name", rewrite: "leave IF NOT EXISTS out: a migration runs once",
		},
		{
			name: "not-null-without-check", pattern: `\bALTER (?:COLUMN )?\S+ SET NOT NULL\b`, freshIsFine: true,
			message: "reads the whole table while reads and writes wait", rewrite: "CHECK (column IS NOT NULL) NOT VALID, VALIDATE in the next migration, then SET NOT NULL and drop the check",
		},
		{
			name: "type-change", pattern: `\bALTER (?:COLUMN )?\S+ (?:SET DATA )?TYPE\b`, freshIsFine: true,
			message: "may write the whole table and its indexes anew while reads and writes wait, and breaks running programs", rewrite: "a new column, written by both; fill it in batches; then switch",
		},
		{
			name: "rename", pattern: `^ALTER (?:TABLE|TYPE|VIEW) .*\bRENAME (?:COLUMN |VALUE |TO |"?\w+"? TO\b)`, unless: `\bRENAME CONSTRAINT\b`, freshIsFine: true,
			message: "programs that run use the old name", rewrite: "a new column beside the old one, or a view under the old name, until nothing uses it",
		},
		{
			name: "column-drop", pattern: `\bDROP COLUMN\b|^ALTER TABLE \S+ DROP "`,
			message: "the values are gone, and programs that run still ask for them", rewrite: "stop using it, release, then drop it in a later migration, with lint-ignore and the reason",
		},
		{
			name: "table-drop", pattern: `^DROP (?:TABLE|SCHEMA)\b`,
			message: "the rows are gone", rewrite: "stop using it, release, back it up, then drop it with lint-ignore and the reason",
		},
		{
			name: "cascade", pattern: `^DROP .*\bCASCADE\b|^TRUNCATE .*\bCASCADE\b`, down: true,
			message: "takes along what nobody has named", rewrite: "name what is to go",
		},
		{
			name: "truncate", pattern: `^TRUNCATE\b`,
			message: "the rows are gone, and nobody can read meanwhile", rewrite: "DELETE in batches",
		},
		{
			name: "unbounded-update", pattern: `^(?:UPDATE|DELETE FROM)\b`, unless: `\bWHERE\b`, freshIsFine: true,
			message: "locks every row until the end of the migration", rewrite: "in batches by id, outside the migration or with a WHERE that bounds it",
		},
		{
			name: "copy-of-a-table", pattern: `^CREATE (?:UNLOGGED )?TABLE .*\bAS (?:SELECT|TABLE)\b|^SELECT .*\bINTO\b`,
			message: "copies secrets to a table without row security, keys and grants", rewrite: "name the columns, in a schema that only the owner may use; a backup is axisor backup",
		},
		{
			name: "enum-rewrite", pattern: `^DROP TYPE\b`,
			message: "columns of this type stop it, or go with it", rewrite: "leave the type; a value that nobody uses does no harm",
		},
		{
			name: "policy-without-check", pattern: `\bCREATE POLICY\b`, unless: `\bWITH CHECK\b|\bFOR (?:SELECT|DELETE)\b`,
			message: "says only by accident which rows may be written", rewrite: "WITH CHECK (…) with the condition of USING",
		},
		{
			name: "policy-for-everybody", pattern: `\bCREATE POLICY\b`, unless: `\bTO \S+`,
			message: "applies to every role there will ever be", rewrite: "TO role",
		},
		{
			name: "setting-not-optional", pattern: `\bcurrent_setting\( ?'' ?\)`,
			message: "fails in a session that has not set it", rewrite: "(SELECT NULLIF(current_setting('name', true), ''))",
		},
		{
			name: "force-row-security", pattern: `\bFORCE ROW LEVEL SECURITY\b`, unless: `\bNO FORCE\b`,
			message: "pg_dump by the owner fails, or dumps nothing", rewrite: "ENABLE alone; the application does not log in as the owner",
		},
		{
			name: "heavy-maintenance", pattern: `^(?:VACUUM FULL|CLUSTER|REINDEX|LOCK TABLE|REFRESH MATERIALIZED VIEW)\b`, unless: `\bCONCURRENTLY\b`, down: true,
			message: "reads and writes wait for all of it", rewrite: "the CONCURRENTLY form, or a maintenance window outside the migrations",
		},
		{
			name: "transaction-control", pattern: `^(?:BEGIN|COMMIT|ROLLBACK|START TRANSACTION)\b`, down: true,
			message: "the file runs in a transaction already, and the history is part of it", rewrite: "leave it out",
		},
		{
			name: "session-setting", pattern: `^SET (?:SESSION )?\w+`, unless: `^SET LOCAL\b`, down: true, inTransaction: true,
			message: "stays after the migration", rewrite: "SET LOCAL",
		},
		{
			name: "trigger-disabled", pattern: `\bDISABLE TRIGGER\b|session_replication_role`, down: true,
			message: "foreign keys and audit are off for everybody", rewrite: "keep them on; batch the work instead",
		},
		{
			name: "grant-to-public", pattern: `^GRANT .* TO PUBLIC\b`,
			message: "every role gets it, now and later", rewrite: "name the role",
		},
		{
			name: "set-logged", pattern: `\bSET (?:UN)?LOGGED\b|\bSET TABLESPACE\b|\bSET ACCESS METHOD\b`, freshIsFine: true,
			message: "writes the whole table anew while reads and writes wait", rewrite: "a new table, filled in batches",
		},
	}
}
