package namespace

import (
	"regexp"
	"strings"
	"sync"
)

// Rename gives a statement that names our tables literally, and the shared ones without a schema, the names of this
// installation. What has a schema already keeps it, so renaming twice is renaming once. Of what is in single quotes only
// a text that is a name as a whole is one ('"User"', 'axisor.guard_run'); inside of dollar quotes is code, whose texts
// may hold statements with our own schemas in them. A table that has another name in the web application gets the design's
// as its alias, so that the columns of the statement need no other qualifiers.
func (n Names) Rename(sql string) string {
	if n == Default() {
		return sql
	}
	r := renamer{names: n, own: n.Own != Own || n.Queue != Queue, sql: sql}
	return r.rename()
}

// relation writes the name of a shared table or type.
func (n Names) relation(name string) string {
	if n.App {
		name = AppName(name)
	}
	return Identifier(n.Shared) + "." + Identifier(name)
}

// alias is what has to stand between the name of a shared table and the rest of a statement that knows it by the design's.
func (n Names) alias(name, rest string) string {
	if !n.App || AppName(name) == name || hasAlias(rest) {
		return ""
	}
	return " AS " + Identifier(name)
}

func (n Names) schema(literal string) string {
	if literal == Own {
		return Identifier(n.Own)
	}
	return Identifier(n.Queue)
}

// literal matches the names of our schemas as whole words, quoted or not. An underscore belongs to a word, so
// axisor_migrations and river_job are left alone.
var literal = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`"(?:axisor|river)"|\b(?:axisor|river)\b`) })

// renamer goes once through a statement. It knows as much of the grammar as tells the name of a relation from an alias,
// from a qualifier of a column, and from a column.
type renamer struct {
	names  Names
	own    bool // our own schemas have other names, too
	sql    string
	out    strings.Builder
	copied int // how much of sql is in out
	inCode bool

	expect relation
	dotted bool       // the last token was a dot
	was    string     // the last word
	lists  []relation // per open parenthesis, and outside of all: what a comma separates
}

// relation says what a name that comes now is.
type relation int

const (
	none    relation = iota // not a relation's
	bare                    // a relation's, which cannot have an alias
	aliased                 // a relation's, which can
)

func (r *renamer) rename() string {
	r.lists = append(make([]relation, 0, 8), none)
	for i := 0; i < len(r.sql); {
		i = r.token(i)
	}
	if r.copied == 0 {
		return r.sql
	}
	r.out.WriteString(r.sql[r.copied:])
	return r.out.String()
}

// replace writes a text in place of the part of the statement from i to end.
func (r *renamer) replace(i, end int, text string) {
	r.out.WriteString(r.sql[r.copied:i])
	r.out.WriteString(text)
	r.copied = end
}

// token handles the token that begins at i and gives its end.
func (r *renamer) token(i int) int {
	s := r.sql
	switch c := s[i]; {
	case c == ' ' || c == '\n' || c == '\t' || c == '\r':
		return i + 1
	case strings.HasPrefix(s[i:], "--"):
		return upTo(s, i, "\n")
	case strings.HasPrefix(s[i:], "/*"):
		return comment(s, i)
	case c == '\'':
		return r.text(i, false)
	case (c == 'e' || c == 'E') && i+1 < len(s) && s[i+1] == '\'':
		return r.text(i+1, true)
	case c == '"':
		return r.quoted(i)
	case c == '$':
		if tag := dollarTag(s[i:]); tag != "" {
			return r.code(i, tag)
		}
		r.expect, r.dotted = none, false
		return i + 1
	case isWord(c):
		return r.word(i)
	}
	r.sign(s[i])
	return i + 1
}

// sign handles one character that is neither space nor part of a name or value.
func (r *renamer) sign(c byte) {
	r.dotted = c == '.'
	last := len(r.lists) - 1
	switch c {
	case '(': // what comes in it is a relation where one was expected: FROM ("User" u JOIN …)
		r.lists = append(r.lists, r.expect)
	case ')':
		if last > 0 {
			r.lists = r.lists[:last]
		}
		r.expect = none
	case ',':
		r.expect = r.lists[last]
	case ';':
		r.lists = append(r.lists[:0], none)
		r.expect = none
	default:
		r.expect = none
	}
}

// word handles a keyword, a name without quotes, or a number.
func (r *renamer) word(i int) int {
	end := i + 1
	for end < len(r.sql) && (isWord(r.sql[end]) || r.sql[end] == '$') {
		end++
	}
	word, dotted := r.sql[i:end], r.dotted
	r.dotted = false
	if !dotted && r.own && (word == Own || word == Queue) {
		r.replace(i, end, r.names.schema(word))
	}
	if dotted || len(word) > len("REFERENCES") {
		r.expect, r.was = none, ""
		return end
	}
	before, last := r.was, len(r.lists)-1
	word = strings.ToUpper(word)
	r.was = word
	if word == "FROM" && before == "DISTINCT" { // compares two values
		r.expect = none
		return end
	}
	switch word {
	case "FROM", "USING": // of several relations
		r.expect, r.lists[last] = aliased, aliased
	case "TRUNCATE", "LOCK", "ANALYZE", "VACUUM":
		r.expect, r.lists[last] = bare, bare
	case "JOIN", "INTO", "UPDATE":
		r.expect = aliased
	case "TABLE", "REFERENCES", "COPY", "ON":
		r.expect = bare
	case "ONLY", "IF", "NOT", "EXISTS", "LATERAL", "VERBOSE": // between such a word and the name
	case "SELECT", "WHERE", "SET", "VALUES", "RETURNING", "GROUP", "ORDER", "HAVING", "WINDOW", "LIMIT", "UNION", "EXCEPT", "INTERSECT":
		r.expect, r.lists[last] = none, none
	default:
		r.expect = none
	}
	return end
}

