package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
)

// flags are all arguments of pg_dump; none is secret. The dump is lossless: owners and
// grants are left out, if at all, when it is restored.
func (u *run) flags(snap *snapshot) []string {
	flags := []string{
		"--format=custom", "--compress=0", "--no-password", "--snapshot=" + snap.id,
		fmt.Sprintf("--lock-wait-timeout=%d", u.request.LockWait.Milliseconds()),
	}
	return append(flags, u.request.DumpFlags...)
}

// archive runs pg_dump into a staged file and, in the same pass, into a check that reads it to
// its end: an archive that cannot be read must not become a backup, and on a server that holds
// only the public key this is the one moment to find out.
func (u *run) archive(ctx context.Context, m *Manifest) error {
	s, err := u.stage(u.repo.archiveName(m.ID, u.ready))
	if err != nil {
		return err
	}
	m.Archive, err = u.pump(ctx, s, program(childSpec{path: u.tools.Dump, args: m.DumpFlags, server: u.server, lock: u.lock.file}),
		func(ctx context.Context) (checker, error) {
			u.check = newArchiveCheck(ctx, u.tools.Restore, u.lock.file)
			return u.check, nil
		})
	return err
}

// globals stores the roles, without their passwords. Servers that do not show them cost a
// warning, not the backup.
func (u *run) globals(ctx context.Context, m *Manifest) error {
	if u.request.NoGlobals {
		return nil
	}
	if u.tools.DumpAll == "" {
		m.Warnings = append(m.Warnings, "roles not stored: pg_dumpall is not installed")
		return nil
	}
	s, err := u.stage(stemOf(m.ID) + ".globals.sql" + u.suffix())
	if err != nil {
		return err
	}
	args := []string{"--globals-only", "--no-role-passwords", "--no-password", "--database=" + conninfo(u.Database.Name)}
	info, err := u.pump(ctx, s, program(childSpec{path: u.tools.DumpAll, args: args, server: u.server, lock: u.lock.file}), nil)
	var tool *ToolError
	if errors.As(err, &tool) {
		s.discard()
		u.staged = u.staged[:len(u.staged)-1]
		m.Warnings = append(m.Warnings, "roles not stored: "+tool.Error())
		return nil
	}
	if err != nil {
		return err
	}
	m.Globals = &info
	return nil
}

// producer is what writes the stream; startProducer starts it and gives it the pipe, for good.
type producer interface {
	wait(ctx context.Context) error
}

type startProducer func(ctx context.Context, stdout *os.File) (producer, error)

// program is a producer that is a program.
func program(spec childSpec) startProducer {
	return func(ctx context.Context, stdout *os.File) (producer, error) {
		defer stdout.Close() // the child has its own; ours would hide the end of the stream
		spec.stdout = stdout
		c, err := startChild(ctx, spec)
		if err != nil {
			return nil, err
		}
		return c, nil
	}
}

// pump moves a producer's output through digest, check, compression and encryption into s.
// It returns only when every program it started has ended.
func (u *run) pump(ctx context.Context, s *staging, start startProducer, check startChecker) (_ FileInfo, err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	sealed, err := seal(s, u.codec, u.recipients)
	if err != nil {
		return FileInfo{}, err
	}
	out, in, err := os.Pipe()
	if err != nil {
		return FileInfo{}, fmt.Errorf("make pipe: %w", err)
	}
	defer out.Close()
	widenPipe(out)
	producer, err := start(ctx, in)
	if err != nil {
		return FileInfo{}, err
	}
	raw := sha256.New()
	sinks := []io.Writer{raw}
	var judge checker
	if check != nil {
		if judge, err = check(ctx); err != nil {
			stop(err)
			_ = producer.wait(ctx) // the check is the reason
			return FileInfo{}, err
		}
		sinks = append(sinks, judge)
	}
	sinks = append(sinks, sealed)
	n, copyErr := copyCounting(io.MultiWriter(sinks...), out, u.request.Progress)
	if copyErr != nil {
		stop(copyErr)
	}
	producerErr := producer.wait(ctx)
	if producerErr != nil && copyErr == nil {
		// Half an archive would only make the check complain about its end.
		stop(producerErr)
	}
	var checkErr error
	if judge != nil {
		checkErr = judge.finish(ctx)
	}
	switch {
	case copyErr != nil:
		return FileInfo{}, copyErr
	case producerErr != nil:
		return FileInfo{}, producerErr
	case checkErr != nil:
		return FileInfo{}, fmt.Errorf("check archive: %w", checkErr)
	}
	if err := sealed.Close(); err != nil {
		return FileInfo{}, err
	}
	info, err := s.finish(ctx)
	info.RawBytes, info.RawSHA256 = n, hex.EncodeToString(raw.Sum(nil))
	return info, err
}

// checker reads the raw stream beside the storing of it and gives its verdict at the end.
type checker interface {
	io.Writer
	finish(ctx context.Context) error
}

type startChecker func(ctx context.Context) (checker, error)

// checkRun is a pg_restore that reads an archive and throws its output away.
type checkRun struct {
	ctx   context.Context // io.Writer has no room for it
	child *child
	in    *os.File
	ended bool
}

func startCheck(ctx context.Context, tool string, held *os.File) (*checkRun, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make pipe: %w", err)
	}
	widenPipe(w)
	c, err := startChild(ctx, childSpec{path: tool, args: []string{"--file=" + os.DevNull}, stdin: r, lock: held})
	r.Close()
	if err != nil {
		w.Close()
		return nil, err
	}
	return &checkRun{ctx: ctx, child: c, in: w}, nil
}

// Write feeds the program. One that stops reading has either found an error, which ends the
// run at once, or has seen all it needs.
func (c *checkRun) Write(p []byte) (int, error) {
	if c.ended {
		return len(p), nil
	}
	if n, err := c.in.Write(p); err != nil {
		if verdict := c.child.wait(c.ctx); verdict != nil {
			return n, verdict
		}
		c.ended = true
	}
	return len(p), nil
}

// finish ends the input and returns the program's verdict.
func (c *checkRun) finish(ctx context.Context) error {
	c.in.Close()
	return c.child.wait(ctx)
}

// conninfo quotes a database name for a program that would read "a=b" as a connection string.
func conninfo(database string) string {
	quoted := make([]byte, 0, len(database)+10)
	quoted = append(quoted, "dbname='"...)
	for i := range len(database) {
		if c := database[i]; c == '\'' || c == '\\' {
			quoted = append(quoted, '\\')
		}
		quoted = append(quoted, database[i])
	}
	return string(append(quoted, '\''))
}
