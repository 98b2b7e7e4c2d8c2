package backup

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"filippo.io/age"
)

// compareSchema holds the definitions in the archive against those of the restored database,
// both as the server's own programs write them. It finds what row counts cannot: an index, a
// constraint, a function that did not come back.
func (r *Repository) compareSchema(ctx context.Context, e Entry, tools Toolset, restored *endpoint, identities []age.Identity) error {
	want, err := r.restoreOutput(ctx, e, tools, identities, "--schema-only", "--no-owner", "--no-acl", "--file=-")
	if err != nil {
		return err
	}
	out, err := nameless(r.o.Directory)
	if err != nil {
		return err
	}
	defer out.Close()
	c, err := startChild(ctx, childSpec{
		path: tools.Dump, args: []string{"--schema-only", "--no-owner", "--no-acl", "--no-password"}, server: restored, stdout: out,
	})
	if err != nil {
		return err
	}
	if err := c.wait(ctx); err != nil {
		return err
	}
	got, err := readBack(out)
	if err != nil {
		return err
	}
	if problem := diffLines(definitions(want), definitions(got)); problem != "" {
		return &DamagedError{ID: e.ID, File: e.Manifest.Archive.Name, Level: LevelDeep, Problem: "the restored schema differs: " + problem}
	}
	return nil
}

// definitions are the lines that say something, in an order of their own: the programs may
// write the same objects in another one.
func definitions(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \r\n,")
		switch {
		case strings.TrimSpace(line) == "", strings.HasPrefix(line, "--"), strings.HasPrefix(line, `\`), strings.HasPrefix(line, "SET "),
			strings.HasPrefix(line, "SELECT pg_catalog.set_config"), strings.HasPrefix(line, "CREATE SCHEMA public"), strings.HasPrefix(line, "COMMENT ON SCHEMA public"):
			continue
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

func diffLines(want, got []string) string {
	count := map[string]int{}
	for _, l := range want {
		count[l]++
	}
	for _, l := range got {
		count[l]--
	}
	var missing, extra []string
	for l, n := range count {
		if n > 0 {
			missing = append(missing, strings.TrimSpace(l))
		} else if n < 0 {
			extra = append(extra, strings.TrimSpace(l))
		}
	}
	if len(missing)+len(extra) == 0 {
		return ""
	}
	slices.Sort(missing)
	slices.Sort(extra)
	first := func(list []string) string {
		if len(list) == 0 {
			return "nothing"
		}
		return fmt.Sprintf("%d lines, first %q", len(list), list[0])
	}
	return "missing " + first(missing) + "; not in the backup " + first(extra)
}
