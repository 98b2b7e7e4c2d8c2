package backup

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/backup"
)

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

type walSalvageOptions struct {
	app   *app.App
	place place
	dir   string
	write flags.Writes
}

func newWALSalvage(a *app.App, run func(context.Context, *walSalvageOptions) error) *cobra.Command {
	if run == nil {
		run = runWALSalvage
	}
	o := &walSalvageOptions{app: a}
	c := &cobra.Command{
		Use:   "salvage DATADIR",
		Short: "Bring in what a dead server has written and not archived",
		Long: `Store what a server that is dead for good has left in its log directory: finished segments that were not archived,
the histories of its timelines, and the last, unfinished segment as partial. "axisor restore pitr --latest" then
recovers to the end of it. DATADIR is the data directory, or its pg_wal.

Do this before the server is started again and before its disk is given up. A server that runs is refused. Doing it
twice is fine; when more of the same segment is found, more is kept.

Exit codes: 0, 1 (disk full), 2, 4 (the server runs, or different content), 6, 8 (damage), 10, 13, 130.`,
		Example: "  axisor backup wal salvage /var/lib/postgresql/15/main\n  axisor backup wal salvage /mnt/rescued/pg_wal --dry-run",
		Args:    flags.Exactly("axisor backup wal salvage /var/lib/postgresql/15/main", "DATADIR"),
		RunE: func(c *cobra.Command, args []string) error {
			o.dir = args[0]
			return explain(run(c.Context(), o))
		},
	}
	o.place.register(c, false)
	o.write.Register(c)
	fieldsOf[salvagedView](c)
	return c
}

func runWALSalvage(ctx context.Context, o *walSalvageOptions) error {
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
	s, err := repo.SalvageLog(ctx, backup.Salvage{
		Directory: o.app.Path(o.dir), Compression: cfg.Backup.Compression, Recipients: cfg.Backup.Recipients, DryRun: o.write.DryRun,
	})
	if err != nil {
		return err
	}
	v := salvagedView{
		SystemIdentifier: s.System, Files: s.Files, Already: s.Already, EndLSN: s.End.String(), LastTime: output.AtPtr(s.LastTime),
		Warnings: append([]string{}, s.Warnings...),
	}
	if s.Partial != "" {
		v.Partial = &s.Partial
	}
	for _, w := range s.Warnings {
		warn(p, w)
	}
	info := output.ChangeInfo{Result: output.Created, DryRun: o.write.DryRun, Said: salvagedSummary(s, o.write.DryRun), Next: "axisor restore pitr --latest --target-dir DIR"}
	if s.Files == 0 {
		info.Result = output.AlreadyExists
	}
	return output.Change(p, output.Desc{Noun: "salvages", ID: "system_identifier"}, v, info)
}

func salvagedSummary(s backup.Salvaged, dry bool) string {
	said := "archived"
	if dry {
		said = "would archive"
	}
	said += fmt.Sprintf(" %s of cluster %s that the archive did not have; the log ends at %s", count(int64(s.Files), "file"), s.System, s.End)
	if s.LastTime != nil {
		said += ", with the transaction of " + s.LastTime.UTC().Format(time.RFC3339)
	}
	return said
}
