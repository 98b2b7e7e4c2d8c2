package backups

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/pkg/backup"
)

const (
	// receiverWait bounds how long a receiver has to begin and to end.
	receiverWait  = 30 * time.Second
	receiverTries = 4 // of a receiver that the server refuses
	receiverPoll  = 20 * time.Millisecond
)

// Receiver is the process that receives the log in the background.
type Receiver struct {
	Location

	Slot string
}

// State is the receiver that runs, else the last one that ran; nil when none ever did. The repository is that of the configured
// cluster.
func (r *Receiver) State(ctx context.Context) (*backup.Repository, *backup.ReceiverState, error) {
	repo, err := r.repository(ctx)
	if err != nil {
		return nil, nil, err
	}
	list, err := repo.Receivers()
	return repo, LatestReceiver(list), err
}

// LatestReceiver is the one that runs, else the first; nil when there is none.
func LatestReceiver(list []backup.ReceiverState) (found *backup.ReceiverState) {
	for _, s := range list {
		if s.Running || found == nil {
			found = &s
		}
	}
	return found
}

// Reserve asks the server about the slot, so that one that cannot be reached is told at once and not in a log file.
func (l *Location) Reserve(ctx context.Context, repo *backup.Repository, slot string) (backup.SlotStatus, error) {
	url, err := l.URL()
	if err != nil {
		return backup.SlotStatus{}, err
	}
	return repo.Slot(ctx, url, slot)
}

// AskSlot asks the server about the slot; nil without an answer, because the rest is still worth showing.
func (l *Location) AskSlot(ctx context.Context, repo *backup.Repository, slot string) *backup.SlotStatus {
	url, err := l.URL()
	if err != nil {
		return nil
	}
	s, err := repo.Slot(ctx, url, slot)
	if err != nil {
		l.Notice("the server was not asked about its slot: %s", err.Error())
		return nil
	}
	if s.Exists && s.KeepLimit == "-1" {
		l.Warn("max_slot_wal_keep_size is not set: a receiver that stays away fills the server's disk")
	}
	return &s
}

// Begun is what Start found or did.
type Begun struct {
	State   *backup.ReceiverState // nil in a dry run
	Slot    backup.SlotStatus
	Already bool // it was running
}

// Start starts the receiver and returns when the log comes.
func (r *Receiver) Start(ctx context.Context, dryRun bool) (Begun, error) {
	repo, err := r.repository(ctx)
	if err != nil {
		return Begun{}, err
	}
	if s, err := running(repo); err != nil || s != nil {
		if err == nil && !s.Receiving {
			err = NotReceiving(*s)
		}
		return Begun{State: s, Already: true}, err
	}
	slot, err := r.Reserve(ctx, repo, r.Slot)
	if err != nil || dryRun {
		return Begun{Slot: slot}, err
	}
	pid, ended, log, err := r.launch(repo)
	if err != nil {
		return Begun{}, err
	}
	deadline := time.NewTimer(receiverWait)
	defer deadline.Stop()
	for {
		select {
		case <-ctx.Done():
			return Begun{}, context.Cause(ctx)
		case <-ended:
			return Begun{}, clierr.New(clierr.Failure, "receiver_ended", "the receiver ended at once: "+lastLine(log), "see "+log)
		case <-deadline.C:
			return Begun{}, giveUp(repo, log)
		case <-time.After(receiverPoll):
		}
		s, err := running(repo)
		if err != nil || s == nil || s.PID != pid {
			continue // the state of the one before
		}
		if s.Receiving {
			return Begun{State: s, Slot: slot}, nil
		}
		if s.Restarts >= receiverTries {
			return Begun{}, giveUp(repo, log)
		}
	}
}

