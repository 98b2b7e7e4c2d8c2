package backup

import (
	"context"
	"fmt"
	"path/filepath"
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
)

func create(a *app.App) *cobra.Command {
	b := &backups.Backup{Facts: func(m backups.Result) any { return createdViewOf(m) }}
	var monitoring flags.Monitor
	c := command(a, &b.Location, tools, verb.Command{
		Words: verb.Words{
			Use:   "create",
			Short: "Make a backup, check it, and remove what retention no longer keeps",
			Long: `Make a backup of the configured database with pg_dump.

The dump sees one instant of the database. It is compressed, encrypted when backup.recipients
are set, and read back from the disk before it counts as a backup. While it is stored pg_restore reads
its table of contents, every block of data is followed to its end, and the rows of every table in it are
held against what the server counts in the same instant. On any
failure nothing is left behind. Afterwards backups that no retention rule keeps are removed;
the newest good one never is. One run at a time: a second one ends with exit 13.

It is then copied to each of backup.targets, read back there, and old copies are removed by the
target's own rules; archived log that base backups there need goes along. Role passwords are not stored.`,
			Examples: []string{
				"axisor backup create",
				"axisor backup create --dry-run",
				"axisor backup create -o json --jq .file",
			},
			Exits:    exits.And(exits.Configured(exits.On(clierr.Failure, "disk full"), exits.On(clierr.Partial, "backup made; a copy or removing old ones failed")), clierr.Denied, clierr.Unavailable, clierr.Locked, clierr.Tool, clierr.Interrupted),
			Excludes: [][]string{{"hash", "no-counts"}},
		},
		Effect: flags.Write, Fields: output.Fields[createdView](),
		Flags: func(c *cobra.Command) {
			f := c.Flags()
			f.StringVar(&b.Compression, "compression", "", "zstd, gzip or none, with an optional level: zstd:3 (default: backup.compression)")
			f.BoolVar(&b.NoPrune, "no-prune", false, "remove no old backups afterwards")
			f.BoolVar(&b.NoPush, "no-push", false, "do not copy it to backup.targets")
			f.BoolVar(&b.NoCounts, "no-counts", false, "do not count rows; a deep check then proves less")
			f.BoolVar(&b.Hash, "hash", false, "also hash the rows of every table, for \"backup verify --deep --hash\"")
			f.BoolVar(&b.NoGlobals, "no-globals", false, "do not store the server's roles")
			f.DurationVar(&b.LockWait, "lock-wait", 30*time.Second, "how long to wait for a table that somebody has locked")
		},
		Check: func(*verb.Call) error { return checkCreate(b) },
		Run: func(ctx context.Context, call *verb.Call) error {
			if call.DryRun {
				return planCreate(ctx, call, b)
			}
			cfg, err := b.Settings()
			if err != nil {
				return err
			}
			if b.Monitor, err = a.Monitor("backup", "backup", monitoring, cfg.Monitor); err != nil {
				return err
			}
			made, err := b.Run(ctx)
			if err != nil {
				return err
			}
			return printMade(call, createdDesc(), createdViewOf(made), made, summary(made), "axisor backup verify "+made.ID+" --deep")
		},
	})
	monitoring.Register(c, "backup")
	return c
}

func checkCreate(b *backups.Backup) error {
	if b.LockWait <= 0 {
		return clierr.Usagef("--lock-wait %s: must be positive", b.LockWait)
	}
	if b.Compression != "" {
		if _, err := backup.ParseCodec(b.Compression); err != nil {
			return clierr.Usagef("--%s", err.Error())
		}
	}
	return nil
}

// printMade shows a backup that was made; cron keeps stderr, whatever the format of the result. Then it fails when something
// did not succeed afterwards.
func printMade[V any](call *verb.Call, d output.Desc, v V, made backups.Result, said, next string) error {
	if err := output.Change(call.Print, d, v, output.ChangeInfo{Result: words.Created, Summary: said, Next: next}); err != nil {
		return err
	}
	if call.Print.Machine() {
		call.Print.Notice("%s", said)
	}
	return made.Failed
}

func planCreate(ctx context.Context, call *verb.Call, b *backups.Backup) error {
	plan, err := b.Plan(ctx)
	if err != nil {
		return err
	}
	for _, w := range plan.Warnings {
		b.Warn("%s", w)
	}
	v := createdView{
		ID: plan.ID, File: filepath.Join(plan.Directory, plan.File), Database: plan.Database.Name, ServerVersion: plan.Server.Version,
		StartedAt: output.At(call.Now()), Format: "custom", Compression: plan.Compression, Encrypted: plan.Encrypted,
		Pruned: []string{}, Targets: []string{}, Warnings: append([]string{}, plan.Warnings...),
	}
	said := fmt.Sprintf("would dump %s (%s) with %s %s, %s free", plan.Database.Name, bytesText(plan.Database.SizeBytes),
		plan.Tool, plan.Client, bytesText(plan.FreeBytes))
	return output.Change(call.Print, createdDesc(), v, output.ChangeInfo{Result: words.Created, DryRun: true, Summary: said})
}

func createdViewOf(made backups.Result) createdView {
	m := made.Manifest
	bytes, took, verified := m.Archive.Bytes, duration(m), m.Last(backup.LevelDecode)
	v := createdView{
		ID: made.ID, File: made.Path(), Bytes: &bytes, SHA256: &m.Archive.SHA256, Database: m.Database.Name,
		ServerVersion: m.Server.Version, StartedAt: output.At(m.StartedAt), DurationMs: &took, Format: m.Format,
		Compression: m.Compression, Encrypted: m.Encryption != nil, Verified: verified != nil && verified.OK,
		Pruned: backups.IDs(made.Removed), Targets: append([]string{}, made.Copied...), Warnings: append([]string{}, m.Warnings...),
	}
	if m.RowsCounted {
		tables, rows := len(m.Tables), m.Rows()
		v.Tables, v.Rows = &tables, &rows
	}
	return v
}

// summary is the one line that a cron mail needs.
func summary(made backups.Result) string {
	m := made.Manifest
	parts := []string{fmt.Sprintf("backup %s of %s: %s", made.ID, m.Database.Name, bytesText(m.Bytes()))}
	if m.RowsCounted {
		parts = append(parts, words.Count(m.Rows(), "row")+" in "+words.Count(int64(len(m.Tables)), "table"))
	}
	parts = append(parts, "checked", milliseconds(duration(m)))
	if len(made.Removed) > 0 {
		parts = append(parts, fmt.Sprintf("%d old removed", len(made.Removed)))
	}
	return strings.Join(parts, ", ")
}
