package backup

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/axisor/axisor/pkg/backup/toc"
)

// compareSchema holds the entries of the archive against those of a dump of the restored database. What did not come
// back is damage. The texts of definitions are no proof: a server prints what it has understood, and prints that
// again in another way when it has read its own text. So where they differ, the archive's definitions are restored
// once more, without rows, and only what differs between two databases of the same server is worth a word.
func (d *deepRun) compareSchema(ctx context.Context, found *toc.Contents) error {
	want, got := d.definitions(d.contents), d.definitions(found)
	var lost, changed []string
	for key, texts := range want {
		have := got[key]
		switch {
		case len(have) < len(texts):
			if !d.refused(key) {
				lost = append(lost, key.String())
			}
		case !slices.Equal(texts, have):
			changed = append(changed, key.String())
		}
	}
	slices.Sort(lost)
	if len(lost) > 0 {
		return &DamagedError{
			ID: d.entry.ID, File: d.entry.Manifest.Archive.Name, Level: LevelDeep,
			Problem: fmt.Sprintf("%d definitions did not come back, first %s", len(lost), lost[0]),
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return d.secondOpinion(ctx, got)
}

// secondOpinion restores the definitions alone and compares two databases of one server.
func (d *deepRun) secondOpinion(ctx context.Context, first map[entryKey][]string) error {
	if err := d.scratch.again(ctx); err != nil {
		return err
	}
	if err := d.restore(ctx, true); err != nil {
		return err
	}
	found, err := d.dumpSchema(ctx)
	if err != nil {
		return err
	}
	second := d.definitions(found)
	var changed []string
	for key, texts := range first {
		if other := second[key]; !slices.Equal(texts, other) && !d.refused(key) {
			changed = append(changed, key.String())
		}
	}
	for key := range second {
		if _, there := first[key]; !there {
			changed = append(changed, key.String())
		}
	}
	slices.Sort(changed)
	if len(changed) > 0 {
		d.check.noted(fmt.Sprintf("the text of %d definitions is another one with rows than without, first %s", len(changed), changed[0]))
	}
	return nil
}

// entryKey is what an entry is known by in every dump of it.
type entryKey struct{ kind, schema, name string }

func (k entryKey) String() string {
	name := k.name
	if k.schema != "" {
		name = k.schema + "." + name
	}
	return strings.ToValidUTF8(strings.ToLower(k.kind)+" "+name, "?")
}

// refused reports whether the server did not take this entry: that was said already, and is not the backup's fault.
// A lost table, key or sequence remains a reason to fail.
func (d *deepRun) refused(k entryKey) bool {
	if len(d.failures) == 0 {
		return false
	}
	switch k.kind {
	case "TABLE", "SEQUENCE", "CONSTRAINT", "FK CONSTRAINT", "CHECK CONSTRAINT":
		return false
	}
	return true
}

// definitions are the texts of all entries that a restore by a login without rights, with neither owners nor grants,
// has to bring back.
func (d *deepRun) definitions(c *toc.Contents) map[entryKey][]string {
	out := map[entryKey][]string{}
	for _, e := range c.Entries {
		if actsByItself(e) || isNoDefinition(e) {
			continue
		}
		k := entryKey{e.Kind, e.Schema, e.Name}
		out[k] = append(out[k], e.Definition)
	}
	for _, texts := range out {
		slices.Sort(texts)
	}
	return out
}

func isNoDefinition(e toc.Entry) bool {
	switch e.Kind {
	case "ENCODING", "STDSTRINGS", "SEARCHPATH", "TABLE DATA", "SEQUENCE SET", "MATERIALIZED VIEW DATA", "STATISTICS DATA",
		"ACL", "DEFAULT ACL", "BLOB", "BLOBS", "BLOB METADATA", "BLOB COMMENTS", "EXTENSION", "FOREIGN DATA WRAPPER":
		return true
	case "SCHEMA", "COMMENT":
		// The schema that every database has, and what it is called.
		return strings.TrimPrefix(e.Name, "SCHEMA ") == "public" || strings.HasPrefix(e.Name, "DATABASE ") || strings.HasPrefix(e.Name, "LARGE OBJECT ")
	}
	return false
}

// dumpSchema dumps the definitions of the scratch database and reads them as entries.
func (d *deepRun) dumpSchema(ctx context.Context) (*toc.Contents, error) {
	out, err := nameless(d.repo.o.Directory)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	c, err := startChild(ctx, childSpec{
		path: d.tools.Dump, server: d.scratch.login, stdout: out,
		args: []string{"--schema-only", "--format=custom", "--compress=0", "--no-acl", "--no-security-labels", "--no-password"},
	})
	if err != nil {
		return nil, err
	}
	if err := c.wait(ctx); err != nil {
		return nil, err
	}
	return readContents(out)
}

// readContents reads an archive that has definitions only.
func readContents(f *os.File) (*toc.Contents, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read definitions: %w", err)
	}
	text := make([]byte, info.Size())
	if _, err := f.ReadAt(text, 0); err != nil {
		return nil, fmt.Errorf("read definitions: %w", err)
	}
	c, err := toc.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("read definitions: %w", err)
	}
	return c, nil
}
