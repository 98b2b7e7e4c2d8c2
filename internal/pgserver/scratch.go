package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

const (
	scratchPrefix = "axisor-scratch-"
	scratchAlive  = "alive" // locked as long as the owner lives
	scratchStart  = time.Minute
	scratchStop   = 20 * time.Second
)

// Scratch is a throw-away server: no network, a socket in a directory of its own, nothing durable. It
// ends with its owner, even when that is killed; what it leaves on the disk then goes with the next one.
type Scratch struct {
	*Server

	dir   string
	alive *os.File
	cmd   *exec.Cmd
	done  chan struct{}
}

// FindMajor looks for the server programs of exactly one major version.
func FindMajor(ctx context.Context, major int, hints ...string) (Binaries, error) {
	searched := []string{fmt.Sprintf("major version %d in $%s", major, EnvBin), "PATH", systemGlob}
	if b, err := Find(ctx, hints...); err == nil && b.Major(ctx) == major {
		return b, nil
	}
	if os.Getenv(EnvBin) == "" {
		for _, dir := range newestFirst(systemGlob) {
			if b := (Binaries{Dir: dir}); complete(dir) && b.Major(ctx) == major {
				return b, nil
			}
		}
	}
	return Binaries{}, &NotFoundError{Searched: searched}
}

// StartScratch makes and starts a throw-away server below parent, "" being the place for temporary files.
func StartScratch(ctx context.Context, parent string, b Binaries) (_ *Scratch, err error) {
	acc, err := serverAccount()
	if err != nil {
		return nil, err
	}
	parent = scratchParent(parent, acc)
	SweepScratch(parent)
	dir, err := os.MkdirTemp(parent, scratchPrefix)
	if err != nil {
		return nil, fmt.Errorf("make scratch directory: %w", err)
	}
	s := &Scratch{dir: dir, done: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if s.alive, err = os.OpenFile(filepath.Join(dir, scratchAlive), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, fmt.Errorf("make scratch directory: %w", err)
	}
	if err := syscall.Flock(int(s.alive.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, fmt.Errorf("lock scratch directory: %w", err)
	}
	if acc.drop { // the account has to pass through, and sees nothing
		if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // see above
			return nil, fmt.Errorf("make scratch directory: %w", err)
		}
	}
	if s.Server, err = New(Options{Dir: dir, Binaries: b}); err != nil {
		return nil, err
	}
	if s.Moved() {
		return nil, fmt.Errorf("make scratch directory: account %s cannot enter %s; set TMPDIR to a directory that it can", s.acc.name, parent)
	}
	if err := s.lay.found(dir, s.acc); err != nil {
		return nil, err
	}
	if err := s.lay.prepare(s.acc); err != nil { // nobody else knows of it
		return nil, err
	}
	if err := s.initialise(ctx); err != nil {
		return nil, err
	}
	if err := s.configure(); err != nil {
		return nil, err
	}
	if err := s.launch(); err != nil {
		return nil, err
	}
	return s, s.ready(ctx)
}

// launch runs the server as a child and not by pg_ctl, whose servers outlive everybody.
func (s *Scratch) launch() error {
	log, err := os.OpenFile(s.lay.logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open server log: %w", err)
	}
	defer log.Close()
	s.cmd = exec.Command(s.opts.Binaries.Path("postgres"), "-D", s.lay.data) //nolint:noctx // Close ends it, in the order it needs
	s.cmd.Dir, s.cmd.Env = s.lay.data, s.opts.Binaries.environ(s.lay.data)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.SysProcAttr = s.acc.attributes()
	dieWithParent(s.cmd.SysProcAttr)
	started := make(chan error, 1)
	go func() {
		// The signal of the parent's death is that of the thread which started the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := s.cmd.Start()
		started <- err
		if err == nil {
			_ = s.cmd.Wait() // how it ended is in its log
			close(s.done)
		}
	}()
	if err := <-started; err != nil {
		s.cmd = nil
		return fmt.Errorf("start scratch server: %w", err)
	}
	return nil
}

// ready waits until the server says in its lock file that it takes connections.
func (s *Scratch) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, scratchStart)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if fields := s.pidFields(); len(fields) > 7 && len(fields[7]) >= 5 && fields[7][:5] == "ready" {
			return nil
		}
		select {
		case <-s.done:
			return &CommandError{Program: "postgres", LogFile: s.lay.logFile, Tail: s.LogTail(12), Err: errors.New("it ended at once")}
		case <-ctx.Done():
			return fmt.Errorf("start scratch server: %w", context.Cause(ctx))
		case <-tick.C:
		}
	}
}

// Close ends the server and removes everything of it. Nothing in it is worth a slow end.
func (s *Scratch) Close() error {
	if s.cmd != nil {
		_ = s.cmd.Process.Signal(syscall.SIGQUIT)
		select {
		case <-s.done:
		case <-time.After(scratchStop):
			_ = s.cmd.Process.Kill()
			<-s.done
		}
	}
	err := removeScratch(s.dir)
	if s.alive != nil {
		_ = s.alive.Close()
	}
	return err
}

func removeScratch(dir string) error {
	acc, err := serverAccount()
	if err == nil {
		// A long path has its socket elsewhere; see resolve.
		if lay, lerr := resolve(dir, acc); lerr == nil && filepath.Dir(lay.run) != dir {
			err = os.RemoveAll(lay.run)
		}
	}
	return errors.Join(err, os.RemoveAll(dir))
}

// scratchParent is where throw-away servers lie: parent, "" being the place for temporary files, unless the
// server's account cannot enter it.
func scratchParent(parent string, acc account) string {
	if parent == "" {
		parent = os.TempDir()
	}
	for _, dir := range []string{parent, "/tmp", "/var/tmp"} {
		if acc.canReach(dir) {
			return dir
		}
	}
	return parent
}

// SweepScratch removes what owners that were killed have left below parent.
func SweepScratch(parent string) {
	acc, err := serverAccount()
	if err != nil {
		return
	}
	parent = scratchParent(parent, acc)
	found, err := filepath.Glob(filepath.Join(parent, scratchPrefix+"*"))
	if err != nil {
		return
	}
	for _, dir := range found {
		if !ownedPrivately(dir, os.Geteuid()) {
			continue // somebody else's
		}
		f, err := os.OpenFile(filepath.Join(dir, scratchAlive), os.O_RDWR|syscall.O_NOFOLLOW, 0)
		if err != nil {
			continue // just being made, or not ours
		}
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = removeScratch(dir)
		}
		_ = f.Close()
	}
}
