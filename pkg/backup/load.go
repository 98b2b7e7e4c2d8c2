package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"

	"filippo.io/age"

	"github.com/axisor/axisor/pkg/backup/toc"
	"github.com/axisor/axisor/pkg/secret"
)

// loading says how an archive is put into a database.
type loading struct {
	jobs       int
	schemaOnly bool
	owner, acl bool
	role       string
	names      map[string]string // other names for roles

	keep    func(toc.Entry) bool // entries to restore; nil is all
	failed  *failureLog          // go on after errors and keep them here; nil ends at the first
	scratch bool                 // into a scratch database, by a login without rights
	pieces  bool                 // each entry in a transaction of its own, into a database that is dropped on failure
}

// oneTransaction reports whether a failure, or a kill, leaves nothing of the restore behind by itself.
func (l loading) oneTransaction() bool {
	return l.jobs <= 1 && !l.pieces && !l.scratch && l.failed == nil
}

func (l loading) flags() []string {
	flags := []string{"--no-password"}
	if l.failed == nil {
		flags = append(flags, "--exit-on-error")
	} else {
		flags = append(flags, "--verbose") // or it does not say which entry an error is about
	}
	if l.jobs > 1 {
		flags = append(flags, "--jobs="+strconv.Itoa(l.jobs))
	}
	if l.oneTransaction() {
		flags = append(flags, "--single-transaction")
	}
	if l.scratch {
		flags = append(flags, "--no-tablespaces", "--no-security-labels", "--no-publications", "--no-subscriptions")
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
	if how.keep != nil {
		list, err := r.listFile(ctx, e, how.keep, identities)
		if err != nil {
			return err
		}
		defer list.Close()
		spec.extra, args = append(spec.extra, list), append(args, "--use-list=/dev/fd/3")
	}
	if how.failed != nil {
		spec.messages = how.failed
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
		return how.verdict(ctx, c.wait(ctx))
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
	feeding := feedRenamed(ctx, e, identities, how.names, check)
	return judge(ctx, e, LevelDeep, feeding, how.verdict(ctx, check.finish(ctx)))
}

// verdict forgives a pg_restore that came to its end in spite of errors, when that was wanted.
func (l loading) verdict(ctx context.Context, err error) error {
	var tool *ToolError
	if l.failed != nil && ctx.Err() == nil && errors.As(err, &tool) && l.failed.cameToItsEnd() {
		return nil
	}
	return err
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

// listFile tells pg_restore which entries to restore. It reads the number at the beginning of a line only.
func (r *Repository) listFile(ctx context.Context, e Entry, keep func(toc.Entry) bool, identities []age.Identity) (*os.File, error) {
	contents, err := r.contents(ctx, e, identities)
	if err != nil {
		return nil, err
	}
	var list bytes.Buffer
	for _, entry := range contents.Entries {
		if keep(entry) {
			fmt.Fprintf(&list, "%d;\n", entry.ID)
		}
	}
	f, err := nameless(r.o.Directory)
	if err != nil {
		return nil, err
	}
	if _, err := f.Write(list.Bytes()); err != nil {
		f.Close()
		return nil, storageError(r.o.Directory, err)
	}
	return f, nil
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
