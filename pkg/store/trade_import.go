package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/axisor/axisor/pkg/models"
)

// TradeRow is a trade log and the line of the file it came from. Its user is an id, an e-mail address or a username.
type TradeRow struct {
	Line  int64
	Trade models.TradeLog
	// EarlierID, when not empty, is another id under which the same trade may be stored: one with this id, amount and
	// price is the same.
	EarlierID string
}

// TradeImport says how rows are taken in.
type TradeImport struct {
	Now time.Time // created_at of rows without one
	// Dedupe also skips a row when there is one of the same user with the same trade_id and executed_at.
	Dedupe bool
	// Derive makes the ids of a row with EarlierID again, whose user was found by another name.
	Derive func(*TradeRow)
	// Reject is told of rows that refer to what does not exist.
	Reject func(row TradeRow, reason string) error
	// Inserted is told of the ids that were inserted, before they are committed; nil is nobody.
	Inserted func(ids []string) error
}

// TradeImported is what became of the rows.
type TradeImported struct {
	Read     int64 // rows handed over
	Inserted int64
	Skipped  int64 // there already, or twice among the rows
	Rejected int64
}

const stageTrades = `CREATE TEMP TABLE axisor_trades (
	line bigint NOT NULL, id text NOT NULL, user_id text NOT NULL, automation_id text, trade_id text NOT NULL, status text NOT NULL,
	action text, plan_type text, pnl double precision, amount double precision, price double precision, error_message text,
	executed_at timestamp NOT NULL, created_at timestamp, earlier_id text) ON COMMIT DROP`

const stagedTradeColumns = `line, id, user_id, automation_id, trade_id, status, action, plan_type, pnl, amount, price, error_message,
	executed_at, created_at`

// ImportTrades takes rows in, inside a PinnedTransaction, a batch at a time: COPY into a temporary table, from which
// rows that refer to nothing are told and removed, and one INSERT of what is left. ON CONFLICT would not cover the
// former: one bad reference would fail all rows. Batches are small enough for the staged rows never to leave the
// session's memory, and while the server works on one, the next is read and formatted; so rows is walked beside calls of
// o.Reject, and one step of it may still be under way when an error is returned.
func (d *DB) ImportTrades(ctx context.Context, rows iter.Seq2[TradeRow, error], o TradeImport) (TradeImported, error) {
	var done TradeImported
	err := d.withConn(ctx, func(c *Conn) error {
		if _, err := c.Exec(ctx, stageTrades); err != nil {
			return fmt.Errorf("stage trades: %w", err)
		}
		reading, stop := context.WithCancel(ctx)
		defer stop()
		in := tradeImporter{conn: c, o: o, done: &done}
		for batch := range formatTrades(reading, rows) {
			if batch.err != nil {
				return batch.err
			}
			if batch.text == nil {
				continue
			}
			if err := in.take(ctx, batch); err != nil {
				return err
			}
		}
		return ctx.Err() // the batches also end when they are not wanted any more
	})
	return done, err
}

// tradeBatch is rows in the text format of COPY, or why there are no more.
type tradeBatch struct {
	text    []byte
	earlier bool // some rows have an EarlierID
	err     error
}

// tradeBatchBytes is what a batch holds before it is sent: well below the 8 MB of temp_buffers.
const tradeBatchBytes = 4 << 20

// formatTrades makes batches of rows, one ahead of whoever takes them, until ctx is over.
func formatTrades(ctx context.Context, rows iter.Seq2[TradeRow, error]) <-chan tradeBatch {
	out := make(chan tradeBatch)
	go func() {
		defer close(out)
		var b tradeBatch
		pass := func(b tradeBatch) bool {
			select {
			case out <- b:
				return true
			case <-ctx.Done():
				return false
			}
		}
		for row, err := range rows {
			if err != nil {
				pass(tradeBatch{err: err})
				return
			}
			b.earlier = b.earlier || row.EarlierID != ""
			if b.text == nil {
				b.text = make([]byte, 0, tradeBatchBytes+4<<10)
			}
			if b.text = appendTrade(b.text, row); len(b.text) < tradeBatchBytes {
				continue
			}
			size := len(b.text)
			if !pass(b) {
				return
			}
			b = tradeBatch{}
			if size > 2*tradeBatchBytes && !pass(b) { // one long row at a time: this ends when the one before was taken in
				return
			}
		}
		if len(b.text) > 0 {
			pass(b)
		}
	}()
	return out
}

// tradeImporter takes batches in.
type tradeImporter struct {
	conn *Conn
	o    TradeImport
	done *TradeImported
	// careful says that rows of the last batch were there already.
	careful bool
}

