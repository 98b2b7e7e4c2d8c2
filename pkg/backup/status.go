package backup

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/axisor/axisor/pkg/backup/wal"
	"github.com/axisor/axisor/pkg/secret"
)

// Status is what an operator wants to know before the day of need.
type Status struct {
	Newest, Proven *Entry // newest good dump, and newest one that a test restore has proven
	Dumps, Bad     int
	Clusters       []ClusterStatus
	Receivers      []ReceiverState
}

// ClusterStatus says what can be recovered of one cluster. It reads descriptions only.
type ClusterStatus struct {
	System     string
	Timeline   uint32 // the newest
	Bases      int
	NewestBase *Entry
	FirstLSN   *wal.LSN   // the first point that can be recovered to
	FirstTime  *time.Time // the same as a time
	LastLSN    *wal.LSN   // the end of the unbroken log after the newest base backup
	LastTime   *time.Time // the last transaction in it
	Segments   int
	Bytes      int64
	Holes      int // that nobody has acknowledged
}

// Status looks at the repository; the server is not asked.
func (r *Repository) Status() (Status, error) {
	var s Status
	list, err := r.List()
	if err != nil {
		return s, err
	}
	s.Dumps = len(list)
	for _, e := range list {
		if e.State != StateGood {
			s.Bad++
		}
	}
	s.Newest, s.Proven = Newest(list)
	bases, err := r.Bases()
	if err != nil {
		return s, err
	}
	systems, err := r.logSystems()
	if err != nil {
		return s, err
	}
	for _, system := range systems {
		c, err := r.clusterStatus(system, bases)
		if err != nil {
			return s, err
		}
		s.Clusters = append(s.Clusters, c)
	}
	if r.target == nil {
		s.Receivers, err = r.Receivers()
	}
	return s, err
}

// Newest finds the newest good backup, and the newest one that a test restore has proven; nil when there
// is none. The list is in order, newest first.
func Newest(list []Entry) (good, proven *Entry) {
	for _, e := range list {
		if e.State != StateGood {
			continue
		}
		if good == nil {
			good = &e
		}
		if e.Manifest.LastGood(LevelDeep) != nil {
			return good, &e
		}
	}
	return good, nil
}

func (r *Repository) clusterStatus(system string, bases []Entry) (ClusterStatus, error) {
	c := ClusterStatus{System: system}
	files, _, err := r.logFiles(system)
	if err != nil {
		return c, err
	}
	known, err := r.losses(system)
	if err != nil {
		return c, err
	}
	ranges, path := runs(files, system), newestTimeline(files)
	for _, run := range ranges {
		c.Segments += run.Segments
		c.Bytes += run.Bytes
		hole := LogProblem{System: system, Name: run.gap, Kind: "hole", timeline: run.Timeline, until: run.Start}
		if run.gap != "" && (!known.has(hole) || !hole.past(bases)) {
			c.Holes++
		}
	}
	for _, e := range slices.Backward(bases) { // oldest first
		if e.State != StateGood || e.Manifest.Server.SystemIdentifier != system {
			continue
		}
		c.Bases++
		c.NewestBase = &e
		b := e.Manifest.Base
		run := covering(ranges, b)
		if run == nil {
			continue
		}
		if c.FirstLSN == nil {
			c.FirstLSN, c.FirstTime = &b.StopLSN, &b.StopTime
		}
		end, at, timeline := path.follow(ranges, run)
		if open := r.openEnd(system, files, path, timeline, end); open != nil {
			end = open.End
			if open.LastTime != nil {
				at = open.LastTime
			}
		}
		c.LastLSN, c.LastTime = &end, at
	}
	c.Timeline = path.newest()
	return c, nil
}

// timelines is the way to the newest timeline, as far as the archive knows it.
type timelines struct {
	wal.Ancestry

	segment uint64
}

func newestTimeline(files []*LogFile) timelines {
	var t timelines
	newest := uint32(0)
	for _, f := range files {
		newest = max(newest, f.Timeline)
		t.segment = max(t.segment, f.SegmentBytes)
	}
	for _, f := range files {
		if f.Timeline == newest && len(f.Branches) > 0 {
			t.Ancestry = f.Branches
		}
	}
	if t.Ancestry == nil && newest > 0 {
		t.Ancestry = wal.Ancestry{{Timeline: newest}}
	}
	return t
}

