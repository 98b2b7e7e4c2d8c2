package migrate

import "strings"

// within holds the rules about what stands anywhere in a statement, in a WITH for instance.
func (l *linter) within(p parsed) {
	switch p.kind {
	case "CreateFunctionStmt", "RuleStmt": // what they say is done later
		return
	}
	visit := func(kind string, n node) bool {
		switch kind {
		case "UpdateStmt", "DeleteStmt":
			l.unbounded(str(n, "relation", "relname"), n)
		case "MergeStmt":
			if always(at(n, "joinCondition")) {
				l.unless(str(n, "relation", "relname"), "unbounded-update")
			}
		case "SelectStmt":
			l.selects(n)
		case "FuncCall":
			l.call(n)
		}
		return true
	}
	visit(p.kind, p.body)
	walk(map[string]any(p.body), visit)
}

func (l *linter) unbounded(table string, n node) {
	if at(n, "whereClause") == nil || always(at(n, "whereClause")) {
		l.unless(table, "unbounded-update")
	}
}

// always tells whether a condition is true for every row, as far as one sees without the rows.
func always(condition any) bool {
	kind, n := only(condition)
	switch kind {
	case "A_Const":
		return is(n, "boolval", "boolval")
	case "TypeCast":
		_, arg := only(n["arg"])
		return strings.HasPrefix(strings.ToLower(str(arg, "sval", "sval")), "t")
	case "A_Expr":
		left, a := only(n["lexpr"])
		right, b := only(n["rexpr"])
		return names(list(n, "name")) == "=" && left == "A_Const" && right == "A_Const" &&
			at(a, "ival", "ival") == at(b, "ival", "ival") && str(a, "sval", "sval") == str(b, "sval", "sval")
	case "BoolExpr":
		for _, arg := range list(n, "args") {
			if str(n, "boolop") == "OR_EXPR" && always(arg) {
				return true
			}
		}
	}
	return false
}

func (l *linter) selects(n node) {
	if at(n, "intoClause") != nil {
		l.remark("copy-of-a-table")
	}
	if len(list(n, "lockingClause")) > 0 && at(n, "whereClause") == nil && at(n, "limitCount") == nil {
		l.remark("unbounded-lock")
	}
}

// calls are functions that hurt when a migration calls them.
func calls() map[string]string {
	return map[string]string{
		"pg_advisory_lock": "session-lock", "pg_advisory_lock_shared": "session-lock", "pg_try_advisory_lock": "session-lock",
		"pg_sleep": "sleep", "pg_sleep_for": "sleep", "pg_sleep_until": "sleep",
		"pg_terminate_backend": "ends-others", "pg_cancel_backend": "ends-others",
		"pg_reload_conf": "server-wide", "pg_rotate_logfile": "server-wide", "pg_switch_wal": "server-wide", "pg_promote": "server-wide",
		"pg_drop_replication_slot": "replication", "pg_create_logical_replication_slot": "replication", "pg_create_physical_replication_slot": "replication",
		"setval": "sequence-set", "lo_import": "copy", "lo_export": "copy", "pg_read_file": "copy", "pg_read_binary_file": "copy", "dblink_exec": "copy",
	}
}

func (l *linter) call(n node) {
	name, args := lastName(list(n, "funcname")), list(n, "args")
	if rule := calls()[name]; rule != "" {
		l.remark(rule)
	}
	switch {
	case name == "current_setting" && len(args) == 1:
		l.remark("setting-not-optional")
	case name == "set_config" && len(args) == 3:
		_, local := only(args[2])
		_, setting := only(args[0])
		if !always(args[2]) && at(local, "boolval") != nil && l.transaction {
			l.remark("session-setting")
		}
		if str(setting, "sval", "sval") == "session_replication_role" {
			l.remark("trigger-disabled")
		}
	}
}