// Stop ends the receiver and waits for its end; nil when none runs.
func (r *Receiver) Stop(ctx context.Context, dryRun bool) (*backup.ReceiverState, error) {
	repo, err := r.repository(ctx)
	if err != nil {
		return nil, err
	}
	s, err := running(repo)
	if err != nil || s == nil {
		return nil, err
	}
	if s.Host != "" && s.Host != hostname() { // its process id means something else here
		return nil, clierr.New(clierr.Conflict, "receiver_elsewhere", "the log of cluster "+s.System+" is being received on "+s.Host, "stop it there: axisor backup wal stop")
	}
	if dryRun {
		return s, nil
	}
	if err := syscall.Kill(s.PID, syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) && !errors.Is(err, syscall.ESRCH) {
		return nil, err
	}
	deadline := time.NewTimer(receiverWait)
	defer deadline.Stop()
	for {
		if again, err := running(repo); err == nil && again == nil {
			s.Running = false
			return s, nil
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-deadline.C:
			return nil, clierr.New(clierr.Failure, "receiver_stays", fmt.Sprintf("process %d does not end", s.PID))
		case <-time.After(receiverPoll):
		}
	}
}

// NotReceiving says why a receiver that runs receives nothing.
func NotReceiving(s backup.ReceiverState) error {
	problem := fmt.Sprintf("the receiver runs (process %d), but no log comes", s.PID)
	if s.LastError != "" {
		problem += ": " + s.LastError
	}
	return clierr.New(clierr.CheckFailed, "receiver_waits", problem, "it tries again every few seconds; its messages are in wal/receive.log of the backup directory")
}

func (r *Receiver) repository(ctx context.Context) (*backup.Repository, error) {
	repo, err := r.Open()
	if err != nil {
		return nil, err
	}
	return r.Narrow(ctx, repo)
}

// giveUp stops a receiver that nothing comes to. Left alone it would look as if the log were being kept.
func giveUp(repo *backup.Repository, log string) error {
	problem := "it does not say why"
	if s, err := running(repo); err == nil && s != nil {
		if s.LastError != "" {
			problem = s.LastError
		}
		_ = syscall.Kill(s.PID, syscall.SIGTERM) // the receiver ends by itself
	}
	return clierr.New(clierr.Failure, "receiver_silent", "no log comes from the server: "+problem, "the receiver was stopped; its messages are in "+log)
}

// launch starts this program again, in a session of its own.
func (r *Receiver) launch(repo *backup.Repository) (pid int, over <-chan struct{}, messages string, err error) {
	program, err := os.Executable()
	if err != nil {
		return 0, nil, "", err
	}
	args := []string{"backup", "wal", "receive", "--slot", r.Slot, "--directory", repo.Directory()}
	if r.Programs != "" {
		args = append(args, "--pg-bin", r.App.Path(r.Programs))
	}
	args = append(args, SameConfiguration(r.App)...)
	folder := filepath.Join(repo.Directory(), "wal")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return 0, nil, "", err
	}
	path := filepath.Join(folder, "receive.log")
	log, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return 0, nil, "", err
	}
	defer log.Close()
	cmd := exec.Command(program, args...) //nolint:gosec,noctx // this program itself, and it outlives us
	cmd.Dir, cmd.Env = r.App.Dir, r.App.Env
	if g := r.App.Globals; g.DatabaseURL != "" { // as a variable: arguments are for all to read
		cmd.Env = append(append([]string{}, r.App.Env...), "AXISOR_DATABASE_URL="+g.DatabaseURL)
	}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return 0, nil, "", err
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // the log says why
		close(ended)
	}()
	return cmd.Process.Pid, ended, path, nil
}

// SameConfiguration are the flags with which another run of this program, in whatever directory, uses the configuration
// of this one.
func SameConfiguration(a *app.App) (args []string) {
	if g := a.Globals; g.ConfigFile != "" {
		args = append(args, "--config", a.Path(g.ConfigFile))
	}
	if g := a.Globals; g.Profile != "" {
		args = append(args, "--profile", g.Profile)
	}
	return args
}

func lastLine(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}

func running(repo *backup.Repository) (*backup.ReceiverState, error) {
	list, err := repo.Receivers()
	if err != nil {
		return nil, err
	}
	var found *backup.ReceiverState
	for _, s := range list {
		if !s.Running {
			continue
		}
		if found != nil {
			return nil, clierr.New(clierr.Unavailable, "database_unreachable", "the logs of clusters "+found.System+" and "+s.System+" are received here, and the server does not tell which one is meant")
		}
		found = &s
	}
	return found, nil
}
