package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// pidFields reads the server's lock file: process, directory, start, port, …
func (s *Server) pidFields() []string {
	raw, err := os.ReadFile(filepath.Join(s.lay.data, "postmaster.pid"))
	if err != nil {
		return nil
	}
	return strings.Split(string(raw), "\n")
}

func (s *Server) pid() (int, bool) {
	fields := s.pidFields()
	if len(fields) == 0 {
		return 0, false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(fields[0]))
	return pid, err == nil && pid > 1
}

func (s *Server) pidPort() int {
	fields := s.pidFields()
	if len(fields) < 4 {
		return s.socketNumber()
	}
	port, err := strconv.Atoi(strings.TrimSpace(fields[3]))
	if err != nil {
		return s.socketNumber()
	}
	return port
}

// processIsServer tells the server from an unrelated process that got the same
// number after a reboot, which PostgreSQL itself cannot always do.
func processIsServer(pid int, dataDir string) bool {
	if err := syscall.Kill(pid, 0); err != nil && !errors.Is(err, syscall.EPERM) {
		return false
	}
	cmdline, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return !os.IsNotExist(err) || !procExists()
	}
	return strings.Contains(string(cmdline), dataDir)
}

// procExists is false where there is no /proc; then the process number decides alone.
func procExists() bool {
	_, err := os.Stat("/proc/self/cmdline")
	return err == nil
}

// dropStalePID removes the lock files of a server that died with the machine:
// its own and the one beside its socket. With them, PostgreSQL refuses to start
// when its old process number is in use again.
func (s *Server) dropStalePID() {
	pid, ok := s.pid()
	if ok && processIsServer(pid, s.lay.data) {
		return
	}
	stale, err := filepath.Glob(filepath.Join(s.lay.run, ".s.PGSQL.*"))
	if err != nil {
		return
	}
	for _, file := range append(stale, filepath.Join(s.lay.data, "postmaster.pid")) {
		os.Remove(file) // the start reports what remains
	}
}

// Lock takes an exclusive lock on a file, waiting until ctx ends. The kernel
// releases it when the process dies, so it never goes stale.
func Lock(ctx context.Context, file string) (unlock func(), err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock file: %w", err)
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", file, err)
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("wait for lock %s: %w", file, ctx.Err())
		case <-tick.C:
		}
	}
}
