package main

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"go/format"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/axisor/axisor/internal/words"
)

//go:embed templates
var templates embed.FS

// noun is what the templates know.
type noun struct {
	Name, Names string // note, notes
	Type, Types string // Note, Notes
	A           string // the article: a or an
	Number      string // of the migration: 00911
}

// reserved are words that a table or a package cannot have for a name without quotes, and words of the command line.
var reserved = []string{
	"all", "analyse", "analyze", "and", "any", "array", "as", "asc", "authorization", "binary", "both", "cast", "check", "collate", "column",
	"completion", "concurrently", "constraint", "create", "cross", "default", "deferrable", "desc", "distinct", "do", "else", "end", "error",
	"except", "false", "fetch", "foreign", "freeze", "full", "grant", "group", "having", "help", "in", "init", "initially", "inner",
	"intersect", "into", "is", "isnull", "join", "lateral", "leading", "left", "like", "limit", "main", "natural", "not", "notnull", "null",
	"offset", "on", "only", "or", "order", "outer", "overlaps", "placing", "primary", "references", "returning", "right", "select", "similar",
	"some", "string", "symmetric", "table", "tablesample", "test", "then", "to", "trailing", "true", "union", "unique", "user", "using",
	"variadic", "verbose", "when", "where", "window", "with", "app", "admin", "models", "store", "verb", "flags", "exits", "clierr", "cobra",
	"context", "output", "view", "row", "factory",
}

// parse looks at a name, and at the tree for the number of the migration.
func parse(root, name string) (noun, error) {
	if !regexp.MustCompile(`^[a-z]{3,20}$`).MatchString(name) {
		return noun{}, fmt.Errorf("%q: a noun is one English word in the singular, 3 to 20 lower-case letters, such as note", name)
	}
	if token.IsKeyword(name) || slices.Contains(reserved, name) {
		return noun{}, fmt.Errorf("%q is a reserved word of Go, SQL or the command line; choose another", name)
	}
	if _, err := os.Stat(filepath.Join(root, "cmd", name)); !errors.Is(err, fs.ErrNotExist) {
		return noun{}, fmt.Errorf("the noun %s exists already: cmd/%s", name, name)
	}
	found, err := fs.Glob(os.DirFS(root), "migrations/[0-9]*.sql")
	if err != nil || len(found) == 0 {
		return noun{}, errors.Join(errors.New("no migrations here: run it in the top folder of the repository"), err)
	}
	digits, _, _ := strings.Cut(path.Base(slices.Max(found)), "_")
	last, err := strconv.Atoi(digits)
	if err != nil {
		return noun{}, fmt.Errorf("the number of the migration %s: %w", slices.Max(found), err)
	}
	n := noun{Name: name, Names: strings.TrimPrefix(words.Count(2, name), "2 "), A: "a", Number: fmt.Sprintf("%05d", last+1)}
	if strings.ContainsRune("aeiou", rune(name[0])) {
		n.A = "an"
	}
	upper := func(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
	n.Type, n.Types = upper(n.Name), upper(n.Names)
	return n, nil
}

// file is one file to write, with its path below the top folder.
type file struct {
	path  string
	text  []byte
	isNew bool
}

func (n noun) files(tree fs.FS) ([]file, error) {
	var files []file
	for _, f := range []struct{ template, path string }{
		{"migration.sql", "migrations/" + n.Number + "_create_" + n.Name + "_table.sql"},
		{"model.go", "pkg/models/" + n.Name + ".go"},
		{"store.go", "pkg/store/" + n.Names + ".go"},
		{"store_test.go", "pkg/store/" + n.Names + "_test.go"},
		{"admin.go", "pkg/admin/" + n.Names + ".go"},
		{"factory.go", "internal/factory/" + n.Name + ".go"},
		{"noun.go", "cmd/" + n.Name + "/" + n.Name + ".go"},
		{"view.go", "cmd/" + n.Name + "/view.go"},
		{"script.txtar", "test/script/testdata/" + n.Name + ".txtar"},
	} {
		text, err := n.fill(f.template)
		if err != nil {
			return nil, err
		}
		files = append(files, file{f.path, text, true})
	}
	for _, name := range []string{"cmd/root.go", "pkg/namespace/namespace.go", "cmd/audited_test.go", "cmd/as_user_test.go"} {
		text, err := n.edit(tree, name)
		if err != nil {
			return nil, err
		}
		files = append(files, file{name, text, false})
	}
	return files, nil
}

func (n noun) fill(name string) ([]byte, error) {
	t, err := template.New(name+".tmpl").Delims("[[", "]]").ParseFS(templates, "templates/"+name+".tmpl")
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, n); err != nil {
		return nil, err
	}
	return formatted(name, b.Bytes())
}

