package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/axisor/axisor/pkg/models"
)

// TradeOutcome is what statistics need of a trade log. PnL and Amount are valid until the next one is asked for.
type TradeOutcome struct {
	At     time.Time
	Status models.TradeStatus
	Label  string // the column asked for, "" for null
	PnL    *float64
	Amount *float64
}

// Labels of outcomes.
const (
	LabelNone       = ""
	LabelAction     = "action"
	LabelAutomation = "automation_id"
	LabelUser       = "user_id"
)

// mostTied is how many trades of one instant are put in order here. More are left to the server, so that the memory
// does not grow with them.
const mostTied = 20_000

// TradeOutcomes streams outcomes by time of execution and id.
func (d *DB) TradeOutcomes(ctx context.Context, f TradeFilter) iter.Seq2[TradeOutcome, error] {
	return d.LabelledOutcomes(ctx, f, LabelNone)
}

// LabelledOutcomes is TradeOutcomes with a column to group them by. Statistics of a whole table take as long as this
// does, so it reads the server's binary form straight, a large table on several connections at once, and lets the
// server go along the index of the time alone: to sort every row by its id as well would cost it half as much again,
// for the few rows that share an instant.
func (d *DB) LabelledOutcomes(ctx context.Context, f TradeFilter, label string) iter.Seq2[TradeOutcome, error] {
	return func(yield func(TradeOutcome, error) bool) {
		var out TradeOutcome
		var floats [2]float64
		hand := func(o *outcome) error {
			out = TradeOutcome{At: instant(o.at), Status: models.TradeStatus(o.status), Label: o.label}
			floats = [2]float64{o.pnl, o.amount}
			if o.parts&hasPnL != 0 {
				out.PnL = &floats[0]
			}
			if o.parts&hasAmount != 0 {
				out.Amount = &floats[1]
			}
			if !yield(out, nil) {
				return errStopped
			}
			return nil
		}
		cuts, err := d.tradeCuts(ctx, f)
		switch {
		case err == nil && len(cuts) > 0:
			err = d.scanSlices(ctx, f, label, cuts, hand)
		case err == nil:
			err = d.withConn(ctx, func(c *Conn) error {
				return newOutcomeScan(d, f, label).run(ctx, c, hand)
			})
		}
		if err != nil && !errors.Is(err, errStopped) {
			yield(TradeOutcome{}, fmt.Errorf("read trades: %w", err))
		}
	}
}

// outcome is a row as it came.
type outcome struct {
	at            int64  // microseconds since 2000, as the server counts
	id            []byte // valid until the next row
	status, label string
	pnl, amount   float64
	parts         uint8 // which of the two there are
}

const (
	hasPnL = 1 << iota
	hasAmount
)

// outcomeScan reads outcomes on one connection.
type outcomeScan struct {
	d      *DB
	filter TradeFilter
	label  string
	most   int
	words  map[string]string // of status and label, so that a word is one allocation
	last   outcome           // the newest row
	own    []byte            // its id
	tied   []outcome         // rows of the instant that is being read, when they are more than one
	over   bool              // there were too many of them
}

func newOutcomeScan(d *DB, f TradeFilter, label string) *outcomeScan {
	return &outcomeScan{d: d, filter: f, label: label, most: mostTied, words: map[string]string{}}
}

func (s *outcomeScan) query(order string, extra ...condition) (string, []any) {
	where, args := numbered(append(s.filter.conditions(), extra...))
	columns := "executed_at, id, status, pnl, amount"
	if s.label != LabelNone {
		columns += ", " + s.label
	}
	// One format code goes for every column, also behind a pooler, where pgx would ask for text: the mode that is the
	// default there ignores it.
	options := []any{pgx.QueryResultFormats{pgx.BinaryFormatCode}}
	if s.d.target.Pooler {
		options = append(options, pgx.QueryExecModeDescribeExec)
	}
	return "SELECT " + columns + ` FROM "TradeLog"` + where + " ORDER BY " + order, append(options, args...)
}

