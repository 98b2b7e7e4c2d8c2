package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/axisor/axisor/pkg/exactjson"
)

// manifestVersion is raised when a manifest can no longer be read by older releases.
const manifestVersion = 1

// manifestLimit keeps a foreign or damaged file from being read into memory whole.
const manifestLimit = 16 << 20

// keptVerifications bounds how many results a manifest remembers.
const keptVerifications = 50

// Manifest is everything known about one backup, stored beside it as JSON.
type Manifest struct {
	SchemaVersion    int            `json:"schema_version"`
	Kind             string         `json:"kind"` // logical or base
	ID               string         `json:"id"`
	StartedAt        time.Time      `json:"started_at"`
	FinishedAt       time.Time      `json:"finished_at"`
	Host             string         `json:"host"`
	Program          string         `json:"program"`
	Database         Database       `json:"database"`
	Server           Server         `json:"server"`
	ClientVersion    string         `json:"client_version"`
	MigrationVersion *int64         `json:"migration_version"`
	DumpFlags        []string       `json:"dump_flags"`
	Format           string         `json:"format"` // custom: what pg_restore reads
	Compression      string         `json:"compression"`
	Encryption       *Encryption    `json:"encryption"`
	Archive          FileInfo       `json:"archive"`
	Globals          *FileInfo      `json:"globals"`
	RowsCounted      bool           `json:"rows_counted"`
	Tables           []TableRows    `json:"tables"`
	LargeObjects     *int64         `json:"large_objects,omitempty"` // in the dump's snapshot; older backups do not say
	Warnings         []string       `json:"warnings"`
	Pinned           bool           `json:"pinned"`
	Base             *BaseInfo      `json:"base,omitempty"` // of a base backup only
	Verifications    []Verification `json:"verifications"`
	Signature        *Signature     `json:"signature,omitempty"`
	Checksum         string         `json:"checksum"`
}

// Database identifies what was dumped and how to make an empty one like it.
type Database struct {
	Name      string `json:"name"`
	Encoding  string `json:"encoding"`
	Collate   string `json:"collate"`
	CharType  string `json:"ctype"`
	SizeBytes int64  `json:"size_bytes"`

	// Backups of older releases have none of these.
	Provider         string      `json:"locale_provider,omitempty"` // libc, icu or builtin
	Locale           string      `json:"locale,omitempty"`          // of icu and builtin
	Rules            string      `json:"icu_rules,omitempty"`
	CollationVersion string      `json:"collation_version,omitempty"` // of the library that sorted
	Properties       *Properties `json:"properties,omitempty"`
}

// Server identifies the cluster at the moment of the snapshot.
type Server struct {
	Version          string `json:"version"`
	VersionNumber    int    `json:"version_number"`
	SystemIdentifier string `json:"system_identifier"`
	LSN              string `json:"lsn"`
	Snapshot         string `json:"snapshot"`
}

// Encryption says how the files are encrypted; keys are named by fingerprint only.
type Encryption struct {
	Method     string   `json:"method"`
	Recipients []string `json:"recipients"`
}

