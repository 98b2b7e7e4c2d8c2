package backup

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/axisor/axisor/pkg/backup/toc"
)

// archiveCheck reads a dump while it is stored: the table of contents is given to pg_restore, and every
// block behind it is followed to its end here, rows counted. That finds what a pg_restore that reads it
// all finds, and the rows besides, for a tenth of its processor time. An archive of a format that is not
// known is left to pg_restore as a whole.
type archiveCheck struct {
	ctx    context.Context // io.Writer has no room for it
	tool   string
	held   *os.File
	walker toc.Walker
	whole  *checkRun  // in place of the walker
	listed chan error // verdict of pg_restore on the table of contents
	rows   []toc.TableRows
}

func newArchiveCheck(ctx context.Context, tool string, held *os.File) *archiveCheck {
	c := &archiveCheck{ctx: ctx, tool: tool, held: held}
	c.walker.Found = c.list
	return c
}

// list gives header and table of contents to pg_restore, which needs no more for a list.
func (c *archiveCheck) list(found *toc.Contents) error {
	in, out, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("make pipe: %w", err)
	}
	child, err := startChild(c.ctx, childSpec{path: c.tool, args: []string{"--list", "--file=" + os.DevNull}, stdin: in, lock: c.held})
	in.Close()
	if err != nil {
		out.Close()
		return err
	}
	c.listed = make(chan error, 1)
	go func() {
		_, err := out.Write(found.Raw())
		out.Close()
		if verdict := child.wait(c.ctx); verdict != nil {
			err = verdict
		}
		c.listed <- err
	}()
	return nil
}

// Write follows the archive.
func (c *archiveCheck) Write(p []byte) (int, error) {
	if c.whole != nil {
		return c.whole.Write(p)
	}
	_, err := c.walker.Write(p)
	if errors.Is(err, toc.ErrUnknownFormat) {
		if c.whole, err = startCheck(c.ctx, c.tool, c.held); err == nil {
			_, err = c.whole.Write(c.walker.Head())
		}
		return len(p), err
	}
	return len(p), blameDump(err)
}

// blameDump says whose archive it is that cannot be read.
func blameDump(err error) error {
	var tool *ToolError
	if err == nil || errors.As(err, &tool) {
		return err
	}
	return &ToolError{Kind: ErrToolFailed, Tool: "pg_dump", Cause: err}
}

// finish gives the verdict. Every program it started has ended then.
func (c *archiveCheck) finish(ctx context.Context) (err error) {
	if c.whole != nil {
		return c.whole.finish(ctx)
	}
	c.rows, err = c.walker.Close()
	err = blameDump(err)
	if c.listed != nil {
		if verdict := <-c.listed; err == nil {
			err = verdict
		}
	}
	return err
}

// compareDumped holds the rows that the server counted in the dump's snapshot against those that are in
// the dump. Tables of which the dump has no data of its own, such as those of extensions, are left out.
func compareDumped(counted []TableRows, dumped []toc.TableRows) error {
	have := make(map[[2]string]int64, len(dumped))
	for _, d := range dumped {
		have[[2]string{d.Schema, d.Name}] = d.Rows
	}
	var problems []error
	for _, t := range counted {
		switch n, ok := have[t.raw()]; {
		case !ok:
			problems = append(problems, fmt.Errorf("table %s.%s is not in the dump", t.Schema, t.Name))
		case n != t.Rows:
			problems = append(problems, fmt.Errorf("table %s.%s has %d rows in the dump, the server counted %d in the same snapshot", t.Schema, t.Name, n, t.Rows))
		}
	}
	return errors.Join(problems...)
}
