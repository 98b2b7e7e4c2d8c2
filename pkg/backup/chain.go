package backup

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/axisor/axisor/pkg/backup/wal"
)

// UnreachableError says why a point cannot be recovered, and what can be instead.
type UnreachableError struct {
	Problem string
	Hint    string
	Cause   error
}

// Error names the problem.
func (e *UnreachableError) Error() string { return e.Problem }

// Unwrap gives ErrUnreachable and the cause.
func (e *UnreachableError) Unwrap() []error { return both(ErrUnreachable, e.Cause) }

func unreachable(hint, format string, args ...any) error {
	return &UnreachableError{Problem: fmt.Sprintf(format, args...), Hint: hint}
}

// timelinePath is the way from the first timeline to the wanted one; 0 asks for the newest.
func (r *Repository) timelinePath(ctx context.Context, system string, want uint32, get Identities) (wal.Ancestry, error) {
	files, broken, err := r.logFiles(system)
	if err != nil {
		return nil, err
	}
	for _, b := range broken {
		if len(files) == 0 && b.kind == "unsigned" {
			return nil, &SignatureError{ID: b.Name, Problem: b.Problem}
		}
	}
	newest, err := r.newestWritten(system)
	if err != nil {
		return nil, err
	}
	if want == 0 {
		want = newest
	}
	if known, err := r.newestKnown(system); err != nil || want == 0 || want > known {
		if err != nil {
			return nil, err
		}
		return nil, unreachable("axisor backup status", "the archive has no log of timeline %d", max(want, 1))
	}
	if want == 1 {
		return wal.Ancestry{{Timeline: 1}}, nil
	}
	text := wal.HistoryName(want)
	data, _, err := r.logContent(ctx, system, wal.Name{Kind: wal.History, Timeline: want}, text, get)
	if errors.Is(err, ErrNotFound) {
		return nil, unreachable("find "+text+", or recover to an older timeline: --timeline",
			"the history of timeline %d is missing from the archive, so its log cannot be used", want)
	}
	if err != nil {
		return nil, fmt.Errorf("read history of timeline %d: %w", want, err)
	}
	return wal.ParseHistory(want, data)
}

// newestWritten is the newest timeline of which there is log. One that has a history alone was begun, but nothing of it
// was kept: following it would leave out what the older one has gone on with.
func (r *Repository) newestWritten(system string) (uint32, error) {
	return r.newestOf(system, func(n wal.Name) bool { return n.Kind == wal.Segment || n.Kind == wal.Partial })
}

// newestKnown is the highest number of a timeline that the archive has seen.
func (r *Repository) newestKnown(system string) (uint32, error) {
	return r.newestOf(system, func(wal.Name) bool { return true })
}

func (r *Repository) newestOf(system string, counts func(wal.Name) bool) (newest uint32, err error) {
	files, _, err := r.logFiles(system)
	if err != nil {
		return 0, err
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
	}
	if r.target == nil {
		received, err := namesIn(r.spool(system))
		if err != nil {
			return 0, err
		}
		names = append(names, received...)
	}
	for _, text := range names {
		if n, err := wal.ParseName(text); err == nil && counts(n) {
			newest = max(newest, n.Timeline)
		}
	}
	return newest, nil
}

// chain reads the log of one cluster along one path of timelines.
type chain struct {
	repo   *Repository
	system string
	size   uint64
	path   wal.Ancestry
	get    Identities
}

// segment is one piece of the chain.
type segment struct {
	name  wal.Name
	text  string
	data  []byte
	open  bool    // it may end in the middle: it was still being written, or its timeline was left in it
	until wal.LSN // where its timeline was left, when the newer one has no log of it; else 0
	last  bool    // of the timeline that the path leads to
}

// at reads the segment that holds a position: the newest timeline that has it wins, for it
// also carries what its ancestors wrote there.
func (c *chain) at(ctx context.Context, pos wal.LSN) (*segment, error) {
	number := uint64(pos) / c.size
	start := wal.LSN(number * c.size)
	for _, timeline := range c.path.Timelines(start, start+wal.LSN(c.size)) {
		text := wal.SegmentName(timeline, number, c.size)
		name, err := wal.ParseName(text)
		if err != nil {
			return nil, err
		}
		data, from, err := c.repo.logContent(ctx, c.system, name, text, c.get)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out := &segment{name: name, text: text, data: data, open: isPartial(from), last: timeline == c.path[len(c.path)-1].Timeline}
		for _, b := range c.path {
			if b.Timeline == timeline && start < b.End && b.End < start+wal.LSN(c.size) {
				out.open, out.until = true, b.End
			}
		}
		return out, nil
	}
	return nil, nil
}

// isPartial reports whether what was read is a segment that was not finished.
func isPartial(from string) bool { return strings.Contains(filepath.Base(from), partialExt) }

