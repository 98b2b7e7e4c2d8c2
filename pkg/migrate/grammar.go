package migrate

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/wasilibs/go-pgquery/parser"

	"github.com/axisor/axisor/pkg/exactjson"
)

// node is a part of a statement as PostgreSQL's own grammar reads it: the fields of its C structs, in libpg_query's JSON.
// A node in a list is an object of one field, which is named like its kind.
type node map[string]any

// parsed is one statement of a script.
type parsed struct {
	kind string // DropStmt, …; "" when the grammar refuses it
	body node
	text string
	line int    // 1-based
	err  string // what the grammar says
	// block tells that it stands in a DO block or in EXECUTE, under conditions that are not known.
	block bool
	// ownTimeout tells that the block sets a lock timeout itself.
	ownTimeout bool
}

// batch is how many statements are read in one call; the tree of a whole file of data would take much memory.
const batch = 200

// grammar guards the parser: whoever calls it while it is busy would make and compile another one.
var grammar sync.Mutex

// read parses a script, with the statements inside of its DO blocks behind them. The first call of a process takes a
// second or two, because the grammar is compiled then.
func read(script string) []parsed {
	grammar.Lock()
	defer grammar.Unlock()
	var all []parsed
	for pieces := range slices.Chunk(Split(script), batch) {
		for _, p := range readPieces(pieces) {
			all = append(all, p)
			all = append(all, inner(p)...)
		}
	}
	return all
}

// longest is how many pieces a statement may consist of: the body of an SQL function has semicolons of its own.
const longest = 25

// readPieces parses pieces together, or, when one of them is not understood, each by itself.
func readPieces(pieces []Statement) []parsed {
	if all, err := parse(pieces); err == nil {
		return all
	}
	var all []parsed
	for i := 0; i < len(pieces); {
		n := 1
		one, first := parse(pieces[i : i+1])
		for err := first; err != nil && n < longest && i+n < len(pieces); {
			n++
			one, err = parse(pieces[i : i+n])
		}
		if one == nil {
			n, one = 1, []parsed{{text: pieces[i].SQL, line: pieces[i].Line, err: first.Error()}}
		}
		all = append(all, one...)
		i += n
	}
	return all
}

// parse reads pieces as one script.
func parse(pieces []Statement) ([]parsed, error) {
	var b strings.Builder
	var starts []int
	for _, p := range pieces {
		starts = append(starts, b.Len())
		b.WriteString(p.SQL)
		b.WriteString("\n;")
	}
	text, err := guarded(parser.ParseToJSON, b.String())
	if err != nil {
		return nil, err
	}
	var tree struct {
		Stmts []struct {
			Stmt     map[string]node `json:"stmt"`
			Location int             `json:"stmt_location"`
			Length   int             `json:"stmt_len"`
		} `json:"stmts"`
	}
	if err := exactjson.Unmarshal([]byte(text), &tree); err != nil {
		return nil, fmt.Errorf("read the tree of a statement: %w", err)
	}
	var all []parsed
	for _, s := range tree.Stmts {
		i := sort.SearchInts(starts, s.Location+1) - 1
		p := parsed{line: pieces[max(0, i)].Line, text: strings.TrimSpace(b.String()[s.Location : s.Location+s.Length])}
		for kind, body := range s.Stmt {
			p.kind, p.body = kind, body
		}
		all = append(all, p)
	}
	return all, nil
}

// guarded turns a breakdown of the parser, which runs in a machine of its own, into an error.
func guarded(parse func(string) (string, error), text string) (out string, err error) {
	if strings.Contains(text, "\x00") {
		return "", fmt.Errorf("a zero byte")
	}
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("the grammar gave up: %v", broken)
		}
	}()
	return parse(text)
}

