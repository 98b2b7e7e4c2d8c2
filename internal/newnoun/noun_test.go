package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/factory"
	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/store"
)

const (
	root   = "../.."
	module = "github.com/axisor/axisor"
)

// generated is what the generator makes of this tree, by path.
func generated(t *testing.T, name string) (noun, map[string]file) {
	t.Helper()
	n, err := parse(root, name)
	require.NoError(t, err)
	files, err := n.files(os.DirFS(root))
	require.NoError(t, err)
	out := map[string]file{}
	for _, f := range files {
		out[f.path] = f
	}
	return n, out
}

func TestParse(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]noun{
		"note":   {Name: "note", Names: "notes", Type: "Note", Types: "Notes", A: "a"},
		"agency": {Name: "agency", Names: "agencies", Type: "Agency", Types: "Agencies", A: "an"},
		"box":    {Name: "box", Names: "boxes", Type: "Box", Types: "Boxes", A: "a"},
	} {
		n, err := parse(root, name)
		require.NoError(t, err)
		require.Regexp(t, `^\d{5}$`, n.Number)
		require.NoFileExists(t, filepath.Join(root, "migrations", n.Number+"_create_"+name+"_table.sql"))
		n.Number = ""
		require.Equal(t, want, n)
	}
	for _, name := range []string{"", "Note", "my-note", "no", "order", "range", "plan", "café", "../x", "authorization"} {
		_, err := parse(root, name)
		require.Error(t, err, name)
	}
	_, err := parse(t.TempDir(), "note")
	require.ErrorContains(t, err, "top folder")
}

// TestRun_WritesAllOrNothing: a second run finds what is there, and says so before it writes.
func TestRun_WritesAllOrNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n, files := generated(t, "note")
	for _, f := range files {
		if !f.isNew {
			raw, err := os.ReadFile(filepath.Join(root, f.path))
			require.NoError(t, err)
			put(t, filepath.Join(dir, f.path), raw)
		}
	}
	put(t, filepath.Join(dir, "migrations/00012_x.sql"), nil)
	var out bytes.Buffer
	require.NoError(t, run(&out, dir, "note"))
	require.Contains(t, out.String(), "written  migrations/00013_create_note_table.sql\n")
	require.Contains(t, out.String(), "changed  cmd/root.go\n")
	require.Contains(t, out.String(), "make docs")
	for _, f := range files {
		if f.path != "migrations/"+n.Number+"_create_note_table.sql" {
			raw, err := os.ReadFile(filepath.Join(dir, f.path))
			require.NoError(t, err)
			require.Equal(t, string(f.text), string(raw), f.path)
		}
	}
	require.ErrorContains(t, run(io.Discard, dir, "note"), "exists already")
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "cmd/note")))
	require.ErrorContains(t, run(io.Discard, dir, "note"), "nothing was written")
	require.NoDirExists(t, filepath.Join(dir, "cmd/note"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "cmd/root.go"), []byte("package cmd\n"), 0o600))
	require.ErrorContains(t, run(io.Discard, dir, "memo"), "cmd/root.go has no line that begins with")
	require.NoDirExists(t, filepath.Join(dir, "cmd/memo"))
}

func put(t *testing.T, name string, text []byte) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
	require.NoError(t, os.WriteFile(name, text, 0o600))
}

// TestFiles_Compile type-checks the tree with the noun in it: the generated and edited packages with their bodies, the
// others as they are declared, libraries as they are compiled already.
func TestFiles_Compile(t *testing.T) {
	t.Parallel()
	_, files := generated(t, "note")
	c := &checker{
		t: t, fset: token.NewFileSet(), files: files, listed: map[string]listedPackage{}, done: map[string]*types.Package{},
	}
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-deps", "-export", "-json=ImportPath,GoFiles,Export", ".", "./internal/factory", "./internal/testdb")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-trimpath") // as the suite compiles, so that nothing is compiled twice
	var errw bytes.Buffer
	cmd.Stderr = &errw
	raw, err := cmd.Output()
	require.NoError(t, err, errw.String())
	for dec := json.NewDecoder(bytes.NewReader(raw)); ; {
		var p listedPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else {
			require.NoError(t, err)
		}
		c.listed[p.ImportPath] = p
	}
	for p := range files { // new ones first of all
		if dir := path.Dir(p); strings.HasSuffix(p, ".go") && c.listed[module+"/"+dir].ImportPath == "" {
			c.listed[module+"/"+dir] = listedPackage{ImportPath: module + "/" + dir}
		}
	}
	c.compiled = importer.ForCompiler(c.fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(c.listed[path].Export) })
	for _, p := range []string{"cmd", "cmd/note", "internal/factory"} {
		_, err := c.Import(module + "/" + p)
		require.NoError(t, err)
	}
	_, err = c.check("store_test", []string{"pkg/store/notes_test.go"}, false)
	require.NoError(t, err)

	broken := files["pkg/admin/notes.go"]
	broken.text = bytes.Replace(broken.text, []byte("row.ID"), []byte("row.Nummer"), 1)
	files["pkg/admin/notes.go"], c.done = broken, map[string]*types.Package{}
	_, err = c.Import(module + "/pkg/admin")
	require.ErrorContains(t, err, "Nummer", "the check can fail")
}

