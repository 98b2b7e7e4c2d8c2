package migrate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Statement is one statement of a script and the line on which it begins.
type Statement struct {
	SQL  string
	Line int // 1-based
}

// Split cuts a script into its statements. It knows quotes, dollar quotes and nested comments, and nothing
// of grammar; comments before a statement do not belong to it.
func Split(script string) []Statement {
	var found []Statement
	text := []rune(script)
	start, line, begun := 0, 1, 0
	flush := func(end int) {
		if begun > 0 {
			found = append(found, Statement{SQL: strings.TrimSpace(string(text[start:end])), Line: begun})
		}
		begun = 0
	}
	for i := 0; i < len(text); {
		end := skipToken(text, i)
		switch {
		case isComment(text, i) || isSpace(text[i]):
		case text[i] == ';':
			flush(i)
		case begun == 0:
			start, begun = i, line
		}
		for _, r := range text[i:end] {
			if r == '\n' {
				line++
			}
		}
		i = end
	}
	flush(len(text))
	return found
}

func isSpace(r rune) bool { return strings.ContainsRune(" \t\r\n", r) }

func isComment(text []rune, i int) bool {
	return i+1 < len(text) && (text[i] == '-' && text[i+1] == '-' || text[i] == '/' && text[i+1] == '*')
}

// skipToken gives the end of what begins at i: a comment, a string, a quoted name, or one character.
func skipToken(text []rune, i int) int {
	switch {
	case isComment(text, i) && text[i] == '-':
		return until(text, i, "\n")
	case isComment(text, i):
		return endOfComment(text, i)
	case text[i] == '"':
		return until(text, i+1, `"`)
	case text[i] == '\'':
		return endOfString(text, i)
	case text[i] == '$' && (i == 0 || !wordRune(text[i-1])):
		if tag := dollarTag(text[i:]); tag != "" {
			return until(text, i+len([]rune(tag)), tag)
		}
	}
	return i + 1
}

