package migrate

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/axisor/axisor/migrations"
)

// Remark is one thing in a migration file that can hurt, and how to write it instead.
type Remark struct {
	File    string
	Line    int
	Rule    string
	Message string
	Rewrite string
}

// EachOwn calls fn with the name and text of each embedded migration, in order.
func EachOwn(fn func(name, text string)) error {
	files, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		return fmt.Errorf("list migrations: %w", err)
	}
	for _, name := range files {
		text, err := fs.ReadFile(migrations.Files, name)
		if err != nil {
			return fmt.Errorf("read migration: %w", err)
		}
		fn(name, string(text))
	}
	return nil
}

// LintOwn reads the embedded migrations.
func LintOwn() (all []Remark, err error) {
	err = EachOwn(func(name, text string) { all = append(all, Lint(name, text)...) })
	return all, err
}

// Lint reads one migration file with PostgreSQL's own grammar, and what stands in DO blocks and in EXECUTE, too. A line
//
//	-- axisor: lint-ignore RULE REASON
//
// above a statement, with a reason, silences one rule for it.
func Lint(name, text string) []Remark {
	p, ok := cutParts(text)
	if !ok {
		p = parts{up: text, upLine: 1, transaction: true}
	}
	l := &linter{
		file: path.Base(name), made: map[string]bool{}, transaction: p.transaction, lines: strings.Split(text, "\n"), rules: lintRules(),
		secured: securedTables(),
	}
	if !ok {
		l.up = true
		l.say(1, "no-down")
	}
	l.part(p.up, p.upLine, true)
	if ok {
		l.part(p.down, p.downLine, false)
	}
	if own, err := fs.ReadFile(migrations.Files, path.Base(name)); err == nil && string(own) == text {
		l.found = slices.DeleteFunc(l.found, func(r Remark) bool { return reviewed()[r.File+" "+r.Rule] != "" })
	}
	slices.SortStableFunc(l.found, func(a, b Remark) int { return cmp.Compare(a.Line, b.Line) })
	return slices.Compact(l.found)
}

// reviewed are remarks about released migrations, which never change, with what was thought about them.
func reviewed() map[string]string {
	return map[string]string{
		"00800_create_river_schema.sql unlogged-table": "River makes its table of leaders so; a new leader is elected after a crash",
		"00900_move_own_tables.sql schema-change":      "the tables are axisor's own; docs/schema.md says to stop older versions first",
		"00900_move_own_tables.sql rename":             "the schema of the queue, of an installation beside others",
	}
}

type linter struct {
	file        string
	transaction bool
	lines       []string
	rules       map[string]lintRule
	secured     map[string]bool // tables with row security
	made        map[string]bool // tables that the file creates: nobody uses them yet
	found       []Remark

	// Of the part that is being read.
	up          bool
	line        int // of the statement
	timeout     bool
	policies    map[string]bool
	unvalidated map[string]bool
	labels      []string
	whole       []parsed
}

// securedTables are the design's tables with row security.
func securedTables() map[string]bool {
	secured := map[string]bool{}
	if c, err := Expected(); err == nil {
		for name, t := range c.Tables {
			if t.RowSecurity {
				secured[name[strings.LastIndex(name, ".")+1:]] = true
			}
		}
	}
	return secured
}

func (l *linter) say(line int, rule string) { l.sayAbout(line, rule, "") }

func (l *linter) sayAbout(line int, rule, about string) {
	r := l.rules[rule]
	if l.ignored(line, rule) || !l.up && !r.down {
		return
	}
	if about != "" {
		r.message += ": " + about
	}
	l.found = append(l.found, Remark{File: l.file, Line: line, Rule: rule, Message: r.message, Rewrite: r.rewrite})
}

// remark is say about the statement that is being read.
func (l *linter) remark(rule string) { l.say(l.line, rule) }

// unless remarks on a table that others use; one that the same file creates is nobody's yet.
func (l *linter) unless(table, rule string) {
	if !l.made[table] {
		l.remark(rule)
	}
}

// ignored looks at the comment lines directly above a statement.
func (l *linter) ignored(line int, rule string) bool {
	for i := line - 2; i >= 0 && i < len(l.lines); i-- {
		text := strings.TrimSpace(l.lines[i])
		if !strings.HasPrefix(text, "--") {
			return false
		}
		if rest, ok := strings.CutPrefix(text, "-- axisor: lint-ignore "+rule+" "); ok {
			return strings.TrimSpace(rest) != ""
		}
	}
	return false
}

