package migrate

import "strings"

// alterRules are the kinds of ALTER TABLE that hurt a table that people use, whatever their details.
func alterRules() map[string]string {
	return map[string]string{
		"AT_SetNotNull": "not-null-without-check", "AT_AlterColumnType": "type-change", "AT_DropColumn": "column-drop",
		"AT_SetLogged": "set-logged", "AT_SetUnLogged": "set-logged", "AT_SetTableSpace": "set-logged", "AT_SetAccessMethod": "set-logged",
		"AT_SetExpression": "set-logged", "AT_AddInherit": "inheritance", "AT_DropInherit": "inheritance",
		"AT_AttachPartition": "partition-attach", "AT_DisableTrig": "trigger-disabled", "AT_DisableTrigAll": "trigger-disabled",
		"AT_DisableTrigUser": "trigger-disabled", "AT_EnableReplicaTrig": "trigger-disabled", "AT_DisableRule": "trigger-disabled",
		"AT_ChangeOwner": "owner-change", "AT_DropIdentity": "identity-drop", "AT_DisableRowSecurity": "row-security-off",
		"AT_ForceRowSecurity": "force-row-security",
	}
}

// alter holds the rules about one change of ALTER TABLE.
func (l *linter) alter(table string, cmd node) {
	kind := str(cmd, "subtype")
	if rule := alterRules()[kind]; rule != "" {
		l.unless(table, rule)
	}
	if str(cmd, "behavior") == "DROP_CASCADE" {
		l.remark("cascade")
	}
	switch kind {
	case "AT_AddColumn":
		l.addColumn(table, node(mapOf(at(cmd, "def", "ColumnDef"))))
		if is(cmd, "missing_ok") {
			l.unless(table, "column-if-not-exists")
		}
	case "AT_AddConstraint":
		l.constraint(table, node(mapOf(at(cmd, "def", "Constraint"))))
	case "AT_ValidateConstraint":
		if l.unvalidated[table+"."+str(cmd, "name")] {
			l.remark("validate-in-same-transaction")
		}
	case "AT_EnableRowSecurity":
		if !l.policies[table] {
			l.remark("row-security-without-policy")
		}
	case "AT_DetachPartition":
		if !is(cmd, "def", "PartitionCmd", "concurrent") {
			l.unless(table, "partition-detach")
		} else if l.transaction {
			l.remark("concurrently-in-transaction")
		}
	case "AT_ReplicaIdentity":
		if str(cmd, "def", "ReplicaIdentityStmt", "identity_type") == "n" {
			l.unless(table, "replica-identity")
		}
	case "AT_SetRelOptions":
		for _, o := range list(cmd, "def", "List", "items") {
			_, d := only(o)
			if name := str(d, "defname"); name == "autovacuum_enabled" && isOff(d) {
				l.remark("autovacuum-off")
			} else if name == "security_invoker" && isOff(d) {
				l.remark("view-past-row-security")
			}
		}
	}
}

func mapOf(n any) map[string]any {
	m, _ := n.(map[string]any)
	return m
}

// isOff tells whether an option is false.
func isOff(option node) bool {
	switch strings.ToLower(str(option, "arg", "String", "sval")) {
	case "false", "off", "no":
		return true
	}
	_, number := at(option, "arg", "Integer").(map[string]any)
	return number && at(option, "arg", "Integer", "ival") == nil
}

// constraint holds the rules about ADD CONSTRAINT, with or without a name.
func (l *linter) constraint(table string, c node) {
	later := is(c, "skip_validation")
	if later {
		l.unvalidated[table+"."+str(c, "conname")] = true
	}
	switch str(c, "contype") {
	case "CONSTR_CHECK":
		if !later {
			l.unless(table, "check-without-not-valid")
		}
	case "CONSTR_FOREIGN":
		if !later {
			l.unless(table, "foreign-key-without-not-valid")
		}
	case "CONSTR_UNIQUE", "CONSTR_PRIMARY":
		if str(c, "indexname") == "" {
			l.unless(table, "key-without-index")
		}
	case "CONSTR_EXCLUSION":
		l.unless(table, "exclusion-constraint")
	case "CONSTR_NOTNULL":
		if !later {
			l.unless(table, "not-null-without-check")
		}
	}
}

// addColumn holds the rules about a column that is added to a table with rows.
func (l *linter) addColumn(table string, column node) {
	notNull, valued := false, false
	for _, c := range list(column, "constraints") {
		_, n := only(c)
		switch str(n, "contype") {
		case "CONSTR_NOTNULL":
			notNull = true
		case "CONSTR_DEFAULT":
			valued = !isNull(at(n, "raw_expr"))
			if volatile(at(n, "raw_expr")) {
				l.unless(table, "column-volatile-default")
			}
		case "CONSTR_IDENTITY":
			valued = true
			l.unless(table, "column-serial")
		case "CONSTR_GENERATED":
			valued = true
			if str(n, "generated_kind") != "v" {
				l.unless(table, "column-stored-generated")
			}
		default:
			if kind := str(n, "contype"); kind == "CONSTR_PRIMARY" {
				notNull = true
			}
			l.constraint(table, n)
		}
	}
	switch name := lastName(list(column, "typeName", "names")); {
	case strings.HasSuffix(name, "serial") || strings.HasPrefix(name, "serial"):
		valued = true
		l.unless(table, "column-serial")
	case name == "json":
		l.unless(table, "column-json")
	}
	if notNull && !valued {
		l.unless(table, "column-not-null-without-default")
	}
}

// isNull tells whether a default is NULL, which is none.
func isNull(value any) bool {
	kind, n := only(value)
	if kind == "TypeCast" {
		return isNull(n["arg"])
	}
	return kind == "A_Const" && is(n, "isnull")
}

// steady are functions that give one value for the whole statement, so that a default that uses them is stored once.
func steady() map[string]bool {
	known := map[string]bool{}
	for name := range strings.FieldsSeq(`now transaction_timestamp statement_timestamp timezone date_trunc date_part extract to_timestamp make_interval
		make_date age current_setting current_database current_schema lower upper initcap md5 sha256 encode decode concat concat_ws format
		replace repeat left right substring trim btrim length char_length coalesce abs round floor ceil mod power greatest least
		to_json to_jsonb json_build_object jsonb_build_object json_build_array jsonb_build_array array_fill string_to_array to_char to_date to_number
		int4range int8range numrange tsrange tstzrange daterange`) {
		known[name] = true
	}
	return known
}

// volatile tells whether a default has to be computed for every row: it calls a function that is not known to be steady.
func volatile(value any) bool {
	found, known := false, steady()
	walk([]any{value}, func(kind string, n node) bool {
		found = found || kind == "FuncCall" && !known[lastName(list(n, "funcname"))]
		return true
	})
	return found
}
