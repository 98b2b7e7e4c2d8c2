// Package archtest holds the import rules of the house. They are tests, so that a wrong dependency fails the
// build on the day it is written and not in a review.
package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/axisor/axisor/"

type pkg struct {
	ImportPath string
	Name       string
	Imports    []string
	Deps       []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	c := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Name,Imports,Deps", "./...")
	c.Dir = "../.."
	var errw bytes.Buffer
	c.Stderr = &errw
	raw, err := c.Output()
	require.NoError(t, err, errw.String())
	var all []pkg
	dec := json.NewDecoder(bytes.NewReader(raw))
	for {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else {
			require.NoError(t, err)
		}
		all = append(all, p)
	}
	require.NotEmpty(t, all)
	return all
}

// anyone may be imported by every package: leaves without knowledge.
var anyone = []string{"pkg/secret", "pkg/near", "pkg/exactjson", "pkg/ownfile", "pkg/pgdirect", "pkg/pgtls", "pkg/pgpass", "pkg/namespace", "internal/buildinfo", "internal/wholefile"}

// support packages exist for tests and tools; their imports are free, but nothing shipped may import them.
var support = []string{"internal/testdb", "internal/testdb/", "internal/clitest", "internal/pgimpostor", "internal/factory", "internal/archtest", "internal/docgen", "internal/notices", "test/", "bench", "bench/"}

// allowed lists, per package (or folder ending in /), which of our packages it may import.
var allowed = map[string][]string{
	"main":                  {"cmd"},
	"cmd":                   {"cmd/", "internal/"},
	"cmd/":                  {"internal/", "pkg/"}, // and never another cmd/<noun>
	"internal/app":          {"internal/", "pkg/"},
	"internal/cli/streams":  {},
	"internal/cli/clierr":   {"internal/cli/streams"},
	"internal/cli/output":   {"internal/cli/streams", "pkg/rowfile"},
	"internal/cli/dark":     {},
	"internal/cli/prompt":   {"internal/cli/dark", "internal/cli/streams", "internal/cli/clierr"},
	"internal/cli/picture":  {"internal/cli/clierr", "internal/config", "pkg/chart"},
	"internal/cli/progress": {"internal/cli/streams"},
	"internal/cli/flags":    {"internal/cli/clierr"},
	"internal/cli/exits":    {"internal/cli/clierr", "internal/cli/flags"},
	"internal/config":       {},
	"internal/buildinfo":    {},
	"internal/wholefile":    {},
	"internal/pgserver":     {},
	"internal/lnsim":        {"pkg/lnmarkets", "pkg/lnmarkets/futures"},
	"internal/devenv":       {"internal/pgserver", "internal/lnsim", "internal/lightningsim", "internal/config", "pkg/"},
	"internal/doctor":       {"internal/config", "internal/cli/output", "pkg/"},
	"internal/follow":       {"pkg/"},
	"internal/browse":       {"internal/limits", "internal/cli/dark", "internal/cli/streams", "internal/cli/output", "pkg/"},
	"internal/guard":        {"pkg/", "internal/monitor", "internal/cli/clierr"},
	"internal/backups":      {"internal/app", "internal/config", "internal/monitor", "internal/pgserver", "internal/cli/clierr", "internal/cli/progress", "pkg/"},
	"internal/monitor":      {},
	"pkg/secret":            {},
	"pkg/near":              {},
	"pkg/exactjson":         {},
	"pkg/ownfile":           {},
	"pkg/pgdirect":          {},
	"pkg/pgtls":             {},
	"pkg/pgpass":            {},
	"pkg/namespace":         {},
	"pkg/models":            {},
	"pkg/store":             {"pkg/models", "pkg/rowfile"},
	"pkg/admin":             {"pkg/store", "pkg/models", "pkg/crypto", "pkg/bolt11", "pkg/automation"},
	"pkg/automation":        {},
	"pkg/tradestats":        {},
	"pkg/chart":             {},
	"pkg/rowfile":           {},
	"pkg/tradefile":         {"pkg/models", "pkg/rowfile"},
	"pkg/crypto":            {},
	"pkg/backup":            {"pkg/crypto", "pkg/backup/toc", "pkg/backup/wal", "pkg/backup/remote"},
	"pkg/backup/remote":     {},
	"pkg/backup/toc":        {},
	"pkg/backup/wal":        {},
	"pkg/bolt11":            {},
	"pkg/lightning":         {},
	"internal/lightningsim": {"pkg/bolt11"},
	"internal/payments":     {"pkg/"},
	"pkg/migrate":           {"migrations"},
	"migrations":            {},
	"pkg/lnmarkets":         {"pkg/lnmarkets/futures"},
	"pkg/lnmarkets/futures": {},
	"pkg/lnmarkets/stream":  {"pkg/lnmarkets", "pkg/lnmarkets/futures"},
	"pkg/exchange":          {"pkg/lnmarkets", "pkg/crypto"},
	"internal/limits":       {"internal/cli/output", "pkg/chart", "pkg/models", "pkg/store"},
	"internal/verb":         {"internal/app", "internal/cli/", "pkg/admin", "pkg/store", "pkg/rowfile"},
	"internal/credential":   {"internal/app", "internal/config", "internal/cli/", "pkg/"},
	"pkg/marginguard":       {"pkg/lnmarkets/futures"}, // the shared arithmetic of the contract, nothing else
}

