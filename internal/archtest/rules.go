package archtest

import (
	"maps"
	"slices"
	"strings"
)

// anyone may be imported by every package: leaves without knowledge.
var anyone = []string{"pkg/secret", "pkg/near", "pkg/exactjson", "pkg/ownfile", "pkg/pgdirect", "pkg/pgtls", "pkg/pgpass", "pkg/namespace", "internal/buildinfo", "internal/wholefile", "internal/words"}

// support packages exist for tests and tools; their imports are free, but nothing shipped may import them.
var support = []string{"internal/testdb", "internal/testdb/", "internal/clitest", "internal/pgimpostor", "internal/factory", "internal/archtest", "internal/docgen", "internal/newnoun", "internal/notices", "test/", "bench", "bench/"}

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
	"internal/words":        {},
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
	"internal/verb":         {"internal/app", "internal/cli/", "pkg/admin", "pkg/store", "pkg/models", "pkg/rowfile"},
	"internal/credential":   {"internal/app", "internal/config", "internal/cli/", "pkg/"},
	"pkg/marginguard":       {"pkg/lnmarkets/futures"}, // the shared arithmetic of the contract, nothing else
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

// Table is the import rules as Markdown: what docs/architecture.md says is what the tests hold the code to.
func Table() string {
	var b strings.Builder
	b.WriteString("| package | may import (ours) |\n|---|---|\n")
	var alone []string
	for _, name := range slices.Sorted(maps.Keys(allowed)) {
		switch list := allowed[name]; {
		case len(list) == 0:
			alone = append(alone, named(name))
		case name == "cmd/":
			b.WriteString("| " + named(name) + " | " + all(list) + ", never another `cmd/<noun>` |\n")
		default:
			b.WriteString("| " + named(name) + " | " + all(list) + " |\n")
		}
	}
	b.WriteString("| " + strings.Join(alone, ", ") + " | nothing |\n")
	b.WriteString("\nEvery package may import the leaves " + all(slices.Sorted(slices.Values(anyone))) + ".\n")
	b.WriteString("Only tests and tools import " + all(support) + ".\n")
	return b.String()
}

// Libraries is who may import which library, as Markdown.
func Libraries() string {
	var b strings.Builder
	b.WriteString("| library | imported by |\n|---|---|\n")
	for _, lib := range slices.Sorted(maps.Keys(owners)) {
		who := all(owners[lib])
		if who == "" {
			who = "nobody"
		}
		b.WriteString("| `" + lib + "` | " + who + " |\n")
	}
	return b.String()
}

func all(patterns []string) string {
	out := make([]string, len(patterns))
	for i, p := range patterns {
		out[i] = named(p)
	}
	return strings.Join(out, ", ")
}

// named is a package, or everything in a folder, as people write it.
func named(pattern string) string {
	switch {
	case pattern == "cmd/":
		return "`cmd/<noun>`"
	case strings.HasSuffix(pattern, "/"):
		return "`" + pattern + "*`"
	default:
		return "`" + pattern + "`"
	}
}

// Marks around what `make docs` writes into docs/architecture.md.
const (
	importsBegin   = "<!-- Imports: written by `make docs` from internal/archtest/rules.go; edits are lost. -->\n"
	importsEnd     = "<!-- End of imports. -->\n"
	librariesBegin = "<!-- Libraries: written by `make docs` from internal/archtest/rules.go; edits are lost. -->\n"
	librariesEnd   = "<!-- End of libraries. -->\n"
)

// Page puts the tables into the text of docs/architecture.md. ok is false when the page has lost its marks.
func Page(text string) (page string, ok bool) {
	text, ok = between(text, importsBegin, importsEnd, Table())
	if !ok {
		return text, false
	}
	return between(text, librariesBegin, librariesEnd, Libraries())
}

func between(text, begin, end, content string) (string, bool) {
	before, rest, found := strings.Cut(text, begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		return text, false
	}
	return before + begin + "\n" + content + "\n" + end + after, true
}
