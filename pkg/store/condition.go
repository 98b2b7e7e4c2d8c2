package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
)

// condition is one part of a filter; every ? in it stands for an argument, which is a string, a bool or a time. Filters
// are made of them once, and then serve gorm, pgx and COPY alike.
type condition struct {
	sql  string
	args []any
}

// conditions are the ends of a range that are given.
func (r TimeRange) conditions(column string) []condition {
	var out []condition
	if !r.Since.IsZero() {
		out = append(out, condition{column + " >= ?", []any{r.Since.UTC()}})
	}
	if !r.Until.IsZero() {
		out = append(out, condition{column + " < ?", []any{r.Until.UTC()}})
	}
	return out
}

// filtered is a query with conditions.
func filtered(q *gorm.DB, conditions []condition) *gorm.DB {
	for _, c := range conditions {
		q = q.Where(c.sql, c.args...)
	}
	return q
}

// literally writes conditions with their arguments in them, because COPY takes none. The server quotes them. Tables
// have their schemas already: what an argument holds must not be taken for one.
func literally(ctx context.Context, c *Conn, conditions []condition) (string, error) {
	var parts []string
	for _, cond := range conditions {
		sql := c.names.Rename(cond.sql)
		for _, arg := range cond.args {
			var text string
			switch x := arg.(type) {
			case string:
				text = x
			case bool:
				text = strconv.FormatBool(x)
			case time.Time:
				text = stamp(x)
			default:
				return "", fmt.Errorf("condition with a %T", arg)
			}
			var quoted string
			if err := c.QueryRow(ctx, "SELECT quote_literal($1::text)", text).Scan(&quoted); err != nil {
				return "", err
			}
			before, after, _ := strings.Cut(sql, "?")
			// The placeholder of a later argument must not be looked for in this one.
			parts = append(parts, before+quoted)
			sql = after
		}
		parts = append(parts, sql+" AND ")
	}
	if len(parts) == 0 {
		return "", nil
	}
	return " WHERE " + strings.TrimSuffix(strings.Join(parts, ""), " AND "), nil
}

// numbered writes conditions with numbered placeholders, for pgx.
func numbered(conditions []condition) (string, []any) {
	var args []any
	var parts []string
	for _, cond := range conditions {
		sql := cond.sql
		for _, arg := range cond.args {
			args = append(args, arg)
			sql = strings.Replace(sql, "?", "$"+strconv.Itoa(len(args)), 1)
		}
		parts = append(parts, sql)
	}
	if len(parts) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(parts, " AND "), args
}
