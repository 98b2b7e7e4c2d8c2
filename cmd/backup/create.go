package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/migrate"
)

type createOptions struct {
	app         *app.App
	place       place
	compression string
	noPrune     bool
	noCounts    bool
	noGlobals   bool
	hash        bool
	noPush      bool
	lockWait    time.Duration
	write       flags.Writes
	monitor     flags.Monitor
}

func newCreate(a *app.App, run func(context.Context, *createOptions) error) *cobra.Command {
	if run == nil {
		run = runCreate
	}
	o := &createOptions{app: a}
	c := &cobra.Command{
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
target's own rules; archived log that base backups there need goes along. Role passwords are not stored.

Exit codes: 0, 1 (disk full), 2, 6, 7 (backup made; a copy or removing old ones failed), 10, 11, 13, 14, 130.`,
		Example: "  axisor backup create\n  axisor backup create --dry-run\n  axisor backup create -o json --jq .file",
		Args:    flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.validate(); err != nil {
				return err
			}
			return explain(run(c.Context(), o))
		},
	}
	c.Flags().StringVar(&o.compression, "compression", "", "zstd, gzip or none, with an optional level: zstd:3 (default: backup.compression)")
	c.Flags().BoolVar(&o.noPrune, "no-prune", false, "remove no old backups afterwards")
	c.Flags().BoolVar(&o.noPush, "no-push", false, "do not copy it to backup.targets")
	c.Flags().BoolVar(&o.noCounts, "no-counts", false, "do not count rows; a deep check then proves less")
	c.Flags().BoolVar(&o.hash, "hash", false, "also hash the rows of every table, for \"backup verify --deep --hash\"")
	c.Flags().BoolVar(&o.noGlobals, "no-globals", false, "do not store the server's roles")
	c.Flags().DurationVar(&o.lockWait, "lock-wait", 30*time.Second, "how long to wait for a table that somebody has locked")
	o.place.register(c, true)
	o.write.Register(c)
	o.monitor.Register(c, "backup")
	fieldsOf[createdView](c)
	return c
}

func (o *createOptions) validate() error {
	if o.lockWait <= 0 {
		return clierr.Usagef("--lock-wait %s: must be positive", o.lockWait)
	}
	if o.hash && o.noCounts {
		return clierr.Usagef("--hash and --no-counts exclude each other")
	}
	if o.compression != "" {
		if _, err := backup.ParseCodec(o.compression); err != nil {
			return clierr.Usagef("--%s", err.Error())
		}
	}
	return nil
}

func runCreate(ctx context.Context, o *createOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	repo, err := o.place.open(o.app)
	if err != nil {
		return err
	}
	q, err := o.request()
	if err != nil {
		return err
	}
	// A target that cannot be used is found now, not when the dump is made.
	if _, err := configuredTargets(o.app); err != nil && !o.noPush {
		return err
	}
	own, _, err := configuredScope(ctx, o.app)
	if err != nil {
		return err
	}
	if own != nil && !own.AnyCluster {
		repo = repo.For(*own)
	}
	if o.write.DryRun {
		return planCreate(ctx, p, o, repo, q)
	}
	list, err := repo.List()
	if err != nil {
		return err
	}
	cfg, err := o.app.Config()
	if err != nil {
		return err
	}
	// A second run must neither stop what a hook stops nor tell the monitor that a backup has failed.
	if err := repo.Idle(); err != nil {
		return err
	}
	tell := notifier{app: o.app, p: p, cfg: cfg.Backup}
	if tell.to, err = o.app.Monitor("backup", "backup", o.monitor, cfg.Backup.Monitor); err != nil {
		return err
	}
	if err := tell.begin(ctx); err != nil {
		return err
	}
	bar := progress.Start(o.app.Streams, "backup", lastRaw(list), progress.Bytes, o.app.Globals.Quiet)
	q.Progress = bar
	e, err := repo.Create(ctx, q)
	bar.Done()
	if err != nil {
		if herr := tell.end(ctx, repo, "", "", err); herr != nil {
			warn(p, "backup.post_hook failed: "+herr.Error())
		}
		return err
	}
	for _, w := range e.Manifest.Warnings {
		warn(p, w)
	}
	repo = of(repo, e)
	gone, pruneErr := o.prune(ctx, repo)
	v := createdViewOf(e, gone)
	copyErr := o.copy(ctx, p, repo, e, &v)
	hookErr := tell.end(ctx, repo, e.ID, e.Path(), errors.Join(pruneErr, copyErr))
	if err := audit(ctx, o.app, "backup.create", e.ID, v); err != nil {
		warn(p, "the backup is good, but it could not be written into the audit trail: "+err.Error())
	}
	if err := output.Change(p, createdDesc(), v, output.ChangeInfo{
		Result: output.Created, Said: summary(e.Manifest, v), Next: "axisor backup verify " + e.ID + " --deep",
	}); err != nil {
		return err
	}
	if p.Machine() {
		p.Notice("%s", summary(e.Manifest, v)) // cron keeps stderr, whatever the format of the result
	}
	if hookErr != nil {
		return clierr.New(clierr.Partial, "hook_failed", "backup "+e.ID+" is good, but backup.post_hook failed: "+hookErr.Error()).WithCause(hookErr)
	}
	if copyErr != nil {
		return clierr.New(clierr.Partial, "copy_failed", "backup "+e.ID+" is good here, but not every target has it: "+copyErr.Error(),
			"try again, what was sent is kept: axisor backup push").WithCause(copyErr)
	}
	if pruneErr != nil {
		return clierr.New(clierr.Partial, "prune_failed", "backup "+e.ID+" is good, but removing old ones failed: "+pruneErr.Error(),
			"axisor backup prune").WithCause(pruneErr)
	}
	return nil
}

func (o *createOptions) request() (backup.Request, error) {
	cfg, err := o.app.Config()
	if err != nil {
		return backup.Request{}, err
	}
	db, err := o.app.RawDB()
	if err != nil {
		return backup.Request{}, err
	}
	q := backup.Request{
		URL: db.URL(), Compression: cfg.Backup.Compression, Recipients: cfg.Backup.Recipients,
		DumpFlags: cfg.Backup.DumpFlags, LockWait: o.lockWait, NoCounts: o.noCounts, NoGlobals: o.noGlobals, Hash: o.hash,
		MigrationSchemas: []string{db.Names().Own, cmp.Or(db.Target().Schema, "public")}, MigrationTable: migrate.VersionTable,
	}
	if o.compression != "" {
		q.Compression = o.compression
	}
	return q, nil
}

// copy sends the new backup, and what earlier runs could not send, to the configured targets.
func (o *createOptions) copy(ctx context.Context, p *output.Printer, repo *backup.Repository, e backup.Entry, v *createdView) error {
	targets, err := configuredTargets(o.app)
	if err != nil || o.noPush {
		return err
	}
	job := pushJob{app: o.app, repo: repo, place: &o.place, dumps: []backup.Entry{e}, log: true, prune: !o.noPrune}
	err = job.run(ctx, targets)
	for _, d := range job.done {
		if d.Kind == "dump" {
			v.Targets = append(v.Targets, d.Target)
			p.Notice("copied to %s", d.Target)
		}
	}
	return err
}

// prune removes old backups after a good one was made.
func (o *createOptions) prune(ctx context.Context, repo *backup.Repository) ([]backup.Entry, error) {
	if o.noPrune {
		return nil, nil
	}
	policy, err := configuredPolicy(o.app)
	if err != nil {
		return nil, err
	}
	_, gone, err := repo.Prune(ctx, policy)
	return gone, err
}

func planCreate(ctx context.Context, p *output.Printer, o *createOptions, repo *backup.Repository, q backup.Request) error {
	plan, err := repo.Preflight(ctx, q)
	if err != nil {
		return err
	}
	for _, w := range plan.Warnings {
		warn(p, w)
	}
	v := createdView{
		ID: plan.ID, File: filepath.Join(plan.Directory, plan.File), Database: plan.Database.Name, ServerVersion: plan.Server.Version,
		StartedAt: output.At(o.app.Now()), Format: "custom", Compression: plan.Compression, Encrypted: plan.Encrypted,
		Pruned: []string{}, Targets: []string{}, Warnings: append([]string{}, plan.Warnings...),
	}
	said := fmt.Sprintf("would dump %s (%s) with %s %s, %s free", plan.Database.Name, bytesText(plan.Database.SizeBytes),
		plan.Tool, plan.Client, bytesText(plan.FreeBytes))
	return output.Change(p, createdDesc(), v, output.ChangeInfo{Result: output.Created, DryRun: true, Said: said})
}

// lastRaw is what the newest backup read from the server, the best guess for the next one.
func lastRaw(list []backup.Entry) int64 {
	for _, e := range list {
		if e.Manifest != nil {
			return e.Manifest.Archive.RawBytes
		}
	}
	return 0
}

func createdViewOf(e backup.Entry, gone []backup.Entry) createdView {
	m := e.Manifest
	bytes, took, verified := m.Archive.Bytes, duration(m), m.Last(backup.LevelDecode)
	v := createdView{
		ID: e.ID, File: e.Path(), Bytes: &bytes, SHA256: &m.Archive.SHA256, Database: m.Database.Name,
		ServerVersion: m.Server.Version, StartedAt: output.At(m.StartedAt), DurationMs: &took, Format: m.Format,
		Compression: m.Compression, Encrypted: m.Encryption != nil, Verified: verified != nil && verified.OK,
		Pruned: []string{}, Targets: []string{}, Warnings: append([]string{}, m.Warnings...),
	}
	if m.RowsCounted {
		tables, rows := len(m.Tables), m.Rows()
		v.Tables, v.Rows = &tables, &rows
	}
	for _, old := range gone {
		v.Pruned = append(v.Pruned, old.ID)
	}
	return v
}

// summary is the one line that a cron mail needs.
func summary(m *backup.Manifest, v createdView) string {
	parts := []string{fmt.Sprintf("backup %s of %s: %s", v.ID, v.Database, bytesText(m.Bytes()))}
	if v.Rows != nil {
		parts = append(parts, count(*v.Rows, "row")+" in "+count(int64(*v.Tables), "table"))
	}
	parts = append(parts, "checked", (time.Duration(*v.DurationMs) * time.Millisecond).String())
	if len(v.Pruned) > 0 {
		parts = append(parts, fmt.Sprintf("%d old removed", len(v.Pruned)))
	}
	return strings.Join(parts, ", ")
}

func warn(p *output.Printer, text string) { p.Warn("%s", text) }