// TableRows is a table's row count inside the dump's own snapshot.
type TableRows struct {
	Schema string `json:"schema"`
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`
	Hash   string `json:"hash,omitempty"` // over all rows, in any order

	rawSchema, rawName string // in the encoding of the database, while it is at hand
}

// Level is how thoroughly a backup is checked.
type Level string

// The levels, each including the ones before it.
const (
	LevelDigest Level = "digest" // the stored bytes are the ones that were written
	LevelDecode Level = "decode" // the archive can be read to its end
	LevelDeep   Level = "deep"   // it restores, and every table has its rows
)

// Verification is one recorded check.
type Verification struct {
	Level      Level     `json:"level"`
	At         time.Time `json:"at"`
	OK         bool      `json:"ok"`
	DurationMs int64     `json:"duration_ms"`
	Problem    string    `json:"problem,omitempty"`
	Warnings   []string  `json:"warnings,omitempty"` // what was noticed and is no damage
}

const checksumKey = `"checksum": "`

// encode writes the manifest with a digest over itself: one flipped digit in a row count
// would otherwise still be valid JSON.
func (m *Manifest) encode() ([]byte, error) { return m.encodeFor(nil) }

// encodeFor also signs it, when there is a key.
func (m *Manifest) encodeFor(key *Signing) ([]byte, error) {
	return encodeSigned(m, key, &m.Signature, &m.Checksum)
}

// encodeChecked writes v, whose last field is the checksum, with a digest over its own text.
func encodeChecked(v any, checksum *string) ([]byte, error) {
	*checksum = strings.Repeat("0", 64)
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	text = append(text, '\n')
	at := bytes.LastIndex(text, []byte(checksumKey)) + len(checksumKey)
	sum := sha256.Sum256(text)
	*checksum = hex.EncodeToString(sum[:])
	copy(text[at:], *checksum)
	return text, nil
}

// decodeManifest checks the digest first, on the bytes: fields this release does not know
// are covered too.
func decodeManifest(text []byte, id string) (*Manifest, error) {
	var m Manifest
	if err := decodeChecked(text, &m); err != nil {
		return nil, err
	}
	if m.SchemaVersion > manifestVersion {
		return nil, fmt.Errorf("manifest version %d was written by a newer axisor", m.SchemaVersion)
	}
	if err := m.check(id); err != nil {
		return nil, err
	}
	return &m, nil
}

// decodeChecked is the reverse of encodeChecked.
func decodeChecked(text []byte, v any) error {
	at := bytes.LastIndex(text, []byte(checksumKey))
	if at < 0 || len(text) < at+len(checksumKey)+64 {
		return errors.New("manifest is incomplete")
	}
	at += len(checksumKey)
	stored := string(text[at : at+64])
	blank := bytes.Clone(text)
	copy(blank[at:], strings.Repeat("0", 64))
	if sum := sha256.Sum256(blank); hex.EncodeToString(sum[:]) != stored {
		return errors.New("manifest does not match its own checksum")
	}
	if err := exactjson.Unmarshal(text, v); err != nil {
		return fmt.Errorf("manifest is not readable: %w", err)
	}
	return nil
}

// check refuses a manifest that names files outside its own backup: they will be read, and
// one day removed.
func (m *Manifest) check(id string) error {
	if m.ID != id {
		return fmt.Errorf("manifest says it belongs to %q", m.ID)
	}
	for _, f := range m.files() {
		if !m.owns(f.Name) {
			return fmt.Errorf("manifest names a file %q that is not its own", f.Name)
		}
	}
	if (m.Kind == kindBase) != (m.Base != nil) {
		return fmt.Errorf("manifest of kind %q has the wrong content", m.Kind)
	}
	if _, err := ParseCodec(m.Compression); err != nil {
		return err
	}
	return nil
}

func (m *Manifest) owns(name string) bool {
	if m.Kind == kindBase {
		match := baseFile().FindStringSubmatch(name)
		return match != nil && match[1] == m.ID
	}
	match := ownName().FindStringSubmatch(name)
	return match != nil && match[2] == m.ID && match[3] != manifestExt && match[6] == ""
}

func (m *Manifest) files() []FileInfo {
	out := []FileInfo{m.Archive}
	if m.Globals != nil {
		out = append(out, *m.Globals)
	}
	return out
}

// Files are the files that the backup consists of, besides its manifest.
func (m *Manifest) Files() []FileInfo { return m.files() }

// Bytes is what the backup takes on disk.
func (m *Manifest) Bytes() int64 {
	var n int64
	for _, f := range m.files() {
		n += f.Bytes
	}
	return n
}

// Rows is the number of rows in all tables.
func (m *Manifest) Rows() int64 {
	var n int64
	for _, t := range m.Tables {
		n += t.Rows
	}
	return n
}

// Standing returns the newest failed verification that no later pass of the same or a higher level has cleared, or nil.
// That the bytes are still the ones that were written says nothing about rows that a test restore has missed.
func (m *Manifest) Standing() *Verification {
	passed := 0
	for i := len(m.Verifications) - 1; i >= 0; i-- {
		v := &m.Verifications[i]
		switch {
		case v.OK:
			passed = max(passed, v.Level.rank())
		case v.Level.rank() > passed:
			return v
		}
	}
	return nil
}

// forget bounds the verifications. What the state and the proof rest on stays.
func (m *Manifest) forget() {
	for len(m.Verifications) > keptVerifications {
		keep := []*Verification{m.Standing(), m.LastGood(LevelDigest), m.LastGood(LevelDecode), m.LastGood(LevelDeep)}
		at := 0
		for at < len(m.Verifications)-1 && slices.Contains(keep, &m.Verifications[at]) {
			at++
		}
		m.Verifications = slices.Delete(m.Verifications, at, at+1)
	}
}

// judge tells the state that the verifications give.
func (m *Manifest) judge() (State, string) {
	if m.LastGood(LevelDigest) == nil && m.Standing() == nil {
		return StateFailed, "never verified"
	}
	if bad := m.Standing(); bad != nil {
		return StateFailed, bad.Problem
	}
	return StateGood, ""
}

// Last returns the newest verification of at least the given level, or nil.
func (m *Manifest) Last(level Level) *Verification {
	for i := len(m.Verifications) - 1; i >= 0; i-- {
		if v := &m.Verifications[i]; v.Level.rank() >= level.rank() {
			return v
		}
	}
	return nil
}

// LastGood returns the newest passed verification of at least the given level, or nil.
func (m *Manifest) LastGood(level Level) *Verification {
	for i := len(m.Verifications) - 1; i >= 0; i-- {
		if v := &m.Verifications[i]; v.OK && v.Level.rank() >= level.rank() {
			return v
		}
	}
	return nil
}

func (l Level) rank() int {
	switch l {
	case LevelDigest:
		return 1
	case LevelDecode:
		return 2
	case LevelDeep:
		return 3
	}
	return 0
}

// Valid reports whether the level is one of the three.
func (l Level) Valid() bool { return l.rank() > 0 }

// record adds a verification to the manifest on disk.
func record(ctx context.Context, e Entry, v Verification) error {
	err := annotate(ctx, e, func(m *Manifest) {
		m.Verifications = append(m.Verifications, v)
		m.forget()
	})
	if err != nil {
		return fmt.Errorf("record verification: %w", err)
	}
	return nil
}

// annotate changes pins and verifications in the manifest on disk, and nothing else. It is read again under the lock:
// the backup may have been pruned meanwhile, and must then not come back.
func annotate(ctx context.Context, e Entry, change func(*Manifest)) error {
	return withCatalogue(ctx, e.dir, func() error {
		text, err := readSmall(e.manifestPath())
		if err != nil {
			return err
		}
		m, err := decodeManifest(text, e.ID)
		if err != nil {
			return err
		}
		change(m)
		if text, err = amended(text, m); err != nil {
			return err
		}
		return replaceFile(ctx, e.dir, filepath.Base(e.manifestPath()), text)
	})
}

// replaceFile puts a new version of a small file in place of the old one.
func replaceFile(ctx context.Context, dir, name string, text []byte) error {
	// A leftover of a run that died here would make the exclusive creation fail for ever.
	_ = os.Remove(filepath.Join(dir, name+".new"+partialExt))
	s, err := stage(openPartial, dir, name+".new")
	if err != nil {
		return err
	}
	defer s.discard()
	if _, err := s.Write(text); err != nil {
		return err
	}
	if _, err := s.finish(ctx); err != nil {
		return err
	}
	if err := os.Rename(s.partial(), filepath.Join(dir, name)); err != nil {
		return storageError(dir, err)
	}
	return syncDirectory(dir)
}

// readManifest also gives the manifest when all that is wrong with it is its signature.
func readManifest(path, id string, key *Signing) (*Manifest, error) {
	text, err := readSmall(path)
	if err != nil {
		return nil, err
	}
	return openManifest(text, id, key)
}

func openManifest(text []byte, id string, key *Signing) (*Manifest, error) {
	m, err := decodeManifest(text, id)
	if err != nil {
		return m, err
	}
	return m, key.check(id, text, m.Signature)
}

func readSmall(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > manifestLimit {
		return nil, errors.New("manifest is too large to be one")
	}
	return os.ReadFile(path)
}
