package output

import (
	"bytes"
	"io"
	"iter"
	"reflect"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

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
	keep  bool // what the next command needs: never hidden
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
	g := newGrid(p, keepID(t, d, cols, chosen == nil), !p.noHeaders)
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
	them := "them"
	if len(g.hidden) == 1 {
		them = "it"
	}
	g.p.tellHidden(len(g.hidden), "--columns "+g.hiddenFields()+" shows "+them)
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

// grid lays out rows. A terminal gets ids shortened, columns dropped by priority and long cells cut; anything else gets
// every cell whole, one row per line.
type grid struct {
	p      *Printer
	cols   []tableColumn
	rows   [][]string
	widths []int
	header bool
	hidden map[int]bool // columns for which the terminal had no room
}

func newGrid(p *Printer, cols []tableColumn, header bool) *grid {
	g := &grid{p: p, cols: cols, widths: make([]int, len(cols)), header: header, hidden: map[int]bool{}}
	if header {
		for i, c := range cols {
			g.widths[i] = twwidth.Width(c.Header)
		}
	}
	return g
}

func (g *grid) add(v reflect.Value) {
	row := make([]string, len(g.cols))
	for i, c := range g.cols {
		raw := value(v, c.field)
		text := g.p.cell(raw, c.Column)
		g.widths[i] = max(g.widths[i], twwidth.Width(text))
		if c.Role != nil && raw != nil {
			text = g.p.s.Paint(streams.Role(c.Role(raw)), text)
		}
		row[i] = text
	}
	g.rows = append(g.rows, row)
}

func (g *grid) flush(w io.Writer) error {
	if len(g.rows) == 0 {
		return nil
	}
	shown, limit := g.fit()
	var buf bytes.Buffer
	aligns := make(tw.Alignment, len(shown))
	widths := tw.NewMapper[int, int]()
	header := make([]string, len(shown))
	for at, i := range shown {
		aligns[at] = tw.AlignLeft
		if g.cols[i].right {
			aligns[at] = tw.AlignRight
		}
		header[at] = g.p.s.Paint(streams.Emphasis, cut(g.cols[i].Header, limit[i]))
		widths.Set(at, limit[i]+gap)
	}
	cell := tw.CellConfig{
		Formatting: tw.CellFormatting{AutoWrap: tw.WrapNone, AutoFormat: tw.Off},
		Alignment:  tw.CellAlignment{PerColumn: aligns},
		Padding:    tw.CellPadding{Global: tw.Padding{Left: "", Right: strings.Repeat(" ", gap), Overwrite: true}},
	}
	t := tablewriter.NewTable(&buf,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders: tw.BorderNone, Symbols: tw.NewSymbols(tw.StyleNone),
			Settings: tw.Settings{Separators: tw.SeparatorsNone, Lines: tw.LinesNone},
		})),
		tablewriter.WithConfig(tablewriter.Config{Header: cell, Row: cell, Widths: tw.CellWidth{PerColumn: widths}}),
		tablewriter.WithTrimSpace(tw.Off),
	)
	if g.header {
		t.Header(header)
	}
	for _, row := range g.rows {
		for _, line := range g.lines(row, shown, limit) {
			if err := t.Append(line); err != nil {
				return err
			}
		}
	}
	if err := t.Render(); err != nil {
		return err
	}
	g.rows, g.header = g.rows[:0], false
	var out bytes.Buffer
	for line := range strings.Lines(buf.String()) {
		out.WriteString(trimmed(line) + "\n")
	}
	_, err := w.Write(out.Bytes())
	return err
}

// lines are the lines of one row: cells that may wrap go on below themselves, the others are cut.
func (g *grid) lines(row []string, shown, limit []int) [][]string {
	cells := make([][]string, len(shown))
	height := 1
	for at, i := range shown {
		cells[at] = []string{cut(row[i], limit[i])}
		if g.cols[i].Wrap && twwidth.Width(row[i]) > limit[i] {
			cells[at] = strings.Split(ansi.Wrap(row[i], limit[i], ""), "\n")
		}
		height = max(height, len(cells[at]))
	}
	out := make([][]string, height)
	for n := range out {
		out[n] = make([]string, len(shown))
		for at := range cells {
			if n < len(cells[at]) {
				out[n][at] = cells[at][n]
			}
		}
	}
	return out
}

// trimmed takes the padding of the last cell away, also where it is painted: on a terminal that is just as wide it
// would begin a line of its own.
func trimmed(line string) string {
	text := strings.TrimRight(line, " \n")
	for strings.HasSuffix(text, streams.Reset) {
		inner := strings.TrimRight(strings.TrimSuffix(text, streams.Reset), " ")
		if !strings.HasSuffix(inner, streams.Reset) {
			return inner + streams.Reset
		}
		text = inner
	}
	return text
}

// cut shortens text to a width, marking the cut; painted text keeps its reset sequence.
func cut(text string, width int) string {
	if twwidth.Width(text) <= width {
		return text
	}
	short := twwidth.Truncate(text, width, "…")
	if strings.Contains(text, "\x1b[") && !strings.HasSuffix(short, streams.Reset) {
		short += streams.Reset
	}
	return short
}
