package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// caseBlind are the files that may decode with encoding/json, which takes a field whose name differs in case alone.
// None of them decodes into a struct.
var caseBlind = map[string]string{
	"internal/cli/output/output.go": "our own output, as a tree whose numbers keep their digits",
	"internal/cli/output/yaml.go":   "our own output, token by token",
	"pkg/admin/audit.go":            "our own values, as a tree whose numbers keep their digits",
	"internal/guard/candles.go":     "a map of the names as they are, from a stream",
	"pkg/backup/signing.go":         "names as they are, of which two that differ in case alone are refused, and raw values",
	"internal/lnsim/auth.go":        "tokens only, to compare a request with its canonical form",
}

// TestForeignJSONIsDecodedByExactNames: an exchange that adds a field "Margin" beside "margin" must change nothing.
// Nothing but pkg/exactjson decodes JSON, so that nobody has to think of it.
func TestForeignJSONIsDecodedByExactNames(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	eachSource(t, func(name, path string) {
		for _, call := range decoders(t, path) {
			if _, ok := caseBlind[name]; ok {
				used[name] = true
				continue
			}
			t.Errorf("%s uses %s, which does not tell names apart that differ in case: use pkg/exactjson", name, call)
		}
	})
	for name := range caseBlind {
		require.True(t, used[name], "%s decodes nothing any more: take it off the list", name)
	}
}

// eachSource calls do with the name, below the root, and the path of each file that is shipped.
func eachSource(t *testing.T, do func(name, path string)) {
	t.Helper()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		switch {
		case d.IsDir() && (strings.HasPrefix(d.Name(), ".") && name != "." || d.Name() == "testdata" || matches(support, name)):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		do(name, path)
		return nil
	})
	require.NoError(t, err)
}

// decoders lists the uses of the decoders of encoding/json in a file.
func decoders(t *testing.T, path string) (found []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	local := map[string]string{}
	for _, i := range file.Imports {
		from, err := strconv.Unquote(i.Path.Value)
		require.NoError(t, err)
		if !slices.Contains([]string{"encoding/json", "github.com/go-json-experiment/json/v1"}, from) {
			continue
		}
		as := "json"
		if i.Name != nil {
			as = i.Name.Name
		}
		require.NotEqual(t, ".", as, "%s: a dot import hides what is used", path)
		local[as] = from
	}
	ast.Inspect(file, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := s.X.(*ast.Ident)
		if ok && local[x.Name] != "" && slices.Contains([]string{"Unmarshal", "NewDecoder", "UnmarshalRead", "UnmarshalDecode"}, s.Sel.Name) {
			found = append(found, local[x.Name]+"."+s.Sel.Name)
		}
		return true
	})
	return found
}
