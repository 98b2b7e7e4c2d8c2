package wal

import (
	"encoding/binary"
	"fmt"
)

// Walker checks a run of segments record by record. Feed it the segments in order; it carries
// records over from one to the next.
type Walker struct {
	System   uint64   // the cluster that all segments must belong to; 0 takes the first one's
	Path     Ancestry // timelines that pages may be of; nil allows any
	From     LSN      // where reading begins: the start of a record
	Visit    func(Record) bool
	OpenEnd  bool // the next segment may end in the middle: what follows the last record is unused
	Until    LSN  // where the timeline was left: what begins here or later is of another life; 0 is nowhere
	Stopped  bool // Visit said stop
	Ended    bool // an open end was reached
	At       LSN  // end of the last whole record
	Last     LSN  // its start
	Records  int64
	magic    uint16
	size     uint64
	next     LSN // first byte not yet fed
	skip     LSN // pages before this one are unused
	begun    bool
	timeline uint32

	pending []byte // a record that goes on
	start   LSN
	want    uint32
}

// CorruptError says where the log is damaged.
type CorruptError struct {
	At      LSN
	Problem string
}

// Error names position and problem.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("write-ahead log at %s: %s", e.At, e.Problem)
}

func corrupt(at LSN, format string, args ...any) error {
	return &CorruptError{At: at, Problem: fmt.Sprintf(format, args...)}
}

// Feed reads the next segment.
func (w *Walker) Feed(name Name, data []byte) error {
	h, err := CheckSegment(name, data)
	if err != nil {
		return err
	}
	switch {
	case w.System != 0 && h.System != w.System:
		return corrupt(h.Start, "segment belongs to cluster %d, not %d", h.System, w.System)
	case w.magic != 0 && h.Magic != w.magic:
		return corrupt(h.Start, "segment is of another PostgreSQL release")
	case w.begun && h.Start != w.next:
		return corrupt(w.next, "segment is missing: the next one begins at %s", h.Start)
	case w.size != 0 && h.Size != w.size:
		return corrupt(h.Start, "segment has another size than the one before")
	}
	w.System, w.magic, w.size, w.next = h.System, h.Magic, h.Size, h.Start+LSN(h.Size)
	if !w.begun {
		w.begun = true
		if w.From < h.Start {
			w.From = h.Start
		}
	}
	for at := 0; at < len(data) && !w.Stopped && !w.Ended; at += pageSize {
		if err := w.page(data[at:at+pageSize], h.Start+LSN(at)); err != nil {
			return err
		}
	}
	return nil
}

// page reads one page.
func (w *Walker) page(page []byte, at LSN) error {
	if at+pageSize <= w.From || at < w.skip {
		return nil
	}
	h := readPage(page)
	switch {
	case h.magic != w.magic:
		return w.unused(at, "page has no header")
	case h.address != at:
		return w.unused(at, "page belongs to %s", h.address)
	case (h.flags&flagLong != 0) != (uint64(at)%w.size == 0):
		return w.unused(at, "page has the wrong kind of header")
	case w.Path != nil && !w.Path.Contains(h.timeline, 0), h.timeline < w.timeline:
		return w.unused(at, "page is of timeline %d", h.timeline)
	}
	w.timeline = h.timeline
	pos := h.size()
	if h.flags&flagOverwritten != 0 {
		// The server crashed in the middle of the record before and says that it is void.
		w.pending = nil
	}
	switch {
	case w.pending != nil:
		left := int(w.want) - len(w.pending)
		if h.flags&flagContinued == 0 || int(h.remaining) != left {
			return w.unused(at, "record of %s is not continued", w.start)
		}
		n := min(left, pageSize-pos)
		w.pending = append(w.pending, page[pos:pos+n]...)
		pos += n
		if len(w.pending) < int(w.want) {
			return nil
		}
		pos = align(pos)
		if err := w.finish(w.pending, w.start, at+LSN(pos)); err != nil || w.Stopped || w.Ended {
			return err
		}
		w.pending = nil
	case h.flags&flagContinued != 0:
		// Only where reading begins may a page continue what we have not seen.
		if int(h.remaining) > pageSize-pos {
			return nil
		}
		pos = align(pos + int(h.remaining))
	}
	if from := int64(w.From) - int64(at); from > int64(pos) {
		pos = int(from)
	}
	return w.records(page, at, pos)
}

func (w *Walker) records(page []byte, at LSN, pos int) error {
	for pos+8 <= pageSize && !w.Stopped && !w.Ended && at >= w.skip {
		start := at + LSN(pos)
		if w.Until != 0 && start >= w.Until {
			w.Ended = true
			return nil
		}
		total := binary.LittleEndian.Uint32(page[pos:])
		if total < recordHeader || total > maxRecord {
			return w.unused(start, "no record where one should begin")
		}
		if rest := pageSize - pos; int(total) > rest {
			w.pending, w.start, w.want = append(make([]byte, 0, min(total, 1<<20)), page[pos:]...), start, total
			return nil
		}
		next := align(pos + int(total))
		if err := w.finish(page[pos:pos+int(total)], start, at+LSN(next)); err != nil {
			return err
		}
		pos = next
	}
	return nil
}

// finish checks a whole record and shows it to the visitor.
func (w *Walker) finish(data []byte, start, end LSN) error {
	if !sound(data) {
		return w.unused(start, "record has a wrong checksum")
	}
	r, err := describe(data, start, end)
	if err != nil {
		return corrupt(start, "%s", err.Error())
	}
	if w.Last != 0 && LSN(binary.LittleEndian.Uint64(data[8:])) != w.Last {
		return w.unused(start, "record does not follow the one at %s", w.Last)
	}
	if r.Switch {
		r.End = LSN((uint64(end) + w.size - 1) / w.size * w.size)
	}
	if w.Visit != nil && !w.Visit(r) {
		w.Stopped = true
		return nil
	}
	w.Records++
	w.Last, w.At = start, r.End
	if r.Switch {
		w.skip = r.End
	}
	return nil
}

// unused is the end of the log where an open end is allowed, and damage where it is not.
func (w *Walker) unused(at LSN, format string, args ...any) error {
	if w.OpenEnd {
		w.Ended, w.pending = true, nil
		return nil
	}
	return corrupt(at, format, args...)
}

// Incomplete reports the start of a record whose end has not been fed.
func (w *Walker) Incomplete() (LSN, bool) { return w.start, w.pending != nil }

func align(n int) int { return (n + 7) &^ 7 }
