package backup

import (
	"context"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/pkg/backup"
)

// baseView is the result of `backup base`. In a dry run what only the copy can tell is null.
type baseView struct {
	ID               string       `json:"id"`
	File             string       `json:"file"`
	Bytes            *int64       `json:"bytes"`
	DataBytes        *int64       `json:"data_bytes"`
	Files            *int         `json:"files"`
	SHA256           *string      `json:"sha256"`
	SystemIdentifier string       `json:"system_identifier"`
	ServerVersion    string       `json:"server_version"`
	StartedAt        output.Time  `json:"started_at"`
	DurationMs       *int64       `json:"duration_ms"`
	Timeline         *uint32      `json:"timeline"`
	StartLSN         *string      `json:"start_lsn"`
	StopLSN          *string      `json:"stop_lsn"`
	StopTime         *output.Time `json:"stop_time"` // the first point that can be recovered to
	Compression      string       `json:"compression"`
	Encrypted        bool         `json:"encrypted"`
	Verified         bool         `json:"verified"`
	Warnings         []string     `json:"warnings"`
	Targets          []string     `json:"targets"` // that have a copy
}

type baseOptions struct {
	app    *app.App
	place  place
	spread bool
	noPush bool
	write  flags.Writes
}

func newBase(a *app.App, run func(context.Context, *baseOptions) error) *cobra.Command {
	if run == nil {
		run = runBase
	}
	o := &baseOptions{app: a}
	c := &cobra.Command{
		Use:   "base",
		Short: "Make a base backup of the whole cluster, where recovery to a point in time begins",
		Long: `Copy the whole cluster with pg_basebackup: the beginning of every "axisor restore pitr". The
stream is compressed, encrypted when backup.recipients are set, and read back from the disk; each
file is compared with the server's own list (backup_manifest) while it passes. The log inside the
copy goes into the log archive too. It is copied to backup.targets, with the log that it needs. Afterwards base backups that no retention rule keeps are removed,
with the log that only they needed.

Between base backups the log must be archived without a gap: axisor backup wal start, or
archive_command. The login needs the REPLICATION right. Tablespaces are in the copy too (PostgreSQL 15 or newer).

Exit codes: 0, 1 (disk full), 2, 6, 7 (made here; a copy failed), 10, 11, 13, 14, 130.`,
		Example: "  axisor backup base\n  axisor backup base --spread\n  axisor backup base --dry-run",
		Args:    flags.None(),
		RunE:    func(c *cobra.Command, _ []string) error { return explain(run(c.Context(), o)) },
	}
	c.Flags().BoolVar(&o.spread, "spread", false, "let the server's first checkpoint take its time")
	c.Flags().BoolVar(&o.noPush, "no-push", false, "do not copy it to backup.targets")
	o.place.register(c, true)
	o.write.Register(c)
	fieldsOf[baseView](c)
	return c
}

func runBase(ctx context.Context, o *baseOptions) error {
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
	q := backup.BaseRequest{
		Request: backup.Request{URL: url, Compression: cfg.Backup.Compression, Recipients: cfg.Backup.Recipients}, Spread: o.spread,
	}
	if _, err := configuredTargets(o.app); err != nil && !o.noPush {
		return err
	}
	if o.write.DryRun {
		plan, err := repo.PreflightBase(ctx, q)
		if err != nil {
			return err
		}
		v := baseView{
			ID: plan.ID, File: filepath.Join(plan.Directory, plan.File), SystemIdentifier: plan.Server.SystemIdentifier,
			ServerVersion: plan.Server.Version, StartedAt: output.At(o.app.Now()), Compression: plan.Compression, Encrypted: plan.Encrypted,
			Warnings: append([]string{}, plan.Warnings...), Targets: []string{},
		}
		return output.Change(p, output.Desc{Noun: "base backups", ID: "id"}, v, output.ChangeInfo{
			Result: output.Created, DryRun: true, Said: "would copy the cluster of " + plan.Database.Name,
		})
	}
	list, err := repo.Bases()
	if err != nil {
		return err
	}
	bar := progress.Start(o.app.Streams, "base backup", lastRaw(list), progress.Bytes, o.app.Globals.Quiet)
	q.Progress = bar
	// The heap is a few buffers and a few words for each file of the cluster, and grows slowly: collecting often costs
	// nothing that can be measured and keeps the program small beside the server.
	defer debug.SetGCPercent(debug.SetGCPercent(25))
	e, err := repo.Base(ctx, q)
	bar.Done()
	if err != nil {
		return err
	}
	repo = of(repo, e)
	v := baseViewOf(e)
	for _, w := range v.Warnings {
		warn(p, w)
	}
	copyErr := o.copy(ctx, p, repo, e, &v)
	if err := audit(ctx, o.app, "backup.base", e.ID, v); err != nil {
		warn(p, "the base backup is good, but it could not be written into the audit trail: "+err.Error())
	}
	policy, err := configuredPolicy(o.app)
	if err == nil {
		_, _, _, err = repo.PrunePhysical(ctx, policy)
	}
	if err != nil {
		warn(p, "the base backup is good, but old ones could not be removed: "+err.Error())
	}
	said := strings.Join([]string{
		"base backup " + e.ID + ": " + bytesText(*v.Bytes) + " of " + bytesText(*v.DataBytes), count(int64(*v.Files), "file") + " checked",
		(time.Duration(*v.DurationMs) * time.Millisecond).String(),
	}, ", ")
	err = output.Change(p, output.Desc{Noun: "base backups", ID: "id"}, v, output.ChangeInfo{Result: output.Created, Said: said, Next: "axisor backup status"})
	if err == nil && p.Machine() {
		p.Notice("%s", said)
	}
	if err == nil && copyErr != nil {
		err = clierr.New(clierr.Partial, "copy_failed", "base backup "+e.ID+" is good here, but not every target has it: "+copyErr.Error(),
			"try again, what was sent is kept: axisor backup push").WithCause(copyErr)
	}
	return err
}

// copy sends the base backup, and the log that it needs, to the configured targets.
func (o *baseOptions) copy(ctx context.Context, p *output.Printer, repo *backup.Repository, e backup.Entry, v *baseView) error {
	targets, err := configuredTargets(o.app)
	if err != nil || o.noPush {
		return err
	}
	job := pushJob{app: o.app, repo: repo, place: &o.place, bases: []backup.Entry{e}, log: true, prune: true}
	err = job.run(ctx, targets)
	for _, d := range job.done {
		if d.Kind == "base" {
			v.Targets = append(v.Targets, d.Target)
			p.Notice("copied to %s", d.Target)
		}
	}
	return err
}

func baseViewOf(e backup.Entry) baseView {
	m := e.Manifest
	b := m.Base
	bytes, took, start, stop, at := m.Bytes(), duration(m), b.StartLSN.String(), b.StopLSN.String(), output.At(b.StopTime)
	return baseView{
		ID: e.ID, File: e.Path(), Bytes: &bytes, DataBytes: &b.DataBytes, Files: &b.Files, SHA256: &m.Archive.SHA256,
		SystemIdentifier: m.Server.SystemIdentifier, ServerVersion: m.Server.Version, StartedAt: output.At(m.StartedAt), DurationMs: &took,
		Timeline: &b.Timeline, StartLSN: &start, StopLSN: &stop, StopTime: &at, Compression: m.Compression,
		Encrypted: m.Encryption != nil, Verified: e.State == backup.StateGood, Warnings: append([]string{}, m.Warnings...), Targets: []string{},
	}
}
