package backup

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/backups"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/backup/wal"
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

// receiverViewOf shows a receiver and its slot; either may be nil.
func receiverViewOf(s *backup.ReceiverState, slot *backup.SlotStatus) receiverView {
	v := receiverView{Slot: backup.DefaultSlot}
	if s != nil {
		v = receiverView{
			Running: s.Running, Receiving: s.Receiving, SystemIdentifier: s.System, Restarts: s.Restarts, Slot: s.Slot,
			StartedAt: output.AtPtr(&s.StartedAt), LastSegment: text(s.LastSegment), LastError: text(s.LastError), TargetError: text(s.TargetError),
		}
		if s.Running {
			v.PID = &s.PID
		}
	}
	if slot != nil {
		v.SlotExists = &slot.Exists
		if slot.Exists {
			v.SlotActive, v.LagBytes, v.RetainedBytes, v.SlotStatus = &slot.Active, slot.LagBytes, slot.Retained, slot.WALStatus
		}
	}
	return v
}

// text is null where there is none.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func slotFlag(c *cobra.Command, slot *string) {
	c.Flags().StringVar(slot, "slot", backup.DefaultSlot, "`NAME` of the replication slot; made when it does not exist")
}

func walReceive(a *app.App) *cobra.Command {
	var (
		l   backups.Location
		end string
		q   backup.ReceiveRequest
	)
	return command(a, &l, tools, verb.Command{
		Words: verb.Words{
			Use:   "receive",
			Short: "Receive the log as the server writes it, in the foreground",
			Long: `Receive the write-ahead log with pg_receivewal and store each finished segment, until stopped. The
program is started again when it ends. A replication slot keeps the server from recycling what
was not received; set max_slot_wal_keep_size, or a receiver that is gone for days fills its disk.

Each finished segment is copied to backup.targets, as far as the base backups there need it. A target that
is away does not stop the receiving: "axisor backup wal status" tells, and it catches up.

The segment in progress lies unencrypted in the archive's folder "receive", private to this user.
The server does not wait for it: after a crash of its disk the last milliseconds can be missing.
For a service manager use this command; "axisor backup wal start" runs it in the background.`,
			Examples: []string{
				"axisor backup wal receive -v",
				"axisor backup wal receive --slot axisor_wal --end-lsn 0/5000000",
			},
			Exits: exits.And(exits.Configured(exits.OK("stopped"), exits.On(clierr.Failure, "disk full"), exits.Conflict("different content")), clierr.Denied, clierr.Unavailable, clierr.Locked, clierr.Tool),
		},
		Effect: flags.Write, Fields: output.Fields[receiverView](),
		Flags: func(c *cobra.Command) {
			slotFlag(c, &q.Slot)
			c.Flags().StringVar(&end, "end-lsn", "", "stop when the log up to this `POSITION` was received")
		},
		Run: func(ctx context.Context, call *verb.Call) error {
			repo, err := l.Open()
			if err != nil {
				return err
			}
			cfg, err := l.Settings()
			if err != nil {
				return err
			}
			if q.URL, err = l.URL(); err != nil {
				return err
			}
			if q.Targets, err = l.Targets(); err != nil {
				return err
			}
			q.Compression, q.Recipients = cfg.Compression, cfg.Recipients
			q.Report = func(message string) { l.Notice("%s", message) }
			if end != "" {
				if q.EndLSN, err = wal.ParseLSN(end); err != nil {
					return clierr.Usagef("--end-lsn: %s", err.Error())
				}
			}
			if call.DryRun {
				s, err := l.Reserve(ctx, repo, q.Slot)
				if err != nil {
					return err
				}
				return wouldReceive(call, s)
			}
			return repo.ReceiveLog(ctx, q)
		},
	})
}

func wouldReceive(call *verb.Call, s backup.SlotStatus) error {
	return output.Change(call.Print, receiverDesc(), receiverView{Slot: s.Name, SlotExists: &s.Exists}, output.ChangeInfo{
		Result: words.Created, DryRun: true, Summary: "would receive the log with slot " + s.Name,
	})
}

