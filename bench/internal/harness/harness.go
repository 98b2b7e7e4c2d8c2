// Package harness is what every benchmark stands on: a private PostgreSQL server with durability on, the schema in it, the
// program to time, turns that are paired and rotated, and rows of ratios that the collector understands.
//
// A number of milliseconds says nothing by itself. Each row names a rival that did the same in the same run.
package harness

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/axisor/axisor/internal/pgserver"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

// Sizes of a run: smoke shows that everything works, small fits into a coffee break, full is the claim.
const (
	Smoke = "smoke"
	Small = "small"
	Full  = "full"
)

// Database is the database that the schema is in.
const Database = "axisor"

// Options are the flags of every benchmark.
type Options struct {
	Program string
	Size    string
	JSON    bool
	// Watch samples the memory of every program while it runs, for Sample.Growth.
	Watch bool
	// NoServer is set by a benchmark that needs no database.
	NoServer bool
}

// Flags registers the flags.
func Flags() *Options {
	o := &Options{}
	flag.StringVar(&o.Program, "axisor", "bin/axisor", "program to time")
	flag.StringVar(&o.Size, "size", Full, "smoke, small or full")
	flag.BoolVar(&o.JSON, "json", false, "rows as JSON lines on stdout, everything else on stderr")
	return o
}

// Harness is where a benchmark takes place.
type Harness struct {
	*Options

	Dir    string
	Name   string // of the database
	Server *pgserver.Server
	Bin    pgserver.Binaries
	// Env is the environment of both contestants.
	Env []string
	out io.Writer
}

// Main runs a benchmark and ends the process.
func Main(o *Options, run func(context.Context, *Harness) error) {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := With(ctx, o, os.Stdout, run)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// With makes a bed, runs a benchmark on it and removes it.
func With(ctx context.Context, o *Options, out io.Writer, run func(context.Context, *Harness) error) (err error) {
	b := &Harness{Options: o, out: out}
	if o.Size != Smoke && o.Size != Small && o.Size != Full {
		return fmt.Errorf("-size %q: use smoke, small or full", o.Size)
	}
	if b.Program, err = filepath.Abs(o.Program); err != nil {
		return err
	}
	if b.Dir, err = os.MkdirTemp("", "axisor-bench-*"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.Dir)) }()
	if err := os.Chmod(b.Dir, 0o755); err != nil { // as root the database runs as another account
		return err
	}
	b.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + b.Dir, pgserver.EnvBin + "=" + os.Getenv(pgserver.EnvBin), "TZ=UTC",
		"ENCRYPTION_KEY=bench-key-that-protects-nothing-000000",
	}
	if b.Bin, err = pgserver.Find(ctx); err != nil {
		return err
	}
	if !o.NoServer {
		if err := b.serve(ctx, pgserver.Options{Dir: filepath.Join(b.Dir, "server"), Durable: true}); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, b.Stop(ctx)) }()
	}
	return run(ctx, b)
}

func (b *Harness) serve(ctx context.Context, o pgserver.Options) (err error) {
	o.Binaries = b.Bin
	if b.Server, err = pgserver.Start(ctx, o); err != nil {
		return err
	}
	b.Env = append(b.Env, "PGHOST="+b.Server.SocketDir(), "PGUSER="+pgserver.SuperUser)
	*b = *b.In(Database)
	if err := b.SQL(ctx, "postgres", "CREATE DATABASE "+Database); err != nil {
		return err
	}
	_, err = b.Axisor(ctx, "migrate", "up", "-q")
	return err
}

// In is the bed with another database of its server.
func (b *Harness) In(database string) *Harness {
	other := *b
	other.Name = database
	other.Env = append(slices.Clone(b.Env), "DATABASE_URL="+b.Server.URL(database).Reveal(), "PGDATABASE="+database)
	return &other
}

// Beside is the bed with a second server, without durability, for what is measured on a whole cluster. The caller stops it.
func (b *Harness) Beside(ctx context.Context, name string) (*Harness, error) {
	other := *b
	other.Env, other.Server = slices.Clone(b.Env), nil
	return &other, other.serve(ctx, pgserver.Options{Dir: filepath.Join(b.Dir, name)})
}

// Stop stops the bed's server.
func (b *Harness) Stop(ctx context.Context) error {
	if b.Server == nil {
		return nil
	}
	return b.Server.Stop(context.WithoutCancel(ctx))
}

// URL is the address of the database, over the local socket.
func (b *Harness) URL() secret.Secret { return b.Server.URL(Database) }

// Open opens the database for a benchmark that prepares it with our own code.
func (b *Harness) Open() (*store.DB, error) {
	return store.Open(store.Options{URL: b.URL(), MaxConnections: 4})
}

// Pick chooses a number by the size of the run.
func (o *Options) Pick(smoke, small, full int) int {
	switch o.Size {
	case Smoke:
		return smoke
	case Small:
		return small
	}
	return full
}

// Psql is the real psql. What Debian puts into PATH is a script that looks for it: timing that would flatter us.
func (b *Harness) Psql(sql string) []string {
	return []string{b.Bin.Path("psql"), "-X", "-q", "-A", "-v", "ON_ERROR_STOP=1", "-c", sql}
}

// SQL runs statements in a database, with psql.
func (b *Harness) SQL(ctx context.Context, database string, statements ...string) error {
	argv := []string{b.Bin.Path("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database}
	for _, s := range statements {
		argv = append(argv, "-c", s)
	}
	_, err := b.Time(ctx, argv...)
	return err
}

// Sample is what one run took.
type Sample struct {
	Wall, CPU time.Duration // CPU includes the children it waited for
	Peak      int64         // bytes of memory of its largest process
	Growth    float64       // highest memory of the second half of the run by that of the first: 1 is flat
	Size      int64         // bytes of its result, where a benchmark fills it in
	Out       []byte
}

// Axisor runs the program under test.
func (b *Harness) Axisor(ctx context.Context, args ...string) (Sample, error) {
	return b.Time(ctx, append([]string{b.Program}, args...)...)
}

// Time runs a program to its end and keeps what it printed.
func (b *Harness) Time(ctx context.Context, argv ...string) (Sample, error) {
	var out bytes.Buffer
	s, err := b.into(ctx, &out, argv)
	s.Out = out.Bytes()
	return s, err
}

// Discard runs a program to its end; what it prints goes to the null device, without a pipe in between.
func (b *Harness) Discard(ctx context.Context, argv ...string) (Sample, error) {
	return b.into(ctx, nil, argv)
}

func (b *Harness) into(ctx context.Context, out io.Writer, argv []string) (s Sample, err error) {
	c := exec.CommandContext(ctx, argv[0], argv[1:]...)
	var said bytes.Buffer
	c.Dir, c.Env, c.Stdout, c.Stderr = b.Dir, b.Env, out, &said
	began := time.Now()
	if err = c.Start(); err == nil {
		growth := func() float64 { return 0 }
		if b.Watch {
			growth = sampleMemory(c.Process.Pid)
		}
		err = c.Wait()
		s.Wall, s.Growth = time.Since(began), growth()
	}
	if err != nil {
		return s, fmt.Errorf("%s %s: %w: %s", filepath.Base(argv[0]), strings.Join(argv[1:], " "), err, strings.TrimSpace(said.String()))
	}
	s.CPU = c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	if usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		s.Peak = usage.Maxrss << 10
	}
	return s, nil
}

// Say tells what is going on.
func (b *Harness) Say(format string, args ...any) {
	out := b.out
	if b.JSON {
		out = os.Stderr
	}
	fmt.Fprintf(out, format+"\n", args...)
}
