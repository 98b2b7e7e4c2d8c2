package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/backup"
)

// receiverView is the receiver of the log, and its slot on the server.
type receiverView struct {
	Running          bool         `json:"running"`
	Receiving        bool         `json:"receiving"` // the log comes; a receiver that runs may be waiting for the server
	SystemIdentifier string       `json:"system_identifier"`
	PID              *int         `json:"pid"`
	StartedAt        *output.Time `json:"started_at"`
	Restarts         int          `json:"restarts"`
	LastSegment      *string      `json:"last_segment"`
	LastError        *string      `json:"last_error"`
	TargetError      *string      `json:"target_error"` // why a target lacks the newest segments
	Slot             string       `json:"slot"`
	SlotExists       *bool        `json:"slot_exists"` // null when the server was not asked
	SlotActive       *bool        `json:"slot_active"`
	LagBytes         *int64       `json:"lag_bytes"`      // written, not yet received
	RetainedBytes    *int64       `json:"retained_bytes"` // kept on the server's disk for the slot
	SlotStatus       *string      `json:"slot_status"`
}

func receiverDesc() output.Desc { return output.Desc{Noun: "receivers", ID: "slot"} }

func receiverViewOf(s backup.ReceiverState) receiverView {
	v := receiverView{Running: s.Running, Receiving: s.Receiving, SystemIdentifier: s.System, Restarts: s.Restarts, Slot: s.Slot}
	if s.Running {
		v.PID = &s.PID
	}
	started := output.At(s.StartedAt)
	v.StartedAt = &started
	if s.LastSegment != "" {
		v.LastSegment = &s.LastSegment
	}
	if s.LastError != "" {
		v.LastError = &s.LastError
	}
	if s.TargetError != "" {
		v.TargetError = &s.TargetError
	}
	return v
}

func (v *receiverView) slot(s backup.SlotStatus) {
	v.SlotExists = &s.Exists
	if s.Exists {
		v.SlotActive, v.LagBytes, v.RetainedBytes, v.SlotStatus = &s.Active, s.LagBytes, s.Retained, s.WALStatus
	}
}

type walStatusOptions struct {
	app   *app.App
	place place
}

func newWALStatus(a *app.App, run func(context.Context, *walStatusOptions) error) *cobra.Command {
	if run == nil {
		run = runWALStatus
	}
	o := &walStatusOptions{app: a}
	c := &cobra.Command{
		Use:   "status",
		Short: "Show whether the log is being received, and how far behind it is",
		Long: `Show the receiver of the log and its replication slot: whether it runs, the last segment it stored,
what the server has written and it has not received yet, and what the server keeps on its disk for it.
Without a server the slot is left out.

Exit codes: 0, 2, 8 (it does not run, or nothing comes), 10.`,
		Example: "  axisor backup wal status\n  axisor backup wal status -o json --jq .lag_bytes",
		Args:    flags.None(),
		RunE:    func(c *cobra.Command, _ []string) error { return explain(run(c.Context(), o)) },
	}
	o.place.register(c, false)
	flags.Mark(c, flags.EffectKey, flags.Read)
	fieldsOf[receiverView](c)
	return c
}

func runWALStatus(ctx context.Context, o *walStatusOptions) error {
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
	list, err := repo.Receivers()
	if err != nil {
		return err
	}
	v := receiverView{Slot: backup.DefaultSlot}
	for _, s := range list {
		if s.Running || v.StartedAt == nil {
			v = receiverViewOf(s)
		}
	}
	if slot, ok := askSlot(ctx, o.app, p, repo, v.Slot); ok {
		v.slot(slot)
	}
	if err := output.One(p, receiverDesc(), v, nil); err != nil {
		return err
	}
	if !v.Running {
		return clierr.New(clierr.CheckFailed, "receiver_not_running", "the log is not being received", "axisor backup wal start")
	}
	if !v.Receiving {
		return notReceiving(v)
	}
	return nil
}

// notReceiving says why a receiver that runs receives nothing.
func notReceiving(v receiverView) error {
	problem := fmt.Sprintf("the receiver runs (process %d), but no log comes", *v.PID)
	if v.LastError != nil {
		problem += ": " + *v.LastError
	}
	return clierr.New(clierr.CheckFailed, "receiver_waits", problem, "it tries again every few seconds; its messages are in wal/receive.log of the backup directory")
}

// askSlot asks the server about the slot; without an answer the rest is still worth showing.
func askSlot(ctx context.Context, a *app.App, p *output.Printer, repo *backup.Repository, name string) (backup.SlotStatus, bool) {
	url, err := serverURL(a)
	if err != nil {
		return backup.SlotStatus{}, false
	}
	s, err := repo.Slot(ctx, url, name)
	if err != nil {
		p.Notice("the server was not asked about its slot: %s", err.Error())
		return s, false
	}
	if s.Exists && s.KeepLimit == "-1" {
		p.Warn("max_slot_wal_keep_size is not set: a receiver that stays away fills the server's disk")
	}
	return s, true
}

type walStopOptions struct {
	app   *app.App
	place place
	write flags.Writes
}

func newWALStop(a *app.App, run func(context.Context, *walStopOptions) error) *cobra.Command {
	if run == nil {
		run = runWALStop
	}
	o := &walStopOptions{app: a}
	c := &cobra.Command{
		Use:   "stop",
		Short: "Stop receiving the log",
		Long: `Stop the receiver of the log and wait for its end; what it has received is stored first. The slot on
the server stays, so that nothing is lost until it is started again, and the server keeps the log for
it meanwhile. Stopping what does not run is fine.

Exit codes: 0, 1 (it does not end), 2, 6, 10, 130.`,
		Example: "  axisor backup wal stop",
		Args:    flags.None(),
		RunE:    func(c *cobra.Command, _ []string) error { return explain(run(c.Context(), o)) },
	}
	o.place.register(c, false)
	o.write.Register(c)
	fieldsOf[receiverView](c)
	return c
}

func runWALStop(ctx context.Context, o *walStopOptions) error {
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
	s, err := running(repo)
	if err != nil {
		return err
	}
	if s == nil {
		return output.Change(p, receiverDesc(), receiverView{Slot: backup.DefaultSlot}, output.ChangeInfo{Result: output.Unchanged, DryRun: o.write.DryRun, Said: "the log was not being received"})
	}
	if s.Host != "" && s.Host != hostname() { // its process id means something else here
		return clierr.New(clierr.Conflict, "receiver_elsewhere", "the log of cluster "+s.System+" is being received on "+s.Host, "stop it there: axisor backup wal stop")
	}
	v := receiverViewOf(*s)
	if o.write.DryRun {
		return output.Change(p, receiverDesc(), v, output.ChangeInfo{Result: output.Updated, DryRun: true, Said: fmt.Sprintf("would stop process %d", s.PID)})
	}
	if err := syscall.Kill(s.PID, syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	deadline := time.NewTimer(startWait)
	defer deadline.Stop()
	for {
		if again, err := running(repo); err == nil && again == nil {
			v.Running, v.PID = false, nil
			return output.Change(p, receiverDesc(), v, output.ChangeInfo{Result: output.Updated, Said: "the log is no longer received; the server keeps it for slot " + s.Slot})
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-deadline.C:
			return clierr.New(clierr.Failure, "receiver_stays", fmt.Sprintf("process %d does not end", s.PID))
		case <-time.After(20 * time.Millisecond):
		}
	}
}
