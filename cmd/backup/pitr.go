package backup

import (
	"context"
	"fmt"
	"strings"
	"time"

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

// recoveredView is the point asked for, the point reached, and where it is.
type recoveredView struct {
	Base             string       `json:"base"`
	SystemIdentifier string       `json:"system_identifier"`
	Timeline         uint32       `json:"timeline"`
	Asked            string       `json:"asked"`
	ReachedTime      *output.Time `json:"reached_time"` // of the last transaction that is in
	ReachedLSN       string       `json:"reached_lsn"`
	StoppedBefore    *output.Time `json:"stopped_before"` // of the first transaction that is not
	ArchiveLSN       string       `json:"archive_lsn"`    // end of the archived log
	Transactions     int64        `json:"transactions"`   // replayed since the base backup
	Segments         int          `json:"segments"`
	Bytes            int64        `json:"bytes"`
	DataDirectory    string       `json:"data_directory"`
	SocketDirectory  *string      `json:"socket_directory"`
	Port             *int         `json:"port"`
	LogFile          *string      `json:"log_file"`
	Running          bool         `json:"running"`
	Promoted         bool         `json:"promoted"`
	DurationMs       int64        `json:"duration_ms"`
	Warnings         []string     `json:"warnings"`
}

// pitrFlags are the flags of pitr that are no field of a request.
type pitrFlags struct {
	toTime, toLSN, identity string
	mapSpaces               []string
}

func pitr(a *app.App) *cobra.Command {
	var o pitrFlags
	r := &backups.Recovery{Facts: func(d backups.Recovered) any { return recoveredViewOf(d) }}
	q := &r.Request
	return command(a, &r.Location, tools|target, verb.Command{
		Words: verb.Words{
			Use:   "pitr",
			Short: "Recover the whole cluster to a point in time, in a directory of its own",
			Long: `Rebuild the cluster as it was at a point in time: the newest base backup before it, and the archived
log up to it. Nothing that runs is touched; a new server starts in --target-dir, on a private socket.

Before any server starts, every byte of the base backup and every record of the log up to the point
are checked. A point before the oldest base backup, past the end of the log, over a hole or over a
damaged byte is refused then. The server has to stop at exactly the record that the check has found;
it is left read-only at that point, so that you can look, unless --promote ends the recovery. "latest"
is the last record in the archive, no less.

A base backup with tablespaces needs a new, empty place for each: --tablespace-map OLDDIR=NEWDIR.

Without --promote, look with psql and then: pg_ctl promote -D DIR. Times need an offset or Z.`,
			Examples: []string{
				"axisor restore pitr --to-time 2026-08-12T09:15:00Z --target-dir /var/lib/axisor/recovered",
				"axisor restore pitr --to-name before_migration --target-dir /srv/recovered --promote",
				"axisor restore pitr --latest --target-dir /srv/recovered --dry-run -o json",
			},
			Exits: exits.And(exits.Configured(exits.Conflict("point cannot be recovered, or directory not empty"), exits.On(clierr.CheckFailed, "damage, or another point reached")), clierr.Failure, clierr.NotFound, clierr.Denied, clierr.Tool, clierr.Interrupted),
			Needs: []string{"target-dir"},
		},
		Effect: flags.Write, Fields: output.Fields[recoveredView](),
		Flags: func(c *cobra.Command) {
			f := c.Flags()
			f.StringVar(&o.toTime, "to-time", "", "recover what was committed up to this `TIME` (RFC 3339 with offset: 2026-08-12T09:15:00Z)")
			f.StringVar(&o.toLSN, "to-lsn", "", "recover up to this `POSITION` of the log (0/5000028)")
			f.StringVar(&q.Target.Name, "to-name", "", "recover up to this restore point (pg_create_restore_point)")
			f.BoolVar(&q.Target.Latest, "latest", false, "recover everything that is archived")
			f.StringVar(&q.Directory, "target-dir", "", "`DIR` that becomes the data directory; empty or absent")
			f.Uint32Var(&q.Timeline, "timeline", 0, "timeline to follow (default: the newest)")
			f.StringVar(&q.System, "system", "", "system `IDENTIFIER` of the cluster (default: the configured one, or the only one)")
			identity(c, &o.identity, "encrypted backups")
			f.StringArrayVar(&o.mapSpaces, "tablespace-map", nil, "place of a tablespace: `OLDDIR=NEWDIR` (repeat for each that the base backup has)")
			f.BoolVar(&q.Promote, "promote", false, "end the recovery at the point: the server takes writes")
			f.BoolVar(&q.Stop, "stop", false, "stop the server afterwards")
		},
		Check: func(call *verb.Call) error { return checkPITR(call, &o, q) },
		Run: func(ctx context.Context, call *verb.Call) error {
			q.Directory, q.Identities, q.DryRun = a.Path(q.Directory), r.Identities(o.identity), call.DryRun
			for from, to := range q.Tablespaces {
				q.Tablespaces[from] = a.Path(to)
			}
			d, err := r.Run(ctx)
			if err != nil {
				return err
			}
			next := ""
			if d.Running {
				next = fmt.Sprintf("psql -h %s -p %d -U %s", d.SocketFolder, d.Port, d.User)
				if !d.Promoted {
					next += "; then pg_ctl promote -D " + d.DataDirectory
				}
			}
			return output.Change(call.Print, output.Desc{Noun: "recoveries", ID: "data_directory"}, recoveredViewOf(d), output.ChangeInfo{
				Result: words.Created, DryRun: call.DryRun, Summary: recoveredSummary(d, call.DryRun), Next: next,
			})
		},
	})
}

func checkPITR(call *verb.Call, o *pitrFlags, q *backup.PITR) error {
	asked := 0
	for _, is := range []bool{o.toTime != "", o.toLSN != "", q.Target.Name != "", q.Target.Latest} {
		if is {
			asked++
		}
	}
	if asked != 1 {
		return clierr.Usagef("%s needs exactly one of --to-time, --to-lsn, --to-name, --latest", call.Cmd.CommandPath()).
			WithHint("what can be recovered: axisor backup status")
	}
	var err error
	if q.Tablespaces, err = pairs("--tablespace-map", o.mapSpaces); err != nil {
		return err
	}
	if o.toTime != "" {
		if q.Target.Time, err = time.Parse(time.RFC3339Nano, o.toTime); err != nil {
			return clierr.Usagef("--to-time %q: must be RFC 3339 with an offset, such as 2026-08-12T09:15:00Z or 2026-08-12T06:15:00-03:00", o.toTime)
		}
		q.Target.Time = q.Target.Time.UTC().Truncate(time.Microsecond) // as fine as the server's clock
	}
	if o.toLSN != "" {
		if q.Target.LSN, err = wal.ParseLSN(o.toLSN); err != nil || q.Target.LSN == 0 {
			return clierr.Usagef("--to-lsn %q: must be a position such as 0/5000028", o.toLSN)
		}
	}
	return nil
}

func recoveredSummary(d backups.Recovered, dry bool) string {
	parts := []string{"asked for " + d.Asked + ", reached " + d.ReachedLSN.String()}
	if dry {
		parts[0] = "would reach " + d.ReachedLSN.String() + " for " + d.Asked
	}
	if d.ReachedTime != nil {
		parts = append(parts, "last transaction "+d.ReachedTime.Format(time.RFC3339Nano))
	}
	if d.StopTime != nil {
		parts = append(parts, "the next one of "+d.StopTime.Format(time.RFC3339Nano)+" is not in it")
	}
	return strings.Join(append(parts, "from base backup "+d.Base), ", ")
}

func recoveredViewOf(d backups.Recovered) recoveredView {
	v := recoveredView{
		Base: d.Base, SystemIdentifier: d.System, Timeline: d.Timeline, Asked: d.Asked, ReachedTime: output.AtPtr(d.ReachedTime),
		ReachedLSN: d.ReachedLSN.String(), StoppedBefore: output.AtPtr(d.StopTime), ArchiveLSN: d.ArchiveLSN.String(),
		Transactions: d.Transactions, Segments: d.Segments, Bytes: d.Bytes, DataDirectory: d.DataDirectory, Running: d.Running,
		Promoted: d.Promoted, DurationMs: d.DurationMs, Warnings: append([]string{}, d.Warnings...),
	}
	if d.Running {
		v.SocketDirectory, v.Port, v.LogFile = &d.SocketFolder, &d.Port, &d.LogFile
	}
	return v
}
