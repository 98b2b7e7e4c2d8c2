package migrate

import (
	"slices"
	"strings"
)

// rule holds the rules about one statement by itself.
func (l *linter) rule(kind string, n node, p parsed) {
	switch kind {
	case "IndexStmt":
		l.index(n)
	case "DropStmt":
		l.drop(n)
	case "AlterTableStmt":
		table := str(n, "relation", "relname")
		for _, c := range list(n, "cmds") {
			_, cmd := only(c)
			l.alter(table, cmd)
		}
	case "CreateStmt":
		l.create(n)
	case "CreatePolicyStmt", "AlterPolicyStmt":
		l.policy(kind, n)
	case "VariableSetStmt":
		l.setting(n)
	case "TruncateStmt":
		if l.remark("truncate"); str(n, "behavior") == "DROP_CASCADE" {
			l.remark("cascade")
		}
	case "RenameStmt":
		l.rename(n)
	case "LockStmt":
		l.lockTable(n, p)
	case "ReindexStmt", "RefreshMatViewStmt":
		l.maintenance(kind, n)
	case "VacuumStmt":
		l.vacuum(n)
	case "CreateTableAsStmt":
		l.remark("copy-of-a-table")
	case "AlterDomainStmt":
		l.domain(n)
	case "GrantStmt":
		if is(n, "is_grant") && toEverybody(list(n, "grantees")) {
			l.remark("grant-to-public")
		}
	case "AlterDefaultPrivilegesStmt":
		if l.remark("default-privileges"); toEverybody(list(n, "action", "grantees")) {
			l.remark("grant-to-public")
		}
	case "CreateFunctionStmt":
		l.function(n)
	case "ViewStmt":
		l.view(n)
	case "CreateRoleStmt", "AlterRoleStmt", "CreateUserMappingStmt", "AlterUserMappingStmt":
		l.role(n)
	default:
		l.other(kind, n)
	}
}

// other holds the kinds of statements of which every one hurts.
func (l *linter) other(kind string, n node) {
	always := map[string]string{
		"ClusterStmt": "heavy-maintenance", "CheckPointStmt": "heavy-maintenance", "DropOwnedStmt": "table-drop",
		"ReassignOwnedStmt": "owner-change", "AlterOwnerStmt": "owner-change", "AlterObjectSchemaStmt": "schema-change",
		"RuleStmt": "rewrite-rule", "CreateEventTrigStmt": "event-trigger", "AlterEventTrigStmt": "event-trigger",
		"AlterExtensionStmt": "extension-update", "CopyStmt": "copy", "DiscardStmt": "session-setting",
		"CreatedbStmt": "server-wide", "DropdbStmt": "server-wide", "AlterDatabaseStmt": "server-wide", "AlterDatabaseSetStmt": "server-wide",
		"AlterSystemStmt": "server-wide", "CreateTableSpaceStmt": "server-wide", "DropTableSpaceStmt": "server-wide",
		"DropRoleStmt": "server-wide", "AlterRoleSetStmt": "server-wide", "AlterTableMoveAllStmt": "set-logged", "AlterTableSpaceOptionsStmt": "server-wide",
		"CreateSubscriptionStmt": "replication", "AlterSubscriptionStmt": "replication", "DropSubscriptionStmt": "replication",
		"AlterPublicationStmt": "replication", "ImportForeignSchemaStmt": "copy",
	}
	switch rule := always[kind]; {
	case rule != "":
		l.remark(rule)
	case kind == "TransactionStmt":
		if !strings.Contains(str(n, "kind"), "SAVEPOINT") && str(n, "kind") != "TRANS_STMT_RELEASE" && str(n, "kind") != "TRANS_STMT_ROLLBACK_TO" {
			l.remark("transaction-control")
		}
	case kind == "AlterSeqStmt":
		for _, o := range list(n, "options") {
			if _, d := only(o); str(d, "defname") == "restart" {
				l.remark("sequence-set")
			}
		}
	case kind == "AlterEnumStmt" && str(n, "oldVal") != "":
		l.remark("rename")
	case kind == "CreatePublicationStmt" && is(n, "for_all_tables"):
		l.remark("replication")
	}
}

func (l *linter) index(n node) {
	table := str(n, "relation", "relname")
	switch {
	case !is(n, "concurrent"):
		l.unless(table, "index-not-concurrent")
	case l.transaction:
		l.remark("concurrently-in-transaction")
	}
	if is(n, "if_not_exists") {
		l.unless(table, "index-if-not-exists")
	}
}

// dropped gives the rule that dropping something of a kind breaks.
func dropped(kind string) string {
	switch kind {
	case "OBJECT_TABLE", "OBJECT_SCHEMA", "OBJECT_FOREIGN_TABLE":
		return "table-drop"
	case "OBJECT_SEQUENCE":
		return "sequence-drop"
	case "OBJECT_TYPE", "OBJECT_DOMAIN":
		return "enum-rewrite"
	case "OBJECT_TRIGGER":
		return "trigger-drop"
	case "OBJECT_EXTENSION":
		return "extension-drop"
	case "OBJECT_PUBLICATION":
		return "replication"
	}
	return ""
}

func (l *linter) drop(n node) {
	kind := str(n, "removeType")
	if str(n, "behavior") == "DROP_CASCADE" {
		l.remark("cascade")
	}
	for _, o := range list(n, "objects") {
		_, object := only(o)
		path := list(object, "items")
		switch rule := dropped(kind); {
		case kind == "OBJECT_INDEX":
			if !is(n, "concurrent") {
				l.remark("index-drop-not-concurrent")
			} else if l.transaction {
				l.remark("concurrently-in-transaction")
			}
		case kind == "OBJECT_POLICY":
			if len(path) > 1 && !l.policies[lastName(path[:len(path)-1])] {
				l.remark("policy-drop")
			}
		case kind == "OBJECT_TABLE" && len(path) > 0 && l.made[lastName(path)] && l.up:
		case rule != "":
			l.remark(rule)
		}
	}
}

