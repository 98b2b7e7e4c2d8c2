package doctor

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/store"
)

// foreignReferences lists the keys from a table with user_id to another one, and for each a query for the rows in which
// the two users differ: the number of them, and the key columns of the first.
const foreignReferences = `SELECT c.relname || '.' || a.attname,
		format('SELECT count(*), COALESCE(min(t.%1$I::text), '''') FROM %2$s t JOIN %3$s r ON r.%4$I = t.%5$I WHERE t.user_id <> r.user_id',
			(SELECT p.attname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute p ON p.attrelid = i.indrelid AND p.attnum = i.indkey[0]
				WHERE i.indrelid = c.oid AND i.indisprimary),
			c.oid::regclass, k.confrelid::regclass, b.attname, a.attname)
	FROM pg_catalog.pg_constraint k
	JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
	JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
	JOIN pg_catalog.pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1]
	WHERE k.contype = 'f' AND cardinality(k.conkey) = 1 AND c.relkind = 'r'
	AND c.relnamespace IN ` + store.OurSchemas + `
	AND EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)
	AND (SELECT count(*) FROM pg_catalog.pg_attribute u WHERE u.attrelid IN (k.conrelid, k.confrelid) AND u.attname = 'user_id'
		AND NOT u.attisdropped) = 2
	ORDER BY 1`

// references: a foreign key asks only whether the other row exists. Whoever runs an automation of one user on the
// account of another trades with the other one's keys.
func (v *visit) references(ctx context.Context) (Result, error) {
	db, err := v.migrated()
	if err != nil {
		return Result{}, err
	}
	keys, err := pairs(ctx, db.SQL(), db.Named(foreignReferences))
	if err != nil {
		return Result{}, err
	}
	var found []string
	fix, rows := "", 0
	for _, k := range keys {
		var n int
		var first string
		if err := db.SQL().QueryRowContext(ctx, k[1]).Scan(&n, &first); err != nil {
			return Result{}, fmt.Errorf("%s: %w", k[0], err)
		}
		if n == 0 {
			continue
		}
		rows += n
		found = append(found, fmt.Sprintf("%s (%d, first %s)", k[0], n, first))
		if fix == "" {
			fix = "axisor db shell -- -c " + word(strings.Replace(k[1], selected(k[1]), "SELECT t.*", 1))
			if strings.HasPrefix(k[0], "Automation.") {
				fix = "axisor automation disable " + word(first)
			}
		}
	}
	if rows > 0 {
		slices.Sort(found)
		return fail(fix, "%s to a row of another user: %s", words.Count(rows, "reference"), some(found)), nil
	}
	return good("no row refers to one of another user"), nil
}

// selected is the part of a query before its FROM.
func selected(query string) string {
	list, _, _ := strings.Cut(query, " FROM ")
	return list
}

// pairs reads rows of two texts.
func pairs(ctx context.Context, db *sql.DB, query string) ([][2]string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out [][2]string
	for rows.Next() {
		var p [2]string
		if err := rows.Scan(&p[0], &p[1]); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, rows.Err()
}
