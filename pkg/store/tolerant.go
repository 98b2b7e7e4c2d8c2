package store

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"

	"gorm.io/gorm"
)

// Tolerant is a row with what of it could not be read. The columns of Defects have
// their zero values.
type Tolerant[T any] struct {
	Row     T
	Defects []ColumnDefect
}

// ColumnDefect is a value that no column of its meaning should hold: an infinite
// time, a number that is none, a list with NULL in it.
type ColumnDefect struct {
	Column, Rule string
	// value is what the server calls the value, for cursors.
	value string
}

func (c ColumnDefect) String() string {
	return fmt.Sprintf("column %s cannot be read: %s", c.Column, c.Rule)
}

// texts says what is wrong with a row, in one line.
func (t Tolerant[T]) texts() string {
	all := make([]string, len(t.Defects))
	for i, d := range t.Defects {
		all[i] = d.String()
	}
	return strings.Join(all, "; ")
}

// tolerant runs a query and reads every column of every row on its own, so that a
// value that cannot be read fails itself, and not all rows of everybody.
func tolerant[T any](ctx context.Context, d *DB, q *gorm.DB) (out []Tolerant[T], err error) {
	if q.Statement.ConnPool != d.conns { // inside a transaction, which holds its connection already
		return readTolerant[T](ctx, q)
	}
	err = d.slot(ctx, func() error { // open rows take none by themselves
		out, err = readTolerant[T](ctx, q)
		return err
	})
	return out, err
}

func readTolerant[T any](ctx context.Context, q *gorm.DB) ([]Tolerant[T], error) {
	stmt := &gorm.Statement{DB: q}
	if err := stmt.Parse(new(T)); err != nil {
		return nil, err
	}
	rows, err := q.Rows()
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var out []Tolerant[T]
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			return nil, err
		}
		var t Tolerant[T]
		into := reflect.ValueOf(&t.Row).Elem()
		for i, name := range columns {
			field := stmt.Schema.LookUpField(name)
			if field == nil {
				continue
			}
			v := *values[i].(*any)
			rule := unreadable(v)
			if rule == "" {
				if err := field.Set(ctx, into, v); err != nil {
					rule = fmt.Sprintf("%.120s", err.Error())
				}
			}
			if rule != "" {
				t.Defects = append(t.Defects, ColumnDefect{name, rule, fmt.Sprintf("%.120v", v)})
			}
		}
		out = append(out, t)
	}
	return out, rows.Err()
}

// unreadable says what makes a value unusable whatever the column is for.
func unreadable(v any) string {
	switch x := v.(type) {
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Sprintf("%v is not a number to reckon with", x)
		}
	case time.Time:
		if x.Year() < 1 || x.Year() > 9999 {
			return fmt.Sprintf("the year %d is no time", x.Year())
		}
	case string:
		if x == "infinity" || x == "-infinity" {
			return x + " is no time"
		}
	}
	return ""
}

// unscannable reports whether a query failed because of a value in a row that it read. It is database/sql that says so,
// and it has no error of its own for it.
func unscannable(err error) bool {
	return err != nil && strings.Contains(err.Error(), "sql: Scan error")
}

// mostNamed is how many values that cannot be read are named; of more there is only the number.
const mostNamed = 20

// unreadable warns of values that are left out because they cannot be read.
func (d *DB) unreadable(ctx context.Context, all []string) {
	for _, what := range all[:min(mostNamed, len(all))] {
		d.log.WarnContext(ctx, "a value cannot be read and is left out", "value", what)
	}
	if more := len(all) - mostNamed; more > 0 {
		d.log.WarnContext(ctx, "more values cannot be read and are left out", "count", more)
	}
}

// take reads the one row of a query. A value that cannot be read is left out with a warning.
func take[T any](ctx context.Context, d *DB, q *gorm.DB) (T, error) {
	var row T
	q = q.Session(&gorm.Session{})
	err := q.Take(&row).Error
	if !unscannable(err) {
		return row, err
	}
	all, err := several[T](ctx, d, q.Limit(1))
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return row, err
	}
	return all[0], nil
}

// several reads the few rows of a query, as take does.
func several[T any](ctx context.Context, d *DB, q *gorm.DB) ([]T, error) {
	q = q.Session(&gorm.Session{})
	var rows []T
	err := q.Find(&rows).Error
	if !unscannable(err) {
		return rows, err
	}
	all, err := tolerant[T](ctx, d, q.Model(new(T)))
	var said []string
	for _, t := range all {
		if len(t.Defects) > 0 {
			said = append(said, t.texts())
		}
	}
	d.unreadable(ctx, said)
	return rowsOf(all), err
}

// few reads the few rows of a query into to, as take does.
func few[T any](ctx context.Context, d *DB, q *gorm.DB, to *[]T) (err error) {
	*to, err = several[T](ctx, d, q)
	return err
}

// rowsOf drops what is wrong with rows, for those to whom the rest is enough.
func rowsOf[T any](all []Tolerant[T]) []T {
	out := make([]T, len(all))
	for i, t := range all {
		out[i] = t.Row
	}
	return out
}
