package output

import (
	"encoding/csv"
	"fmt"
	"reflect"
	"strings"

	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/words"
)

// ChangeInfo says what a write did.
type ChangeInfo struct {
	Result  string // one of the result words
	DryRun  bool
	Say     Say    // sentences for a person; the one that holds is printed
	Next    string // optional: the next useful command
	Summary string // instead of Say, for what has no dry run of its own
}

// Say are the sentences of a change: what is now true, what a dry run stands for, and that nothing had to change.
type Say struct{ Done, Would, Already string }

// sentence is the one that holds. A change that lacks it has a defect: better an error than a false word.
func (c ChangeInfo) sentence() (string, error) {
	if c.Say == (Say{}) {
		if c.DryRun {
			return "dry run: " + c.Summary + "; nothing was changed", nil
		}
		return c.Summary, nil
	}
	said := c.Say.Done
	switch {
	case c.Result == words.Unchanged || c.Result == words.AlreadyExists:
		said = c.Say.Already
	case c.DryRun:
		said = c.Say.Would
	}
	if said == "" {
		return "", fmt.Errorf("no words for a change that is %q (dry run: %t)", c.Result, c.DryRun)
	}
	if c.DryRun {
		said = "dry run: " + said + "; nothing was changed"
	}
	return said, nil
}

// One prints a single view. For a person it is a list of fields, or what human writes when it is given.
func One(p *Printer, d Desc, v any, human func(*Doc)) error { return p.one(d, v, nil, human) }

// Change prints the object as it now is, and on stderr one line that says what happened.
func Change(p *Printer, d Desc, v any, c ChangeInfo) error {
	if err := p.one(d, v, &c, nil); err != nil {
		return err
	}
	return Tell(p, c)
}

// Tell says on stderr what happened, for a change whose object is not printed. Programs are told nothing.
func Tell(p *Printer, c ChangeInfo) error {
	if p.Machine() {
		return nil
	}
	said, err := c.sentence()
	if err != nil {
		return err
	}
	p.Notice("%s", streams.Visible(said))
	if c.Next != "" && !c.DryRun && (c.Say == (Say{}) || c.Result != words.Unchanged) {
		p.Notice("%s %s", p.s.PaintErr(streams.Muted, "next:"), c.Next)
	}
	return nil
}

func (p *Printer) one(d Desc, v any, c *ChangeInfo, human func(*Doc)) error {
	rv := reflect.ValueOf(v)
	if p.quiet {
		for _, f := range fieldsOf(rv.Type()) {
			if f.name == d.ID {
				_, err := fmt.Fprintln(p.s.Out, p.shown(plain(value(rv, f))))
				return err
			}
		}
		return nil
	}
	fields, err := p.pick(rv.Type(), nil)
	if err != nil {
		return err
	}
	switch p.format {
	case JSON, JSONL, YAML:
		o := make(object, 0, len(fields)+2)
		for _, f := range fields {
			o = append(o, member{f.name, value(rv, f)})
		}
		if c != nil {
			o = append(o, member{"result", c.Result})
			if c.DryRun {
				o = append(o, member{"dry_run", true})
			}
		}
		if p.format == YAML {
			return p.emitYAML(o)
		}
		return p.emitJSON(o, p.format == JSON && p.s.OutTerminal())
	case CSV:
		w := csv.NewWriter(p.s.Out)
		head, row := make([]string, len(fields)), make([]string, len(fields))
		for i, f := range fields {
			head[i], row[i] = f.name, p.csvCell(value(rv, f))
		}
		if !p.noHeaders {
			if err := w.Write(head); err != nil {
				return err
			}
		}
		if err := w.Write(row); err != nil {
			return err
		}
		w.Flush()
		return w.Error()
	}
	doc := &Doc{p: p}
	if human != nil && len(p.columns) == 0 {
		human(doc)
	} else {
		for _, f := range fields {
			doc.Field(f.name, value(rv, f))
		}
	}
	return doc.flush()
}

// Doc is a page for a person: fields and small tables under headings.
type Doc struct {
	p      *Printer
	out    strings.Builder
	fields [][2]string
	hidden int // columns of tables for which the terminal had no room
	err    error
}

// Section starts a part with a heading: words of ours in capitals, then the names of what it is about as they are.
func (d *Doc) Section(title string, names ...string) {
	d.Title(strings.Join(append([]string{strings.ToUpper(title)}, names...), " "))
}

// Title starts a part with a heading that is written as it is.
func (d *Doc) Title(title string) {
	d.endFields()
	if d.out.Len() > 0 {
		d.out.WriteByte('\n')
	}
	d.out.WriteString(d.p.s.Paint(streams.Emphasis, streams.Visible(title)) + "\n")
}

// Field adds a name and a value; nil shows as a dash.
func (d *Doc) Field(name string, v any) {
	if rv := reflect.ValueOf(v); rv.IsValid() && rv.Kind() == reflect.Pointer {
		if rv.IsNil() {
			v = nil
		} else {
			v = rv.Elem().Interface()
		}
	}
	d.fields = append(d.fields, [2]string{name, d.p.cell(v, Column{})})
}

// Line adds a line of text.
func (d *Doc) Line(role streams.Role, format string, args ...any) {
	d.endFields()
	d.out.WriteString(d.p.s.Paint(role, streams.Visible(fmt.Sprintf(format, args...))) + "\n")
}

// Span is a piece of a line with a role of its own.
type Span struct {
	Role streams.Role
	Text string
}

// Spans adds a line of pieces.
func (d *Doc) Spans(spans ...Span) {
	d.endFields()
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(d.p.s.Paint(s.Role, streams.Visible(s.Text)))
	}
	d.out.WriteString(strings.TrimRight(b.String(), " ") + "\n")
}

// Table adds a small table of views; nothing but a dash is printed for an empty one.
func (d *Doc) Table(desc Desc, views ...any) {
	d.endFields()
	if len(views) == 0 {
		d.out.WriteString(none + "\n")
		return
	}
	cols, err := columnsFor(reflect.TypeOf(views[0]), desc, nil)
	if err != nil {
		d.err = err
		return
	}
	g := newGrid(d.p, cols, !d.p.noHeaders)
	for _, v := range views {
		g.add(reflect.ValueOf(v))
	}
	d.err = g.flush(&d.out)
	d.hidden += len(g.hidden)
}

// TableOf is Table for rows of one type.
func TableOf[T any](d *Doc, desc Desc, rows []T) {
	views := make([]any, len(rows))
	for i := range rows {
		views[i] = rows[i]
	}
	d.Table(desc, views...)
}

func (d *Doc) endFields() {
	width := 0
	for _, f := range d.fields {
		width = max(width, len(f[0]))
	}
	for _, f := range d.fields {
		d.out.WriteString(d.p.s.Paint(streams.Muted, f[0]+strings.Repeat(" ", width-len(f[0]))) + "  " + f[1] + "\n")
	}
	d.fields = nil
}

func (d *Doc) flush() error {
	d.endFields()
	if d.err != nil {
		return d.err
	}
	if _, err := fmt.Fprint(d.p.s.Out, d.out.String()); err != nil {
		return err
	}
	d.p.tellHidden(d.hidden, "-o json shows everything")
	return nil
}
