package migrate

import (
	"cmp"
	"slices"
	"strings"
)

// Lock is a table lock that a transaction of a migration holds, from a statement to the end of the transaction.
type Lock struct {
	File      string
	Direction string // up or down
	Table     string // as it is written, with its schema; "anything" where a block decides
	Mode      string // the server's name of the strongest lock on the table
	Line      int    // of the first statement that takes a lock on it, 1-based
	Until     int    // line of the last statement of the transaction: nothing is let go before its end
	Fresh     bool   // the file makes the table, so nobody waits
}

// modes are the table locks from the weakest to the strongest.
func modes() []string {
	return []string{"ACCESS SHARE", "ROW SHARE", lockRow, lockUpdate, lockShare, lockShareRow, "EXCLUSIVE", lockExclusive}
}

// Locks sums up which locks each transaction of a migration file holds: what a statement takes is held to the end, also
// while later statements work. Without a transaction every statement lets go by itself. Functions that are called, and
// triggers, may take more.
func Locks(name, text string) []Lock {
	p, ok := cutParts(text)
	if !ok {
		p = parts{up: text, upLine: 1, transaction: true}
	}
	all := locksOf(p.up, p.upLine, p.transaction, "up")
	if ok {
		all = append(all, locksOf(p.down, p.downLine, p.transaction, "down")...)
	}
	for i := range all {
		all[i].File = name
	}
	return all
}

func locksOf(text string, first int, transaction bool, direction string) []Lock {
	statements := read(text)
	held, made := map[string]*Lock{}, map[string]bool{}
	until := 0
	for _, s := range statements {
		until = max(until, first+s.line-1)
	}
	for _, s := range statements {
		line := first + s.line - 1
		for _, w := range taken(s) {
			l := held[w.table]
			if l == nil {
				l = &Lock{Direction: direction, Table: w.table, Mode: w.mode, Line: line, Until: until, Fresh: made[w.table]}
				if !transaction {
					l.Until = line
				}
				held[w.table] = l
			}
			if slices.Index(modes(), w.mode) > slices.Index(modes(), l.Mode) {
				l.Mode = w.mode
			}
		}
		if s.kind == "CreateStmt" {
			table := relationName(at(s.body, "relation"))
			made[table] = true
		}
	}
	var all []Lock
	for _, l := range held {
		if !l.Fresh {
			all = append(all, *l)
		}
	}
	slices.SortFunc(all, func(a, b Lock) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Table, b.Table)) })
	return all
}

type takenLock struct{ table, mode string }

func relationName(relation any) string {
	name := str(relation, "relname")
	if schema := str(relation, "schemaname"); schema != "" {
		name = schema + "." + name
	}
	return name
}

// taken lists the locks that one statement takes, after the server's documentation of explicit locking and of ALTER TABLE.
func taken(s parsed) []takenLock {
	n := s.body
	of := func(mode string, relations ...any) (all []takenLock) {
		for _, r := range relations {
			if name := relationName(r); name != "" {
				all = append(all, takenLock{name, mode})
			}
		}
		return all
	}
	switch s.kind {
	case "IndexStmt":
		if is(n, "concurrent") {
			return of(lockUpdate, n["relation"])
		}
		return of(lockShare, n["relation"])
	case "AlterTableStmt":
		return alterLocks(n)
	case "CreateStmt":
		return referenced(n)
	case "DropStmt", "TruncateStmt":
		return dropLocks(s.kind, n)
	case "CreatePolicyStmt", "AlterPolicyStmt":
		return of(lockExclusive, n["table"])
	case "CreateTrigStmt":
		return of(lockShareRow, n["relation"])
	case "RuleStmt", "RenameStmt", "AlterObjectSchemaStmt", "ClusterStmt", "AlterOwnerStmt":
		return of(lockExclusive, n["relation"])
	case "RefreshMatViewStmt":
		if is(n, "concurrent") {
			return of("EXCLUSIVE", n["relation"])
		}
		return of(lockExclusive, n["relation"])
	case "LockStmt":
		mode, _ := at(n, "mode").(float64)
		var all []takenLock
		for _, r := range list(n, "relations") {
			_, relation := only(r)
			all = append(all, of(modes()[min(max(int(mode), 1), 8)-1], relation)...)
		}
		return all
	case "CommentStmt":
		if str(n, "objtype") == "OBJECT_TABLE" {
			return []takenLock{{names(list(n, "object", "List", "items")), lockUpdate}}
		}
		return nil
	}
	return rowLocks(s)
}

