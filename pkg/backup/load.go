package backup

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"filippo.io/age"

	"github.com/axisor/axisor/pkg/secret"
)

// loading says how an archive is put into a database.
type loading struct {
	jobs       int
	chosen     []TableRows // rows of these only; nil is all
	schemaOnly bool
	owner, acl bool
	role       string
	names      map[string]string // other names for roles
}

// oneTransaction reports whether a failure, or a kill, leaves nothing of the restore behind by itself.
func (l loading) oneTransaction() bool { return l.jobs <= 1 }

func (l loading) flags() []string {
	flags := []string{"--no-password", "--exit-on-error"}
	if l.jobs > 1 {
		flags = append(flags, "--jobs="+strconv.Itoa(l.jobs))
	}
	if l.oneTransaction() {
		flags = append(flags, "--single-transaction")
	}
	if !l.owner {
		flags = append(flags, "--no-owner")
	}
	if !l.acl {
		flags = append(flags, "--no-acl")
	}
	if l.role != "" {
		flags = append(flags, "--role="+l.role)
	}
	if l.schemaOnly {
		flags = append(flags, "--schema-only")
	}
	return flags
}

// chooseTables finds the tables that were asked for in the manifest.
func chooseTables(m *Manifest, names []string) ([]TableRows, error) {
	if len(names) == 0 {
		return nil, nil
	}
	if !m.RowsCounted {
		return nil, &InputError{Field: "table", Value: names[0], Rule: "cannot be chosen: the backup has no list of tables (it was made with --no-counts)"}
	}
	var out []TableRows
	for _, name := range names {
		var hits []TableRows
		for _, t := range m.Tables {
			if t.Name == name || t.Schema+"."+t.Name == name {
				hits = append(hits, t)
			}
		}
		switch len(hits) {
		case 0:
			return nil, &InputError{Field: "table", Value: name, Rule: "is not in the backup; names are case-sensitive"}
		case 1:
			out = append(out, hits[0])
		default:
			return nil, &InputError{Field: "table", Value: name, Rule: "is in several schemas; say schema.table"}
		}
	}
	return out, nil
}

func rowsOf(m *Manifest, chosen []TableRows, schemaOnly bool) int64 {
	if schemaOnly {
		return 0
	}
	if chosen == nil {
		return m.Rows()
	}
	var n int64
	for _, t := range chosen {
		n += t.Rows
	}
	return n
}

// load restores the archive into an existing database: in one transaction, or with several
// workers into a database that is dropped when they fail.
func (r *Repository) load(ctx context.Context, e Entry, tools Toolset, into *endpoint, how loading, identities []age.Identity) error {
	args := append([]string{"--dbname=" + conninfo(into.config.Database)}, how.flags()...)
	spec := childSpec{path: tools.Restore, server: into}
	if how.chosen != nil {
		list, err := r.listFile(ctx, e, tools, how.chosen, identities)
		if err != nil {
			return err
		}
		defer list.Close()
		spec.extra, args = append(spec.extra, list), append(args, "--use-list=/dev/fd/3")
	}
	if how.jobs > 1 {
		// Workers need to seek. The file has no name: nothing is left of it, whatever happens.
		file, err := nameless(r.o.Directory)
		if err != nil {
			return err
		}
		defer file.Close()
		if err := judge(ctx, e, LevelDeep, feedRenamed(ctx, e, identities, how.names, file), nil); err != nil {
			return err
		}
		spec.extra = append(spec.extra, file)
		args = append(args, "/dev/fd/"+strconv.Itoa(2+len(spec.extra)))
		spec.args = args
		c, err := startChild(ctx, spec)
		if err != nil {
			return err
		}
		return c.wait(ctx)
	}
	in, out, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("make pipe: %w", err)
	}
	widenPipe(out)
	spec.stdin, spec.args = in, args
	c, err := startChild(ctx, spec)
	in.Close()
	if err != nil {
		out.Close()
		return err
	}
	check := &checkRun{ctx: ctx, child: c, in: out}
	return judge(ctx, e, LevelDeep, feedRenamed(ctx, e, identities, how.names, check), check.finish(ctx))
}

// nameless gives a file that has no name any more.
func nameless(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, ".axisor_restore_*")
	if err != nil {
		if f, err = os.CreateTemp("", ".axisor_restore_*"); err != nil { // a read-only repository
			return nil, fmt.Errorf("make temporary file: %w", err)
		}
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, fmt.Errorf("make temporary file: %w", err)
	}
	return f, nil
}

// listFile tells pg_restore what to leave out: the rows of tables that were not chosen, and
// the foreign keys, which could not hold without them.
func (r *Repository) listFile(ctx context.Context, e Entry, tools Toolset, chosen []TableRows, identities []age.Identity) (*os.File, error) {
	text, err := r.tableOfContents(ctx, e, tools, identities)
	if err != nil {
		return nil, err
	}
	var keep bytes.Buffer
	for line := range strings.Lines(text) {
		rows := strings.Contains(line, " TABLE DATA ") && !slices.ContainsFunc(chosen, func(t TableRows) bool {
			return strings.Contains(line, " TABLE DATA "+t.Schema+" "+t.Name+" ")
		})
		if rows || strings.Contains(line, " FK CONSTRAINT ") || strings.Contains(line, " MATERIALIZED VIEW DATA ") || strings.Contains(line, " BLOB") {
			continue
		}
		keep.WriteString(line)
	}
	f, err := nameless(r.o.Directory)
	if err != nil {
		return nil, err
	}
	if _, err := f.Write(keep.Bytes()); err != nil {
		f.Close()
		return nil, storageError(r.o.Directory, err)
	}
	return f, nil
}

// tableOfContents is what pg_restore --list says.
func (r *Repository) tableOfContents(ctx context.Context, e Entry, tools Toolset, identities []age.Identity) (string, error) {
	return r.restoreOutput(ctx, e, tools, identities, "--list")
}

// restoreOutput runs pg_restore over the archive and returns what it writes.
func (r *Repository) restoreOutput(ctx context.Context, e Entry, tools Toolset, identities []age.Identity, args ...string) (string, error) {
	out, err := nameless(r.o.Directory)
	if err != nil {
		return "", err
	}
	defer out.Close()
	in, w, err := os.Pipe()
	if err != nil {
		return "", fmt.Errorf("make pipe: %w", err)
	}
	c, err := startChild(ctx, childSpec{path: tools.Restore, args: args, stdin: in, stdout: out})
	in.Close()
	if err != nil {
		w.Close()
		return "", err
	}
	check := &checkRun{ctx: ctx, child: c, in: w}
	if err := judge(ctx, e, LevelDeep, feed(ctx, e, e.Manifest.Archive, identities, check), check.finish(ctx)); err != nil {
		return "", err
	}
	return readBack(out)
}

func readBack(f *os.File) (string, error) {
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	text := make([]byte, info.Size())
	if _, err := f.ReadAt(text, 0); err != nil && len(text) > 0 {
		return "", err
	}
	return string(text), nil
}

// urlOf is the server's address with another database.
func (r *Repository) urlOf(server secret.Secret, database string) secret.Secret {
	u, err := url.Parse(server.Reveal())
	if err != nil {
		return secret.Secret{}
	}
	u.Path = "/" + database
	return secret.New(u.String())
}
