package backup

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/axisor/axisor/pkg/backup/remote"
	"github.com/axisor/axisor/pkg/backup/wal"
)

// LogFile is one file of the log archive. It is stored beside the data as JSON, published
// after it: no description, no file.
type LogFile struct {
	SchemaVersion int         `json:"schema_version"`
	Name          string      `json:"name"`
	File          FileInfo    `json:"file"`
	Compression   string      `json:"compression"`
	Encryption    *Encryption `json:"encryption"`
	System        string      `json:"system_identifier"`
	Timeline      uint32      `json:"timeline"`
	ArchivedAt    time.Time   `json:"archived_at"`
	LogFacts
	Branches []wal.Branch `json:"branches,omitempty"` // of a history: readable without its key

	Signature *Signature `json:"signature,omitempty"`
	Checksum  string     `json:"checksum"`

	dir     string
	store   remote.Store // where the files are, when not on this machine
	bare    bool         // only what the names say is known
	signing *Signing     // what its description has to be signed with
}

// LogFacts is what the records of a segment say. A record that goes on in the next segment
// is left out.
type LogFacts struct {
	Start        wal.LSN    `json:"start_lsn"`
	End          wal.LSN    `json:"end_lsn"` // of a partial segment: of its last whole record
	LastRecord   wal.LSN    `json:"last_record_lsn"`
	SegmentBytes uint64     `json:"segment_bytes"`
	FirstTime    *time.Time `json:"first_time"` // of a commit or abort
	LastTime     *time.Time `json:"last_time"`
	Points       []LogPoint `json:"restore_points"`
	Problem      string     `json:"problem"` // why its records could not be read to the end
}

// LogPoint is a named restore point.
type LogPoint struct {
	Name string    `json:"name"`
	LSN  wal.LSN   `json:"lsn"`
	At   time.Time `json:"at"`
}

// summarize reads a segment on its own.
func summarize(name wal.Name, data []byte) LogFacts {
	var f LogFacts
	h, err := wal.CheckSegment(name, data)
	if err != nil {
		f.Problem = err.Error()
		return f
	}
	f.Start, f.End, f.SegmentBytes = h.Start, h.Start+wal.LSN(h.Size), h.Size
	w := &wal.Walker{OpenEnd: name.Kind == wal.Partial, Visit: func(r wal.Record) bool {
		f.LastRecord = r.Start
		if r.Point != "" {
			f.Points = append(f.Points, LogPoint{Name: r.Point, LSN: r.Start, At: r.PointTime})
		}
		if !r.Time.IsZero() {
			if f.FirstTime == nil || r.Time.Before(*f.FirstTime) {
				f.FirstTime = &r.Time
			}
			if f.LastTime == nil || r.Time.After(*f.LastTime) {
				f.LastTime = &r.Time
			}
		}
		return true
	}}
	if err := w.Feed(name, data); err != nil {
		f.Problem = err.Error()
	}
	if name.Kind == wal.Partial {
		f.End = max(w.At, f.Start)
	}
	return f
}

func (r *Repository) logDirectory(system string, timeline uint32) string {
	return filepath.Join(r.o.Directory, walFolder, system, fmt.Sprintf("%08X", timeline))
}

// logSystems lists the clusters of the scope whose log is archived here.
func (r *Repository) logSystems() ([]string, error) {
	list, err := r.allSystems()
	return slices.DeleteFunc(list, func(s string) bool { return !r.coversSystem(s) }), err
}

func (r *Repository) allSystems() ([]string, error) {
	if r.target != nil {
		return slices.Sorted(maps.Keys(r.logs)), nil
	}
	names, err := namesIn(filepath.Join(r.o.Directory, walFolder))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(names, func(n string) bool {
		return strings.Trim(n, "0123456789") != "" || n == ""
	}), nil
}

// readLogFile reads a description; dir is where it lies.
func readLogFile(dir, name string, key *Signing) (*LogFile, error) {
	text, err := readSmall(filepath.Join(dir, name+manifestExt))
	if err != nil {
		return nil, err
	}
	return decodeLogFile(text, dir, name, key)
}

func decodeLogFile(text []byte, dir, name string, key *Signing) (*LogFile, error) {
	var f LogFile
	if err := decodeChecked(text, &f); err != nil {
		return nil, err
	}
	if f.Name != name || !slices.Contains(storedSuffixes(), strings.TrimPrefix(f.File.Name, name)) {
		return nil, fmt.Errorf("description of %s names other files", name)
	}
	if f.SchemaVersion > manifestVersion {
		return nil, fmt.Errorf("description version %d was written by a newer axisor", f.SchemaVersion)
	}
	f.dir, f.signing = dir, key
	return &f, key.check(name, text, f.Signature)
}

// brokenLog is a file of the archive whose description cannot be trusted.
type brokenLog struct {
	Name    string
	Problem string
	kind    string
}

// logFiles lists one cluster's archive, by timeline and name.
func (r *Repository) logFiles(system string) (files []*LogFile, broken []brokenLog, err error) {
	if r.target != nil {
		return r.logs[system], nil, nil
	}
	root := filepath.Join(r.o.Directory, walFolder, system)
	timelines, err := namesIn(root)
	if err != nil {
		return nil, nil, err
	}
	for _, t := range timelines {
		if len(t) != 8 || strings.Trim(t, "0123456789ABCDEF") != "" {
			continue
		}
		dir := filepath.Join(root, t)
		names, err := namesIn(dir)
		if err != nil {
			return nil, nil, err
		}
		for _, name := range names {
			plain, ok := strings.CutSuffix(name, manifestExt)
			if !ok {
				continue
			}
			if _, err := wal.ParseName(plain); err != nil {
				continue
			}
			f, err := readLogFile(dir, plain, r.o.Signing)
			if err != nil {
				kind := "damaged"
				if errors.Is(err, ErrUnsigned) {
					kind = "unsigned"
				}
				broken = append(broken, brokenLog{Name: plain, Problem: problemOf(err), kind: kind})
				continue
			}
			files = append(files, f)
		}
	}
	return files, broken, nil
}

// entry lends a file of the log the checks of a backup.
func (f *LogFile) entry() Entry {
	return Entry{
		ID: f.Name, dir: f.dir, store: f.store,
		Manifest: &Manifest{ID: f.Name, Archive: f.File, Compression: f.Compression, Encryption: f.Encryption},
	}
}