func TestImportRules(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		name := short(p.ImportPath)
		if matches(support, name) {
			continue
		}
		rule, ok := ruleFor(name)
		require.True(t, ok, "package %s has no import rule: add it to the table and to docs/architecture.md", name)
		for _, imp := range p.Imports {
			if !strings.HasPrefix(imp+"/", module) {
				continue
			}
			to := short(imp)
			require.False(t, matches(support, to), "%s imports test support %s", name, to)
			require.True(t, matches(rule, to) || slices.Contains(anyone, to), "%s may not import %s", name, to)
		}
	}
}

// owners name the one place where a library may be imported, so that it can be replaced there.
var owners = map[string][]string{
	"github.com/spf13/viper":               {"internal/config"},
	"github.com/charmbracelet/huh":         {"internal/cli/prompt"},
	"github.com/charmbracelet/bubbletea":   {"internal/browse"},
	"github.com/charmbracelet/bubbles":     {"internal/browse"},
	"github.com/charmbracelet/lipgloss":    {"internal/browse", "internal/cli/dark"},
	"golang.org/x/term":                    {"internal/cli/streams"},
	"github.com/olekukonko/tablewriter":    {"internal/cli/output"},
	"github.com/itchyny/gojq":              {"internal/cli/output"},
	"github.com/pressly/goose":             {"pkg/migrate"},
	"gorm.io/driver/postgres":              {"pkg/store"},
	"gorm.io/gorm":                         {"pkg/store", "pkg/models"},
	"github.com/btcsuite/btcd/btcutil":     {"pkg/bolt11", "internal/lightningsim"},
	"github.com/decred/dcrd":               {"pkg/bolt11", "internal/lightningsim"},
	"github.com/klauspost/compress":        {"pkg/backup", "pkg/backup/", "pkg/rowfile"},
	"golang.org/x/text":                    {"pkg/rowfile"},
	"filippo.io/age":                       {"pkg/backup", "pkg/backup/", "pkg/crypto"},
	"golang.org/x/crypto":                  {"pkg/crypto"},
	"golang.org/x/time":                    {"pkg/lnmarkets", "internal/lnsim"},
	"gorm.io/datatypes":                    {}, // links a MySQL driver
	"github.com/spf13/cobra":               {"cmd", "cmd/", "internal/cli/flags", "internal/cli/exits", "internal/verb"},
	"github.com/jackc/pgx/v5":              {"pkg/store", "pkg/models", "pkg/migrate", "pkg/backup", "pkg/pgdirect", "pkg/pgtls", "internal/app", "internal/pgserver"},
	"github.com/dustin/go-humanize":        {"internal/cli/output", "internal/cli/progress", "cmd/", "internal/doctor"},
	"github.com/go-analyze/charts":         {"pkg/chart"},
	"github.com/golang-migrate/migrate/v4": {},
	"github.com/google/jsonschema-go":      {"pkg/automation"},
	"github.com/riverqueue/river":          {"internal/guard"},
	"github.com/go-json-experiment/json":   {"pkg/exactjson"},
	"github.com/coder/websocket":           {"pkg/lnmarkets/stream", "internal/lnsim"},
}

func TestLibraryOwners(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		name := short(p.ImportPath)
		if matches(support, name) {
			continue
		}
		for _, imp := range p.Imports {
			for lib, who := range owners {
				if imp == lib || strings.HasPrefix(imp, lib+"/") {
					require.True(t, matches(who, name), "%s imports %s, which belongs to %v", name, imp, who)
				}
			}
		}
	}
}

// TestChosenLibraries: these were chosen for the program by those it is made for; nothing of ours replaces them.
func TestChosenLibraries(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, p := range packages(t) {
		for _, imp := range p.Imports {
			used[imp] = true
		}
	}
	for _, lib := range []string{
		"github.com/spf13/cobra", "github.com/spf13/viper", "gorm.io/gorm", "gorm.io/driver/postgres",
		"github.com/olekukonko/tablewriter", "github.com/charmbracelet/huh", "golang.org/x/term",
	} {
		require.True(t, used[lib], "%s is not imported any more", lib)
	}
}

// TestOneMajorOfEachModule: two majors of one library in the binary mean two copies of its bugs.
func TestOneMajorOfEachModule(t *testing.T) {
	t.Parallel()
	c := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", ".")
	c.Dir = "../.."
	raw, err := c.Output()
	require.NoError(t, err)
	seen := map[string]string{}
	for path := range strings.FieldsSeq(string(raw)) {
		base := path
		if i := strings.LastIndex(path, "/v"); i > 0 && strings.Trim(path[i+2:], "0123456789") == "" {
			base = path[:i]
		}
		if other, ok := seen[base]; ok && other != path {
			t.Errorf("the binary links %s and %s", other, path)
		}
		seen[base] = path
	}
	require.NotEmpty(t, seen)
}

func short(path string) string {
	if path+"/" == module {
		return "main"
	}
	return strings.TrimPrefix(path, module)
}

func ruleFor(name string) ([]string, bool) {
	if r, ok := allowed[name]; ok {
		return r, true
	}
	best := ""
	for k := range allowed {
		if strings.HasSuffix(k, "/") && strings.HasPrefix(name, k) && len(k) > len(best) {
			best = k
		}
	}
	return allowed[best], best != ""
}

func matches(patterns []string, name string) bool {
	for _, p := range patterns {
		if p == name || strings.HasSuffix(p, "/") && strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}
