package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/axisor/axisor/pkg/backup/wal"
)

// whereabouts is what the server says about its log.
type whereabouts struct {
	system   string
	timeline uint32
	flushed  wal.LSN
	path     wal.Ancestry // how it came to its timeline
	history  []byte       // the same as a file; nil on the first timeline
	size     uint64       // of a segment
}

// continues reports whether the server can send the log of a timeline from a position on. Where a timeline was left there
// is nothing more of it to send, which pg_receivewal takes for an error.
func (w whereabouts) continues(timeline uint32, from wal.LSN) bool {
	return slices.ContainsFunc(w.path, func(b wal.Branch) bool {
		return b.Timeline == timeline && (b.End == 0 || from < b.End)
	})
}

// identify asks the server who it is, over the protocol that the log is sent with.
func (v *receiver) identify(ctx context.Context) (w whereabouts, err error) {
	config := v.end.config.Config.Copy()
	config.RuntimeParams["replication"] = "true"
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return w, v.end.classify(ctx, "connect for replication", err)
	}
	defer func() {
		clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
		defer cancel()
		_ = conn.Close(clean)
	}()
	ask := func(command string, columns int) ([][]byte, error) {
		results, err := conn.Exec(ctx, command).ReadAll()
		if err != nil {
			return nil, v.end.classify(ctx, "ask the server: "+command, err)
		}
		if len(results) != 1 || len(results[0].Rows) != 1 || len(results[0].Rows[0]) < columns {
			return nil, fmt.Errorf("ask the server: %s: unexpected answer", command)
		}
		return results[0].Rows[0], nil
	}
	row, err := ask("IDENTIFY_SYSTEM", 3)
	if err != nil {
		return w, err
	}
	timeline, err1 := strconv.ParseUint(string(row[1]), 10, 32)
	flushed, err2 := wal.ParseLSN(string(row[2]))
	if err := errors.Join(err1, err2); err != nil {
		return w, fmt.Errorf("ask the server: IDENTIFY_SYSTEM: %w", err)
	}
	w = whereabouts{system: string(row[0]), timeline: uint32(timeline), flushed: flushed, path: wal.Ancestry{{Timeline: uint32(timeline)}}}
	if w.timeline > 1 {
		if row, err = ask(fmt.Sprintf("TIMELINE_HISTORY %d", w.timeline), 2); err != nil {
			return w, err
		}
		w.history = slices.Clone(row[1])
		w.path, err = wal.ParseHistory(w.timeline, w.history)
	}
	return w, err
}

// align prepares what pg_receivewal finds, each time before it starts: the slot, which a server that was rebuilt from a
// base backup does not have; the history of its timeline, in the archive; and a place to go on from that is in this
// server's history. After a recovery to a point before the end of the old life, the newest received segment is not: it
// goes into the archive with the other files of its timeline.
func (v *receiver) align(ctx context.Context) error {
	w, err := v.identify(ctx)
	if err != nil {
		return err
	}
	if w.system != v.state.System {
		return fmt.Errorf("the server is now cluster %s, and its log was received as that of %s; start the receiver again: %w", w.system, v.state.System, ErrDifferent)
	}
	conn, err := v.end.connect(ctx)
	if err != nil {
		return err
	}
	defer v.end.close(ctx, conn)
	if err := v.makeSlot(ctx, conn); err != nil {
		return err
	}
	if err := conn.QueryRow(ctx, "SELECT pg_size_bytes(current_setting('wal_segment_size'))").Scan(&w.size); err != nil {
		return v.end.classify(ctx, "read the size of segments", err)
	}
	if w.history != nil {
		a := v.a
		a.name, a.system, a.data = wal.HistoryName(w.timeline), w.system, w.history
		if _, err := v.repo.archive(ctx, a); err != nil {
			return fmt.Errorf("archive the history of timeline %d: %w", w.timeline, err)
		}
	}
	left, err := v.setPast(ctx, w)
	if err != nil || left || v.lost {
		v.lost = false
		return err
	}
	return v.mark(w)
}

// makeSlot makes the slot. Without it a receiver that was away too long finds that the server has recycled what it
// needs.
func (v *receiver) makeSlot(ctx context.Context, conn *pgx.Conn) error {
	if v.lost { // it stands where the server cannot go back to
		if _, err := conn.Exec(ctx, "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1 AND NOT active", v.q.Slot); err != nil {
			return v.end.classify(ctx, "make replication slot "+v.q.Slot+" anew", err)
		}
	}
	_, err := conn.Exec(ctx, `SELECT pg_create_physical_replication_slot($1, true)
		WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = $1)`, v.q.Slot)
	if err != nil {
		return v.end.classify(ctx, "make replication slot "+v.q.Slot, err)
	}
	return nil
}

