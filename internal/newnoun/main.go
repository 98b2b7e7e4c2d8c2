// Command newnoun writes what a new noun of the command line needs, from migration to script test; scripts/new-noun runs
// it. What it writes compiles, passes and is a beginning: rows of text that belong to a user.
package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

const usage = `Usage: scripts/new-noun NAME

Adds the noun NAME (one English word in the singular, lower case, such as note) with list, show, create and delete: its
migration with row security and grants, model, queries, writes with audit rows, a factory for tests, and tests.
It prints what it wrote, what it changed, and what is left to a person. Nothing that exists is replaced.
`

func main() {
	if len(os.Args) != 2 || slices.Contains([]string{"-h", "-help", "--help"}, os.Args[1]) {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	if err := run(os.Stdout, ".", os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// run writes the files below root. It plans everything before it writes anything.
func run(out io.Writer, root, name string) error {
	n, err := parse(root, name)
	if err != nil {
		return err
	}
	files, err := n.files(os.DirFS(root))
	if err != nil {
		return err
	}
	for _, f := range files {
		if _, err := os.Stat(filepath.Join(root, f.path)); f.isNew && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s exists already; nothing was written", f.path)
		}
	}
	for _, f := range files {
		full, did := filepath.Join(root, f.path), "changed"
		if f.isNew {
			did = "written"
			if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
				return err
			}
		}
		if err := os.WriteFile(full, f.text, 0o644); err != nil {
			return err
		}
		fmt.Fprintf(out, "%-8s %s\n", did, f.path)
	}
	_, err = fmt.Fprint(out, "\n"+n.steps())
	return err
}
