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

// LintOwn reads the embedded migrations.
func LintOwn() ([]Remark, error) {
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	var all []Remark
	for _, name := range names {
		text, err := fs.ReadFile(migrations.Files, name)
		if err != nil {
			return nil, fmt.Errorf("read migration: %w", err)
		}
		all = append(all, Lint(name, string(text))...)
	}
	return all, nil
}

// Lint reads one migration file, by its statements and not by their grammar. A line
//
//	-- axisor: lint-ignore RULE REASON
//
// above a statement, with a reason, silences one rule for it.
func Lint(name, text string) []Remark {
	p, ok := cutParts(text)
	if !ok {
		p = parts{up: text, upLine: 1, transaction: true}
	}
	l := &linter{file: path.Base(name), made: map[string]bool{}, transaction: p.transaction, lines: strings.Split(text, "\n")}
	if !ok {
		l.add(1, "no-down", "the file has no Up and Down part", "-- +goose Up … -- +goose Down, each beginning with SET LOCAL lock_timeout = '5s';")
	}
	l.part(p.up, p.upLine, true)
	if ok {
		l.part(p.down, p.downLine, false)
	}
	slices.SortStableFunc(l.found, func(a, b Remark) int { return cmp.Compare(a.Line, b.Line) })
	return l.found
}

type linter struct {
	file        string
	transaction bool
	lines       []string
	made        map[string]bool // tables that the file creates: nobody uses them yet
	found       []Remark
}

func (l *linter) add(line int, rule, message, rewrite string) {
	if !l.ignored(line, rule) {
		l.found = append(l.found, Remark{File: l.file, Line: line, Rule: rule, Message: message, Rewrite: rewrite})
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
	statements := Split(text)
	l.wholePart(statements, first, up)
	for _, s := range statements {
		line := first + s.Line - 1
		sql := bare(s.SQL)
		for _, r := range lintRules() {
			if !up && !r.down || r.inTransaction && !l.transaction || r.freshIsFine && l.made[tableOf(sql)] {
				continue
			}
			if !matches(r.pattern, sql) || r.unless != "" && matches(r.unless, sql) {
				continue
			}
			l.add(line, r.name, r.message, r.rewrite)
		}
		l.names(sql, line)
		if m := regexp.MustCompile(`(?i)^CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?` + namePattern).FindStringSubmatch(sql); m != nil && up {
			l.made[plainName(m[1])] = true
		}
	}
}

// wholePart holds the rules that need more than one statement.
func (l *linter) wholePart(statements []Statement, first int, up bool) {
	timeout, policies := false, map[string]bool{}
	var labels []string
	unvalidated := map[string]bool{}
	for _, s := range statements {
		line, sql := first+s.Line-1, bare(s.SQL)
		switch {
		case matches(`^SET LOCAL lock_timeout`, sql):
			timeout = true
		case l.transaction && !timeout && matches(`^(CREATE|ALTER|DROP|TRUNCATE|INSERT|UPDATE|DELETE|DO|COMMENT)\b`, sql):
			l.add(line, "no-lock-timeout", "waits for a busy table without limit, and everybody queues behind it", "SET LOCAL lock_timeout = '5s'; as the first statement of each part")
			timeout = true
		}
		if !l.transaction && !matches(`^(CREATE (UNIQUE )?INDEX|DROP INDEX) CONCURRENTLY\b`, sql) {
			l.add(line, "mixed-without-transaction", "without a transaction only index statements can be resumed after a failure", "move it to a migration of its own, with a transaction")
		}
		for _, m := range regexp.MustCompile(`(?i)`+policyPattern+namePattern).FindAllStringSubmatch(sql, -1) {
			policies[plainName(m[1])] = true
		}
		if table := tableOf(sql); up && matches(`ENABLE ROW LEVEL SECURITY`, sql) && !policies[table] {
			l.add(line, "row-security-without-policy", "row security without a policy hides every row from everybody but the owner", "CREATE POLICY … TO role USING (…) WITH CHECK (…) first, in the same transaction")
		}
		if m := regexp.MustCompile(`(?is)ALTER TYPE .* ADD VALUE (?:IF NOT EXISTS )?'([^']+)'`).FindStringSubmatch(s.SQL); m != nil {
			labels = append(labels, m[1])
		} else {
			for _, label := range labels {
				if strings.Contains(s.SQL, "'"+label+"'") {
					l.add(line, "new-enum-value-used", "a new value cannot be used in the transaction that adds it", "use it in the next migration")
				}
			}
		}
		if m := regexp.MustCompile(`(?i)ADD CONSTRAINT (\S+) .* NOT VALID`).FindStringSubmatch(sql); m != nil {
			unvalidated[m[1]] = true
		}
		if m := regexp.MustCompile(`(?i)VALIDATE CONSTRAINT (\S+)`).FindStringSubmatch(sql); m != nil && unvalidated[m[1]] {
			l.add(line, "validate-in-same-transaction", "the exclusive lock of adding the rule is held while the whole table is read", "VALIDATE CONSTRAINT in the next migration")
		}
	}
}

// names finds names that the server would cut.
func (l *linter) names(sql string, line int) {
	for _, m := range regexp.MustCompile(`"((?:[^"]|"")+)"|\b([A-Za-z_]\w+)\b`).FindAllStringSubmatch(sql, -1) {
		if name := m[1] + m[2]; len(name) > 63 {
			l.add(line, "name-too-long", fmt.Sprintf("the server cuts names after 63 bytes: %.70s", name), "choose a shorter name")
			return
		}
	}
}

func matches(pattern, text string) bool {
	return regexp.MustCompile(`(?i)` + pattern).MatchString(text)
}

func tableOf(sql string) string {
	for _, pattern := range []string{
		`^ALTER TABLE (?:IF EXISTS )?(?:ONLY )?`, `^CREATE (?:UNIQUE )?INDEX .*? ON (?:ONLY )?`, `^(?:INSERT INTO|UPDATE|DELETE FROM) (?:ONLY )?`,
	} {
		if m := regexp.MustCompile(`(?i)` + pattern + namePattern).FindStringSubmatch(sql); m != nil {
			return plainName(m[1])
		}
	}
	return ""
}

func plainName(name string) string {
	name = strings.ReplaceAll(name, `"`, "")
	return name[strings.LastIndex(name, ".")+1:]
}
