package backup

import (
	"context"
	"path/filepath"
	"strings"

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

func baseDesc() output.Desc { return output.Desc{Noun: "base backups", ID: "id"} }

func base(a *app.App) *cobra.Command {
	b := &backups.Base{Facts: func(m backups.Result) any { return baseViewOf(m) }}
	return command(a, &b.Location, tools, verb.Command{
		Words: verb.Words{
			Use:   "base",
			Short: "Make a base backup of the whole cluster, where recovery to a point in time begins",
			Long: `Copy the whole cluster with pg_basebackup: the beginning of every "axisor restore pitr". The
stream is compressed, encrypted when backup.recipients are set, and read back from the disk; each
file is compared with the server's own list (backup_manifest) while it passes. The log inside the
copy goes into the log archive too. It is copied to backup.targets, with the log that it needs. Afterwards base backups that no retention rule keeps are removed,
with the log that only they needed.

Between base backups the log must be archived without a gap: axisor backup wal start, or
archive_command. The login needs the REPLICATION right. Tablespaces are in the copy too (PostgreSQL 15 or newer).`,
			Examples: []string{
				"axisor backup base",
				"axisor backup base --spread",
				"axisor backup base --dry-run",
			},
			Exits: exits.And(exits.Configured(exits.On(clierr.Failure, "disk full"), exits.On(clierr.Partial, "made here; a copy failed")), clierr.Denied, clierr.Unavailable, clierr.Locked, clierr.Tool, clierr.Interrupted),
		},
		Effect: flags.Write, Fields: output.Fields[baseView](),
		Flags: func(c *cobra.Command) {
			c.Flags().BoolVar(&b.Spread, "spread", false, "let the server's first checkpoint take its time")
			c.Flags().BoolVar(&b.NoPush, "no-push", false, "do not copy it to backup.targets")
		},
		Run: func(ctx context.Context, call *verb.Call) error {
			if call.DryRun {
				return planBase(ctx, call, b)
			}
			made, err := b.Run(ctx)
			if err != nil {
				return err
			}
			m := made.Manifest
			said := strings.Join([]string{
				"base backup " + made.ID + ": " + bytesText(m.Bytes()) + " of " + bytesText(m.Base.DataBytes),
				words.Count(int64(m.Base.Files), "file") + " checked", milliseconds(duration(m)),
			}, ", ")
			return printMade(call, baseDesc(), baseViewOf(made), made, said, "axisor backup status")
		},
	})
}

func planBase(ctx context.Context, call *verb.Call, b *backups.Base) error {
	plan, err := b.Plan(ctx)
	if err != nil {
		return err
	}
	v := baseView{
		ID: plan.ID, File: filepath.Join(plan.Directory, plan.File), SystemIdentifier: plan.Server.SystemIdentifier,
		ServerVersion: plan.Server.Version, StartedAt: output.At(call.Now()), Compression: plan.Compression, Encrypted: plan.Encrypted,
		Warnings: append([]string{}, plan.Warnings...), Targets: []string{},
	}
	return output.Change(call.Print, baseDesc(), v, output.ChangeInfo{
		Result: words.Created, DryRun: true, Summary: "would copy the cluster of " + plan.Database.Name,
	})
}

func baseViewOf(made backups.Result) baseView {
	m := made.Manifest
	b := m.Base
	bytes, took, start, stop, at := m.Bytes(), duration(m), b.StartLSN.String(), b.StopLSN.String(), output.At(b.StopTime)
	return baseView{
		ID: made.ID, File: made.Path(), Bytes: &bytes, DataBytes: &b.DataBytes, Files: &b.Files, SHA256: &m.Archive.SHA256,
		SystemIdentifier: m.Server.SystemIdentifier, ServerVersion: m.Server.Version, StartedAt: output.At(m.StartedAt), DurationMs: &took,
		Timeline: &b.Timeline, StartLSN: &start, StopLSN: &stop, StopTime: &at, Compression: m.Compression,
		Encrypted: m.Encryption != nil, Verified: made.State == backup.StateGood, Warnings: append([]string{}, m.Warnings...),
		Targets: append([]string{}, made.Copied...),
	}
}