func wordRune(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// until gives the index behind the next mark, or the end of the text.
func until(text []rune, from int, mark string) int {
	wanted := []rune(mark)
	for i := from; i+len(wanted) <= len(text); i++ {
		if slices.Equal(text[i:i+len(wanted)], wanted) {
			return i + len(wanted)
		}
	}
	return len(text)
}

func endOfComment(text []rune, i int) int {
	depth := 0
	for ; i < len(text); i++ {
		switch {
		case isComment(text, i) && text[i] == '/':
			depth++
			i++
		case text[i] == '*' && i+1 < len(text) && text[i+1] == '/':
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return i
}

func endOfString(text []rune, i int) int {
	escapes := i > 0 && (text[i-1] == 'E' || text[i-1] == 'e') && (i < 2 || !wordRune(text[i-2]))
	for i++; i < len(text); i++ {
		switch {
		case escapes && text[i] == '\\':
			i++
		case text[i] == '\'':
			return i + 1
		}
	}
	return i
}

func dollarTag(text []rune) string {
	for i := 1; i < len(text); i++ {
		if text[i] == '$' {
			return string(text[:i+1])
		}
		if !wordRune(text[i]) || i == 1 && text[i] >= '0' && text[i] <= '9' {
			return ""
		}
	}
	return ""
}

// bare is a statement on one line, without comments and with every string emptied, so that words inside
// them are not taken for SQL. Blocks in dollar quotes are kept: what they do counts.
func bare(statement string) string {
	var b strings.Builder
	text := []rune(statement)
	for i := 0; i < len(text); {
		end := skipToken(text, i)
		switch {
		case isComment(text, i):
			b.WriteRune(' ')
		case text[i] == '\'':
			b.WriteString("''")
		case text[i] == '$' && end > i+1:
			tag := dollarTag(text[i:])
			body := strings.TrimSuffix(strings.TrimPrefix(string(text[i:end]), tag), tag)
			b.WriteString(" $$ " + bare(body) + " $$ ")
		default:
			b.WriteString(string(text[i:end]))
		}
		i = end
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// namePattern matches a table or index name, with or without schema and quotes.
const namePattern = `((?:"(?:[^"]|"")+"|\w+)(?:\.(?:"(?:[^"]|"")+"|\w+))?)`

// policyPattern ends before the table of a policy; the policy's own name may contain anything.
const policyPattern = `(?:CREATE|ALTER|DROP) POLICY (?:IF EXISTS )?(?:"(?:[^"]|"")+"|\w+) ON `

// Impact says what a statement holds while it runs.
type Impact struct {
	SQL   string
	Lock  string // the server's name of the strongest table lock, "" for none
	Table string // the table as it is written, "" for none
	Note  string // what that means for others
}

const (
	lockExclusive = "ACCESS EXCLUSIVE"
	lockShareRow  = "SHARE ROW EXCLUSIVE"
	lockShare     = "SHARE"
	lockUpdate    = "SHARE UPDATE EXCLUSIVE"
	lockRow       = "ROW EXCLUSIVE"
	briefly       = "reads and writes wait, briefly"
)

// impactRule tells the impact of the statements that match; the first that matches counts.
type impactRule struct {
	pattern    string // its first group is the table
	lock, note string
}

func impactRules() []impactRule {
	alter := `^ALTER TABLE (?:IF EXISTS )?(?:ONLY )?` + namePattern + ` .*`
	return []impactRule{
		{`^(?:CREATE (?:UNIQUE )?INDEX CONCURRENTLY) .*? ON (?:ONLY )?` + namePattern, lockUpdate, "reads and writes go on; waits for older transactions"},
		{`^CREATE (?:UNIQUE )?INDEX .*? ON (?:ONLY )?` + namePattern, lockShare, "writes wait until it is built"},
		{`^DROP INDEX CONCURRENTLY`, lockUpdate, "reads and writes go on; waits for older transactions"},
		{`^DROP INDEX`, lockExclusive, briefly},
		{`^CREATE TABLE .* REFERENCES ` + namePattern, lockShareRow, "writes wait, briefly, to the tables it refers to"},
		{`^CREATE TABLE`, "", "a new table"},
		{alter + `\bVALIDATE CONSTRAINT\b`, lockUpdate, "reads the whole table; reads and writes go on"},
		{alter + `\bFOREIGN KEY\b.*\bNOT VALID\b`, lockShareRow, "writes wait, briefly, also to the other table"},
		{alter + `\bFOREIGN KEY\b`, lockShareRow, "reads the whole table while writes to both tables wait"},
		{alter + `\bNOT VALID\b`, lockExclusive, briefly},
		{alter + `\bADD (?:CONSTRAINT \S+ )?CHECK\b`, lockExclusive, "reads the whole table while reads and writes wait"},
		{alter + `\bADD (?:CONSTRAINT \S+ )?(?:UNIQUE|PRIMARY KEY|EXCLUDE)\b`, lockExclusive, "builds an index while reads and writes wait"},
		{alter + `\bSET NOT NULL\b`, lockExclusive, "reads the whole table while reads and writes wait"},
		{alter + `\bTYPE\b`, lockExclusive, "may write the whole table anew while reads and writes wait"},
		{alter, lockExclusive, briefly},
		{policyPattern + namePattern, lockExclusive, briefly},
		{`^DROP TABLE (?:IF EXISTS )?` + namePattern, lockExclusive, "the table and its rows are gone"},
		{`^TRUNCATE (?:TABLE )?(?:ONLY )?` + namePattern, lockExclusive, "the rows are gone"},
		{`^(?:INSERT INTO|UPDATE|DELETE FROM) (?:ONLY )?` + namePattern, lockRow, "reads and writes go on, but for the same rows"},
		{`^(?:CREATE|DROP) TRIGGER .*? ON ` + namePattern, lockShareRow, "writes wait, briefly"},
		{`^COMMENT ON`, lockUpdate, "reads and writes go on"},
	}
}

// ImpactOf tells what a statement holds while it runs.
func ImpactOf(statement string) Impact {
	text, i := bare(statement), Impact{SQL: statement}
	for _, r := range impactRules() {
		m := regexp.MustCompile(`(?i)` + r.pattern).FindStringSubmatch(text)
		if m == nil {
			continue
		}
		i.Lock, i.Note = r.lock, r.note
		if len(m) > 1 {
			i.Table = m[1]
		}
		return i
	}
	if strings.HasPrefix(strings.ToUpper(text), "DO ") {
		inner := impactsWithin(text)
		i.Lock, i.Table = inner.Lock, inner.Table
		i.Note = "a block with conditions; " + inner.Note
		if inner.Note == "" {
			i.Note = "a block with conditions; no table is locked"
		}
	}
	return i
}

// impactsWithin finds the policies of a block; nothing else of ours stands in one.
func impactsWithin(block string) Impact {
	m := regexp.MustCompile(`(?i)` + policyPattern + namePattern).FindStringSubmatch(block)
	if m == nil {
		return Impact{}
	}
	return Impact{Lock: lockExclusive, Table: m[1], Note: briefly}
}

// Script gives the statements of a migration, in the direction up or down, and what each of them holds.
func (m *Migrator) Script(version int64, direction string) ([]Impact, error) {
	name, ok := m.names[version]
	if !ok {
		return nil, fmt.Errorf("migration %d: %w", version, ErrUnknownVersion)
	}
	f, err := readFile(m.files, name)
	if err != nil {
		return nil, err
	}
	part := f.up
	if direction == "down" {
		part = f.down
	}
	var all []Impact
	for _, s := range Split(part) {
		if !regexp.MustCompile(`(?i)^SET `).MatchString(s.SQL) && !strings.Contains(s.SQL, locksTag) {
			all = append(all, ImpactOf(s.SQL))
		}
	}
	return all, nil
}