func (l *linter) create(n node) {
	name := str(n, "relation", "relname")
	if l.up {
		l.made[name] = true
	}
	switch {
	case str(n, "relation", "relpersistence") == "u":
		l.remark("unlogged-table")
	case at(n, "partbound") != nil:
		for _, parent := range list(n, "inhRelations") {
			_, p := only(parent)
			l.unless(str(p, "relname"), "partition-attach")
		}
	case len(list(n, "inhRelations")) > 0:
		l.remark("inheritance")
	}
}

func (l *linter) policy(kind string, n node) {
	roles := list(n, "roles")
	if toEverybody(roles) {
		l.remark("policy-for-everybody")
	}
	command := str(n, "cmd_name")
	if kind == "CreatePolicyStmt" && at(n, "with_check") == nil && command != "select" && command != "delete" {
		l.remark("policy-without-check")
	}
}

// toEverybody tells whether PUBLIC is among roles.
func toEverybody(roles []any) bool {
	return slices.ContainsFunc(roles, func(r any) bool {
		_, n := only(r)
		return str(n, "roletype") == "ROLESPEC_PUBLIC"
	})
}

func (l *linter) setting(n node) {
	name := str(n, "name")
	switch {
	case name == "session_replication_role":
		l.remark("trigger-disabled")
	case is(n, "is_local") && name == "lock_timeout" && endless(n):
		l.remark("setting-hurts")
	case is(n, "is_local") && (name == "row_security" || name == "fsync" || name == "zero_damaged_pages" || name == "ignore_checksum_failure" || name == "check_function_bodies"):
		l.remark("setting-hurts")
	case str(n, "kind") == "VAR_SET_MULTI": // SET TRANSACTION, which ends with it
		if strings.Contains(name, "SESSION") {
			l.remark("session-setting")
		}
	case !is(n, "is_local") && l.transaction:
		l.remark("session-setting")
	}
}

func (l *linter) rename(n node) {
	switch str(n, "renameType") {
	case "OBJECT_TABCONSTRAINT", "OBJECT_DOMCONSTRAINT", "OBJECT_INDEX", "OBJECT_POLICY", "OBJECT_TRIGGER", "OBJECT_RULE", "OBJECT_STATISTIC_EXT":
		return
	case "OBJECT_ROLE", "OBJECT_DATABASE", "OBJECT_TABLESPACE":
		l.remark("server-wide")
	default:
		l.unless(str(n, "relation", "relname"), "rename")
	}
}

// lockTable: a lock that gives up at once, or that a block takes with a deadline of its own, makes nobody wait long; the
// weak ones keep out only changes of the schema.
func (l *linter) lockTable(n node, p parsed) {
	const shareUpdateExclusive = 4
	mode, _ := at(n, "mode").(float64)
	if !is(n, "nowait") && mode >= shareUpdateExclusive && !p.ownTimeout {
		l.remark("lock-table")
	}
}

func (l *linter) maintenance(kind string, n node) {
	concurrent := is(n, "concurrent")
	for _, o := range list(n, "params") {
		_, d := only(o)
		concurrent = concurrent || str(d, "defname") == "concurrently"
	}
	switch {
	case !concurrent && !is(n, "skipData"):
		l.remark("heavy-maintenance")
	case concurrent && l.transaction && kind == "ReindexStmt":
		l.remark("concurrently-in-transaction")
	}
}

func (l *linter) vacuum(n node) {
	if !is(n, "is_vacuumcmd") {
		return // ANALYZE
	}
	for _, o := range list(n, "options") {
		if _, d := only(o); str(d, "defname") == "full" {
			l.remark("heavy-maintenance")
		}
	}
	if l.transaction {
		l.remark("concurrently-in-transaction")
	}
}

func (l *linter) domain(n node) {
	switch str(n, "subtype") {
	case "C":
		if !is(n, "def", "Constraint", "skip_validation") {
			l.remark("check-without-not-valid")
		}
	case "O":
		l.remark("not-null-without-check")
	}
}

func (l *linter) function(n node) {
	definer, path := false, false
	for _, o := range list(n, "options") {
		_, d := only(o)
		switch str(d, "defname") {
		case "security":
			definer = is(d, "arg", "Boolean", "boolval")
		case "set":
			path = path || str(d, "arg", "VariableSetStmt", "name") == "search_path"
		}
	}
	if definer && !path {
		l.remark("definer-without-path")
	}
}

func (l *linter) view(n node) {
	for _, o := range list(n, "options") {
		if _, d := only(o); str(d, "defname") == "security_invoker" && !strings.EqualFold(str(d, "arg", "String", "sval"), "false") {
			return
		}
	}
	passes := false
	walk(at(n, "query"), func(kind string, n node) bool {
		passes = passes || kind == "RangeVar" && l.secured[str(n, "relname")]
		return true
	})
	if passes {
		l.remark("view-past-row-security")
	}
}

func (l *linter) role(n node) {
	for _, o := range list(n, "options") {
		_, d := only(o)
		switch name := str(d, "defname"); name {
		case "password":
			if at(d, "arg") != nil { // PASSWORD NULL has none
				l.remark("password-in-file")
			}
		case "superuser", "bypassrls", "isreplication", "createrole":
			if is(d, "arg", "Boolean", "boolval") {
				l.remark("role-rights")
			}
		}
	}
}
