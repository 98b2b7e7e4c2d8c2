package backup

import (
	"context"
	"fmt"
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
)

// acknowledgedView is a loss in the log that is known from now on.
type acknowledgedView struct {
	Names []string `json:"names"` // newly noted
}

func walAcknowledge(a *app.App) *cobra.Command {
	var l backups.Location
	var system string
	return command(a, &l, 0, verb.Command{
		Words: verb.Words{
			Use:   "acknowledge NAME...",
			Short: "Note that a loss in the log is known, so that checks no longer fail for it",
			Long: `Note that files of the log that are missing or damaged are known to be lost. NAME is what "axisor backup wal verify"
calls them. It goes on naming them, and no longer fails for them; "axisor backup status" no longer counts them.

A loss can be acknowledged when a good base backup begins behind it: make one first. Points between the older base
backups and the loss can still be recovered, those from the loss to the new base backup cannot. When that base backup
goes away, the loss counts again.`,
			Examples: []string{"axisor backup wal acknowledge 000000010000000000000007"},
			Exits:    exits.And(exits.Configured(exits.OK("also when it was known"), exits.NotFound("no such finding"), exits.Conflict("no base backup behind it")), clierr.Denied, clierr.CheckFailed, clierr.Locked, clierr.Interrupted),
		},
		Effect: flags.Write, Fields: output.Fields[acknowledgedView](),
		Flags: func(c *cobra.Command) {
			c.Flags().StringVar(&system, "system", "", "the cluster with this `IDENTIFIER` (default: the configured one)")
		},
		Run: func(ctx context.Context, call *verb.Call) error {
			noted, err := l.Acknowledge(ctx, system, call.Args, call.DryRun)
			if err != nil {
				return err
			}
			info := output.ChangeInfo{Result: words.Updated, DryRun: call.DryRun, Summary: words.Count(int64(len(noted)), "loss") + " noted as known"}
			if len(noted) == 0 {
				info.Result, info.Summary = words.Unchanged, "known already"
			}
			return output.Change(call.Print, output.Desc{Noun: "losses", ID: "names"}, acknowledgedView{noted}, info)
		},
	})
}

// salvagedView is what was taken from a dead server.
type salvagedView struct {
	SystemIdentifier string       `json:"system_identifier"`
	Files            int          `json:"files"`     // that are new in the archive
	Already          int          `json:"already"`   // that were there
	Partial          *string      `json:"partial"`   // the unfinished last segment; null when the last one was finished
	EndLSN           string       `json:"end_lsn"`   // of the last whole record
	LastTime         *output.Time `json:"last_time"` // of the last transaction that was found
	Warnings         []string     `json:"warnings"`
}

func walSalvage(a *app.App) *cobra.Command {
	var l backups.Location
	return command(a, &l, 0, verb.Command{
		Words: verb.Words{
			Use:   "salvage DATADIR",
			Short: "Bring in what a dead server has written and not archived",
			Long: `Store what a server that is dead for good has left in its log directory: finished segments that were not archived,
the histories of its timelines, and the last, unfinished segment as partial. "axisor restore pitr --latest" then
recovers to the end of it. DATADIR is the data directory, or its pg_wal.

Do this before the server is started again and before its disk is given up. A server that runs is refused. Doing it
twice is fine; when more of the same segment is found, more is kept.`,
			Examples: []string{
				"axisor backup wal salvage /var/lib/postgresql/15/main",
				"axisor backup wal salvage /mnt/rescued/pg_wal --dry-run",
			},
			Exits: exits.And(exits.Configured(exits.On(clierr.Failure, "disk full"), exits.Conflict("the server runs, or different content"), exits.On(clierr.CheckFailed, "damage")), clierr.Denied, clierr.Locked, clierr.Interrupted),
		},
		Effect: flags.Write, Fields: output.Fields[salvagedView](),
		Run: func(ctx context.Context, call *verb.Call) error {
			repo, err := l.Open()
			if err != nil {
				return err
			}
			cfg, err := l.Settings()
			if err != nil {
				return err
			}
			s, err := repo.SalvageLog(ctx, backup.Salvage{
				Directory: a.Path(call.Args[0]), Compression: cfg.Compression, Recipients: cfg.Recipients, DryRun: call.DryRun,
			})
			if err != nil {
				return err
			}
			for _, w := range s.Warnings {
				l.Warn("%s", w)
			}
			info := output.ChangeInfo{
				Result: words.Created, DryRun: call.DryRun, Summary: salvagedSummary(s, call.DryRun), Next: "axisor restore pitr --latest --target-dir DIR",
			}
			if s.Files == 0 {
				info.Result = words.AlreadyExists
			}
			return output.Change(call.Print, output.Desc{Noun: "salvages", ID: "system_identifier"}, salvagedView{
				SystemIdentifier: s.System, Files: s.Files, Already: s.Already, Partial: text(s.Partial), EndLSN: s.End.String(),
				LastTime: output.AtPtr(s.LastTime), Warnings: append([]string{}, s.Warnings...),
			}, info)
		},
	})
}

func salvagedSummary(s backup.Salvaged, dry bool) string {
	said := "archived"
	if dry {
		said = "would archive"
	}
	said += fmt.Sprintf(" %s of cluster %s that the archive did not have; the log ends at %s", words.Count(int64(s.Files), "file"), s.System, s.End)
	if s.LastTime != nil {
		said += ", with the transaction of " + s.LastTime.UTC().Format(time.RFC3339)
	}
	return said
}