// run reads the rows that fit, by time and id.
func (s *outcomeScan) run(ctx context.Context, c *Conn, hand func(*outcome) error, extra ...condition) error {
	sql, args := s.query("executed_at", extra...)
	held := false // a row is not yet handed on: the next may be of the same instant
	err := s.each(ctx, c, sql, args, func(o *outcome) error {
		if held {
			if o.at == s.last.at {
				s.tie(o)
				return nil
			}
			if err := s.flush(ctx, hand); err != nil {
				return err
			}
		}
		s.own = append(s.own[:0], o.id...)
		s.last, held = *o, true
		s.last.id = s.own
		return nil
	})
	if err == nil && held {
		err = s.flush(ctx, hand)
	}
	return err
}

// tie keeps a row that shares its instant with the one before.
func (s *outcomeScan) tie(o *outcome) {
	if s.over {
		return
	}
	if len(s.tied) == 0 {
		s.tied = append(s.tied, s.last)
	}
	kept := *o
	kept.id = bytes.Clone(o.id)
	s.tied = append(s.tied, kept)
	s.over = len(s.tied) > s.most
}

// flush hands on what was read of one instant.
func (s *outcomeScan) flush(ctx context.Context, hand func(*outcome) error) error {
	if len(s.tied) == 0 {
		return hand(&s.last)
	}
	if s.over {
		s.tied, s.over = nil, false
		sql, args := s.query(`id COLLATE "C"`, condition{"executed_at = ?", []any{instant(s.last.at)}})
		return s.d.withConn(ctx, func(c *Conn) error { return s.each(ctx, c, sql, args, hand) })
	}
	slices.SortFunc(s.tied, func(a, b outcome) int { return bytes.Compare(a.id, b.id) })
	for i := range s.tied {
		if err := hand(&s.tied[i]); err != nil {
			return err
		}
	}
	s.tied = s.tied[:0]
	return nil
}

// each reads the rows of a query; one is valid until the next.
func (s *outcomeScan) each(ctx context.Context, c *Conn, sql string, args []any, fn func(*outcome) error) error {
	rows, err := c.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var o outcome
	for rows.Next() {
		v := rows.RawValues()
		if len(v) < 5 || len(v[0]) != 8 {
			return errors.New("the server answered in another form than it was asked for")
		}
		o.at, o.id, o.parts = int64(binary.BigEndian.Uint64(v[0])), v[1], 0
		o.status = s.word(v[2], o.status)
		if len(v) > 5 {
			o.label = s.word(v[5], o.label)
		}
		if len(v[3]) == 8 {
			o.pnl, o.parts = math.Float64frombits(binary.BigEndian.Uint64(v[3])), o.parts|hasPnL
		}
		if len(v[4]) == 8 {
			o.amount, o.parts = math.Float64frombits(binary.BigEndian.Uint64(v[4])), o.parts|hasAmount
		}
		if err := fn(&o); err != nil {
			return err
		}
	}
	return rows.Err()
}

// word is the text, which is often the one of the row before, and seldom a new one.
func (s *outcomeScan) word(b []byte, before string) string {
	if string(b) == before {
		return before
	}
	if w, known := s.words[string(b)]; known {
		return w
	}
	w := string(b)
	if len(s.words) < 10_000 {
		s.words[w] = w
	}
	return w
}

// instant is a time as the server counts it. Infinity is a year that no calendar has: whoever reckons leaves it out.
func instant(micros int64) time.Time {
	switch micros {
	case math.MaxInt64:
		return time.Date(294277, 1, 1, 0, 0, 0, 0, time.UTC)
	case math.MinInt64:
		return time.Date(-4714, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	const epoch = 946_684_800_000_000 // 2000-01-01
	return time.UnixMicro(micros + epoch).UTC()
}
