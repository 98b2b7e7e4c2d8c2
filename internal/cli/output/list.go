package output

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"reflect"
	"strings"
)

type page struct {
	NextCursor *string `json:"next_cursor"`
}

// List prints a stream of views. It holds no more than one block of rows at a time, whatever the length of the
// list (json with --jq excepted, which needs the whole value; use jsonl there). next is asked after the last
// item for the cursor of the following page; "" means there is none. A failing stream fails the command after
// what was already printed.
func List[T any](p *Printer, d Desc, items iter.Seq2[T, error], next func() string) error {
	if next == nil {
		next = func() string { return "" }
	}
	if p.quiet {
		if err := p.buffered(func(p *Printer) error { return p.listIDs(d, erase(items)) }); err != nil {
			return err
		}
		if c := next(); c != "" { // the only thing that a script cannot do without
			fmt.Fprintf(p.s.Err, "more: --cursor %s\n", c)
		}
		return nil
	}
	rows := p.warnOfNulls(reflect.TypeFor[T](), d, erase(items))
	switch p.format {
	case JSON, YAML:
		return p.buffered(func(p *Printer) error { return p.listEnvelope(rows, next) })
	case JSONL:
		return p.buffered(func(p *Printer) error { return p.listLines(rows) })
	case CSV:
		return p.listCSV(reflect.TypeFor[T](), rows)
	default:
		return p.listTable(reflect.TypeFor[T](), d, rows, next)
	}
}

// Slice is List over a slice.
func Slice[T any](p *Printer, d Desc, items []T) error {
	return List(p, d, Each(items), nil)
}

// erase hides the element type, so that the writers exist once and not once per view.
func erase[T any](items iter.Seq2[T, error]) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		for v, err := range items {
			if !yield(v, err) {
				return
			}
		}
	}
}

// buffered prints through a buffer. What was printed before a failure goes out as well.
func (p *Printer) buffered(list func(*Printer) error) error {
	out := newBuffer(p.s.Out)
	s, through := *p.s, *p
	s.Out, through.s = out, &s
	err := list(&through)
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	return err
}

func (p *Printer) listIDs(d Desc, items iter.Seq2[any, error]) error {
	for v, err := range items {
		if err != nil {
			return err
		}
		rv := reflect.ValueOf(v)
		for _, f := range fieldsOf(rv.Type()) {
			if f.name == d.ID {
				if _, err := fmt.Fprintln(p.s.Out, p.shown(plain(value(rv, f)))); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// listEnvelope writes {"items":[…],"page":{…}}. Nothing reaches stdout before the first item is there, so that
// a command that fails at once leaves stdout empty.
func (p *Printer) listEnvelope(items iter.Seq2[any, error], next func() string) error {
	if p.jq != nil || p.format == YAML {
		return p.collectEnvelope(items, next)
	}
	n := 0
	for v, err := range items {
		if err != nil {
			return err
		}
		if v, err = p.narrow(v); err != nil {
			return err
		}
		raw, err := marshal(v)
		if err != nil {
			return err
		}
		lead := ",\n"
		if n == 0 {
			lead = "{\"items\":[\n"
		}
		if _, err := io.WriteString(p.s.Out, lead+string(raw)); err != nil {
			return err
		}
		n++
	}
	if n == 0 {
		if _, err := io.WriteString(p.s.Out, "{\"items\":["); err != nil {
			return err
		}
	}
	raw, err := json.Marshal(cursorPage(next))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.s.Out, "],\"page\":%s}\n", raw)
	return err
}

func (p *Printer) collectEnvelope(items iter.Seq2[any, error], next func() string) error {
	all := []any{}
	for v, err := range items {
		if err != nil {
			return err
		}
		if v, err = p.narrow(v); err != nil {
			return err
		}
		all = append(all, v)
	}
	env := object{{"items", all}, {"page", cursorPage(next)}}
	if p.format == YAML {
		return p.emitYAML(env)
	}
	return p.emitJSON(env, false)
}

func cursorPage(next func() string) page {
	if c := next(); c != "" {
		return page{&c}
	}
	return page{}
}

func (p *Printer) listLines(items iter.Seq2[any, error]) error {
	for v, err := range items {
		if err != nil {
			return err
		}
		if v, err = p.narrow(v); err != nil {
			return err
		}
		if err := p.emitJSON(v, false); err != nil {
			return err
		}
	}
	return nil
}

func (p *Printer) listCSV(t reflect.Type, items iter.Seq2[any, error]) error {
	fields, err := p.pick(t, nil)
	if err != nil {
		return err
	}
	w := csv.NewWriter(p.s.Out)
	row := make([]string, len(fields))
	headed := p.noHeaders
	header := func() error {
		if headed {
			return nil
		}
		headed = true
		for i, f := range fields {
			row[i] = f.name
		}
		return w.Write(row)
	}
	for v, err := range items {
		if err != nil {
			w.Flush()
			return err
		}
		if err := header(); err != nil {
			return err
		}
		rv := reflect.ValueOf(v)
		for i, f := range fields {
			row[i] = p.csvCell(value(rv, f))
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	if err := header(); err != nil {
		return err
	}
	w.Flush()
	return w.Error()
}

// marshal is json.Marshal without the escaping of <, > and &.
func marshal(v any) ([]byte, error) {
	var b strings.Builder
	if err := encodeJSON(&b, v, false); err != nil {
		return nil, err
	}
	return []byte(strings.TrimRight(b.String(), "\n")), nil
}
