package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"filippo.io/age"

	"github.com/axisor/axisor/pkg/backup/wal"
)

// FetchRequest asks for one file of the log: what restore_command does.
type FetchRequest struct {
	Name       string // %f
	To         string // %p
	System     string // the cluster; may be empty when the archive holds one only
	Data       string // the data directory of the server that asks; tells the cluster too
	Identities Identities
	DryRun     bool
}

// FetchLog puts one file of the log where the server wants it. The file appears complete or
// not at all. A segment that is still being received is given as far as it is there.
func (r *Repository) FetchLog(ctx context.Context, q FetchRequest) (Archived, error) {
	name, err := wal.ParseName(q.Name)
	if err != nil {
		return Archived{}, &InputError{Field: "file", Value: q.Name, Rule: "is not the name of a file of the write-ahead log"}
	}
	if q.System == "" {
		if q.System, err = r.systemOf(q.Data); err != nil {
			return Archived{}, err
		}
	}
	data, from, err := r.logContent(ctx, q.System, name, q.Name, q.Identities)
	if err != nil {
		return Archived{}, err
	}
	done := Archived{Name: q.Name, System: q.System, Path: from, Bytes: int64(len(data))}
	if q.DryRun {
		return done, nil
	}
	work := q.To + partialExt
	_ = os.Remove(work) // of a run that died
	if err := writeSynced(work, data); err != nil {
		return done, err
	}
	if err := os.Rename(work, q.To); err != nil {
		return done, fmt.Errorf("write log file: %w", err)
	}
	if err := syncDirectory(filepath.Dir(q.To)); err != nil {
		return done, fmt.Errorf("write log file: %w", err)
	}
	return done, nil
}

func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write log file: %w", err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return storageError(filepath.Dir(path), err)
	}
	return nil
}

// logContent reads one file of the archive, checked, or of what is being received.
func (r *Repository) logContent(ctx context.Context, system string, name wal.Name, text string, get Identities) ([]byte, string, error) {
	if r.target != nil {
		return r.farContent(ctx, system, name, text, get)
	}
	dir := r.logDirectory(system, name.Timeline)
	f, err := readLogFile(dir, text, r.o.Signing)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return r.unfinished(ctx, system, name, text, get)
	case errors.Is(err, ErrUnsigned):
		return nil, "", err
	case err != nil:
		return nil, "", &DamagedError{ID: text, File: text + manifestExt, Level: LevelDigest, Problem: err.Error(), Cause: err}
	}
	identities, err := openIdentities(f.entry(), get)
	if err != nil {
		return nil, "", err
	}
	data, err := f.content(ctx, identities)
	return data, filepath.Join(dir, f.File.Name), err
}

// unfinished looks for a file that is not in the archive as a whole: received and not archived yet, or kept as partial.
// Of two pieces of the same segment the longer one is taken.
func (r *Repository) unfinished(ctx context.Context, system string, name wal.Name, text string, get Identities) ([]byte, string, error) {
	data, from, err := r.received(system, name, text)
	if name.Kind != wal.Segment || err == nil && !isPartial(from) || err != nil && !errors.Is(err, ErrNotFound) {
		return data, from, err
	}
	partial := name
	partial.Kind = wal.Partial
	dir := r.logDirectory(system, name.Timeline)
	f, ferr := readLogFile(dir, text+partialExt, r.o.Signing)
	if errors.Is(ferr, fs.ErrNotExist) {
		return data, from, err
	}
	if errors.Is(ferr, ErrUnsigned) {
		return nil, "", ferr
	}
	if ferr != nil {
		return nil, "", &DamagedError{ID: text, File: text + partialExt + manifestExt, Level: LevelDigest, Problem: ferr.Error(), Cause: ferr}
	}
	if err == nil && summarize(partial, data).End >= f.End {
		return data, from, nil
	}
	identities, err := openIdentities(f.entry(), get)
	if err != nil {
		return nil, "", err
	}
	data, err = f.content(ctx, identities)
	return data, filepath.Join(dir, f.File.Name), err
}

// content reads the stored file once, compares it with its digest, and decodes it then: what is
// decoded is what was compared, and a copy far away is fetched only once.
func (f *LogFile) content(ctx context.Context, identities []age.Identity) ([]byte, error) {
	e := f.entry()
	stored := bytes.NewBuffer(make([]byte, 0, min(f.File.Bytes, maxSegment)+bytes.MinRead))
	if err := checkDigestInto(ctx, e, f.File, nil, stored); err != nil {
		return nil, err
	}
	out := bytes.NewBuffer(make([]byte, 0, min(f.File.RawBytes, maxSegment)))
	if err := decodeTo(ctx, e, f.File, stored, identities, out); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// maxSegment is the largest file that a server's log can have.
const maxSegment = 1 << 30

func (r *Repository) spool(system string) string {
	return filepath.Join(r.o.Directory, walFolder, system, "receive")
}

// received looks for a file that the receiver has but has not archived yet.
func (r *Repository) received(system string, name wal.Name, text string) ([]byte, string, error) {
	tries := []string{text}
	if name.Kind == wal.Segment {
		tries = append(tries, text+partialExt)
	}
	for _, try := range tries {
		path := filepath.Join(r.spool(system), try)
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, path, fmt.Errorf("read log file: %w", err)
		}
		if name.Kind == wal.Segment {
			if _, err := wal.CheckSegment(name, data); err != nil {
				continue // nothing has been received into it yet
			}
		}
		return data, path, nil
	}
	return nil, "", &NotFoundError{Ref: text, Log: true}
}
