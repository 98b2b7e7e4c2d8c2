package backup

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/axisor/axisor/pkg/backup/wal"
	"github.com/axisor/axisor/pkg/pgtls"
	"github.com/axisor/axisor/pkg/secret"
)

const defaultRecoveryTimeout = 24 * time.Hour

// run starts the server, watches the recovery and compares where it stops with the plan.
func (p *pitrPlan) run(ctx context.Context) (_ Recovered, err error) {
	timeout := p.o.Timeout
	if timeout <= 0 {
		timeout = defaultRecoveryTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := p.socketFolder(); err != nil {
		return p.done, err
	}
	s, err := p.start()
	if err != nil {
		return p.done, err
	}
	defer func() {
		if err != nil || p.o.Stop {
			s.stop()
			p.done.Running = false
		}
	}()
	p.done.Running = true
	state, err := p.await(ctx, s, func(st recoveryState) bool { return st.paused || !st.inRecovery })
	if err != nil {
		return p.done, err
	}
	if err := p.compare(state); err != nil {
		return p.done, err
	}
	p.compareCollations(ctx)
	if !state.inRecovery {
		p.done.Promoted = true
		p.done.Warnings = append(p.done.Warnings, "the server had no read-only mode to pause in and ended the recovery at the point by itself")
		return p.done, p.endSettings()
	}
	if !p.o.Promote {
		return p.done, nil
	}
	if err := p.control(ctx, "promote", "-W"); err != nil {
		return p.done, err
	}
	if _, err := p.await(ctx, s, func(st recoveryState) bool { return !st.inRecovery }); err != nil {
		return p.done, err
	}
	p.done.Promoted = true
	// The log it was given is used up; what it writes from now on is its own.
	if err := os.RemoveAll(filepath.Join(p.o.Directory, recoveryFolder, "wal")); err != nil {
		p.done.Warnings = append(p.done.Warnings, "the copied log could not be removed: "+err.Error())
	}
	return p.done, p.endSettings()
}

// socketFolder is the data directory itself, which only its owner can enter, unless its path
// is too long for a socket.
func (p *pitrPlan) socketFolder() error {
	p.done.Port, p.done.LogFile = socketPort, filepath.Join(p.o.Directory, recoveryFolder, "postgres.log")
	p.done.SocketFolder = p.o.Directory
	if len(p.o.Directory)+len("/.s.PGSQL.5432") <= maxSocketPath {
		return nil
	}
	dir, err := os.MkdirTemp("", "axisor-pitr-*")
	if err != nil {
		return fmt.Errorf("make socket directory: %w", err)
	}
	p.done.SocketFolder = dir
	return p.own(dir)
}

// start runs the server itself and not pg_ctl, which reports success for servers that die a
// moment later: as its parent we learn of its end at once.
func (p *pitrPlan) start() (*serverProcess, error) {
	folder := filepath.Join(p.o.Directory, recoveryFolder)
	args := []string{"-D", p.o.Directory}
	for name, value := range map[string]string{
		"config_file": filepath.Join(folder, "postgresql.conf"), "hba_file": filepath.Join(folder, "pg_hba.conf"),
		"ident_file": filepath.Join(folder, "pg_ident.conf"), "listen_addresses": "", "port": strconv.Itoa(socketPort),
		"unix_socket_directories": p.done.SocketFolder, "unix_socket_permissions": "0700", "ssl": "off",
		// It archives nothing itself. But it marks what is to be archived, the history of its new timeline first, and the
		// server that goes on from here does that with its own archive_command.
		"archive_mode": "on", "archive_command": "",
		"shared_preload_libraries": "", "logging_collector": "off", "log_destination": "stderr", "log_timezone": "UTC",
		"external_pid_file": "", "synchronous_standby_names": "", "primary_conninfo": "", "log_error_verbosity": "terse",
	} {
		args = append(args, "-c", name+"="+value)
	}
	if versionFromNumber(p.base.Manifest.Server.VersionNumber).Major >= 13 {
		// A server that has removed a segment of the old timeline sends none of the same number of the new one.
		args = append(args, "-c", "wal_keep_size=1TB")
	}
	log, err := os.OpenFile(p.done.LogFile, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open server log: %w", err)
	}
	defer log.Close()
	if err := p.own(p.done.LogFile); err != nil {
		return nil, err
	}
	s := &serverProcess{cmd: exec.Command(p.tools.postgres, args...), //nolint:noctx // it outlives us
		done: make(chan struct{})}
	s.cmd.Dir, s.cmd.Env = p.o.Directory, append(bareEnvironment(), "LC_MESSAGES=C")
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if p.o.Account != nil {
		s.cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(p.o.Account.UID), Gid: uint32(p.o.Account.GID)}
	}
	if err := s.cmd.Start(); err != nil {
		return nil, &ToolError{Kind: ErrToolFailed, Tool: "postgres", Path: p.tools.postgres, Cause: err}
	}
	go func() {
		s.err = s.cmd.Wait()
		close(s.done)
	}()
	return s, nil
}

