package backup

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/backup/wal"
)

func isNoIdentity(err error) bool { return errors.Is(err, backup.ErrNoIdentity) }

type walReceiveOptions struct {
	app   *app.App
	place place
	slot  string
	end   string
	write flags.Writes
}

func newWALReceive(a *app.App, run func(context.Context, *walReceiveOptions) error) *cobra.Command {
	if run == nil {
		run = runWALReceive
	}
	o := &walReceiveOptions{app: a}
	c := &cobra.Command{
		Use:   "receive",
		Short: "Receive the log as the server writes it, in the foreground",
		Long: `Receive the write-ahead log with pg_receivewal and store each finished segment, until stopped. The
program is started again when it ends. A replication slot keeps the server from recycling what
was not received; set max_slot_wal_keep_size, or a receiver that is gone for days fills its disk.

Each finished segment is copied to backup.targets, as far as the base backups there need it. A target that
is away does not stop the receiving: "axisor backup wal status" tells, and it catches up.

The segment in progress lies unencrypted in the archive's folder "receive", private to this user.
The server does not wait for it: after a crash of its disk the last milliseconds can be missing.
For a service manager use this command; "axisor backup wal start" runs it in the background.

Exit codes: 0 (stopped), 1 (disk full), 2, 4 (different content), 6, 10, 11, 13, 14.`,
		Example: "  axisor backup wal receive -v\n  axisor backup wal receive --slot axisor_wal --end-lsn 0/5000000",
		Args:    flags.None(),
		RunE:    func(c *cobra.Command, _ []string) error { return explain(run(c.Context(), o)) },
	}
	c.Flags().StringVar(&o.slot, "slot", backup.DefaultSlot, "`NAME` of the replication slot; made when it does not exist")
	c.Flags().StringVar(&o.end, "end-lsn", "", "stop when the log up to this `POSITION` was received")
	o.place.register(c, true)
	o.write.Register(c)
	fieldsOf[receiverView](c)
	return c
}

func runWALReceive(ctx context.Context, o *walReceiveOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	repo, err := o.place.open(o.app)
	if err != nil {
		return err
	}
	cfg, err := o.app.Config()
	if err != nil {
		return err
	}
	url, err := serverURL(o.app)
	if err != nil {
		return err
	}
	targets, err := configuredTargets(o.app)
	if err != nil {
		return err
	}
	q := backup.ReceiveRequest{
		URL: url, Slot: o.slot, Compression: cfg.Backup.Compression, Recipients: cfg.Backup.Recipients, Targets: targets,
		Report: func(message string) { p.Notice("%s", message) },
	}
	if o.end != "" {
		if q.EndLSN, err = wal.ParseLSN(o.end); err != nil {
			return clierr.Usagef("--end-lsn: %s", err.Error())
		}
	}
	if o.write.DryRun {
		s, err := repo.Slot(ctx, url, o.slot)
		if err != nil {
			return err
		}
		return output.Change(p, receiverDesc(), receiverView{Slot: s.Name, SlotExists: &s.Exists}, output.ChangeInfo{
			Result: output.Created, DryRun: true, Said: "would receive the log with slot " + s.Name,
		})
	}
	return repo.ReceiveLog(ctx, q)
}

type walStartOptions struct {
	app     *app.App
	place   place
	slot    string
	program string
	write   flags.Writes
}

