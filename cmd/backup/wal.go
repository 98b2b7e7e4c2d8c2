package backup

import (
	"context"
	"path/filepath"

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
)

// newWAL groups the commands of the log archive.
func newWAL(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "wal",
		Short: "Keep the write-ahead log, so that every point between base backups can be recovered",
	}
	c.AddCommand(walStart(a), walStatus(a), walStop(a), walReceive(a), walArchive(a), walFetch(a), walVerify(a), walSalvage(a), walAcknowledge(a))
	return c
}

// walFileView is one file of the log that was archived or fetched.
type walFileView struct {
	Name             string  `json:"name"`
	SystemIdentifier string  `json:"system_identifier"`
	File             string  `json:"file"`
	Bytes            int64   `json:"bytes"`
	Problem          *string `json:"problem"`
}

func printWALFile(call *verb.Call, d backup.Archived, info output.ChangeInfo) error {
	info.DryRun = call.DryRun
	v := walFileView{Name: d.Name, SystemIdentifier: d.System, File: d.Path, Bytes: d.Bytes, Problem: text(d.Problem)}
	return output.Change(call.Print, output.Desc{Noun: "log files", ID: "name"}, v, info)
}

func walArchive(a *app.App) *cobra.Command {
	var l backups.Location
	var push bool
	return command(a, &l, 0, verb.Command{
		Words: verb.Words{
			Use:   "archive PATH",
			Short: "Store one file of the log (for archive_command)",
			Long: `Store one file of the write-ahead log, compressed and, when backup.recipients are set, encrypted.
It ends with 0 only when the file is on disk and was read back, so the server may recycle its own.
Storing the same content again is fine; another content under the same name is refused, because
one of the two belongs to another history. A segment that is not finished is refused, unless the server itself
says that it is: for what a dead server has left, see "axisor backup wal salvage". For postgresql.conf:

  archive_mode = on
  archive_command = 'axisor backup wal archive -q "%p"'

Without --push the targets get it with the next "axisor backup", "backup base" or "backup push". With it,
success means that every target has it too: the server keeps its log, on its own disk, while one is away.`,
			Examples: []string{"axisor backup wal archive pg_wal/000000010000000000000007"},
			Exits:    exits.And(exits.Configured(exits.On(clierr.Failure, "disk full"), exits.NotFound("no such file"), exits.Conflict("different content"), exits.On(clierr.CheckFailed, "not a sound segment"), exits.On(clierr.Unavailable, "a target is away")), clierr.Denied, clierr.Locked, clierr.Interrupted),
		},
		Effect: flags.Write, Fields: output.Fields[walFileView](),
		Flags: func(c *cobra.Command) {
			c.Flags().BoolVar(&push, "push", false, "copy it to backup.targets before success is reported")
		},
		Run: func(ctx context.Context, call *verb.Call) error {
			d, err := l.ArchiveFile(ctx, call.Args[0], push, call.DryRun)
			if err != nil {
				return err
			}
			if d.Already {
				return printWALFile(call, d, output.ChangeInfo{Result: words.AlreadyExists, Summary: d.Name + " was archived before"})
			}
			return printWALFile(call, d, output.ChangeInfo{Result: words.Created, Summary: d.Name + " is archived"})
		},
	})
}

func walFetch(a *app.App) *cobra.Command {
	var l backups.Location
	var q backup.FetchRequest
	var key string
	return command(a, &l, 0, verb.Command{
		Words: verb.Words{
			Use:   "fetch NAME PATH",
			Short: "Give one file of the log back (for restore_command of a standby)",
			Long: `Put one file of the write-ahead log where the server wants it, checked against its digests. A
segment that is still being received is given as far as it has arrived. A server takes any code up to
125 for "there is no more" and would end its recovery at a damaged file; this line stops it instead:

  restore_command = 'axisor backup wal fetch -q %f "%p"; s=$?; [ $s -le 3 ] && exit $s; exit 255'

What is missing or damaged here is looked for on each of backup.targets. "axisor restore pitr" does not
need this command: it lays out the log itself, checked.`,
			Examples: []string{"axisor backup wal fetch 000000010000000000000007 pg_wal/RECOVERYXLOG"},
			Exits:    exits.And(exits.Configured(exits.NotFound("not in the archive"), exits.On(clierr.CheckFailed, "damaged"), exits.On(clierr.Unavailable, "a target that may have it is away")), clierr.Denied, clierr.Interrupted),
		},
		Effect: flags.Write, Fields: output.Fields[walFileView](),
		Flags: func(c *cobra.Command) {
			c.Flags().StringVar(&q.System, "system", "", "system `IDENTIFIER` of the cluster (default: of the data directory, or the only one)")
			identity(c, &key, "an encrypted archive")
		},
		Run: func(ctx context.Context, call *verb.Call) error {
			q.Name, q.To, q.Identities, q.DryRun = call.Args[0], a.Path(call.Args[1]), l.Identities(key), call.DryRun
			q.Data = filepath.Dir(filepath.Dir(q.To))
			d, err := l.FetchFile(ctx, q)
			if err != nil {
				return err
			}
			d.Path = q.To
			return printWALFile(call, d, output.ChangeInfo{Result: words.Created, Summary: d.Name + " is at " + q.To})
		},
	})
}