func (l *linter) part(text string, first int, up bool) {
	l.up, l.timeout, l.labels = up, false, nil
	l.policies, l.unvalidated = map[string]bool{}, map[string]bool{}
	l.whole = read(text)
	for _, p := range l.whole {
		if p.kind == "CreatePolicyStmt" {
			l.policies[str(p.body, "table", "relname")] = true
		}
	}
	for _, p := range l.whole {
		l.line = first + p.line - 1
		l.statement(p)
	}
}

func (l *linter) statement(p parsed) {
	if p.kind == "" {
		l.unread(p)
		return
	}
	l.context(p)
	l.names(p)
	l.usesNewLabel(p)
	l.rule(p.kind, p.body, p)
	l.within(p)
}

// unread is a statement that the grammar refuses.
func (l *linter) unread(p parsed) {
	if regexp.MustCompile(`(?i)\bADD\s+CONSTRAINT\s+IF\s+NOT\s+EXISTS\b`).MatchString(p.text) {
		l.remark("constraint-if-not-exists")
		return
	}
	l.sayAbout(l.line, "syntax-error", p.err)
}

// context holds the rules about the place of a statement in its file.
func (l *linter) context(p parsed) {
	if p.kind == "VariableSetStmt" && str(p.body, "name") == "lock_timeout" && is(p.body, "is_local") {
		l.timeout = l.timeout || !endless(p.body)
		return
	}
	if !l.transaction && !concurrentIndex(p) {
		l.remark("mixed-without-transaction")
	}
	if l.transaction && !l.timeout && !p.block && !quietKinds()[p.kind] {
		l.remark("no-lock-timeout")
		l.timeout = true
	}
}

// quietKinds are statements that wait for no table.
func quietKinds() map[string]bool {
	return map[string]bool{"VariableSetStmt": true, "SelectStmt": true, "TransactionStmt": true, "VariableShowStmt": true, "ExplainStmt": true}
}

// endless tells whether a SET gives a limit of zero, which is none, or takes the server's.
func endless(set node) bool {
	args := list(set, "args")
	if len(args) != 1 {
		return true
	}
	_, value := only(args[0])
	s := str(value, "sval", "sval")
	n, _ := at(value, "ival", "ival").(float64)
	return n == 0 && strings.Trim(s, "0 ms") == ""
}

func concurrentIndex(p parsed) bool {
	return p.kind == "IndexStmt" && is(p.body, "concurrent") ||
		p.kind == "DropStmt" && is(p.body, "concurrent") && str(p.body, "removeType") == "OBJECT_INDEX"
}

// usesNewLabel finds values of an enumeration that the same transaction added.
func (l *linter) usesNewLabel(p parsed) {
	if p.kind == "AlterEnumStmt" {
		if str(p.body, "oldVal") == "" {
			l.labels = append(l.labels, str(p.body, "newVal"))
		}
		return
	}
	if len(l.labels) == 0 {
		return
	}
	walk(map[string]any(p.body), func(kind string, n node) bool {
		if kind == "sval" && slices.Contains(l.labels, str(n, "sval")) {
			l.remark("new-enum-value-used")
		}
		return true
	})
}

// names finds names that the grammar has cut, as the server would.
func (l *linter) names(p parsed) {
	if len(p.text) <= 63 || p.block {
		return
	}
	for _, name := range regexp.MustCompile(`"(?:[^"]|""){64,}"|\b[A-Za-z_]\w{63,}\b`).FindAllString(p.text, -1) {
		cut := strings.Trim(strings.ReplaceAll(name, `""`, `"`), `"`)
		if len(cut) > 63 && named(p.body, cut[:63]) {
			l.sayAbout(l.line, "name-too-long", cut[:min(70, len(cut))])
			return
		}
	}
}

// named tells whether a statement has this name somewhere, and not in a string.
func named(n any, name string) bool {
	found := false
	var look func(any)
	look = func(v any) {
		switch v := v.(type) {
		case node:
			look(map[string]any(v))
		case map[string]any:
			for _, e := range v {
				look(e)
			}
		case []any:
			for _, e := range v {
				look(e)
			}
		case string:
			found = found || strings.EqualFold(v, name)
		}
	}
	look(n)
	return found
}
