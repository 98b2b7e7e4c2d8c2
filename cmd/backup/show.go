package backup

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/backups"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/backup"
)

// showView is everything the manifest knows. What cannot be read is null.
type showView struct {
	listView

	Host             *string             `json:"host"`
	Program          *string             `json:"program"`
	ClientVersion    *string             `json:"client_version"`
	LSN              *string             `json:"lsn"`
	MigrationVersion *int64              `json:"migration_version"`
	DumpFlags        []string            `json:"dump_flags"`
	Recipients       []string            `json:"recipients"` // fingerprints of public keys
	SHA256           *string             `json:"sha256"`
	RawBytes         *int64              `json:"raw_bytes"`
	Globals          *string             `json:"globals"` // file with the roles
	Warnings         []string            `json:"warnings"`
	TableRows        []tableView         `json:"table_rows"`
	Verifications    []verificationsView `json:"verifications"`
}

type tableView struct {
	Schema string `json:"schema"`
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`
}

type verificationsView struct {
	At         output.Time `json:"at"`
	Level      string      `json:"level"`
	OK         bool        `json:"ok"`
	DurationMs int64       `json:"duration_ms"`
	Problem    *string     `json:"problem"`
}

func show(a *app.App) *cobra.Command {
	var l backups.Location
	return command(a, &l, database|target, verb.Command{
		Words: verb.Words{
			Use:   "show ID|FILE|latest",
			Short: "Show everything the manifest says about a backup",
			Long: `Show everything the manifest says about a backup: what was dumped from where, the files with
their digests, the rows of each table at that instant, and every check made since.`,
			Examples: []string{
				"axisor backup show latest",
				"axisor backup show 20260812_030000 -o json --jq '.table_rows[]'",
			},
			Exits: exits.And(exits.Configured(), clierr.NotFound, clierr.Denied),
		},
		Aliases: []string{"get"}, Fields: output.Fields[showView](), Complete: l.Names,
		Run: func(ctx context.Context, call *verb.Call) error {
			_, e, err := l.Find(ctx, call.Args[0])
			if err != nil {
				return err
			}
			v := showViewOf(e)
			return output.One(call.Print, listDesc(), v, func(d *output.Doc) { v.write(d, e) })
		},
	})
}

func showViewOf(e backup.Entry) showView {
	v := showView{
		listView: listViewOf(e), DumpFlags: []string{}, Recipients: []string{}, Warnings: []string{},
		TableRows: []tableView{}, Verifications: []verificationsView{},
	}
	m := e.Manifest
	if m == nil {
		return v
	}
	v.Host, v.Program, v.ClientVersion = &m.Host, &m.Program, &m.ClientVersion
	v.LSN, v.MigrationVersion = &m.Server.LSN, m.MigrationVersion
	v.SHA256, v.RawBytes = &m.Archive.SHA256, &m.Archive.RawBytes
	v.DumpFlags = append(v.DumpFlags, m.DumpFlags...)
	v.Warnings = append(v.Warnings, m.Warnings...)
	if m.Encryption != nil {
		v.Recipients = append(v.Recipients, m.Encryption.Recipients...)
	}
	if m.Globals != nil {
		v.Globals = &m.Globals.Name
	}
	for _, t := range m.Tables {
		v.TableRows = append(v.TableRows, tableView{Schema: t.Schema, Name: t.Name, Rows: t.Rows})
	}
	for _, c := range m.Verifications {
		line := verificationsView{At: output.At(c.At), Level: string(c.Level), OK: c.OK, DurationMs: c.DurationMs}
		if c.Problem != "" {
			line.Problem = &c.Problem
		}
		v.Verifications = append(v.Verifications, line)
	}
	return v
}

// write lays the backup out for a person.
func (v showView) write(d *output.Doc, e backup.Entry) {
	d.Field("id", v.ID)
	d.Field("state", v.State)
	d.Field("problem", v.Problem)
	d.Field("file", v.File)
	if e.Manifest == nil {
		return
	}
	d.Field("size", bytesText(e.Manifest.Bytes())+" of "+bytesText(e.Manifest.Archive.RawBytes)+" dumped")
	d.Field("sha256", v.SHA256)
	d.Field("started_at", v.StartedAt)
	d.Field("took", milliseconds(duration(e.Manifest)))
	d.Field("database", v.Database)
	d.Field("cluster", v.System)
	d.Field("server", e.Manifest.Server.Version)
	d.Field("pg_dump", v.ClientVersion)
	d.Field("migration", v.MigrationVersion)
	d.Field("compression", v.Compression)
	d.Field("encrypted", v.Encrypted)
	d.Field("roles", v.Globals)
	d.Field("made_by", e.Manifest.Program+" on "+e.Manifest.Host)
	for _, w := range v.Warnings {
		d.Line(streams.Warn, "warning: %s", w)
	}
	d.Section("rows")
	output.TableOf(d, output.Desc{Columns: []output.Column{{Field: "schema"}, {Field: "name"}, {Field: "rows"}}}, v.TableRows)
	d.Section("checks")
	output.TableOf(d, output.Desc{Columns: []output.Column{
		{Field: "at"}, {Field: "level"}, {Field: "ok"}, {Field: "duration_ms", Header: "TIME", Format: milliseconds}, {Field: "problem"},
	}}, v.Verifications)
}
