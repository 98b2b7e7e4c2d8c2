package pgserver

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// confFile holds our settings; postgresql.conf includes it. It is written
// anew at every start.
const confFile = "axisor.conf"

// Start makes sure that the server runs. Two processes may call it at the same
// time: the second waits and finds the server running.
func (s *Server) Start(ctx context.Context) error {
	if s.opts.Binaries.IsZero() {
		b, err := Find(ctx, s.opts.Hints...)
		if err != nil {
			return err
		}
		s.opts.Binaries = b
	}
	if !s.acc.canReach(s.opts.Binaries.Dir) {
		return fmt.Errorf("use server programs in %s: account %s cannot enter that directory", s.opts.Binaries.Dir, s.acc.name)
	}
	if err := s.lay.found(s.opts.Dir, s.acc); err != nil {
		return err
	}
	unlock, err := Lock(ctx, s.lay.lock)
	if err != nil {
		return err
	}
	defer unlock()
	if err := s.lay.prepare(s.acc); err != nil {
		return err
	}
	if s.Running(ctx) {
		if s.opts.Port != 0 {
			s.port = s.savedPort()
		}
		return nil
	}
	if err := s.initialise(ctx); err != nil {
		return err
	}
	s.dropStalePID()
	const attempts = 3 // a free port can be lost between choosing and binding it
	for i := 1; ; i++ {
		if err := s.choosePort(ctx); err != nil {
			return err
		}
		if err := s.configure(); err != nil {
			return err
		}
		err := s.run(ctx, "pg_ctl", "start", "-D", s.lay.data, "-l", s.lay.logFile, "-w", "-t", "60", "-s")
		if err == nil {
			return nil
		}
		if i == attempts || s.opts.Port != AnyPort || !strings.Contains(err.Error(), "could not bind") {
			return err
		}
	}
}

// Running reports whether the server of this cluster is up.
func (s *Server) Running(_ context.Context) bool {
	pid, ok := s.pid()
	if !ok || !processIsServer(pid, s.lay.data) {
		return false
	}
	_, err := os.Stat(filepath.Join(s.lay.run, fmt.Sprintf(".s.PGSQL.%d", s.pidPort())))
	return err == nil
}

// Stop ends the server: clients are disconnected, nothing is lost.
func (s *Server) Stop(ctx context.Context) error {
	if !s.Running(ctx) {
		return ErrNotRunning
	}
	if s.opts.Binaries.IsZero() {
		b, err := Find(ctx, s.opts.Hints...)
		if err != nil {
			return err
		}
		s.opts.Binaries = b
	}
	return s.run(ctx, "pg_ctl", "stop", "-D", s.lay.data, "-m", "fast", "-w", "-t", "60", "-s")
}

// initialise creates the cluster unless it exists. A half-made one, left by an
// interrupted first start, is made again.
func (s *Server) initialise(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(s.lay.data, confFile)); err == nil {
		return nil
	}
	if err := os.RemoveAll(s.lay.data); err != nil {
		return fmt.Errorf("clear half-made cluster: %w", err)
	}
	if err := s.acc.own(s.lay.data); err != nil {
		return err
	}
	if err := s.writePassword(); err != nil {
		return err
	}
	args := []string{
		"-D", s.lay.data, "-U", SuperUser, "--pwfile=" + s.lay.password, "--encoding=UTF8",
		"--auth-local=trust", "--auth-host=scram-sha-256", "--no-instructions",
	}
	if !s.opts.Durable {
		args = append(args, "--no-sync")
	}
	if s.opts.SegmentMB > 0 {
		args = append(args, fmt.Sprintf("--wal-segsize=%d", s.opts.SegmentMB))
	}
	// C.UTF-8 orders by code point and still knows upper and lower case of all
	// letters; a system without it gets C.
	err := s.run(ctx, "initdb", append(args, "--locale=C.UTF-8")...)
	if err != nil && strings.Contains(err.Error(), "invalid locale name") {
		err = s.run(ctx, "initdb", append(args, "--locale=C")...)
	}
	if err != nil {
		return err
	}
	conf := filepath.Join(s.lay.data, "postgresql.conf")
	f, err := os.OpenFile(conf, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("configure server: %w", err)
	}
	_, err = fmt.Fprintf(f, "\ninclude '%s'\n", confFile)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("configure server: %w", err)
	}
	return nil
}

func (s *Server) writePassword() error {
	raw := make([]byte, 24)
	if _, err := rand.Read(raw); err != nil {
		return fmt.Errorf("make password: %w", err)
	}
	if err := os.WriteFile(s.lay.password, []byte(hex.EncodeToString(raw)+"\n"), 0o600); err != nil {
		return fmt.Errorf("write password: %w", err)
	}
	if s.acc.drop { // initdb reads it as the account; root can always read it
		if err := os.Chown(s.lay.password, s.acc.uid, s.acc.gid); err != nil {
			return fmt.Errorf("write password: %w", err)
		}
	}
	return nil
}

// configure writes our settings. The log keeps neither statements nor row
// values: they may hold secrets.
func (s *Server) configure() error {
	set := map[string]string{
		"listen_addresses":           "",
		"port":                       fmt.Sprint(s.socketNumber()),
		"unix_socket_directories":    s.lay.run,
		"unix_socket_permissions":    "0700",
		"timezone":                   "UTC",
		"log_timezone":               "UTC",
		"max_connections":            "200",
		"log_error_verbosity":        "terse",
		"log_min_error_statement":    "panic",
		"log_checkpoints":            "off",
		"password_encryption":        "scram-sha-256",
		"dynamic_shared_memory_type": "posix",
	}
	if s.port > 0 {
		set["listen_addresses"] = "127.0.0.1"
	}
	if !s.opts.Durable {
		set["fsync"], set["synchronous_commit"], set["full_page_writes"] = "off", "off", "off"
		set["max_wal_size"], set["checkpoint_timeout"] = "4GB", "1h"
	}
	maps.Copy(set, s.opts.Settings)
	var b strings.Builder
	b.WriteString("# written at every start; changes here are lost\n")
	for _, k := range slices.Sorted(maps.Keys(set)) {
		fmt.Fprintf(&b, "%s = '%s'\n", k, strings.ReplaceAll(set[k], "'", "''"))
	}
	path := filepath.Join(s.lay.data, confFile)
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		return fmt.Errorf("configure server: %w", err)
	}
	if s.acc.drop {
		if err := os.Chown(path, s.acc.uid, s.acc.gid); err != nil {
			return fmt.Errorf("configure server: %w", err)
		}
	}
	return nil
}

// run executes one server program as the account.
func (s *Server) run(ctx context.Context, program string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.opts.Binaries.Path(program), args...)
	cmd.Dir = s.lay.data
	cmd.Env = s.opts.Binaries.environ(s.lay.data)
	cmd.SysProcAttr = s.acc.attributes()
	// A file and not a pipe: the server inherits the descriptor, and a pipe
	// would keep us waiting until the server ends.
	out, err := os.CreateTemp("", "axisor-pg-*")
	if err != nil {
		return fmt.Errorf("run %s: %w", program, err)
	}
	defer os.Remove(out.Name())
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		if errors.Is(err, syscall.EPERM) {
			err = fmt.Errorf("switch to account %s: %w", s.acc.name, err)
		}
		said := tail(out.Name(), 20)
		if program == "pg_ctl" {
			said = strings.TrimSpace(said + "\n" + s.LogTail(12))
		}
		return &CommandError{Program: program, LogFile: s.lay.logFile, Tail: said, Err: err}
	}
	return nil
}
