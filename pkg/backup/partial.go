package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"filippo.io/age"

	"github.com/axisor/axisor/pkg/backup/wal"
)

// archivePartial stores the unfinished last segment of a timeline under its name with ".partial". Of two pieces of one
// segment the longer one is kept; where they differ, the older one stays and ErrDifferent says so. A piece without a
// whole record is nothing.
func (r *Repository) archivePartial(ctx context.Context, a archived) (Archived, error) {
	name, err := wal.ParseName(a.name)
	if err != nil {
		return Archived{}, err
	}
	done := Archived{Name: a.name, System: a.system, Bytes: int64(len(a.data)), Already: true}
	h, err := wal.ReadHeader(a.data)
	facts := summarize(name, a.data)
	if err != nil || facts.Problem != "" || facts.End <= facts.Start {
		return done, nil //nolint:nilerr // nothing was written into it yet
	}
	if own := strconv.FormatUint(h.System, 10); a.system == "" {
		a.system, done.System = own, own
	} else if own != a.system {
		return done, &DamagedError{ID: a.name, File: a.name, Level: LevelDecode, Problem: "segment belongs to cluster " + own}
	}
	used := int(facts.End - facts.Start)
	clear(a.data[used:]) // what follows belongs to nothing
	dir := r.logDirectory(a.system, name.Timeline)
	old, err := readLogFile(dir, a.name, nil)
	if errors.Is(err, fs.ErrNotExist) {
		return r.archive(ctx, a)
	}
	if err != nil {
		return done, &DamagedError{ID: a.name, File: a.name + manifestExt, Level: LevelDigest, Problem: err.Error(), Cause: err}
	}
	done.Path = filepath.Join(dir, old.File.Name)
	if old.End >= facts.End {
		return done, nil
	}
	if a.dry {
		done.Already = false
		return done, nil
	}
	// Encrypted, it cannot be compared without its key; records that follow each other by checksum are the same log.
	if old.Encryption == nil {
		before, err := old.content(ctx, []age.Identity(nil))
		if err != nil {
			return done, err
		}
		shared := int(old.End - old.Start)
		if shared > len(before) || !bytes.Equal(before[:shared], a.data[:shared]) {
			return done, fmt.Errorf("%s: %w", filepath.Join(dir, a.name), ErrDifferent)
		}
	}
	return r.replacePartial(ctx, old, a)
}

// replacePartial stores the longer piece. The description goes first: until the new one is there, there is none.
func (r *Repository) replacePartial(ctx context.Context, old *LogFile, a archived) (Archived, error) {
	err := withCatalogue(ctx, old.dir, func() error {
		err := os.Remove(filepath.Join(old.dir, old.Name+manifestExt))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return storageError(old.dir, err)
		}
		return nil
	})
	if err != nil {
		return Archived{}, err
	}
	return r.archive(ctx, a)
}
