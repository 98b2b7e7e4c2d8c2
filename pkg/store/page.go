package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/axisor/axisor/pkg/namespace"
)

// DefaultLimit is the length of a page when nothing else is asked for.
const DefaultLimit = 50

// batch bounds the memory of a long list: rows are fetched in pages of this
// size, so no connection is held while the consumer is slow.
const batch = 1000

// Page says which part of a list is wanted. Pages are found by the last row's
// key and not by counting, so the last page is as fast as the first.
type Page struct {
	Limit  int    // 0 means DefaultLimit
	Cursor string // from List.Next
	All    bool
	Sort   string // a field, with a leading minus for descending; "" for the list's own order
}

// TimeRange limits a list in time: from Since on, up to but without Until.
// A zero end is open.
type TimeRange struct {
	Since, Until time.Time
}

func (r TimeRange) on(q *gorm.DB, column string) *gorm.DB {
	if !r.Since.IsZero() {
		q = q.Where(column+" >= ?", r.Since.UTC())
	}
	if !r.Until.IsZero() {
		q = q.Where(column+" < ?", r.Until.UTC())
	}
	return q
}

// List is the answer to a list query. Items runs the query while it is read;
// Next, valid afterwards, is the cursor of the following page or "".
type List[T any] struct {
	Items iter.Seq2[T, error]
	Next  func() string
	// Defects names, when Items was read, the rows of which something could not be
	// read; such columns have their zero values. Nil for lists that fail instead.
	Defects func() []string
}

// Collect reads a whole list into memory; for short lists.
func (l List[T]) Collect() ([]T, error) {
	var all []T
	for item, err := range l.Items {
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, nil
}

func failed[T any](err error) List[T] {
	return List[T]{
		Items: func(yield func(T, error) bool) {
			var zero T
			yield(zero, err)
		},
		Next: func() string { return "" },
	}
}

// sortKey is a column that a list may be ordered by.
type sortKey[T any] struct {
	column   string // quoted where needed
	cast     string // the column's type, for the cursor's value
	nullable bool   // NULLs come last in both directions
	value    func(*T) *string
}

// listing describes how one entity is listed.
type listing[T any] struct {
	table string
	sorts map[string]sortKey[T]
	order string // default, such as -created_at
	id    func(*T) string
	// tolerant lists rows of which something cannot be read, and says so.
	tolerant bool
}

// run lists rows. build makes the filtered query anew for every batch.
func (l listing[T]) run(ctx context.Context, d *DB, page Page, build func(*gorm.DB) *gorm.DB) List[T] {
	sort := page.Sort
	if sort == "" {
		sort = l.order
	}
	name, descending := strings.CutPrefix(sort, "-")
	key, ok := l.sorts[name]
	if !ok {
		allowed := make([]string, 0, len(l.sorts))
		for field := range l.sorts {
			allowed = append(allowed, field)
		}
		slices.Sort(allowed)
		return failed[T](&ArgumentError{
			Name: "sort", Value: page.Sort, Rule: "want one of " + strings.Join(allowed, ", "), Allowed: allowed,
		})
	}
	if page.Limit < 0 {
		return failed[T](&ArgumentError{Name: "limit", Value: strconv.Itoa(page.Limit), Rule: "must be positive"})
	}
	var start *cursor
	if page.Cursor != "" {
		var err error
		if start, err = cursorOf(ctx, page.Cursor, sort, l.orders(), func(ctx context.Context, id string) (*string, error) {
			return l.valueOf(ctx, d, key, id)
		}); err != nil {
			return failed[T](err)
		}
	}
	want := page.Limit
	if want == 0 {
		want = DefaultLimit
	}
	next := ""
	var defects []string
	items := func(yield func(T, error) bool) {
		last, left := start, want
		next, defects = "", nil
		for {
			size := batch
			if !page.All {
				size = min(batch, left)
			}
			q := key.after(build(d.Gorm(ctx).Model(new(T))), descending, last, l.table)
			rows, broken, err := l.read(ctx, d, q.Limit(size+1)) // one more tells whether there is more
			if err != nil {
				if last == start && start != nil && errors.Is(err, ErrInvalid) {
					err = badCursor(page.Cursor) // it was edited: its value does not fit the column
				}
				var zero T
				yield(zero, fmt.Errorf("list %s: %w", l.table, err))
				return
			}
			more := len(rows) > size
			rows = rows[:min(size, len(rows))]
			for i := range rows {
				if !yield(rows[i], nil) {
					return
				}
			}
			if len(rows) > 0 {
				row := &rows[len(rows)-1]
				last = &cursor{Sort: sort, Value: key.value(row), ID: l.id(row)}
				for _, c := range broken[len(rows)-1] {
					if quoted(c.Column) == key.column {
						last.Value = &c.value
					}
				}
				defects = append(defects, l.named(rows, broken)...)
			}
			left -= len(rows)
			if !more {
				return
			}
			if !page.All && left <= 0 {
				next = last.encode()
				return
			}
		}
	}
	list := List[T]{Items: items, Next: func() string { return next }}
	if l.tolerant {
		list.Defects = func() []string { return defects }
	}
	return list
}

// orders are the values that --sort may have.
func (l listing[T]) orders() (all []string) {
	for name := range l.sorts {
		all = append(all, name, "-"+name)
	}
	return all
}

// valueOf reads what a row has in the column that a list is sorted by.
func (l listing[T]) valueOf(ctx context.Context, d *DB, key sortKey[T], id string) (*string, error) {
	var values []*string
	column := quoted(l.table) + "." + key.column
	err := d.Gorm(ctx).Raw("SELECT CAST("+column+" AS text) FROM "+namespace.Table(l.table)+" WHERE "+quoted(l.table)+".id = ?", id).Scan(&values).Error
	if err == nil && len(values) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read cursor: %w", err)
	}
	return values[0], nil
}

