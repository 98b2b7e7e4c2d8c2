package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/axisor/axisor/pkg/backup/wal"
)

// Salvage says which dead server's log to bring in.
type Salvage struct {
	Directory   string // its data directory, or its pg_wal
	Compression string
	Recipients  []string
	DryRun      bool
}

// Salvaged is what was found there.
type Salvaged struct {
	System   string
	Files    int        // that are new in the archive
	Already  int        // that were there
	Partial  string     // the unfinished last segment; empty when the last one was finished
	End      wal.LSN    // of the last whole record
	LastTime *time.Time // of the last commit or abort in it
	Warnings []string
}

// SalvageLog archives what a dead server has written and not archived: the finished segments, the histories, and the
// unfinished last segment as partial, which a recovery reads to its last whole record. What it kept for later use
// (segments with another position in them than in their name) is left out. A server that runs is refused.
func (r *Repository) SalvageLog(ctx context.Context, q Salvage) (Salvaged, error) {
	var s Salvaged
	a := archived{keys: q.Recipients, dry: q.DryRun}
	var err error
	if a.codec, err = ParseCodec(q.Compression); err != nil {
		return s, err
	}
	if a.recipients, err = ParseRecipients(q.Recipients); err != nil {
		return s, err
	}
	folder, err := deadLog(q.Directory)
	if err != nil {
		return s, err
	}
	names, err := namesIn(folder)
	if err != nil {
		return s, fmt.Errorf("read log directory: %w", err)
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		n, err := wal.ParseName(name)
		return err != nil || n.Kind == wal.Label
	})
	// Histories do not say whose they are; the segments, which come first, do.
	slices.SortStableFunc(names, func(a, b string) int {
		return strings.Compare(filepath.Ext(strings.TrimSuffix(a, partialExt)), filepath.Ext(strings.TrimSuffix(b, partialExt)))
	})
	open, last := map[uint32]string{}, map[uint32]string{} // by timeline
	for _, name := range names {
		if ctx.Err() != nil {
			return s, context.Cause(ctx)
		}
		a.name = name
		if err := r.salvage(ctx, folder, a, &s, open, last); err != nil {
			return s, fmt.Errorf("archive %s: %w", name, err)
		}
	}
	if s.System == "" {
		return s, &InputError{Field: "directory", Value: folder, Rule: "has no segment of a write-ahead log with content"}
	}
	for timeline, name := range open {
		s.Partial = max(s.Partial, name)
		if later := last[timeline]; later > name {
			s.Warnings = append(s.Warnings, name+" ends early, and "+later+" follows: it is damaged, and no recovery can get past it")
		}
	}
	return s, nil
}

// salvage archives one file.
func (r *Repository) salvage(ctx context.Context, folder string, a archived, s *Salvaged, open, last map[uint32]string) error {
	n, err := wal.ParseName(a.name)
	if err != nil {
		return err
	}
	if a.data, err = os.ReadFile(filepath.Join(folder, a.name)); err != nil {
		return fmt.Errorf("read log file: %w", err)
	}
	var done Archived
	if n.Kind == wal.History {
		if a.system = s.System; a.system == "" {
			return nil
		}
		done, err = r.archive(ctx, a)
		s.count(done, err)
		return err
	}
	h, err := wal.CheckSegment(n, a.data)
	if err != nil {
		return nil //nolint:nilerr // kept by the server for later use, or not begun
	}
	a.system = strconv.FormatUint(h.System, 10)
	if s.System != "" && s.System != a.system {
		return &DamagedError{ID: a.name, File: a.name, Level: LevelDecode, Problem: "segment belongs to cluster " + a.system + ", others there to " + s.System}
	}
	s.System = a.system
	f := summarize(n, a.data)
	if n.Kind == wal.Segment && f.Problem == "" {
		s.reach(f)
		last[n.Timeline] = max(last[n.Timeline], a.name)
		done, err = r.archive(ctx, a)
		s.count(done, err)
		return err
	}
	if n.Kind == wal.Segment {
		n.Kind, a.name = wal.Partial, a.name+partialExt
		f = summarize(n, a.data)
	}
	if f.End <= f.Start {
		return nil
	}
	s.reach(f)
	open[n.Timeline] = max(open[n.Timeline], a.name)
	done, err = r.archivePartial(ctx, a)
	s.count(done, err)
	return err
}

func (s *Salvaged) count(done Archived, err error) {
	switch {
	case err != nil:
	case done.Already:
		s.Already++
	default:
		s.Files++
	}
}

func (s *Salvaged) reach(f LogFacts) {
	s.End = max(s.End, f.End)
	if f.LastTime != nil && (s.LastTime == nil || f.LastTime.After(*s.LastTime)) {
		s.LastTime = f.LastTime
	}
}

// deadLog finds the log in a data directory, and refuses one whose server runs.
func deadLog(dir string) (string, error) {
	folder, data := dir, filepath.Dir(dir)
	if _, err := os.Stat(filepath.Join(dir, "pg_wal")); err == nil {
		folder, data = filepath.Join(dir, "pg_wal"), dir
	}
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return "", &InputError{Field: "directory", Value: dir, Rule: "must be a server's data directory, or its pg_wal"}
	}
	text, err := readSmall(filepath.Join(data, "postmaster.pid"))
	if errors.Is(err, fs.ErrNotExist) {
		return folder, nil
	}
	if err != nil {
		return "", fmt.Errorf("read postmaster.pid: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if pid, err := strconv.Atoi(strings.TrimSpace(line)); err == nil && serves(pid, data) {
		return "", fmt.Errorf("%s holds a server that runs (process %d); its log is archived by itself: %w", data, pid, ErrDirectoryInUse)
	}
	return folder, nil
}

// serves reports whether a process is the server of a data directory. A dead server's number may be in use again.
func serves(pid int, data string) bool {
	if err := syscall.Kill(pid, 0); err != nil && !errors.Is(err, syscall.EPERM) {
		return false
	}
	at, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		_, here := os.Stat("/proc/self/cwd")
		return here != nil || !errors.Is(err, fs.ErrNotExist) // one that has ended has no directory any more
	}
	real, err := filepath.EvalSymlinks(data)
	return err != nil || at == real
}