func walStart(a *app.App) *cobra.Command {
	var r backups.Receiver
	return command(a, &r.Location, tools, verb.Command{
		Words: verb.Words{
			Use:   "start",
			Short: "Receive the log in the background",
			Long: `Start "axisor backup wal receive" in the background, so that it outlives this terminal, and wait until
it receives. Its messages go to wal/receive.log in the backup directory. After a reboot it must be
started again: "axisor backup schedule" prints a service that does.

After a recovery the receiver goes on by itself on the server's new timeline. It is not a success before the log
really comes.`,
			Examples: []string{
				"axisor backup wal start",
				"axisor backup wal start --slot axisor_wal",
			},
			Exits: exits.And(exits.Configured(exits.OK("also when it receives already"), exits.On(clierr.Failure, "it ended, or nothing comes"), exits.On(clierr.CheckFailed, "one runs, but nothing comes")), clierr.Denied, clierr.Unavailable, clierr.Tool, clierr.Interrupted),
		},
		Effect: flags.Write, Fields: output.Fields[receiverView](),
		Flags: func(c *cobra.Command) { slotFlag(c, &r.Slot) },
		Run: func(ctx context.Context, call *verb.Call) error {
			b, err := r.Start(ctx, call.DryRun)
			switch {
			case err != nil:
				return err
			case b.State == nil:
				return wouldReceive(call, b.Slot)
			case b.Already:
				return output.Change(call.Print, receiverDesc(), receiverViewOf(b.State, nil), output.ChangeInfo{
					Result: words.AlreadyExists, DryRun: call.DryRun, Summary: "the log is being received already",
				})
			}
			return output.Change(call.Print, receiverDesc(), receiverViewOf(b.State, nil), output.ChangeInfo{
				Result: words.Created, Summary: "the log of cluster " + b.State.System + " is being received with slot " + b.State.Slot, Next: "axisor backup wal status",
			})
		},
	})
}

func walStatus(a *app.App) *cobra.Command {
	var r backups.Receiver
	return command(a, &r.Location, 0, verb.Command{
		Words: verb.Words{
			Use:   "status",
			Short: "Show whether the log is being received, and how far behind it is",
			Long: `Show the receiver of the log and its replication slot: whether it runs, the last segment it stored,
what the server has written and it has not received yet, and what the server keeps on its disk for it.
Without a server the slot is left out.`,
			Examples: []string{
				"axisor backup wal status",
				"axisor backup wal status -o json --jq .lag_bytes",
			},
			Exits: exits.Configured(exits.On(clierr.CheckFailed, "it does not run, or nothing comes")),
		},
		Fields: output.Fields[receiverView](),
		Run: func(ctx context.Context, call *verb.Call) error {
			repo, s, err := r.State(ctx)
			if err != nil {
				return err
			}
			v := receiverViewOf(s, r.AskSlot(ctx, repo, receiverViewOf(s, nil).Slot))
			if err := output.One(call.Print, receiverDesc(), v, nil); err != nil {
				return err
			}
			if !v.Running {
				return clierr.New(clierr.CheckFailed, "receiver_not_running", "the log is not being received", "axisor backup wal start")
			}
			if !v.Receiving {
				return backups.NotReceiving(*s)
			}
			return nil
		},
	})
}

func walStop(a *app.App) *cobra.Command {
	var r backups.Receiver
	return command(a, &r.Location, 0, verb.Command{
		Words: verb.Words{
			Use:   "stop",
			Short: "Stop receiving the log",
			Long: `Stop the receiver of the log and wait for its end; what it has received is stored first. The slot on
the server stays, so that nothing is lost until it is started again, and the server keeps the log for
it meanwhile. Stopping what does not run is fine.`,
			Examples: []string{"axisor backup wal stop"},
			Exits:    exits.And(exits.Configured(exits.On(clierr.Failure, "it does not end")), clierr.Denied, clierr.Interrupted),
		},
		Effect: flags.Write, Fields: output.Fields[receiverView](),
		Run: func(ctx context.Context, call *verb.Call) error {
			s, err := r.Stop(ctx, call.DryRun)
			if err != nil {
				return err
			}
			info := output.ChangeInfo{Result: words.Updated, DryRun: call.DryRun}
			switch {
			case s == nil:
				info.Result, info.Summary = words.Unchanged, "the log was not being received"
			case call.DryRun:
				info.Summary = fmt.Sprintf("would stop process %d", s.PID)
			default:
				info.Summary = "the log is no longer received; the server keeps it for slot " + s.Slot
			}
			return output.Change(call.Print, receiverDesc(), receiverViewOf(s, nil), info)
		},
	})
}