// quoted handles a name in quotes.
func (r *renamer) quoted(i int) int {
	end := closing(r.sql, i, '"', false)
	name := strings.Trim(r.sql[i:end], `"`)
	dotted, qualifier := r.dotted, strings.HasPrefix(strings.TrimLeft(r.sql[end:], " \n\t\r"), ".")
	expect := r.expect
	r.expect, r.dotted = none, false
	switch {
	case dotted:
	case r.own && (name == Own || name == Queue):
		r.replace(i, end, r.names.schema(name))
	case qualifier || r.names.Shared == "":
	case name == sharedType || expect == bare && IsShared(name):
		r.replace(i, end, r.names.relation(name))
	case expect == aliased && IsShared(name):
		r.replace(i, end, r.names.relation(name)+r.names.alias(name, r.sql[end:]))
	}
	return end
}

// text handles what is in single quotes.
func (r *renamer) text(i int, escapes bool) int {
	end := closing(r.sql, i, '\'', escapes)
	r.expect, r.dotted = none, false
	if end < i+2 {
		return end
	}
	inner := r.sql[i+1 : end-1]
	name := strings.TrimSuffix(strings.TrimPrefix(inner, `"`), `"`)
	switch {
	case r.inCode:
		if changed := r.inText(inner); changed != inner {
			r.replace(i+1, end-1, changed)
		}
	case r.own && isOurs(inner):
		r.replace(i+1, end-1, strings.ReplaceAll(r.ownWords(inner), `'`, `''`))
	case r.names.Shared != "" && inner == sharedMark:
		r.replace(i+1, end-1, strings.ReplaceAll(Identifier(r.names.Shared), `'`, `''`))
	case r.names.Shared != "" && len(inner) == len(name)+2 && (IsShared(name) || name == sharedType):
		r.replace(i+1, end-1, strings.ReplaceAll(r.names.relation(name), `'`, `''`))
	}
	return end
}

// inText gives a text in code, which may be the name of a table for format, or a part of a statement that is run.
func (r *renamer) inText(text string) string {
	if r.own {
		text = r.ownWords(text)
	}
	switch {
	case !r.names.App: // the search path of a migration finds the shared tables
		return text
	case IsShared(text):
		return AppName(text)
	}
	inner := renamer{names: r.names, sql: text}
	return inner.rename()
}

func (r *renamer) ownWords(text string) string {
	return literal().ReplaceAllStringFunc(text, func(word string) string { return r.names.schema(strings.Trim(word, `"`)) })
}

// isOurs tells whether a text is the name of one of our schemas or of something in it.
func isOurs(text string) bool {
	schema, _, _ := strings.Cut(text, ".")
	schema = strings.Trim(schema, `"`)
	return (schema == Own || schema == Queue) && !strings.ContainsAny(text, " \n:-%")
}

// code handles what is in dollar quotes.
func (r *renamer) code(i int, tag string) int {
	end := upTo(r.sql, i+len(tag), tag)
	r.expect, r.dotted = none, false
	from, to := i+len(tag), max(i+len(tag), end-len(tag))
	inner := renamer{names: r.names, own: r.own, sql: r.sql[from:to], inCode: true}
	if changed := inner.rename(); changed != inner.sql {
		r.replace(from, to, changed)
	}
	return end
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// upTo gives the index behind the next mark, or the end.
func upTo(s string, from int, mark string) int {
	if at := strings.Index(s[from:], mark); at >= 0 {
		return from + at + len(mark)
	}
	return len(s)
}

// comment gives the end of a comment, which may hold others.
func comment(s string, i int) int {
	for depth := 0; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], "/*"):
			depth++
			i++
		case strings.HasPrefix(s[i:], "*/"):
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

// closing gives the index behind the quote that ends what begins at i. A doubled quote, and after E a backslash, do not.
func closing(s string, i int, quote byte, escapes bool) int {
	for i++; i < len(s); i++ {
		switch {
		case escapes && s[i] == '\\':
			i++
		case s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			i++
		case s[i] == quote:
			return i + 1
		}
	}
	return len(s)
}

// dollarTag gives the mark that opens a text in dollar quotes, "" when a parameter or nothing begins there.
func dollarTag(s string) string {
	for i := 1; i < len(s); i++ {
		if s[i] == '$' {
			return s[:i+1]
		}
		if !isWord(s[i]) || i == 1 && s[i] >= '0' && s[i] <= '9' {
			return ""
		}
	}
	return ""
}
