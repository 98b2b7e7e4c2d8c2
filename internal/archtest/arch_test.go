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