type listedPackage struct {
	ImportPath, Export string
	GoFiles            []string
}

// checker imports our packages from source, with the generated files in place of those of the tree.
type checker struct {
	t        *testing.T
	fset     *token.FileSet
	files    map[string]file
	listed   map[string]listedPackage
	done     map[string]*types.Package
	compiled types.Importer
}

func (c *checker) Import(name string) (*types.Package, error) {
	dir, ours := strings.CutPrefix(name, module+"/")
	if !ours {
		return c.compiled.Import(name)
	}
	if p := c.done[name]; p != nil {
		return p, nil
	}
	var names []string
	changed := false
	for _, f := range c.listed[name].GoFiles {
		names = append(names, dir+"/"+f)
		changed = changed || c.files[dir+"/"+f].text != nil
	}
	for p, f := range c.files {
		if path.Dir(p) == dir && f.isNew && strings.HasSuffix(p, ".go") && !strings.HasSuffix(p, "_test.go") {
			names, changed = append(names, p), true
		}
	}
	p, err := c.check(name, names, !changed)
	c.done[name] = p
	return p, err
}

func (c *checker) check(name string, paths []string, declared bool) (*types.Package, error) {
	var parsed []*ast.File
	for _, p := range paths {
		var src any
		if f, ok := c.files[p]; ok {
			src = f.text
		}
		f, err := parser.ParseFile(c.fset, filepath.Join(root, p), src, parser.SkipObjectResolution)
		require.NoError(c.t, err)
		parsed = append(parsed, f)
	}
	return (&types.Config{Importer: c, IgnoreFuncBodies: declared}).Check(name, c.fset, parsed, nil)
}

// TestMigration_ShowsUsersTheirRows applies the migration to a database at head, in one where the roles have their grants.
func TestMigration_ShowsUsersTheirRows(t *testing.T) {
	t.Parallel()
	n, files := generated(t, "note")
	up, down, ok := strings.Cut(string(files["migrations/"+n.Number+"_create_note_table.sql"].text), "-- +goose Down")
	require.True(t, ok)
	db := testdb.New(t)
	exec := func(sql string, args ...any) error { return db.Gorm(t.Context()).Exec(sql, args...).Error }
	require.NoError(t, db.Transaction(t.Context(), func(db *store.DB) error { return db.EnsureRoles(t.Context()) }))
	_, err := db.SQL().ExecContext(t.Context(), up)
	require.NoError(t, err)

	ana, bob := factory.User(t, db), factory.User(t, db)
	for _, u := range []string{ana.ID, bob.ID} {
		require.NoError(t, exec(`INSERT INTO axisor.note (user_id, body, created_at, updated_at) VALUES (?, ?, now(), now())`, u, "of "+u))
	}
	require.Error(t, exec(`INSERT INTO axisor.note (user_id, body, created_at, updated_at) VALUES (?, '', now(), now())`, ana.ID))
	as := func(user string, fn func(tx *store.DB) error) error {
		return db.Transaction(t.Context(), func(tx *store.DB) error {
			if err := tx.Gorm(t.Context()).Exec(`SELECT set_config('role', 'authenticated', true), set_config('app.current_user_id', ?, true)`, user).Error; err != nil {
				return err
			}
			return fn(tx)
		})
	}
	var bodies []string
	require.NoError(t, as(ana.ID, func(tx *store.DB) error {
		return tx.Gorm(t.Context()).Raw(`SELECT body FROM axisor.note`).Scan(&bodies).Error
	}))
	require.Equal(t, []string{"of " + ana.ID}, bodies)
	require.ErrorContains(t, as(ana.ID, func(tx *store.DB) error {
		return tx.Gorm(t.Context()).Exec(`DELETE FROM axisor.note`).Error
	}), "permission denied")
	require.NoError(t, exec(`DELETE FROM "User" WHERE id = ?`, ana.ID))
	require.NoError(t, db.Gorm(t.Context()).Raw(`SELECT body FROM axisor.note`).Scan(&bodies).Error)
	require.Equal(t, []string{"of " + bob.ID}, bodies, "it goes with its user")

	_, err = db.SQL().ExecContext(t.Context(), down)
	require.NoError(t, err)
	var gone bool
	require.NoError(t, db.Gorm(t.Context()).Raw(`SELECT to_regclass('axisor.note') IS NULL`).Scan(&gone).Error)
	require.True(t, gone)
}
