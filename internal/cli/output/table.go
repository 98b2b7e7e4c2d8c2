package output

import (
	"bytes"
	"io"
	"iter"
	"reflect"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/axisor/axisor/internal/cli/streams"
)

// block is the number of rows laid out together. Longer lists go out block by block: bounded memory, and
// columns only ever grow.
const block = 500

// minCell is the width below which a truncated cell says nothing.
const minCell = 8

type tableColumn struct {
	Column
	field
	right bool
}

// columnsFor resolves the columns of a table: those of --columns, else those of the description.
func columnsFor(t reflect.Type, d Desc, chosen []field) ([]tableColumn, error) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	byName := map[string]Column{}
	var names []string
	for _, c := range d.Columns {
		byName[c.Field] = c
		names = append(names, c.Field)
	}
	if chosen == nil {
		p := &Printer{}
		var err error
		if chosen, err = p.pick(t, names); err != nil {
			return nil, err
		}
	}
	var out []tableColumn
	for _, f := range chosen {
		c := byName[f.name]
		c.Field = f.name
		if c.Header == "" {
			c.Header = strings.ToUpper(strings.ReplaceAll(f.name, "_", " "))
		}
		out = append(out, tableColumn{Column: c, field: f, right: rightAligned(t.FieldByIndex(f.index).Type)})
	}
	return out, nil
}

func rightAligned(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Float64, reflect.Uint64:
		return true
	}
	return false
}

func (p *Printer) listTable(t reflect.Type, d Desc, items iter.Seq2[any, error], next func() string) error {
	var chosen []field
	if len(p.columns) > 0 {
		var err error
		if chosen, err = p.pick(t, nil); err != nil {
			return err
		}
	}
	cols, err := columnsFor(t, d, chosen)
	if err != nil {
		return err
	}
	g := newGrid(p, cols, !p.noHeaders)
	total := 0
	for v, err := range items {
		if err != nil {
			return errorAfter(g.flush(p.s.Out), err)
		}
		g.add(reflect.ValueOf(v))
		total++
		if len(g.rows) >= block {
			if err := g.flush(p.s.Out); err != nil {
				return err
			}
		}
	}
	if err := g.flush(p.s.Out); err != nil {
		return err
	}
	if total == 0 {
		p.Notice("no %s found", d.Noun)
		return nil
	}
	if c := next(); c != "" {
		p.Notice("%s", p.s.PaintErr(streams.Muted, "more: add --cursor "+c+" for the next page, or --all"))
	}
	return nil
}

func errorAfter(flush, err error) error {
	if flush != nil {
		return flush
	}
	return err
}

// grid lays out rows. A terminal gets columns dropped by priority and long cells cut; anything else gets every
// cell whole, one row per line.
type grid struct {
	p      *Printer
	cols   []tableColumn
	rows   [][]string
	widths []int
	header bool
}

func newGrid(p *Printer, cols []tableColumn, header bool) *grid {
	g := &grid{p: p, cols: cols, widths: make([]int, len(cols)), header: header}
	if header {
		for i, c := range cols {
			g.widths[i] = width(c.Header)
		}
	}
	return g
}

func (g *grid) add(v reflect.Value) {
	row := make([]string, len(g.cols))
	for i, c := range g.cols {
		raw := value(v, c.field)
		text := g.p.cell(raw, c.Column)
		g.widths[i] = max(g.widths[i], width(text))
		if c.Role != nil && raw != nil {
			text = g.p.s.Paint(streams.Role(c.Role(raw)), text)
		}
		row[i] = text
	}
	g.rows = append(g.rows, row)
}

const gap = 2

// fit decides which columns are shown and how wide each may be.
func (g *grid) fit() (shown, limit []int) {
	for i := range g.cols {
		shown = append(shown, i)
	}
	limit = append(limit, g.widths...)
	if !g.p.s.OutTerminal() {
		return shown, limit
	}
	room := g.p.s.Width()
	for g.span(shown, limit) > room && len(g.p.columns) == 0 {
		worst := -1
		for at, i := range shown {
			if g.cols[i].Drop > 0 && (worst < 0 || g.cols[i].Drop >= g.cols[shown[worst]].Drop) {
				worst = at
			}
		}
		if worst < 0 {
			break
		}
		shown = append(shown[:worst:worst], shown[worst+1:]...)
	}
	for g.span(shown, limit) > room {
		widest := -1
		for _, i := range shown {
			if !g.cols[i].right && limit[i] > minCell && (widest < 0 || limit[i] > limit[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		limit[widest]--
	}
	return shown, limit
}

func (g *grid) span(shown, limit []int) int {
	sum := gap * (len(shown) - 1)
	for _, i := range shown {
		sum += limit[i]
	}
	return sum
}

func (g *grid) flush(w io.Writer) error {
	if len(g.rows) == 0 {
		return nil
	}
	shown, limit := g.fit()
	var buf bytes.Buffer
	line := func(text func(column int) string) {
		for at, i := range shown {
			cell := cut(text(i), limit[i])
			pad := strings.Repeat(" ", max(0, limit[i]-width(cell)))
			if g.cols[i].right {
				cell, pad = pad+cell, ""
			}
			if buf.WriteString(cell); at < len(shown)-1 {
				buf.WriteString(pad + strings.Repeat(" ", gap))
			}
		}
		buf.Truncate(len(bytes.TrimRight(buf.Bytes(), " ")))
		buf.WriteByte('\n')
	}
	if g.header {
		line(func(i int) string { return g.p.s.Paint(streams.Emphasis, cut(g.cols[i].Header, limit[i])) })
	}
	for _, row := range g.rows {
		line(func(i int) string { return row[i] })
	}
	g.rows, g.header = g.rows[:0], false
	_, err := w.Write(buf.Bytes())
	return err
}

// width is the number of columns that text takes on a terminal.
func width(text string) int {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' { // anything but plain ASCII, a colour for instance
			return ansi.StringWidth(text)
		}
	}
	return len(text)
}

// cut shortens text to a width, marking the cut; painted text keeps its reset sequence.
func cut(text string, limit int) string {
	if width(text) <= limit {
		return text
	}
	short := ansi.Truncate(text, limit, "…")
	if strings.Contains(text, "\x1b[") && !strings.HasSuffix(short, "\x1b[0m") {
		short += "\x1b[0m"
	}
	return short
}
