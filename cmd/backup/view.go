package backup

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/axisor/axisor/internal/backups"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/pkg/backup"
)

// createdView is the result of `backup create`. In a dry run what only the dump can tell is null.
type createdView struct {
	ID            string      `json:"id"`
	File          string      `json:"file"`
	Bytes         *int64      `json:"bytes"`
	SHA256        *string     `json:"sha256"`
	Database      string      `json:"database"`
	ServerVersion string      `json:"server_version"`
	StartedAt     output.Time `json:"started_at"`
	DurationMs    *int64      `json:"duration_ms"`
	Format        string      `json:"format"`
	Compression   string      `json:"compression"`
	Encrypted     bool        `json:"encrypted"`
	Verified      bool        `json:"verified"`
	Pruned        []string    `json:"pruned"` // ids
	Tables        *int        `json:"tables"`
	Rows          *int64      `json:"rows"` // null when they were not counted
	Warnings      []string    `json:"warnings"`
	Targets       []string    `json:"targets"` // that have a copy
}

// listView is a line of `backup list`.
type listView struct {
	ID            string       `json:"id"`
	State         string       `json:"state"`
	StartedAt     *output.Time `json:"started_at"`
	DurationMs    *int64       `json:"duration_ms"`
	Database      *string      `json:"database"`
	System        *string      `json:"system_identifier"`
	Bytes         *int64       `json:"bytes"`
	Tables        *int         `json:"tables"`
	Rows          *int64       `json:"rows"`
	ServerVersion *string      `json:"server_version"`
	Compression   *string      `json:"compression"`
	Encrypted     *bool        `json:"encrypted"`
	Pinned        *bool        `json:"pinned"`
	VerifiedLevel *string      `json:"verified_level"` // of the newest check
	VerifiedAt    *output.Time `json:"verified_at"`
	ProvenAt      *output.Time `json:"proven_at"` // newest test restore that passed
	Problem       *string      `json:"problem"`
	File          string       `json:"file"`
	Kind          string       `json:"kind"` // dump or base
}

// verifiedView is the outcome of one check.
type verifiedView struct {
	ID         string      `json:"id"`
	OK         bool        `json:"ok"`
	Level      string      `json:"level"`
	Problem    *string     `json:"problem"`
	At         output.Time `json:"at"`
	DurationMs int64       `json:"duration_ms"`
	Recorded   bool        `json:"recorded"`
	Kind       string      `json:"kind"`     // dump or base
	Warnings   []string    `json:"warnings"` // what was noticed and is no damage
}

// prunedView is the verdict on one backup.
type prunedView struct {
	ID        string       `json:"id"`
	StartedAt *output.Time `json:"started_at"`
	Bytes     *int64       `json:"bytes"`
	State     string       `json:"state"`
	Action    string       `json:"action"` // keep, remove (planned), removed
	Reason    string       `json:"reason"`
	DryRun    bool         `json:"dry_run"`
	Kind      string       `json:"kind"` // dump or base
}

// restoredView is the result of `restore`.
type restoredView struct {
	ID         string `json:"id"`
	Database   string `json:"database"`
	Created    bool   `json:"created"`
	Tables     int    `json:"tables"`
	Rows       int64  `json:"rows"`
	DurationMs int64  `json:"duration_ms"`

	Previous         *string `json:"previous"` // what a swapped database is called now
	PreviousDropped  bool    `json:"previous_dropped"`
	MigrationVersion *int64  `json:"migration_version"`

	Roles   []string `json:"roles"`    // that owners, grants and policies need: NAME, or OLD=NEW
	Failed  []string `json:"failed"`   // entries that could not be restored, with the reason (--continue-on-error)
	NotKept []string `json:"not_kept"` // properties of the database that were lost, with the reason
}

func createdDesc() output.Desc { return output.Desc{Noun: "backups", ID: "id"} }

func listDesc() output.Desc {
	return output.Desc{Noun: "backups", ID: "id", Columns: []output.Column{
		{Field: "id"},
		{Field: "kind", Drop: 6},
		{Field: "state", Role: stateRole},
		{Field: "started_at", Header: "STARTED", Drop: 2},
		{Field: "database"},
		{Field: "system_identifier", Header: "CLUSTER", Drop: 7},
		{Field: "bytes", Header: "SIZE", Format: size},
		{Field: "rows"},
		{Field: "encrypted", Drop: 3},
		{Field: "verified_level", Header: "CHECKED", Drop: 4},
		{Field: "proven_at", Header: "TEST RESTORE"},
		{Field: "problem", Wrap: true, Drop: 5},
	}}
}

func verifiedDesc() output.Desc {
	return output.Desc{Noun: "backups", ID: "id", Columns: []output.Column{
		{Field: "id"},
		{Field: "kind", Drop: 1},
		{Field: "ok"},
		{Field: "level"},
		{Field: "duration_ms", Header: "TIME", Format: milliseconds},
		{Field: "problem", Wrap: true},
	}}
}

func prunedDesc() output.Desc {
	return output.Desc{Noun: "backups", ID: "id", Columns: []output.Column{
		{Field: "id"},
		{Field: "kind", Drop: 2},
		{Field: "started_at", Header: "STARTED", Drop: 1},
		{Field: "bytes", Header: "SIZE", Format: size},
		{Field: "state", Role: stateRole},
		{Field: "action"},
		{Field: "reason", Wrap: true},
	}}
}

func stateRole(v any) int {
	if v == string(backup.StateGood) {
		return int(streams.Good)
	}
	return int(streams.Bad)
}

func size(v any) string {
	n, ok := v.(int64)
	if !ok {
		return fmt.Sprint(v)
	}
	return bytesText(n)
}

func bytesText(n int64) string { return humanize.IBytes(uint64(max(0, n))) }

func milliseconds(v any) string {
	n, ok := v.(int64)
	if !ok {
		return fmt.Sprint(v)
	}
	return (time.Duration(n) * time.Millisecond).String()
}

func listViewOf(e backup.Entry) listView {
	v := listView{ID: e.ID, Kind: backups.Kind(e), State: string(e.State), File: e.Path()}
	if e.Problem != "" {
		v.Problem = &e.Problem
	}
	m := e.Manifest
	if m == nil {
		return v
	}
	started, took, bytes, tables, encrypted := output.At(m.StartedAt), duration(m), m.Bytes(), len(m.Tables), m.Encryption != nil
	v.StartedAt, v.DurationMs, v.Bytes, v.Encrypted = &started, &took, &bytes, &encrypted
	v.Database, v.ServerVersion, v.Compression, v.Pinned = &m.Database.Name, &m.Server.Version, &m.Compression, &m.Pinned
	if m.Server.SystemIdentifier != "" {
		v.System = &m.Server.SystemIdentifier
	}
	if m.RowsCounted {
		rows := m.Rows()
		v.Tables, v.Rows = &tables, &rows
	}
	if last := m.Last(backup.LevelDigest); last != nil {
		level, at := string(last.Level), output.At(last.At)
		v.VerifiedLevel, v.VerifiedAt = &level, &at
	}
	if proof := m.LastGood(backup.LevelDeep); proof != nil {
		at := output.At(proof.At)
		v.ProvenAt = &at
	}
	return v
}

func duration(m *backup.Manifest) int64 { return m.FinishedAt.Sub(m.StartedAt).Milliseconds() }