func formatted(name string, text []byte) ([]byte, error) {
	if !strings.HasSuffix(name, ".go") {
		return text, nil
	}
	out, err := format.Source(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return out, nil
}

// insertion puts a line before the first line that begins with the anchor.
type insertion struct{ anchor, line string }

// insertions are what existing files need, by file.
func (n noun) insertions() map[string][]insertion {
	return map[string][]insertion{
		"cmd/root.go": {
			{"\t\"github.com/axisor/axisor/cmd/notification\"", "\t\"github.com/axisor/axisor/cmd/" + n.Name + "\""},
			{"\t\t{groupTrading, \"exchange\"", "\t\t{groupPeople, \"" + n.Name + "\", " + n.Name + ".New},"},
		},
		"pkg/namespace/namespace.go": {{"\tVersionTable, // of own", "\t\"" + n.Name + "\","}},
		"cmd/audited_test.go": {
			{"\t\"payment expire\":", fmt.Sprintf("\t%q: {args: \"ana --body hello\"},\n\t%q: {args: \"{%s} --yes\"},", n.Name+" create", n.Name+" delete", n.Name)},
			{"\tfactory.Guard(t, db, ana.ID)", fmt.Sprintf("\tw.ids[%q] = factory.%s(t, db, ana.ID).ID", n.Name, n.Type)},
		},
		"cmd/as_user_test.go": {
			{"\t\"plan show\":", fmt.Sprintf("\t%q: \"{u}-%s\",", n.Name+" show", n.Name)},
			{"\t\t\t`INSERT INTO axisor.guard_intent", fmt.Sprintf("\t\t\t`INSERT INTO axisor.%[1]s (id, user_id, body, created_at, updated_at) VALUES ('{u}-%[1]s', '{u}-id', '{u}', now(), now())`,", n.Name)},
		},
	}
}

// edit gives the text of an existing file with the noun in it.
func (n noun) edit(tree fs.FS, name string) ([]byte, error) {
	text, err := fs.ReadFile(tree, name)
	if err != nil {
		return nil, err
	}
	for _, i := range n.insertions()[name] {
		before, after, ok := bytes.Cut(text, []byte("\n"+i.anchor))
		if !ok {
			return nil, fmt.Errorf("%s has no line that begins with %q any more: correct insertions in internal/newnoun/noun.go", name, strings.TrimSpace(i.anchor))
		}
		text = slices.Concat(before, []byte("\n"+i.line+"\n"+i.anchor), after)
	}
	return formatted(name, text)
}

// steps are what no program can do.
func (n noun) steps() string {
	return fmt.Sprintf(`Left to you, in this order:
1. Say what %[1]s %[2]s is: its columns in migrations/%[3]s_create_%[2]s_table.sql, pkg/models/%[2]s.go (the row),
   cmd/%[2]s/view.go (fields, columns) and pkg/admin/%[4]s.go (rules, audit values). Add CHECKs for words and amounts.
2. Decide who sees a row. As written, its user may read it ("authenticated") and not write it; rows of nobody need no user_id.
   A column with a secret gets a name that secretName in pkg/store/roles.go knows, and no field in the view.
3. Rewrite the texts of cmd/%[2]s/%[2]s.go; read "go run . %[2]s --help" aloud. Further verbs: docs/architecture.md.
4. go test ./pkg/migrate -run 'TestSnapshot|TestLocksSnapshot' -update, make docs, and a line under "Unreleased" in CHANGELOG.md.
5. AXISOR_TEST_REQUIRE_DB=1 go test ./pkg/store -run 'Test%[5]s$'
   go test ./test/script -run 'TestScripts/%[2]s$'
   go test ./cmd -run 'Contract|Audited|AsUser'
   go test ./pkg/migrate ./pkg/admin ./internal/archtest
`, n.A, n.Name, n.Number, n.Names, n.Types)
}