func newWALStart(a *app.App, run func(context.Context, *walStartOptions) error) *cobra.Command {
	if run == nil {
		run = runWALStart
	}
	o := &walStartOptions{app: a}
	c := &cobra.Command{
		Use:   "start",
		Short: "Receive the log in the background",
		Long: `Start "axisor backup wal receive" in the background, so that it outlives this terminal, and wait until
it receives. Its messages go to wal/receive.log in the backup directory. After a reboot it must be
started again: "axisor backup schedule" prints a service that does.

After a recovery the receiver goes on by itself on the server's new timeline. It is not a success before the log
really comes.

Exit codes: 0 (also when it receives already), 1 (it ended, or nothing comes), 2, 6, 8 (one runs, but nothing
comes), 10, 11, 14, 130.`,
		Example: "  axisor backup wal start\n  axisor backup wal start --slot axisor_wal",
		Args:    flags.None(),
		RunE:    func(c *cobra.Command, _ []string) error { return explain(run(c.Context(), o)) },
	}
	c.Flags().StringVar(&o.slot, "slot", backup.DefaultSlot, "`NAME` of the replication slot; made when it does not exist")
	o.place.register(c, true)
	o.write.Register(c)
	fieldsOf[receiverView](c)
	return c
}

const (
	startWait  = 30 * time.Second
	startTries = 4 // of a receiver that the server refuses
)

func runWALStart(ctx context.Context, o *walStartOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	repo, err := o.place.open(o.app)
	if err != nil {
		return err
	}
	if repo, err = o.place.narrow(ctx, o.app, repo, p.Notice); err != nil {
		return err
	}
	if s, err := running(repo); err != nil || s != nil {
		if err != nil {
			return err
		}
		if !s.Receiving {
			return notReceiving(receiverViewOf(*s))
		}
		return output.Change(p, receiverDesc(), receiverViewOf(*s), output.ChangeInfo{Result: output.AlreadyExists, DryRun: o.write.DryRun, Said: "the log is being received already"})
	}
	url, err := serverURL(o.app)
	if err != nil {
		return err
	}
	slot, err := repo.Slot(ctx, url, o.slot) // a server that cannot be reached is said here, not in a log file
	if err != nil {
		return err
	}
	if o.write.DryRun {
		return output.Change(p, receiverDesc(), receiverView{Slot: slot.Name, SlotExists: &slot.Exists}, output.ChangeInfo{
			Result: output.Created, DryRun: true, Said: "would receive the log with slot " + slot.Name,
		})
	}
	pid, ended, log, err := o.launch(repo)
	if err != nil {
		return err
	}
	deadline := time.NewTimer(startWait)
	defer deadline.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ended:
			return clierr.New(clierr.Failure, "receiver_ended", "the receiver ended at once: "+lastLine(log), "see "+log)
		case <-deadline.C:
			return o.giveUp(repo, log)
		case <-time.After(20 * time.Millisecond):
		}
		s, err := running(repo)
		if s != nil && s.PID != pid {
			continue // the state of the one before
		}
		if err == nil && s != nil && !s.Receiving && s.Restarts >= startTries {
			return o.giveUp(repo, log)
		}
		if err == nil && s != nil && s.Receiving {
			return output.Change(p, receiverDesc(), receiverViewOf(*s), output.ChangeInfo{
				Result: output.Created, Said: "the log of cluster " + s.System + " is being received with slot " + s.Slot, Next: "axisor backup wal status",
			})
		}
	}
}

// giveUp stops a receiver that nothing comes to. Left alone it would look as if the log were being kept.
func (o *walStartOptions) giveUp(repo *backup.Repository, log string) error {
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
func (o *walStartOptions) launch(repo *backup.Repository) (pid int, over <-chan struct{}, messages string, err error) {
	program := o.program
	if program == "" {
		var err error
		if program, err = os.Executable(); err != nil {
			return 0, nil, "", err
		}
	}
	args := []string{"backup", "wal", "receive", "--slot", o.slot, "--directory", repo.Directory()}
	if o.place.pgBin != "" {
		args = append(args, "--pg-bin", o.app.Path(o.place.pgBin))
	}
	args = append(args, sameConfiguration(o.app)...)
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
	cmd.Dir, cmd.Env = o.app.Dir, o.app.Env
	if g := o.app.Globals; g.DatabaseURL != "" { // as a variable: arguments are for all to read
		cmd.Env = append(append([]string{}, o.app.Env...), "AXISOR_DATABASE_URL="+g.DatabaseURL)
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
