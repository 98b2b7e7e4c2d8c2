package store

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// readers is how many connections a large table is read on at once: as many processes as the server itself takes
	// for a parallel aggregate by default.
	readers = 3
	// sliceWorth is the size of a table from which on more than one connection pays.
	sliceWorth = 100_000
	// chunkRows and chunksAhead bound the memory: what is read ahead of its turn waits in so many chunks per reader.
	chunkRows   = 1024
	chunksAhead = 64
)

// tradeCuts are the instants at which a scan of a large part of the table is cut into slices of about the same size,
// none when one connection is enough. The server knows them from its last ANALYZE.
func (d *DB) tradeCuts(ctx context.Context, f TradeFilter) ([]time.Time, error) {
	if d.inTx || cap(d.slots) < readers+2 || f.UserID != "" || f.AutomationID != "" || f.TradeID != "" {
		return nil, nil
	}
	var cuts []time.Time
	err := d.withConn(ctx, func(c *Conn) error {
		rows, err := c.Query(ctx, `SELECT cut FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
			JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = t.relname AND s.attname = 'executed_at',
			unnest(s.histogram_bounds::text::timestamp[]) cut
			WHERE t.oid = '"TradeLog"'::regclass AND t.reltuples >= $1 AND isfinite(cut) ORDER BY cut`, sliceWorth)
		if err != nil {
			return err
		}
		cuts, err = pgx.CollectRows(rows, pgx.RowTo[time.Time])
		return err
	})
	if err != nil {
		return nil, err
	}
	within := cuts[:0]
	for _, cut := range cuts {
		inside := cut.After(f.Executed.Since) && (f.Executed.Until.IsZero() || cut.Before(f.Executed.Until))
		if inside && (len(within) == 0 || cut.After(within[len(within)-1])) {
			within = append(within, cut)
		}
	}
	return within, nil
}

// sliceScan reads slices of time on several connections that share one snapshot, and hands them on in order.
type sliceScan struct {
	d      *DB
	filter TradeFilter
	label  string
	cuts   []time.Time
	slices []chan []outcome
	free   chan []outcome
	next   atomic.Int64
}

func (d *DB) scanSlices(ctx context.Context, f TradeFilter, label string, cuts []time.Time, hand func(*outcome) error) error {
	s := &sliceScan{d: d, filter: f, label: label, cuts: cuts, free: make(chan []outcome, readers*chunksAhead)}
	for range len(cuts) + 1 {
		s.slices = append(s.slices, make(chan []outcome, chunksAhead))
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	return d.withConn(ctx, func(c *Conn) error {
		tx, err := c.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
		if err != nil {
			return err
		}
		defer tx.Rollback(context.WithoutCancel(ctx))
		var snapshot string
		if err := tx.QueryRow(ctx, "SELECT pg_export_snapshot()").Scan(&snapshot); err != nil {
			return err
		}
		var working sync.WaitGroup
		for range readers {
			working.Go(func() {
				if err := s.read(ctx, snapshot); err != nil {
					stop(err)
				}
			})
		}
		err = s.drain(ctx, hand)
		if err != nil {
			stop(err)
		}
		working.Wait()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return err
	})
}

// drain hands the rows of all slices on, one slice after the other.
func (s *sliceScan) drain(ctx context.Context, hand func(*outcome) error) error {
	for _, slice := range s.slices {
		for open := true; open; {
			var chunk []outcome
			select {
			case chunk, open = <-slice:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			for i := range chunk {
				if err := hand(&chunk[i]); err != nil {
					return err
				}
			}
			if chunk != nil {
				select {
				case s.free <- chunk[:0]:
				default:
				}
			}
		}
	}
	return nil
}

// read takes one slice after the other, the earliest first: the one whose turn it is, is always being read.
func (s *sliceScan) read(ctx context.Context, snapshot string) error {
	return s.d.withConn(ctx, func(c *Conn) error {
		tx, err := c.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
		if err != nil {
			return err
		}
		defer tx.Rollback(context.WithoutCancel(ctx))
		if _, err := tx.Exec(ctx, "SET TRANSACTION SNAPSHOT '"+snapshot+"'"); err != nil {
			return fmt.Errorf("share a snapshot: %w", err)
		}
		scan := newOutcomeScan(s.d, s.filter, s.label)
		for {
			i := int(s.next.Add(1)) - 1
			if i >= len(s.slices) {
				return nil
			}
			if err := s.slice(ctx, c, scan, i); err != nil {
				return err
			}
		}
	})
}

func (s *sliceScan) slice(ctx context.Context, c *Conn, scan *outcomeScan, i int) error {
	var bounds []condition
	if i > 0 {
		bounds = append(bounds, condition{"executed_at >= ?", []any{s.cuts[i-1]}})
	}
	if i < len(s.cuts) {
		bounds = append(bounds, condition{"executed_at < ?", []any{s.cuts[i]}})
	}
	chunk := s.chunk()
	send := func() error {
		select {
		case s.slices[i] <- chunk:
			chunk = s.chunk()
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	err := scan.run(ctx, c, func(o *outcome) error {
		kept := *o
		kept.id = nil
		if chunk = append(chunk, kept); len(chunk) < chunkRows {
			return nil
		}
		return send()
	}, bounds...)
	if err != nil {
		return err
	}
	if err := send(); err != nil {
		return err
	}
	close(s.slices[i])
	return nil
}

// chunk is an empty one, used before when possible.
func (s *sliceScan) chunk() []outcome {
	select {
	case c := <-s.free:
		return c
	default:
		return make([]outcome, 0, chunkRows)
	}
}
