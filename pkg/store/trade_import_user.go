package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// strangers are the users of the staged rows that are no ids. Looking at each once is what keeps it cheap.
const strangers = `SELECT d.user_id AS ref FROM (SELECT DISTINCT user_id FROM axisor_trades) d
	WHERE NOT EXISTS (SELECT 1 FROM "User" u WHERE u.id = d.user_id)`

// nameUsers puts the id in place of an e-mail address or a username, in the order in which FindUser looks. What
// names several users equally well stays as it is.
const nameUsers = `WITH refs AS MATERIALIZED (` + strangers + `), found AS (
		SELECT r.ref, u.id, 1 AS rank FROM refs r JOIN "User" u ON u.email = r.ref
		UNION ALL SELECT r.ref, u.id, 2 FROM refs r JOIN "User" u ON u.username = r.ref
		UNION ALL SELECT r.ref, u.id, 3 FROM refs r JOIN "User" u ON lower(u.email) = lower(r.ref)
		UNION ALL SELECT r.ref, u.id, 4 FROM refs r JOIN "User" u ON lower(u.username) = lower(r.ref)),
	ranked AS (SELECT ref, rank, min(id) AS id, count(DISTINCT id) AS users FROM found GROUP BY ref, rank),
	best AS (SELECT DISTINCT ON (ref) ref, id, users FROM ranked ORDER BY ref, rank)
	UPDATE axisor_trades s SET user_id = b.id FROM best b WHERE b.ref = s.user_id AND b.users = 1
	RETURNING s.line, s.user_id, s.trade_id, s.action, s.executed_at, s.amount, s.price,
		s.earlier_id IS NOT NULL`

// resolve finds the users whom the staged rows name otherwise than by id. An id that was derived from the other name is
// derived again: the same row under either name is one row.
func (i *tradeImporter) resolve(ctx context.Context) error {
	var some bool
	if err := i.conn.QueryRow(ctx, "SELECT EXISTS ("+strangers+")").Scan(&some); err != nil {
		return fmt.Errorf("find users: %w", err)
	}
	if !some {
		return nil
	}
	rows, err := i.conn.Query(ctx, nameUsers)
	if err != nil {
		return fmt.Errorf("find users: %w", err)
	}
	var lines []int64
	var ids, earlier []string
	var r TradeRow
	var derived bool
	t := &r.Trade
	_, err = pgx.ForEachRow(rows, []any{&r.Line, &t.UserID, &t.TradeID, &t.Action, &t.ExecutedAt, &t.Amount, &t.Price, &derived}, func() error {
		if derived {
			i.o.Derive(&r)
			lines, ids, earlier = append(lines, r.Line), append(ids, t.ID), append(earlier, r.EarlierID)
		}
		return nil
	})
	if err == nil && len(lines) > 0 {
		_, err = i.conn.Exec(ctx, `UPDATE axisor_trades s SET id = d.id, earlier_id = d.earlier_id
			FROM unnest($1::bigint[], $2::text[], $3::text[]) d (line, id, earlier_id) WHERE d.line = s.line`, lines, ids, earlier)
	}
	if err != nil {
		return fmt.Errorf("find users: %w", err)
	}
	return nil
}
