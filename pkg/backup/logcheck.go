package backup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/axisor/axisor/pkg/backup/wal"
)

// LogCheck says how to verify the log archive.
type LogCheck struct {
	Level      Level // LevelDigest: stored bytes; LevelDecode: every record too
	System     string
	Identities Identities
	Progress   Counter
}

// LogRange is an unbroken run of segments on one timeline.
type LogRange struct {
	System    string
	Timeline  uint32
	Start     wal.LSN
	End       wal.LSN
	Segments  int
	Bytes     int64 // stored
	FirstTime *time.Time
	LastTime  *time.Time
	Parent    uint32  // of the first range of a timeline: the one that it left
	Branch    wal.LSN // and where
}

// LogProblem is one finding.
type LogProblem struct {
	System, Name string
	Kind         string // hole, damaged, unsigned, history
	Problem      string
	Acknowledged bool // a person knows, and a later base backup does not need what is lost

	timeline uint32
	until    wal.LSN // the log is whole again from here on
}

// LogReport is the outcome of a verification of the log archive.
type LogReport struct {
	Ranges   []LogRange
	Problems []LogProblem
}

// VerifyLog checks the archive: each stored file against its digest, each segment against its
// name, cluster and timeline, every record's checksum, and that no segment is missing.
func (r *Repository) VerifyLog(ctx context.Context, c LogCheck) (LogReport, error) {
	var report LogReport
	systems, err := r.logSystems()
	if err != nil {
		return report, err
	}
	for _, system := range systems {
		if c.System != "" && c.System != system {
			continue
		}
		if err := r.verifySystem(ctx, c, system, &report); err != nil {
			return report, err
		}
	}
	return report, nil
}

func (r *Repository) verifySystem(ctx context.Context, c LogCheck, system string, report *LogReport) error {
	files, broken, err := r.logFiles(system)
	if err != nil {
		return err
	}
	size := uint64(0)
	for _, f := range files {
		size = max(size, f.SegmentBytes)
	}
	until := wal.LSN(0)
	bad := func(name, kind, problem string) {
		p := LogProblem{System: system, Name: name, Kind: kind, Problem: problem}
		report.Problems = append(report.Problems, p.located(size, until))
	}
	for _, b := range broken {
		bad(b.Name, b.kind, b.Problem)
	}
	all := runs(files, system)
	for _, p := range branches(files, all) {
		bad(p.Name, p.Kind, p.Problem)
	}
	for _, run := range all {
		if gap := run.gap; gap != "" {
			until = run.Start
			bad(gap, "hole", run.problem)
			until = 0
		}
		report.Ranges = append(report.Ranges, run.LogRange)
		number, err := strconv.ParseUint(system, 10, 64)
		if err != nil {
			return fmt.Errorf("system identifier %q: %w", system, err)
		}
		w := &wal.Walker{System: number}
		for _, f := range run.files {
			name := f.Name
			f, err := f.described(ctx)
			if errors.Is(err, ErrUnsigned) {
				bad(name, "unsigned", problemOf(err))
				w = &wal.Walker{System: number}
				continue
			}
			if err != nil {
				return err
			}
			if f.Problem != "" {
				bad(f.Name, "damaged", f.Problem)
			}
			if err := r.verifyLogFile(ctx, c, f, &w); err != nil {
				var damaged *DamagedError
				if !errors.As(err, &damaged) {
					return err
				}
				bad(f.Name, "damaged", damaged.Problem)
				w = &wal.Walker{System: number} // records begin anew behind the damage
			}
		}
	}
	for _, f := range files {
		if n, err := wal.ParseName(f.Name); err == nil && n.Kind != wal.Segment {
			name := f.Name
			f, err := f.described(ctx)
			if errors.Is(err, ErrUnsigned) {
				bad(name, "unsigned", problemOf(err))
				continue
			}
			if err != nil {
				return err
			}
			var none *wal.Walker
			if err := r.verifyLogFile(ctx, c, f, &none); err != nil {
				if !errors.Is(err, ErrDamaged) {
					return err
				}
				bad(f.Name, "damaged", err.Error())
			}
		}
	}
	return r.acknowledge(system, report.Problems)
}

