package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/axisor/axisor/pkg/models"
)

// TradeRow is a trade log and the line of the file it came from.
type TradeRow struct {
	Line  int64
	Trade models.TradeLog
}

// TradeImport says how rows are taken in.
type TradeImport struct {
	Now time.Time // created_at of rows without one
	// Dedupe also skips a row when there is one of the same user with the same trade_id and executed_at.
	Dedupe bool
	// Reject is told of rows that refer to what does not exist.
	Reject func(row TradeRow, reason string) error
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
	executed_at timestamp NOT NULL, created_at timestamp) ON COMMIT DROP`

const stagedTradeColumns = `line, id, user_id, automation_id, trade_id, status, action, plan_type, pnl, amount, price, error_message,
	executed_at, created_at`

// ImportTrades takes rows in, inside a PinnedTransaction: COPY into a temporary table, from which rows that refer to
// nothing are told and removed, and one INSERT of what is left. ON CONFLICT would not cover the former: one bad
// reference would fail all rows. The memory it needs does not grow with the number of rows.
func (d *DB) ImportTrades(ctx context.Context, rows iter.Seq2[TradeRow, error], o TradeImport) (TradeImported, error) {
	var done TradeImported
	err := d.WithPgx(ctx, func(c *pgx.Conn) error {
		if _, err := c.Exec(ctx, stageTrades); err != nil {
			return fmt.Errorf("stage trades: %w", err)
		}
		next, stop := iter.Pull2(rows)
		defer stop()
		in := &tradeCopy{next: next}
		tag, err := c.PgConn().CopyFrom(ctx, in, "COPY axisor_trades ("+stagedTradeColumns+") FROM STDIN")
		if in.err != nil { // the reader's own trouble, which COPY repeats in its words
			return in.err
		}
		if err != nil {
			return fmt.Errorf("stage trades: %w", err)
		}
		done.Read = tag.RowsAffected()
		if _, err := c.Exec(ctx, "ANALYZE axisor_trades"); err != nil {
			return fmt.Errorf("stage trades: %w", err)
		}
		if done.Rejected, err = rejectTrades(ctx, c, o.Reject); err != nil {
			return err
		}
		if o.Dedupe {
			if err := dedupeTrades(ctx, c); err != nil {
				return err
			}
		}
		if done.Inserted, err = insertTrades(ctx, c, o.Now); err != nil {
			return fmt.Errorf("import trades: %w", err)
		}
		done.Skipped = done.Read - done.Rejected - done.Inserted
		return nil
	})
	return done, err
}

// insertTrades moves the staged rows into the table. ON CONFLICT makes an insert a quarter slower, so it is used only
// where rows are there already, or somebody else puts one there meanwhile.
func insertTrades(ctx context.Context, c *pgx.Conn, now time.Time) (int64, error) {
	const insert = `INSERT INTO "TradeLog" (id, user_id, automation_id, trade_id, status, action, plan_type, pnl, amount, price,
			error_message, executed_at, created_at)
		SELECT id, user_id, automation_id, trade_id, status, action, plan_type::"PlanType", pnl, amount, price, error_message,
			executed_at, COALESCE(created_at, $1) FROM axisor_trades`
	var fresh bool
	if err := c.QueryRow(ctx, `SELECT NOT EXISTS (SELECT 1 FROM axisor_trades s JOIN "TradeLog" t ON t.id = s.id)
		AND NOT EXISTS (SELECT 1 FROM axisor_trades GROUP BY id HAVING count(*) > 1)`).Scan(&fresh); err != nil {
		return 0, err
	}
	if fresh {
		if _, err := c.Exec(ctx, "SAVEPOINT axisor_import"); err != nil {
			return 0, err
		}
		tag, err := c.Exec(ctx, insert, now.UTC())
		var taken *pgconn.PgError
		if !errors.As(err, &taken) || taken.Code != "23505" {
			return tag.RowsAffected(), err
		}
		if _, err := c.Exec(ctx, "ROLLBACK TO SAVEPOINT axisor_import"); err != nil {
			return 0, err
		}
	}
	tag, err := c.Exec(ctx, insert+" ON CONFLICT (id) DO NOTHING", now.UTC())
	return tag.RowsAffected(), err
}

// rejectTrades removes the staged rows that refer to nothing.
func rejectTrades(ctx context.Context, c *pgx.Conn, tell func(TradeRow, string) error) (int64, error) {
	var n int64
	for _, bad := range []struct{ where, what string }{
		{`NOT EXISTS (SELECT 1 FROM "User" u WHERE u.id = s.user_id)`, "no user with id "},
		{
			`s.automation_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "Automation" a WHERE a.id = s.automation_id AND a.user_id = s.user_id)`,
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
			if bad.what[0] == 't' {
				ref = models.Deref(t.AutomationID)
			}
			n++
			if err := tell(r, bad.what+strconv.Quote(ref)); err != nil {
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

func dedupeTrades(ctx context.Context, c *pgx.Conn) error {
	for _, sql := range []string{
		`DELETE FROM axisor_trades s USING (SELECT line, row_number() OVER (PARTITION BY user_id, trade_id, executed_at ORDER BY line) AS n
			FROM axisor_trades) d WHERE d.line = s.line AND d.n > 1`,
		`DELETE FROM axisor_trades s USING "TradeLog" t
			WHERE t.user_id = s.user_id AND t.executed_at = s.executed_at AND t.trade_id = s.trade_id`,
	} {
		if _, err := c.Exec(ctx, sql); err != nil {
			return fmt.Errorf("skip trades that are there: %w", err)
		}
	}
	return nil
}

// tradeCopy is rows in the text format of COPY.
type tradeCopy struct {
	next func() (TradeRow, error, bool)
	buf  []byte
	off  int
	err  error
	end  bool
}

// copyChunk is how much is formatted ahead of the network.
const copyChunk = 64 << 10

// Read implements io.Reader.
func (r *tradeCopy) Read(p []byte) (int, error) {
	if r.off == len(r.buf) {
		r.buf, r.off = r.buf[:0], 0
		for !r.end && len(r.buf) < copyChunk {
			row, err, ok := r.next()
			if err != nil {
				r.err = err
				return 0, err
			}
			if !ok {
				r.end = true
				break
			}
			r.buf = appendTrade(r.buf, row)
		}
		if len(r.buf) == 0 {
			return 0, io.EOF
		}
	}
	n := copy(p, r.buf[r.off:])
	r.off += n
	return n, nil
}

func appendTrade(b []byte, row TradeRow) []byte {
	t := &row.Trade
	b = strconv.AppendInt(b, row.Line, 10)
	text := func(s string) {
		b = append(b, '\t')
		if !strings.ContainsAny(s, "\\\t\n\r") {
			b = append(b, s...)
			return
		}
		b = append(b, strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`).Replace(s)...)
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
	return append(b, '\n')
}