// read runs a query, and returns the rows with what of each could not be read.
func (l listing[T]) read(ctx context.Context, d *DB, q *gorm.DB) ([]T, [][]ColumnDefect, error) {
	var rows []T
	if !l.tolerant {
		q = q.Session(&gorm.Session{})
		if err := q.Find(&rows).Error; !unscannable(err) {
			return rows, make([][]ColumnDefect, len(rows)), err
		}
	}
	all, err := tolerant[T](ctx, d, q)
	broken := make([][]ColumnDefect, len(all))
	for i, t := range all {
		broken[i] = t.Defects
	}
	rows = rowsOf(all)
	if !l.tolerant { // nobody asks for the defects
		d.unreadable(ctx, l.named(rows, broken))
	}
	return rows, broken, err
}

func (l listing[T]) named(rows []T, broken [][]ColumnDefect) (out []string) {
	for i := range rows {
		for _, c := range broken[i] {
			out = append(out, fmt.Sprintf("%s %s: %s", l.table, l.id(&rows[i]), c))
		}
	}
	return out
}

// after orders the query and starts it behind the cursor.
func (k sortKey[T]) after(q *gorm.DB, descending bool, c *cursor, table string) *gorm.DB {
	column, id := quoted(table)+"."+k.column, quoted(table)+".id"
	dir, op := " ASC", " > "
	if descending {
		dir, op = " DESC", " < "
	}
	if c != nil {
		tuple := "(" + column + ", " + id + ")" + op + "(CAST(? AS " + k.cast + "), ?)"
		switch {
		case !k.nullable && c.Value != nil:
			q = q.Where(tuple, *c.Value, c.ID)
		case c.Value != nil:
			q = q.Where("("+tuple+" OR "+column+" IS NULL)", *c.Value, c.ID)
		default:
			q = q.Where(column+" IS NULL AND "+id+op+"?", c.ID)
		}
	}
	if k.nullable {
		return q.Order(column + dir + " NULLS LAST").Order(id + dir)
	}
	return q.Order(column + dir).Order(id + dir)
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// Sort keys by type of column.

func byText[T any](column string, get func(*T) string) sortKey[T] {
	return sortKey[T]{column: quoted(column), cast: "text", value: func(row *T) *string { return new(get(row)) }}
}

func byTextNull[T any](column string, get func(*T) *string) sortKey[T] {
	return sortKey[T]{column: quoted(column), cast: "text", nullable: true, value: get}
}

func byTime[T any](column string, get func(*T) time.Time) sortKey[T] {
	return sortKey[T]{column: quoted(column), cast: "timestamp", value: func(row *T) *string { return new(stamp(get(row))) }}
}

func byTimeNull[T any](column string, get func(*T) *time.Time) sortKey[T] {
	return sortKey[T]{column: quoted(column), cast: "timestamp", nullable: true, value: func(row *T) *string {
		if t := get(row); t != nil {
			return new(stamp(*t))
		}
		return nil
	}}
}

func byPlan[T any](column string, get func(*T) string) sortKey[T] {
	k := byText(column, get)
	k.cast = `"PlanType"`
	return k
}

func byInt[T any](column string, get func(*T) int64) sortKey[T] {
	return sortKey[T]{column: quoted(column), cast: "bigint", value: func(row *T) *string {
		return new(strconv.FormatInt(get(row), 10))
	}}
}

func byFloatNull[T any](column string, get func(*T) *float64) sortKey[T] {
	return sortKey[T]{column: quoted(column), cast: "double precision", nullable: true, value: func(row *T) *string {
		if f := get(row); f != nil {
			return new(strconv.FormatFloat(*f, 'g', -1, 64))
		}
		return nil
	}}
}

func stamp(t time.Time) string { return t.UTC().Format(stampLayout) }

// like turns a search word into an ILIKE pattern that finds it anywhere.
func like(word string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(word) + "%"
}