func (t timelines) newest() uint32 {
	if len(t.Ancestry) == 0 {
		return 0
	}
	return t.Ancestry[len(t.Ancestry)-1].Timeline
}

// follow goes on over the branches of the path: a promoted server writes its log on a new timeline, which
// begins in the segment where it left the old one.
func (t timelines) follow(ranges []*logRun, run *logRun) (wal.LSN, *time.Time, uint32) {
	end, at := run.End, run.LastTime
	for i, b := range t.Ancestry {
		if b.Timeline != run.Timeline || b.End == 0 || t.segment == 0 {
			continue
		}
		begin := wal.LSN(uint64(b.End) / t.segment * t.segment)
		next := slices.IndexFunc(ranges, func(r *logRun) bool {
			return r.Timeline == t.Ancestry[i+1].Timeline && r.Start <= begin && b.End < r.End
		})
		if run.End < begin || next < 0 {
			return end, at, run.Timeline
		}
		run = ranges[next]
		end = run.End
		if run.LastTime != nil {
			at = run.LastTime
		}
	}
	return end, at, run.Timeline
}

// openEnd is what there is of the segment behind the archive's last one: a recovery uses that, too. It is being received,
// or was kept as partial. On a timeline that has just begun it is the segment of the branch.
func (r *Repository) openEnd(system string, files []*LogFile, t timelines, timeline uint32, end wal.LSN) *LogFacts {
	if t.segment == 0 {
		return nil
	}
	for i, b := range slices.Backward(t.Ancestry) {
		from := end
		if b.Timeline > timeline && i > 0 {
			from = t.Ancestry[i-1].End
		}
		text := wal.SegmentName(b.Timeline, uint64(from)/t.segment, t.segment)
		var best *LogFacts
		for _, f := range files {
			if f.Name == text+partialExt && !f.bare {
				best = &f.LogFacts
			}
		}
		if r.target == nil {
			name := wal.Name{Kind: wal.Segment, Timeline: b.Timeline}
			if n, err := wal.ParseName(text); err == nil {
				name = n
			}
			if data, _, err := r.received(system, name, text); err == nil {
				name.Kind = wal.Partial
				if f := summarize(name, data); best == nil || f.End > best.End {
					best = &f
				}
			}
		}
		if best != nil && best.End > from {
			return best
		}
		if b.Timeline == timeline {
			break
		}
	}
	return nil
}

// covering finds the unbroken log that a base backup needs.
func covering(ranges []*logRun, b *BaseInfo) *logRun {
	for _, run := range ranges {
		if run.Timeline == b.Timeline && run.Start <= b.StartLSN && b.StopLSN <= run.End {
			return run
		}
	}
	return nil
}

// SlotStatus is what the server says about the receiver's slot.
type SlotStatus struct {
	Name       string
	Exists     bool
	Active     bool
	RestartLSN *string
	LagBytes   *int64 // written by the server, not yet received
	Retained   *int64 // kept on the server's disk for this slot
	WALStatus  *string
	KeepLimit  string // max_slot_wal_keep_size
}

// Slot asks the server about a replication slot.
func (r *Repository) Slot(ctx context.Context, url secret.Secret, slot string) (SlotStatus, error) {
	if slot == "" {
		slot = DefaultSlot
	}
	s := SlotStatus{Name: slot}
	e, err := newEndpoint(url, "", r.o.Environ)
	if err != nil {
		return s, err
	}
	conn, err := e.connect(ctx)
	if err != nil {
		return s, err
	}
	defer e.close(ctx, conn)
	err = conn.QueryRow(ctx, `WITH here AS (SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END AS lsn)
		SELECT s.active, s.restart_lsn::text, (here.lsn - coalesce(r.flush_lsn, s.restart_lsn))::bigint, (here.lsn - s.restart_lsn)::bigint,
		       s.wal_status, current_setting('max_slot_wal_keep_size')
		FROM here, pg_replication_slots s LEFT JOIN pg_stat_replication r ON r.pid = s.active_pid WHERE s.slot_name = $1`, slot).
		Scan(&s.Active, &s.RestartLSN, &s.LagBytes, &s.Retained, &s.WALStatus, &s.KeepLimit)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, nil
	}
	s.Exists = err == nil
	return s, e.classify(ctx, "ask for the replication slot", err)
}