func (i *tradeImporter) take(ctx context.Context, b tradeBatch) error {
	tag, err := i.conn.PgConn().CopyFrom(ctx, bytes.NewReader(b.text), "COPY axisor_trades ("+stagedTradeColumns+", earlier_id) FROM STDIN")
	if err != nil {
		return fmt.Errorf("stage trades: %w", err)
	}
	if err := i.resolve(ctx); err != nil {
		return err
	}
	rejected, err := rejectTrades(ctx, i.conn, i.o.Reject)
	if err != nil {
		return err
	}
	if i.o.Dedupe {
		if err := dedupeTrades(ctx, i.conn); err != nil {
			return err
		}
	}
	if b.earlier {
		if err := skipEarlier(ctx, i.conn); err != nil {
			return err
		}
	}
	inserted, err := i.insert(ctx)
	if err == nil {
		_, err = i.conn.Exec(ctx, "TRUNCATE axisor_trades")
	}
	if err != nil {
		return fmt.Errorf("import trades: %w", err)
	}
	read := tag.RowsAffected()
	skipped := read - rejected - inserted
	i.careful = skipped > 0
	i.done.Read += read
	i.done.Rejected += rejected
	i.done.Inserted += inserted
	i.done.Skipped += skipped
	return nil
}

// insert moves the staged rows into the table. ON CONFLICT makes an insert a quarter slower, so it is used only where
// rows were there already.
func (i *tradeImporter) insert(ctx context.Context) (int64, error) {
	const insert = `INSERT INTO "TradeLog" (id, user_id, automation_id, trade_id, status, action, plan_type, pnl, amount, price,
			error_message, executed_at, created_at)
		SELECT id, user_id, automation_id, trade_id, status, action, plan_type::"PlanType", pnl, amount, price, error_message,
			executed_at, COALESCE(created_at, $1) FROM axisor_trades`
	now := i.o.Now.UTC()
	if !i.careful {
		if _, err := i.conn.Exec(ctx, "SAVEPOINT axisor_import"); err != nil {
			return 0, err
		}
		n, ids, err := i.run(ctx, insert, now)
		end := "RELEASE SAVEPOINT axisor_import"
		var taken *pgconn.PgError
		switch {
		case errors.As(err, &taken) && taken.Code == "23505":
			end = "ROLLBACK TO SAVEPOINT axisor_import; RELEASE SAVEPOINT axisor_import"
		case err != nil:
			return 0, err
		}
		if _, err := i.conn.Exec(ctx, end); err != nil || taken == nil {
			return n, errors.Join(err, i.tell(ids))
		}
	}
	n, ids, err := i.run(ctx, insert+" ON CONFLICT (id) DO NOTHING", now)
	return n, errors.Join(err, i.tell(ids))
}