func (r *Repository) verifyLogFile(ctx context.Context, c LogCheck, f *LogFile, w **wal.Walker) error {
	e := f.entry()
	if c.Level == LevelDigest {
		return checkDigest(ctx, e, f.File, c.Progress)
	}
	identities, err := openIdentities(e, c.Identities)
	if err != nil {
		return err
	}
	data, err := f.content(ctx, identities)
	if err != nil {
		return err
	}
	if c.Progress != nil {
		c.Progress.Add(f.File.Bytes)
	}
	if *w == nil {
		return nil
	}
	name, err := wal.ParseName(f.Name)
	if err != nil {
		return err
	}
	if err := (*w).Feed(name, data); err != nil {
		return &DamagedError{ID: f.Name, File: f.Name, Level: LevelDecode, Problem: err.Error(), Cause: err}
	}
	return nil
}

// logRun is a range with its files, and the hole before it.
type logRun struct {
	LogRange

	files   []*LogFile
	gap     string
	problem string
}

// runs cuts the segments of each timeline into unbroken ranges.
func runs(files []*LogFile, system string) []*logRun {
	var segments []*LogFile
	for _, f := range files {
		if n, err := wal.ParseName(f.Name); err == nil && n.Kind == wal.Segment {
			segments = append(segments, f)
		}
	}
	slices.SortFunc(segments, func(a, b *LogFile) int {
		if a.Timeline != b.Timeline {
			return int(a.Timeline) - int(b.Timeline)
		}
		if a.Start < b.Start {
			return -1
		}
		return 1
	})
	var out []*logRun
	var run *logRun
	for _, f := range segments {
		if run == nil || run.Timeline != f.Timeline || run.End != f.Start {
			next := &logRun{LogRange: LogRange{System: system, Timeline: f.Timeline, Start: f.Start}}
			if run != nil && run.Timeline == f.Timeline {
				next.gap = wal.SegmentName(f.Timeline, uint64(run.End)/f.SegmentBytes, f.SegmentBytes)
				missing := (uint64(f.Start) - uint64(run.End)) / f.SegmentBytes
				next.problem = fmt.Sprintf("%d segments missing between %s and %s", missing, run.End, f.Start)
			}
			run = next
			out = append(out, run)
		}
		run.End, run.files = f.End, append(run.files, f)
		run.Segments++
		run.Bytes += f.File.Bytes
		if f.FirstTime != nil && run.FirstTime == nil {
			run.FirstTime = f.FirstTime
		}
		if f.LastTime != nil {
			run.LastTime = f.LastTime
		}
	}
	return out
}

// branches notes where each timeline began, and finds what a recovery over that point would miss: the
// history, or the piece of log around it.
func branches(files []*LogFile, all []*logRun) []LogProblem {
	var out []LogProblem
	seen := map[uint32]bool{1: true} // the first timeline has no history
	for _, run := range all {
		if seen[run.Timeline] {
			continue
		}
		seen[run.Timeline] = true
		name := wal.HistoryName(run.Timeline)
		at := slices.IndexFunc(files, func(f *LogFile) bool { return f.Name == name })
		if at < 0 {
			out = append(out, LogProblem{Name: name, Kind: "history", Problem: fmt.Sprintf("the history of timeline %d is missing: its log cannot be used", run.Timeline)})
			continue
		}
		path := files[at].Branches
		if len(path) < 2 {
			continue // a description of an older release; the content is checked all the same
		}
		parent := path[len(path)-2]
		run.Parent, run.Branch = parent.Timeline, parent.End
		size := run.files[0].SegmentBytes
		begin := wal.LSN(uint64(parent.End) / size * size)
		if run.Start > begin {
			out = append(out, LogProblem{Name: wal.SegmentName(run.Timeline, uint64(begin)/size, size), Kind: "hole", Problem: fmt.Sprintf(
				"timeline %d left timeline %d at %s, but its log begins at %s", run.Timeline, parent.Timeline, parent.End, run.Start)})
		}
		reaches := slices.ContainsFunc(all, func(r *logRun) bool {
			return r.Timeline == parent.Timeline && r.Start <= begin && begin <= r.End
		})
		if !reaches && slices.ContainsFunc(all, func(r *logRun) bool { return r.Timeline == parent.Timeline && r.Start < begin }) {
			out = append(out, LogProblem{Name: wal.SegmentName(parent.Timeline, uint64(begin)/size, size), Kind: "hole", Problem: fmt.Sprintf(
				"the log of timeline %d ends before %s, where timeline %d left it", parent.Timeline, begin, run.Timeline)})
		}
	}
	return out
}
