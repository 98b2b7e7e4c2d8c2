package store

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/axisor/axisor/pkg/models"
)

// CSV says what of an export is written.
type CSV struct {
	Columns []string // in this order; none means all
	Header  bool
	// Clean is given every value that is JSON; nil leaves them as they are.
	Clean func(models.JSON) models.JSON
}

// csvColumn is a column of an export: the name in its header, and where it comes from.
type csvColumn struct {
	name, sql string
	kind      cellKind
}

// csvSource is what an export reads.
type csvSource struct {
	what    string // for messages
	from    string
	columns []csvColumn
	where   []condition
	order   string // "" for the order of the table
}

// copyCSV writes a csv with the server's own COPY, which costs a fraction of reading rows. It is the same csv that the
// rows would give: times are RFC 3339 in UTC, and free text that a spreadsheet would run as a formula gets a quote in
// front.
func (d *DB) copyCSV(ctx context.Context, w io.Writer, s csvSource, o CSV) (int64, error) {
	out := &csvRewriter{w: bufio.NewWriterSize(w, 64<<10), clean: o.Clean}
	chosen := s.columns
	if len(o.Columns) > 0 {
		chosen = nil
		for _, name := range o.Columns {
			i := slices.IndexFunc(s.columns, func(c csvColumn) bool { return c.name == name })
			if i < 0 {
				return 0, s.unknown(name)
			}
			chosen = append(chosen, s.columns[i])
		}
	}
	var selected, names []string
	for _, c := range chosen {
		selected, names, out.kinds = append(selected, c.sql), append(names, c.name), append(out.kinds, c.kind)
	}
	if o.Header {
		head := csv.NewWriter(out.w)
		if err := head.Write(names); err != nil {
			return 0, err
		}
		head.Flush()
	}
	var n int64
	err := d.withConn(ctx, func(c *Conn) error {
		// Behind a pooler the next statement may reach another server: only a transaction keeps settings and COPY together.
		if !d.inTx {
			tx, err := c.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
			if err != nil {
				return err
			}
			defer tx.Rollback(context.WithoutCancel(ctx)) // nothing was written
		}
		// Times look the same whatever the server's default is.
		for _, set := range append([]string{"SET LOCAL datestyle = 'ISO, YMD'"}, d.local...) {
			if _, err := c.Exec(ctx, set); err != nil {
				return err
			}
		}
		where, err := literally(ctx, c, s.where)
		if err != nil {
			return err
		}
		sql := c.names.Rename("SELECT "+strings.Join(selected, ", ")+" FROM "+s.from) + where
		if s.order != "" {
			sql += " ORDER BY " + s.order
		}
		tag, err := c.PgConn().CopyTo(ctx, out, "COPY ("+sql+") TO STDOUT (FORMAT csv)")
		n = tag.RowsAffected()
		if err == nil {
			err = out.close()
		}
		return err
	})
	if err != nil {
		return n, fmt.Errorf("export %s: %w", s.what, err)
	}
	return n, nil
}

func (s csvSource) unknown(name string) error {
	e := &ArgumentError{Name: "columns", Value: name, Rule: "no such column"}
	for _, c := range s.columns {
		e.Allowed = append(e.Allowed, c.name)
	}
	return e
}

// compact is a value of JSON as a csv holds it.
func compact(j models.JSON) string {
	raw, err := json.Marshal(j)
	if err != nil { // the server wrote it
		return ""
	}
	return string(raw)
}