// after reports whether the archive has any segment of the path behind a position.
func (c *chain) after(pos wal.LSN) (string, bool) {
	files, _, err := c.repo.logFiles(c.system)
	if err != nil {
		return "", false
	}
	for _, f := range files {
		if n, err := wal.ParseName(f.Name); err == nil && n.Kind == wal.Segment && f.Start > pos && c.path.Contains(f.Timeline, f.Start) {
			return f.Name, true
		}
	}
	return "", false
}

// PITRTarget is the point to recover to. Exactly one field is set.
type PITRTarget struct {
	Time   time.Time
	LSN    wal.LSN
	Name   string
	Latest bool
}

// String writes the target as it was asked for.
func (t PITRTarget) String() string {
	switch {
	case !t.Time.IsZero():
		return "time " + t.Time.UTC().Format(time.RFC3339Nano)
	case t.LSN != 0:
		return "position " + t.LSN.String()
	case t.Name != "":
		return "restore point " + strconv.Quote(t.Name)
	}
	return "latest"
}

// found is what the log says about a target.
type found struct {
	stop     wal.Record // the record at which recovery stops; zero for latest
	lastLSN  wal.LSN    // start of the last record that is replayed
	endLSN   wal.LSN    // its end
	lastTime time.Time  // of the last commit or abort that is replayed
	commits  int64
	bytes    int64 // of log, unpacked
	segments int
	end      bool // the archive's end was reached
}

// search reads the log from a base backup on, record by record, until the target. The server
// decides by the same rules; that both agree is checked after the recovery. keep, which may
// be nil, receives each segment.
func (c *chain) search(ctx context.Context, base *BaseInfo, target PITRTarget, keep func(*segment) error) (*found, error) {
	var f found
	hit := false
	system, err := strconv.ParseUint(c.system, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("system identifier %q: %w", c.system, err)
	}
	w := &wal.Walker{System: system, Path: c.path, From: base.StartLSN}
	take := func(r wal.Record) {
		f.lastLSN, f.endLSN = r.Start, r.End
		if !r.Time.IsZero() {
			f.lastTime = r.Time
			f.commits++
		}
	}
	w.Visit = func(r wal.Record) bool {
		switch {
		case !target.Time.IsZero() && !r.Time.IsZero() && r.Time.After(target.Time):
			f.stop, hit = r, true // not replayed: it came later
			return false
		case target.LSN != 0 && r.Start >= target.LSN, target.Name != "" && r.Point == target.Name:
			take(r)
			f.stop, hit = r, true
			return false
		}
		take(r)
		return true
	}
	pos := base.StartLSN
	for !hit {
		s, err := c.at(ctx, pos)
		if err != nil {
			return nil, err
		}
		if s == nil {
			start := wal.LSN(uint64(pos) / c.size * c.size)
			if next, ok := c.after(start); ok {
				return nil, unreachable("choose a point before "+start.String()+", or find the missing file",
					"the log has a hole: segment %s is missing, but %s exists", wal.SegmentName(c.path[len(c.path)-1].Timeline, uint64(start)/c.size, c.size), next)
			}
			f.end = true
			break
		}
		w.OpenEnd, w.Until = s.open, s.until
		if err := w.Feed(s.name, s.data); err != nil {
			return nil, &DamagedError{ID: s.text, File: s.text, Level: LevelDecode, Problem: s.text + ": " + err.Error(), Cause: err}
		}
		f.segments++
		f.bytes += int64(len(s.data))
		if keep != nil {
			if err := keep(s); err != nil {
				return nil, err
			}
		}
		pos = wal.LSN((uint64(pos)/c.size + 1) * c.size)
		if w.Ended {
			if next, ok := c.after(pos - 1); ok && (s.until != 0 || !s.last) {
				return nil, unreachable("choose a point before "+w.At.String()+", or find the missing file",
					"the log has a hole: what follows %s on the way to %s is missing", w.At, next)
			}
			f.end = true
			break
		}
	}
	return &f, c.judge(base, target, &f, hit)
}

// judge says whether what was found is a point that can be recovered.
func (c *chain) judge(base *BaseInfo, target PITRTarget, f *found, hit bool) error {
	last := "nothing"
	if !f.lastTime.IsZero() {
		last = f.lastTime.Format(time.RFC3339Nano)
	}
	if !hit && !target.Latest {
		return unreachable(fmt.Sprintf("the archive ends with the transaction of %s at %s; --latest recovers all of it", last, f.endLSN),
			"%s lies past the end of the log archive", target)
	}
	if f.endLSN < base.StopLSN || !target.Time.IsZero() && f.stop.Start < base.StopLSN {
		return unreachable("choose a later point, or an older base backup", "%s lies before the end of the base backup at %s", target, base.StopLSN)
	}
	return nil
}