// setPast moves what cannot be gone on from into the archive, and reports whether anything else is left.
func (v *receiver) setPast(ctx context.Context, w whereabouts) (left bool, err error) {
	spool := v.repo.spool(v.state.System)
	names, err := namesIn(spool)
	if err != nil {
		return false, err
	}
	on := func(name string) bool {
		n, err := wal.ParseName(name)
		return err == nil && n.Timeline == w.timeline && (n.Kind == wal.Segment || n.Kind == wal.Partial)
	}
	reached := slices.ContainsFunc(names, on)
	for _, name := range names {
		n, err := wal.ParseName(name)
		if err != nil || n.Kind != wal.Segment && n.Kind != wal.Partial {
			continue
		}
		if err := padded(filepath.Join(spool, name), n.Kind, w.size); err != nil {
			return left, storageError(spool, err)
		}
		from := wal.LSN(n.Number(w.size) * w.size)
		if n.Kind == wal.Segment {
			from += wal.LSN(w.size)
		}
		if !v.lost && w.continues(n.Timeline, from) && (n.Timeline == w.timeline || !reached) {
			left = true
			continue
		}
		if err := v.keepPast(ctx, spool, name, n.Kind); err != nil {
			return left, err
		}
	}
	return left, nil
}

// padded empties a piece that pg_receivewal was killed over while it filled it with zeros, before anything was received
// into it: it refuses such a file for ever.
func padded(path string, kind wal.Kind, size uint64) error {
	info, err := os.Stat(path)
	if err != nil || kind != wal.Partial || info.Size() == 0 || uint64(info.Size()) == size {
		return err
	}
	return os.Truncate(path, 0)
}

// keepPast puts one file of the past into the archive and takes it away from pg_receivewal.
func (v *receiver) keepPast(ctx context.Context, spool, name string, kind wal.Kind) error {
	a := v.a
	a.name, a.system = name, v.state.System
	var err error
	if a.data, err = os.ReadFile(filepath.Join(spool, name)); err != nil {
		return fmt.Errorf("read received log: %w", err)
	}
	if kind == wal.Partial {
		_, err = v.repo.archivePartial(ctx, a)
	} else {
		_, err = v.repo.archive(ctx, a)
	}
	if err != nil {
		return fmt.Errorf("archive received log: %w", err)
	}
	v.mirror.tell()
	if err := os.Remove(filepath.Join(spool, name)); err != nil {
		return storageError(spool, err)
	}
	return nil
}

// mark tells pg_receivewal, which has nothing to go on from, where the log of a new timeline begins to be missing. The
// new slot alone would have it begin at the server's last checkpoint, behind the branch.
func (v *receiver) mark(w whereabouts) error {
	if len(w.path) < 2 {
		return nil
	}
	files, _, err := v.repo.logFiles(v.state.System)
	if err != nil {
		return err
	}
	has := func(timeline uint32) bool {
		return slices.ContainsFunc(files, func(f *LogFile) bool { return f.Timeline == timeline && f.SegmentBytes != 0 })
	}
	at := len(w.path) - 1
	for at > 1 && !has(w.path[at].Timeline) && !has(w.path[at-1].Timeline) {
		at--
	}
	timeline, number := w.path[at].Timeline, uint64(w.path[at-1].End)/w.size
	for {
		if _, err := readLogFile(v.repo.logDirectory(v.state.System, timeline), wal.SegmentName(timeline, number, w.size), nil); err != nil {
			break
		}
		number++
	}
	if wal.LSN(number*w.size) > w.flushed {
		return nil
	}
	spool := v.repo.spool(v.state.System)
	f, err := os.OpenFile(filepath.Join(spool, wal.SegmentName(timeline, number, w.size)+partialExt), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		return storageError(spool, err)
	}
	return nil
}

// recycled reports whether the server no longer has what was asked for. It will not come back: receiving goes on from
// where the server can, and the hole is said.
func recycled(err error) bool {
	return err != nil && (strings.Contains(err.Error(), "has already been removed") || strings.Contains(err.Error(), "invalidated"))
}

// streams asks whether the log really comes: the slot is also held for the moment in which the server refuses.
func (v *receiver) streams(ctx context.Context) bool {
	conn, err := v.end.connect(ctx)
	if err != nil {
		return false
	}
	defer v.end.close(ctx, conn)
	var yes bool
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_replication_slots s JOIN pg_stat_replication r ON r.pid = s.active_pid
		WHERE s.slot_name = $1 AND (r.state = 'streaming' OR r.flush_lsn IS NOT NULL))`, v.q.Slot).Scan(&yes)
	return err == nil && yes
}
