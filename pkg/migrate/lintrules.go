package migrate

// lintRule is what a remark says.
type lintRule struct {
	message, rewrite string
	down             bool // also in the Down part
}

const (
	rewrites = "writes the whole table anew while reads and writes wait"
	reads    = "reads the whole table while reads and writes wait"
)

// lintRules are the kinds of statements that hurt a database in use.
func lintRules() map[string]lintRule {
	return map[string]lintRule{
		"syntax-error":                {"the grammar of PostgreSQL does not know this", "try it on a database of your own", true},
		"constraint-if-not-exists":    {"no PostgreSQL understands this", "ADD CONSTRAINT name … NOT VALID; a migration runs once", true},
		"no-down":                     {"the file has no Up and Down part", "-- +goose Up … -- +goose Down, each beginning with SET LOCAL lock_timeout = '5s';", true},
		"no-lock-timeout":             {"waits for a busy table without limit, and everybody queues behind it", "SET LOCAL lock_timeout = '5s'; as the first statement of each part", true},
		"mixed-without-transaction":   {"without a transaction only index statements can be resumed after a failure", "move it to a migration of its own, with a transaction", true},
		"index-not-concurrent":        {"writes wait until the index is built", "CREATE INDEX CONCURRENTLY in a file with -- +goose NO TRANSACTION", false},
		"index-drop-not-concurrent":   {"reads and writes wait, and queue behind every open transaction", "DROP INDEX CONCURRENTLY in a file with -- +goose NO TRANSACTION", false},
		"concurrently-in-transaction": {"the server refuses this inside a transaction", "a file of its own with -- +goose NO TRANSACTION", true},
		"index-if-not-exists":         {"succeeds over an INVALID index and over one with another definition", "leave IF NOT EXISTS out: axisor looks into the catalog before and after", false},

		"check-without-not-valid":       {reads, "ADD CONSTRAINT … CHECK (…) NOT VALID; in the next migration VALIDATE CONSTRAINT", false},
		"foreign-key-without-not-valid": {"reads the whole table while writes to both tables wait", "ADD CONSTRAINT … FOREIGN KEY … NOT VALID; in the next migration VALIDATE CONSTRAINT", false},
		"key-without-index":             {"builds an index while reads and writes wait", "CREATE UNIQUE INDEX CONCURRENTLY first, then ADD CONSTRAINT … USING INDEX", false},
		"exclusion-constraint":          {"builds an index while reads and writes wait, and has no concurrent form", "add it to a new table, and move the rows in batches", false},
		"validate-in-same-transaction":  {"the exclusive lock of adding the rule is held while the whole table is read", "VALIDATE CONSTRAINT in the next migration", false},
		"not-null-without-check":        {reads, "CHECK (column IS NOT NULL) NOT VALID, VALIDATE in the next migration, then SET NOT NULL and drop the check", false},

		"column-not-null-without-default": {"fails on a table with rows", "add it with a constant DEFAULT, or without NOT NULL, fill it in batches, then a CHECK … NOT VALID", false},
		"column-volatile-default":         {rewrites, "add the column without default, SET DEFAULT, then fill the old rows in batches", false},
		"column-serial":                   {rewrites, "add a bigint column, a sequence as default, then fill the old rows in batches", false},
		"column-stored-generated":         {rewrites, "an ordinary column with a trigger, filled in batches; or an index on the expression", false},
		"column-if-not-exists":            {"accepts a column of another type under the name", "leave IF NOT EXISTS out: a migration runs once", false},
		"column-json":                     {"json has no equality: DISTINCT, GROUP BY and UNION over the row fail", "jsonb", false},
		"column-drop":                     {"the values are gone, and programs that run still ask for them", "stop using it, release, then drop it in a later migration, with lint-ignore and the reason", false},
		"type-change":                     {"may write the whole table and its indexes anew while reads and writes wait, and breaks running programs", "a new column, written by both; fill it in batches; then switch", false},
		"identity-drop":                   {"rows that are inserted without this column fail", "give the column a default first", false},
		"rename":                          {"programs that run use the old name", "a new column beside the old one, or a view under the old name, until nothing uses it", false},
		"schema-change":                   {"programs that run look in the old schema", "a view in the old place, until nothing uses it", false},

		"table-drop":       {"the rows are gone", "stop using it, release, back it up, then drop it with lint-ignore and the reason", false},
		"sequence-drop":    {"the counter is gone, and with it the values of new rows", "drop the default that uses it first; drop it with lint-ignore and the reason", false},
		"cascade":          {"takes along what nobody has named", "name what is to go", true},
		"truncate":         {"the rows are gone, and nobody can read meanwhile", "DELETE in batches", false},
		"unbounded-update": {"locks every row until the end of the migration", "in batches by id, outside the migration or with a WHERE that bounds it", false},
		"unbounded-lock":   {"locks every row until the end of the migration", "a WHERE that bounds it", false},
		"copy-of-a-table":  {"copies secrets to a table without row security, keys and grants", "name the columns, in a schema that only the owner may use; a backup is axisor backup", false},
		"copy":             {"reads or writes files, programs or a client that a migration has not", "INSERT … VALUES for reference rows; axisor has import and export for the others", true},
		"enum-rewrite":     {"columns of this type stop it, or go with it", "leave the type; a value that nobody uses does no harm", false},
		"sequence-set":     {"new rows may get numbers that are taken", "leave the sequence, or move it forward only, with lint-ignore and the reason", false},

		"new-enum-value-used": {"a new value cannot be used in the transaction that adds it", "use it in the next migration", false},

		"policy-without-check":        {"says only by accident which rows may be written", "WITH CHECK (…) with the condition of USING", false},
		"policy-for-everybody":        {"applies to every role there will ever be", "TO role", false},
		"policy-drop":                 {"without its policy a table shows everybody nothing, or what another policy allows", "CREATE POLICY for the same table in the same migration", false},
		"row-security-without-policy": {"row security without a policy hides every row from everybody but the owner", "CREATE POLICY … TO role USING (…) WITH CHECK (…) first, in the same transaction", false},
		"row-security-off":            {"every role with a grant sees the rows of everybody", "keep it on, and change the policies", false},
		"force-row-security":          {"pg_dump by the owner fails, or dumps nothing", "ENABLE alone; the application does not log in as the owner", false},
		"setting-not-optional":        {"fails in a session that has not set it", "(SELECT NULLIF(current_setting('name', true), ''))", false},
		"view-past-row-security":      {"a view reads with its owner's rights: whoever may read it sees the rows of everybody", "CREATE VIEW … WITH (security_invoker) AS …", false},
		"definer-without-path":        {"runs with its owner's rights whatever a caller's search_path puts in front", "SECURITY DEFINER SET search_path = …", false},

		"heavy-maintenance":  {"reads and writes wait for all of it", "the CONCURRENTLY form, or a maintenance window outside the migrations", true},
		"lock-table":         {"reads or writes wait until the end of the migration", "leave it to the statements, or take all locks with one deadline (set_config('lock_timeout', …)) in one block", true},
		"set-logged":         {rewrites, "a new table, filled in batches", false},
		"unlogged-table":     {"is empty after a crash, and on a standby", "CREATE TABLE", false},
		"inheritance":        {"statements on the parent read and write the child, too", "a table of its own", false},
		"partition-attach":   {reads + ", unless a validated CHECK says the same", "a validated CHECK with the bounds first, then ATTACH PARTITION with lint-ignore and the reason", false},
		"partition-detach":   {"reads and writes wait, and queue behind every open transaction", "DETACH PARTITION … CONCURRENTLY outside the migrations", false},
		"autovacuum-off":     {"dead rows pile up until the server stops to save itself", "leave autovacuum on; tune its scale factors", false},
		"replica-identity":   {"logical replication refuses updates and deletes of this table", "REPLICA IDENTITY DEFAULT", false},
		"trigger-disabled":   {"foreign keys and audit are off for everybody", "keep them on; batch the work instead", true},
		"trigger-drop":       {"what it did with each write is not done any more", "drop it after the release that does without it, with lint-ignore and the reason", false},
		"rewrite-rule":       {"turns statements of programs into others", "a trigger, or a view", false},
		"event-trigger":      {"runs at every later change of the schema, of every program", "do without", false},
		"extension-drop":     {"types, functions and indexes go with it", "stop using it first; drop it with lint-ignore and the reason", false},
		"extension-update":   {"what it changes is not written here", "by an administrator, tried on a copy first", false},
		"default-privileges": {"counts for every table that anybody makes later", "GRANT on the tables it is meant for", false},

		"transaction-control": {"the file runs in a transaction already, and the history is part of it", "leave it out", true},
		"session-setting":     {"stays after the migration", "SET LOCAL", true},
		"session-lock":        {"stays after the migration, until the connection is closed", "pg_advisory_xact_lock", true},
		"setting-hurts":       {"the guarantee is off for the whole migration", "leave it on", true},
		"sleep":               {"holds every lock of the migration meanwhile", "leave it out", true},
		"ends-others":         {"ends what other people are doing", "axisor db activity, by hand", true},
		"grant-to-public":     {"every role gets it, now and later", "name the role", false},
		"owner-change":        {"row security spares the owner, and later migrations need the owner's rights", "by an administrator, for all tables at once", false},
		"server-wide":         {"changes more than this database", "by an administrator, outside the migrations", true},
		"role-rights":         {"the role passes by grants and row security", "grant what it needs", true},
		"password-in-file":    {"the password is in the file, in the history of the repository and in the server's log", `\password in psql`, true},
		"replication":         {"what other servers copy is not what they were set up for", "by an administrator, outside the migrations", true},
		"name-too-long":       {"the server cuts names after 63 bytes", "choose a shorter name", true},
	}
}