// walRangeView is an unbroken run of the log, or a finding when problem is set.
type walRangeView struct {
	Kind             string       `json:"kind"` // range, hole, damaged, history
	SystemIdentifier string       `json:"system_identifier"`
	Name             *string      `json:"name"` // of a finding
	Timeline         *uint32      `json:"timeline"`
	StartLSN         *string      `json:"start_lsn"`
	EndLSN           *string      `json:"end_lsn"`
	Segments         *int         `json:"segments"`
	Bytes            *int64       `json:"bytes"`
	FirstTime        *output.Time `json:"first_time"`
	LastTime         *output.Time `json:"last_time"`
	Problem          *string      `json:"problem"`
	ParentTimeline   *uint32      `json:"parent_timeline"` // of a timeline's first range
	BranchLSN        *string      `json:"branch_lsn"`      // where it left the parent
	Acknowledged     bool         `json:"acknowledged"`    // a finding that is known, and that no newer base backup depends on
}

func walVerify(a *app.App) *cobra.Command {
	var l backups.Location
	var level flags.Enum
	var check backup.LogCheck
	var key string
	return command(a, &l, target, verb.Command{
		Words: verb.Words{
			Use:   "verify",
			Short: "Check the log archive: no holes, no damage, one cluster",
			Long: `Check the archived log: every stored file against its digest, every segment against its name, its
cluster and its timeline, that none is missing in between, and that each timeline has its history and
joins the one that it left. At the level decode (default) each
record's own checksum is checked as well, over the borders of segments. An encrypted archive needs
--identity for that; without it and without --level, the digests alone are checked.

It is about the configured cluster, unless --system names another one.

What was lost stays named. When a newer base backup does not need it, "axisor backup wal acknowledge NAME" notes that
it is known, and it no longer fails the check.`,
			Examples: []string{
				"axisor backup wal verify",
				"axisor backup wal verify --level digest -o json",
			},
			Exits: exits.And(exits.Configured(exits.NotFound("no log"), exits.On(clierr.CheckFailed, "hole or damage found")), clierr.Denied, clierr.Unavailable, clierr.Interrupted),
		},
		Fields: output.Fields[walRangeView](),
		Flags: func(c *cobra.Command) {
			flags.RegisterEnum(c, &level, "level", "decode", "how thoroughly", "digest", "decode")
			c.Flags().StringVar(&check.System, "system", "", "the cluster with this `IDENTIFIER` (default: the configured one)")
			identity(c, &key, "an encrypted archive")
		},
		Run: func(ctx context.Context, call *verb.Call) error {
			check.Level, check.Identities = backup.Level(level.String()), l.Identities(key)
			report, err := l.VerifyLog(ctx, check, call.Given("level"))
			if err != nil {
				return err
			}
			if err := output.Slice(call.Print, rangeDesc(), rangeViews(report)); err != nil {
				return err
			}
			left := len(report.Problems)
			for _, b := range report.Problems {
				if b.Acknowledged {
					left--
				}
			}
			if left > 0 {
				return clierr.New(clierr.CheckFailed, "log_broken", words.Count(int64(left), "problem")+" in the log archive: points behind a hole cannot be recovered from an older base backup",
					"make a fresh one: axisor backup base; then axisor backup wal acknowledge NAME")
			}
			return nil
		},
	})
}

func rangeDesc() output.Desc {
	return output.Desc{Noun: "log", ID: "name", Columns: []output.Column{
		{Field: "kind"},
		{Field: "timeline"},
		{Field: "branch_lsn", Header: "BRANCHED AT", Drop: 3},
		{Field: "start_lsn", Header: "FROM"},
		{Field: "end_lsn", Header: "TO"},
		{Field: "segments"},
		{Field: "bytes", Header: "SIZE", Format: size},
		{Field: "first_time", Drop: 2},
		{Field: "last_time", Drop: 1},
		{Field: "name"},
		{Field: "problem", Wrap: true},
	}}
}

func rangeViews(report backup.LogReport) []walRangeView {
	out := make([]walRangeView, 0, len(report.Ranges)+len(report.Problems))
	for _, r := range report.Ranges {
		start, end := r.Start.String(), r.End.String()
		v := walRangeView{
			Kind: "range", SystemIdentifier: r.System, Timeline: &r.Timeline, StartLSN: &start, EndLSN: &end, Segments: &r.Segments,
			Bytes: &r.Bytes, FirstTime: output.AtPtr(r.FirstTime), LastTime: output.AtPtr(r.LastTime),
		}
		if r.Parent != 0 {
			at := r.Branch.String()
			v.ParentTimeline, v.BranchLSN = &r.Parent, &at
		}
		out = append(out, v)
	}
	for _, b := range report.Problems {
		out = append(out, walRangeView{Kind: b.Kind, SystemIdentifier: b.System, Name: &b.Name, Problem: &b.Problem, Acknowledged: b.Acknowledged})
	}
	return out
}