// run inserts, and returns how many rows and, when somebody wants to know, which.
func (i *tradeImporter) run(ctx context.Context, insert string, now time.Time) (int64, []string, error) {
	if i.o.Inserted == nil {
		tag, err := i.conn.Exec(ctx, insert, now)
		return tag.RowsAffected(), nil, err
	}
	rows, err := i.conn.Query(ctx, insert+" RETURNING id", now)
	if err != nil {
		return 0, nil, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return int64(len(ids)), ids, err
}

func (i *tradeImporter) tell(ids []string) error {
	if i.o.Inserted == nil || len(ids) == 0 {
		return nil
	}
	return i.o.Inserted(ids)
}

// rejectTrades removes the staged rows that refer to nothing. Looking at each reference once keeps the server from
// reading the whole of the users for every batch.
func rejectTrades(ctx context.Context, c *Conn, tell func(TradeRow, string) error) (int64, error) {
	var n int64
	for _, bad := range []struct{ where, what string }{
		{
			`s.user_id IN (SELECT user_id FROM (SELECT DISTINCT user_id FROM axisor_trades) d
				WHERE NOT EXISTS (SELECT 1 FROM "User" u WHERE u.id = d.user_id))`, "no user with id ",
		},
		{
			`(s.automation_id, s.user_id) IN (SELECT automation_id, user_id
				FROM (SELECT DISTINCT automation_id, user_id FROM axisor_trades WHERE automation_id IS NOT NULL) d
				WHERE NOT EXISTS (SELECT 1 FROM "Automation" a WHERE a.id = d.automation_id AND a.user_id = d.user_id))`,
			"the user has no automation with id ",
		},
	} {
		rows, err := c.Query(ctx, "DELETE FROM axisor_trades s WHERE "+bad.where+" RETURNING "+stagedTradeColumns)
		if err != nil {
			return n, fmt.Errorf("check trades: %w", err)
		}
		for rows.Next() {
			r, created := TradeRow{}, (*time.Time)(nil)
			t := &r.Trade
			if err := rows.Scan(&r.Line, &t.ID, &t.UserID, &t.AutomationID, &t.TradeID, &t.Status, &t.Action, &t.PlanType, &t.PnL, &t.Amount,
				&t.Price, &t.ErrorMessage, &t.ExecutedAt, &created); err != nil {
				rows.Close()
				return n, fmt.Errorf("check trades: %w", err)
			}
			if created != nil {
				t.CreatedAt = *created
			}
			ref := t.UserID
			what := bad.what
			switch {
			case what[0] == 't':
				ref = models.Deref(t.AutomationID)
			case strings.Contains(ref, "@"):
				what = "no user with e-mail "
			}
			n++
			if err := tell(r, what+strconv.Quote(ref)); err != nil {
				rows.Close()
				return n, err
			}
		}
		if err := rows.Err(); err != nil {
			return n, fmt.Errorf("check trades: %w", err)
		}
	}
	return n, nil
}

func dedupeTrades(ctx context.Context, c *Conn) error {
	for _, sql := range []string{
		`DELETE FROM axisor_trades s USING (SELECT line, row_number() OVER (PARTITION BY user_id, trade_id, executed_at ORDER BY line) AS n
			FROM axisor_trades) d WHERE d.line = s.line AND d.n > 1`,
		// LIMIT keeps the join a look into the index for every row, however small the batch beside the table.
		`DELETE FROM axisor_trades WHERE line IN (SELECT s.line FROM axisor_trades s, LATERAL (SELECT 1 FROM "TradeLog" t
			WHERE t.user_id = s.user_id AND t.executed_at = s.executed_at AND t.trade_id = s.trade_id LIMIT 1) known)`,
	} {
		if _, err := c.Exec(ctx, sql); err != nil {
			return fmt.Errorf("skip existing trades: %w", err)
		}
	}
	return nil
}

// skipEarlier removes the staged rows that an earlier version has taken in under the id that it derived.
func skipEarlier(ctx context.Context, c *Conn) error {
	_, err := c.Exec(ctx, `DELETE FROM axisor_trades WHERE line IN (SELECT s.line FROM axisor_trades s, LATERAL (SELECT 1 FROM "TradeLog" t
		WHERE t.id = s.earlier_id AND t.amount IS NOT DISTINCT FROM s.amount AND t.price IS NOT DISTINCT FROM s.price LIMIT 1) known)`)
	if err != nil {
		return fmt.Errorf("skip existing trades: %w", err)
	}
	return nil
}

// copyEscapes are the letters that stand for a character behind a backslash.
var copyEscapes = map[byte]byte{'\\': '\\', '\t': 't', '\n': 'n', '\r': 'r'}

// appendTrade adds a row in the text format of COPY.
func appendTrade(b []byte, row TradeRow) []byte {
	t := &row.Trade
	b = strconv.AppendInt(b, row.Line, 10)
	text := func(s string) {
		b = append(b, '\t')
		if !strings.ContainsAny(s, "\\\t\n\r") {
			b = append(b, s...)
			return
		}
		if len(s) > tradeBatchBytes { // growing step by step would take twice the memory
			b = slices.Grow(b, len(s)+strings.Count(s, `\`)+strings.Count(s, "\t")+strings.Count(s, "\n")+strings.Count(s, "\r")+4<<10)
		}
		for ; s != ""; s = s[1:] {
			n := strings.IndexAny(s, "\\\t\n\r")
			if n < 0 {
				b = append(b, s...)
				return
			}
			b = append(b, s[:n]...)
			b = append(b, '\\', copyEscapes[s[n]])
			s = s[n:]
		}
	}
	maybe := func(s *string) {
		if s == nil {
			b = append(b, '\t', '\\', 'N')
			return
		}
		text(*s)
	}
	number := func(f *float64) {
		if f == nil {
			b = append(b, '\t', '\\', 'N')
			return
		}
		b = strconv.AppendFloat(append(b, '\t'), *f, 'g', -1, 64)
	}
	at := func(v time.Time) { b = v.UTC().AppendFormat(append(b, '\t'), "2006-01-02 15:04:05.999999") }
	text(t.ID)
	text(t.UserID)
	maybe(t.AutomationID)
	text(t.TradeID)
	text(string(t.Status))
	maybe(t.Action)
	maybe((*string)(t.PlanType))
	number(t.PnL)
	number(t.Amount)
	number(t.Price)
	maybe(t.ErrorMessage)
	at(t.ExecutedAt)
	if t.CreatedAt.IsZero() {
		b = append(b, '\t', '\\', 'N')
	} else {
		at(t.CreatedAt)
	}
	if row.EarlierID == "" {
		maybe(nil)
	} else {
		text(row.EarlierID)
	}
	return append(b, '\n')
}