// inner gives the statements of a DO block, those in EXECUTE too as far as they are written down.
func inner(p parsed) []parsed {
	if p.kind != "DoStmt" {
		return nil
	}
	text, err := guarded(parser.ParsePlPgSqlToJSON, p.text)
	var tree []any
	if err == nil {
		err = exactjson.Unmarshal([]byte(text), &tree)
	}
	if err != nil {
		return []parsed{{text: p.text, line: p.line, err: "this block: " + err.Error(), block: true}}
	}
	var all []parsed
	add := func(sql string) {
		if found, err := parse([]Statement{{SQL: sql, Line: p.line}}); err == nil {
			for _, f := range found {
				f.block, f.line = true, p.line
				all = append(all, f)
			}
		}
	}
	walk(tree, func(kind string, n node) bool {
		switch kind {
		case "PLpgSQL_stmt_execsql":
			add(str(n, "sqlstmt", "PLpgSQL_expr", "query"))
		case "PLpgSQL_stmt_perform":
			add(str(n, "expr", "PLpgSQL_expr", "query"))
		case "PLpgSQL_stmt_dynexecute":
			add(dynamic(str(n, "query", "PLpgSQL_expr", "query")))
		case "PLpgSQL_stmt_commit", "PLpgSQL_stmt_rollback":
			all = append(all, parsed{kind: "TransactionStmt", body: node{"kind": "TRANS_STMT_COMMIT"}, text: p.text, line: p.line, block: true})
		}
		return true
	})
	for i := range all {
		all[i].ownTimeout = strings.Contains(p.text, "'lock_timeout'")
	}
	return all
}

// anything stands for what is known only when a block runs.
const anything = "anything"

// dynamic gives the statement that an expression of EXECUTE makes, with placeholders for what it does not say.
func dynamic(expression string) string {
	found, err := parse([]Statement{{SQL: "SELECT " + expression, Line: 1}})
	if err != nil || len(found) != 1 {
		return ""
	}
	targets := list(found[0].body, "targetList")
	if len(targets) != 1 {
		return ""
	}
	_, target := only(targets[0])
	return rendered(target["val"])
}

func rendered(value any) string {
	kind, n := only(value)
	switch kind {
	case "A_Const":
		return str(n, "sval", "sval")
	case "A_Expr":
		if names(list(n, "name")) == "||" {
			return rendered(n["lexpr"]) + rendered(n["rexpr"])
		}
	case "FuncCall":
		args := list(n, "args")
		if names(list(n, "funcname")) == "format" && len(args) > 0 {
			return placeholders(rendered(args[0]))
		}
	}
	return anything
}

// placeholders fills the places of a format string; a bare %s may be a condition, and a name in brackets is one, too.
func placeholders(format string) string {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		for i+1 < len(format) && (format[i] >= '0' && format[i] <= '9' || format[i] == '$' || format[i] == '-') {
			i++
		}
		switch format[i] {
		case 'I', 's':
			b.WriteString(anything)
		case 'L':
			b.WriteString("'" + anything + "'")
		default:
			b.WriteByte(format[i])
		}
	}
	return b.String()
}

// walk visits every node, parents first; visit tells whether to go into it.
func walk(n any, visit func(kind string, body node) bool) {
	switch v := n.(type) {
	case []any:
		for _, e := range v {
			walk(e, visit)
		}
	case map[string]any:
		for key, e := range v {
			if body, ok := e.(map[string]any); ok && !visit(key, body) {
				continue
			}
			walk(e, visit)
		}
	}
}

// at goes down the fields of a node.
func at(n any, path ...string) any {
	for _, p := range path {
		m, ok := n.(map[string]any)
		if !ok {
			m, ok = n.(node)
		}
		if !ok {
			return nil
		}
		n = m[p]
	}
	return n
}

func str(n any, path ...string) string {
	s, _ := at(n, path...).(string)
	return s
}

func is(n any, path ...string) bool {
	b, _ := at(n, path...).(bool)
	return b
}

func list(n any, path ...string) []any {
	l, _ := at(n, path...).([]any)
	return l
}

// only takes the kind and the body of a node of a list.
func only(n any) (string, node) {
	m, _ := n.(map[string]any)
	for kind, body := range m {
		if b, ok := body.(map[string]any); ok {
			return kind, b
		}
	}
	return "", nil
}

// names joins a list of strings, as qualified names are.
func names(l []any) string {
	var parts []string
	for _, e := range l {
		_, n := only(e)
		parts = append(parts, str(n, "sval"))
	}
	return strings.Join(parts, ".")
}

// lastName is the name without its schema.
func lastName(l []any) string {
	all := names(l)
	return all[strings.LastIndex(all, ".")+1:]
}