// stop ends the server and waits for it.
func (s *serverProcess) stop() {
	_ = s.cmd.Process.Signal(os.Interrupt) // fast shutdown
	select {
	case <-s.done:
	case <-time.After(cleanupTimeout):
		_ = s.cmd.Process.Signal(syscall.SIGQUIT)
		<-s.done
	}
}

// recoveryState is what the server says about its recovery.
type recoveryState struct {
	inRecovery, paused bool
	lsn                wal.LSN
	at                 *time.Time
}

// await polls process and state until ok says so. Both are needed: a server that dies answers
// nothing, and one that answers may not have arrived.
func (p *pitrPlan) await(ctx context.Context, s *serverProcess, ok func(recoveryState) bool) (recoveryState, error) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.done:
			return recoveryState{}, &ToolError{
				Kind: ErrToolFailed, Tool: "postgres", Path: p.tools.postgres, Cause: fmt.Errorf("the server ended during recovery: %w", orEnded(s.err)),
				Stderr: lastLines(p.done.LogFile),
			}
		case <-ctx.Done():
			return recoveryState{}, fmt.Errorf("recover: %w (the server said: %s)", context.Cause(ctx), lastLines(p.done.LogFile))
		case <-tick.C:
		}
		if state, err := p.ask(ctx); err == nil && ok(state) {
			return state, nil
		}
	}
}

func orEnded(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// URL addresses the recovered server over its private socket.
func (d Recovered) URL(database string) secret.Secret {
	q := url.Values{"host": {d.SocketFolder}, "port": {strconv.Itoa(d.Port)}, "user": {d.User}}
	return secret.New("postgres:///" + url.PathEscape(database) + "?" + pgtls.Query(q))
}

// connect uses a database that nobody has made anything in, where there is one: a cluster may be without the usual ones,
// or not let anybody into them.
func (p *pitrPlan) connect(ctx context.Context) (conn *pgx.Conn, err error) {
	for _, name := range []string{"template1", "postgres", p.base.Manifest.Database.Name} {
		conn, err = pgx.Connect(ctx, p.done.URL(name).Reveal())
		if !hasState(err, "3D000", "55000") {
			break
		}
	}
	return conn, err
}

func (p *pitrPlan) ask(ctx context.Context) (recoveryState, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var st recoveryState
	conn, err := p.connect(ctx)
	if err != nil {
		return st, err
	}
	defer conn.Close(ctx)
	paused := "pg_get_wal_replay_pause_state() = 'paused'"
	if versionFromNumber(p.base.Manifest.Server.VersionNumber).Major < 14 {
		paused = "pg_is_wal_replay_paused()"
	}
	var lsn *string
	err = conn.QueryRow(ctx, `SELECT pg_is_in_recovery(), CASE WHEN pg_is_in_recovery() THEN `+paused+` ELSE false END,
		pg_last_wal_replay_lsn()::text, pg_last_xact_replay_timestamp()`).Scan(&st.inRecovery, &st.paused, &lsn, &st.at)
	if err != nil {
		return st, err
	}
	if lsn != nil {
		st.lsn, err = wal.ParseLSN(*lsn)
	}
	return st, err
}

// compare holds the point reached against the one that the log promised. The position is the proof. The server's own
// time of its last transaction is not: with a position as target it leaves the last commit's out. What it may never be is
// later than the time asked for.
func (p *pitrPlan) compare(st recoveryState) error {
	p.done.ReachedLSN, p.done.ReachedTime = st.lsn, nil
	p.done.Transactions, p.done.Segments = p.found.commits, p.found.segments
	if st.lsn != p.found.endLSN {
		return fmt.Errorf("the server stopped at %s, the log says %s: %w", st.lsn, p.found.endLSN, ErrMissed)
	}
	if to := p.o.Target.Time; !to.IsZero() && st.at != nil && st.at.After(to) {
		return fmt.Errorf("the server's last transaction is of %s, after %s: %w", st.at.UTC().Format(time.RFC3339Nano), p.o.Target, ErrMissed)
	}
	if at := p.found.lastTime; !at.IsZero() {
		p.done.ReachedTime = &at
	}
	return nil
}

// control runs pg_ctl on the recovered directory.
func (p *pitrPlan) control(ctx context.Context, action string, args ...string) error {
	cmd := exec.CommandContext(ctx, p.tools.ctl, append([]string{action, "-D", p.o.Directory, "-s"}, args...)...)
	cmd.Env, cmd.Dir = bareEnvironment(), p.o.Directory
	if p.o.Account != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(p.o.Account.UID), Gid: uint32(p.o.Account.GID)}}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return &ToolError{Kind: ErrToolFailed, Tool: "pg_ctl", Path: p.tools.ctl, Cause: err, Stderr: strings.TrimSpace(string(out))}
	}
	return nil
}

func lastLines(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	var t tail
	_, _ = t.Write(text)
	return t.text()
}