// alterLocks: the strongest lock of the changes counts for all of them.
func alterLocks(n node) []takenLock {
	weaker := map[string]string{
		"AT_ValidateConstraint": lockUpdate, "AT_SetStatistics": lockUpdate, "AT_SetOptions": lockUpdate, "AT_ResetOptions": lockUpdate,
		"AT_ClusterOn": lockUpdate, "AT_DropCluster": lockUpdate, "AT_AttachPartition": lockUpdate, "AT_SetRelOptions": lockUpdate, "AT_ResetRelOptions": lockUpdate,
		"AT_EnableTrig": lockShareRow, "AT_DisableTrig": lockShareRow, "AT_EnableTrigAll": lockShareRow, "AT_DisableTrigAll": lockShareRow,
		"AT_EnableTrigUser": lockShareRow, "AT_DisableTrigUser": lockShareRow, "AT_EnableReplicaTrig": lockShareRow, "AT_EnableAlwaysTrig": lockShareRow,
	}
	strongest, other := "", []takenLock{}
	for _, c := range list(n, "cmds") {
		_, cmd := only(c)
		mode := weaker[str(cmd, "subtype")]
		if mode == "" {
			mode = lockExclusive
		}
		if str(cmd, "def", "Constraint", "contype") == "CONSTR_FOREIGN" {
			mode = lockShareRow
		}
		other = append(other, referenced(cmd)...)
		if slices.Index(modes(), mode) > slices.Index(modes(), strongest) {
			strongest = mode
		}
	}
	return append([]takenLock{{relationName(n["relation"]), strongest}}, other...)
}

// referenced lists the tables that new foreign keys refer to.
func referenced(n node) (all []takenLock) {
	walk(map[string]any(n), func(kind string, c node) bool {
		if kind == "Constraint" && at(c, "pktable") != nil {
			all = append(all, takenLock{relationName(c["pktable"]), lockShareRow})
		}
		return true
	})
	return all
}

func dropLocks(kind string, n node) (all []takenLock) {
	if kind == "TruncateStmt" {
		for _, r := range list(n, "relations") {
			_, relation := only(r)
			all = append(all, takenLock{relationName(relation), lockExclusive})
		}
		return all
	}
	for _, o := range list(n, "objects") {
		_, object := only(o)
		path := list(object, "items")
		switch str(n, "removeType") {
		case "OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW":
			all = append(all, takenLock{names(path), lockExclusive})
		case "OBJECT_POLICY", "OBJECT_TRIGGER", "OBJECT_RULE":
			if len(path) > 1 {
				all = append(all, takenLock{names(path[:len(path)-1]), lockExclusive})
			}
		case "OBJECT_INDEX":
			mode := lockExclusive
			if is(n, "concurrent") {
				mode = lockUpdate
			}
			all = append(all, takenLock{"the table of " + names(path), mode})
		}
	}
	return all
}

// rowLocks are those of statements that read and write rows.
func rowLocks(s parsed) (all []takenLock) {
	with := map[string]bool{} // names of WITH are no tables
	visit := func(kind string, n node) bool {
		switch kind {
		case "CommonTableExpr":
			with[str(n, "ctename")] = true
		case "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt":
			all = append(all, takenLock{relationName(n["relation"]), lockRow})
		case "RangeVar", "relation":
			if name := relationName(n); name != "" {
				all = append(all, takenLock{name, "ACCESS SHARE"})
			}
		}
		return true
	}
	switch s.kind {
	case "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "SelectStmt", "CreateTableAsStmt", "ViewStmt":
		visit(s.kind, s.body)
		walk(map[string]any(s.body), visit)
	}
	return slices.DeleteFunc(all, func(l takenLock) bool { return with[l.table] || strings.HasPrefix(l.table, "pg_") || l.table == "" })
}
