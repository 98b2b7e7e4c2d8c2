package backup

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"filippo.io/age"

	"github.com/axisor/axisor/pkg/backup/wal"
)

// ArchiveRequest says which file of the log to keep.
type ArchiveRequest struct {
	Path        string // as the server gives it (%p)
	Compression string
	Recipients  []string
	DryRun      bool
}

// Archived is what became of it.
type Archived struct {
	Name, System string
	Path         string // of the stored file
	Bytes        int64
	Already      bool // the same content was there
	Problem      string
}

// ArchiveLog stores one file of the log: what archive_command calls. It returns only when the
// file is on disk and was read back. The same content twice is fine; another content under
// the same name is ErrDifferent, because one of the two is not of this history.
func (r *Repository) ArchiveLog(ctx context.Context, q ArchiveRequest) (Archived, error) {
	a := archived{name: filepath.Base(q.Path), keys: q.Recipients, dry: q.DryRun}
	var err error
	if a.codec, err = ParseCodec(q.Compression); err != nil {
		return Archived{}, err
	}
	if a.recipients, err = ParseRecipients(q.Recipients); err != nil {
		return Archived{}, err
	}
	name, err := wal.ParseName(a.name)
	if err != nil {
		return Archived{}, &InputError{Field: "file", Value: a.name, Rule: "is not the name of a file of the write-ahead log"}
	}
	info, err := os.Stat(q.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Archived{}, &NotFoundError{Ref: q.Path, Log: true}
	case err != nil:
		return Archived{}, fmt.Errorf("read log file: %w", err)
	case info.IsDir() || info.Size() > 1<<30:
		return Archived{}, &InputError{Field: "file", Value: q.Path, Rule: "is not a file of the write-ahead log"}
	}
	if a.data, err = os.ReadFile(q.Path); err != nil {
		return Archived{}, fmt.Errorf("read log file: %w", err)
	}
	if name.Kind == wal.History || name.Kind == wal.Label {
		if a.system, err = r.systemOf(filepath.Dir(filepath.Dir(q.Path))); err != nil {
			return Archived{}, err
		}
	}
	if name.Kind == wal.Partial {
		return r.archivePartial(ctx, a)
	}
	// A server has a segment archived when it has finished it. An unfinished one under the name of the whole would stand
	// in the way of the rest for good.
	if f := summarize(name, a.data); name.Kind == wal.Segment && f.Problem != "" && !markedReady(q.Path) {
		return Archived{}, &DamagedError{ID: a.name, File: a.name, Level: LevelDecode, Problem: a.name + " is not a finished segment: " + f.Problem +
			"; of a server that is dead for good, keep what there is of it: axisor backup wal salvage DATADIR"}
	}
	return r.archive(ctx, a)
}

// markedReady reports whether a server says of a file that it is to be archived.
func markedReady(path string) bool {
	_, err := os.Stat(filepath.Join(filepath.Dir(path), "archive_status", filepath.Base(path)+".ready"))
	return err == nil
}

// systemOf reads the identifier of the cluster that a data directory belongs to. Histories
// do not say it themselves.
func (r *Repository) systemOf(data string) (string, error) {
	f, err := os.Open(filepath.Join(data, "global", "pg_control"))
	if err == nil {
		defer f.Close()
		var id [8]byte
		if _, err := f.Read(id[:]); err == nil {
			return strconv.FormatUint(binary.LittleEndian.Uint64(id[:]), 10), nil
		}
	}
	known, lerr := r.logSystems()
	if lerr == nil && len(known) == 1 {
		return known[0], nil
	}
	return "", &InputError{Field: "file", Value: data, Rule: "is not in a server's data directory, and the archive does not hold exactly one cluster"}
}

// archived is a file on its way into the archive.
type archived struct {
	name       string
	data       []byte
	system     string // taken from the segment when empty
	codec      Codec
	recipients []age.Recipient
	keys       []string
	dry        bool
}

