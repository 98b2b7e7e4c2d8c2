// Package main writes the notices of everything that is linked into the program: each module with its licence and
// the files that its licence wants handed on. It fails on a licence that nobody looked at (allowed), so that a new one
// is found on the day that its module is added.
//
// It takes platforms as arguments, such as linux-amd64, and is part of no release.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// allowed are the licences that docs/dependencies.md explains, by their SPDX names.
var allowed = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0", "OFL-1.1"}

// known are modules whose text a machine does not tell, with what a person found in it.
var known = map[string]string{
	// The user chooses between the FreeType licence, which is like BSD's with a notice, and GPL 2.
	"github.com/golang/freetype": "FTL",
}

// elsewhere are texts that lie deeper in a module, with the licence of what they are about.
var elsewhere = map[string]struct{ dir, licence string }{
	"github.com/go-analyze/charts": {"chartdraw/drawing/fonts", "OFL-1.1"},
}

// covered is how much of a text, in percent, has to be one of the licences.
const covered = 75

// module is one that is linked, with the texts that have to be handed on by their file names.
type module struct {
	Path, Version, Dir string
	Licences           []string
	Texts              []file
}

type file struct{ name, text string }

func main() {
	list, err := linked(context.Background(), os.Args[1:])
	if err == nil {
		err = write(os.Stdout, list)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "notices:", err)
		os.Exit(1)
	}
}

// linked are the modules of the program on these platforms, sorted by path, and Go's own library first.
func linked(ctx context.Context, platforms []string) ([]module, error) {
	found := map[string]module{}
	for _, p := range platforms {
		system, arch, ok := strings.Cut(p, "-")
		if !ok {
			return nil, fmt.Errorf("platform %q: must be such as linux-amd64", p)
		}
		out, err := goTool(ctx, []string{"GOOS=" + system, "GOARCH=" + arch, "CGO_ENABLED=0"}, "list", "-deps", "-json=Module", "github.com/axisor/axisor")
		if err != nil {
			return nil, err
		}
		for dec := json.NewDecoder(bytes.NewReader(out)); ; {
			var pkg struct {
				Module *struct {
					Path    string `json:"Path"`
					Version string `json:"Version"`
					Dir     string `json:"Dir"`
					Main    bool   `json:"Main"`
				} `json:"Module"`
			}
			if err := dec.Decode(&pkg); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, fmt.Errorf("go list: %w", err)
			}
			if m := pkg.Module; m != nil && !m.Main {
				found[m.Path] = module{Path: m.Path, Version: m.Version, Dir: m.Dir}
			}
		}
	}
	root, err := goTool(ctx, nil, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	list := []module{{Path: "Go's standard library", Dir: strings.TrimSpace(string(root))}}
	for _, path := range slices.Sorted(maps.Keys(found)) {
		list = append(list, found[path])
	}
	for i := range list {
		if err := list[i].read(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func goTool(ctx context.Context, env []string, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, "go", args...)
	c.Env = append(os.Environ(), env...)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	return out, nil
}

var handedOn = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|unlicense|ftl|ofl)([.-].*)?$`)

// read finds the texts, and what licences they are.
func (m *module) read() error {
	dirs := []string{m.Dir, filepath.Join(m.Dir, "licenses")}
	if deeper, ok := elsewhere[m.Path]; ok {
		dirs, m.Licences = append(dirs, filepath.Join(m.Dir, deeper.dir)), append(m.Licences, deeper.licence)
	}
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		for _, e := range entries {
			if e.IsDir() || strings.HasSuffix(e.Name(), ".go") || !handedOn.MatchString(e.Name()) {
				continue
			}
			text, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				return err
			}
			m.Texts = append(m.Texts, file{e.Name(), string(text)})
			if c := licensecheck.Scan(text); c.Percent >= covered {
				for _, found := range c.Match {
					m.Licences = append(m.Licences, found.ID)
				}
			}
		}
	}
	if name, ok := known[m.Path]; ok {
		m.Licences = []string{name}
		return nil
	}
	slices.Sort(m.Licences)
	m.Licences = slices.Compact(m.Licences)
	if len(m.Licences) == 0 {
		return fmt.Errorf("%s %s: no licence was recognised in %s", m.Path, m.Version, m.Dir)
	}
	for _, name := range m.Licences {
		if !slices.Contains(allowed, name) {
			return fmt.Errorf("%s %s has the licence %s, which nobody has looked at: read it, then add it to docs/dependencies.md and to the list", m.Path, m.Version, name)
		}
	}
	return nil
}

func write(w io.Writer, list []module) error {
	var b bytes.Buffer
	b.WriteString("axisor contains the following software of others. Their licences, and the notices that these want handed on:\n\n")
	for _, m := range list {
		fmt.Fprintf(&b, "  %s %s: %s\n", m.Path, m.Version, strings.Join(m.Licences, ", "))
	}
	b.WriteString("\nThe source of each is at https://proxy.golang.org/MODULE/@v/VERSION.zip, unchanged.\nThe fonts in github.com/go-analyze/charts: Roboto (Apache-2.0) and Noto Sans (OFL-1.1), both by Google.\n")
	for _, m := range list {
		for _, f := range m.Texts {
			fmt.Fprintf(&b, "\n%s\n%s %s: %s\n\n%s\n", strings.Repeat("=", 80), m.Path, m.Version, f.name, strings.TrimSpace(f.text))
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}