// archive stores one file of the log.
func (r *Repository) archive(ctx context.Context, a archived) (Archived, error) {
	name, err := wal.ParseName(a.name)
	if err != nil {
		return Archived{}, err
	}
	if err := cmp.Or(r.o.Signing.maySign(), r.Closed()); err != nil {
		return Archived{}, err
	}
	f := &LogFile{
		SchemaVersion: manifestVersion, Name: a.name, System: a.system, Timeline: name.Timeline, Compression: a.codec.String(),
		Encryption: encryptionFor(a.keys), ArchivedAt: r.o.Now().UTC(), LogFacts: LogFacts{Points: []LogPoint{}},
	}
	switch name.Kind {
	case wal.Segment, wal.Partial:
		h, err := wal.CheckSegment(name, a.data)
		if err != nil {
			return Archived{}, &DamagedError{ID: a.name, File: a.name, Level: LevelDecode, Problem: err.Error(), Cause: err}
		}
		if own := strconv.FormatUint(h.System, 10); a.system == "" {
			f.System = own
		} else if own != a.system {
			return Archived{}, &DamagedError{ID: a.name, File: a.name, Level: LevelDecode, Problem: "segment belongs to cluster " + own}
		}
		f.LogFacts = summarize(name, a.data)
	case wal.History:
		if f.Branches, err = wal.ParseHistory(name.Timeline, a.data); err != nil {
			return Archived{}, &DamagedError{ID: a.name, File: a.name, Level: LevelDecode, Problem: err.Error(), Cause: err}
		}
	}
	f.dir = r.logDirectory(f.System, f.Timeline)
	done := Archived{Name: a.name, System: f.System, Problem: f.Problem, Bytes: int64(len(a.data)), Path: filepath.Join(f.dir, a.stored())}
	if a.dry {
		same, err := f.known(a.data)
		done.Already = same
		return done, err
	}
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return Archived{}, &RepositoryError{Directory: f.dir, Problem: "cannot be created", Cause: err}
	}
	err = withCatalogue(ctx, f.dir, func() error {
		same, err := f.known(a.data)
		if err != nil || same {
			done.Already = same
			return err
		}
		return r.storeLog(ctx, f, a)
	})
	return done, err
}

// storedSuffixes are all endings that a stored file may have. None is empty: a name of the
// log with nothing added, or with ".partial", is another file of the log.
func storedSuffixes() []string {
	return []string{".zst", ".gz", ".raw", ".zst.age", ".gz.age", ".raw.age"}
}

func (a archived) stored() string {
	name := a.name + cmp.Or(a.codec.suffix(), ".raw")
	if len(a.recipients) > 0 {
		name += ".age"
	}
	return name
}

// known reports whether the archive has this content already.
func (f *LogFile) known(data []byte) (bool, error) {
	old, err := readLogFile(f.dir, f.Name, nil) // compared by content
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, &DamagedError{ID: f.Name, File: f.Name + manifestExt, Level: LevelDigest, Problem: err.Error(), Cause: err}
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != old.File.RawSHA256 {
		return false, fmt.Errorf("%s: %w", filepath.Join(f.dir, f.Name), ErrDifferent)
	}
	info, err := os.Stat(filepath.Join(f.dir, old.File.Name))
	return err == nil && info.Size() == old.File.Bytes, nil
}

// storeLog writes the data, then its description.
func (r *Repository) storeLog(ctx context.Context, f *LogFile, a archived) error {
	for _, ext := range storedSuffixes() { // data without description: its archiver died
		for _, name := range []string{f.Name + ext, f.Name + ext + partialExt} {
			if err := os.Remove(filepath.Join(f.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return storageError(f.dir, err)
			}
		}
	}
	s, err := stage(r.open, f.dir, a.stored())
	if err != nil {
		return err
	}
	defer s.discard()
	codec := a.codec
	codec.lean = true
	sealed, err := seal(s, codec, a.recipients)
	if err != nil {
		return err
	}
	if _, err := bytes.NewReader(a.data).WriteTo(sealed); err != nil {
		return err
	}
	if err := sealed.Close(); err != nil {
		return err
	}
	if f.File, err = s.finish(ctx); err != nil {
		return err
	}
	sum := sha256.Sum256(a.data)
	f.File.RawBytes, f.File.RawSHA256 = int64(len(a.data)), hex.EncodeToString(sum[:])
	if err := s.publish(); err != nil {
		return err
	}
	text, err := encodeSigned(f, r.o.Signing, &f.Signature, &f.Checksum)
	if err != nil {
		return err
	}
	return replaceFile(ctx, f.dir, f.Name+manifestExt, text)
}
