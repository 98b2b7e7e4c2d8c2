// Package output owns how results reach stdout: table, json, jsonl, csv and yaml, --columns, --jq and --quiet,
// and the paging envelope. It prints view structs, never database rows: a field that has no json tag does not
// exist here, and a secret has no field.
package output

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/itchyny/gojq"

	"github.com/axisor/axisor/internal/cli/streams"
)

// Format is an output format.
type Format string

// The output formats.
const (
	Table Format = "table"
	JSON  Format = "json"
	JSONL Format = "jsonl"
	CSV   Format = "csv"
	YAML  Format = "yaml"
)

// Formats lists the formats in the order the help shows them.
func Formats() []string {
	return []string{string(Table), string(JSON), string(JSONL), string(CSV), string(YAML)}
}

// Options are the global output flags.
type Options struct {
	Format    string
	JQ        string
	Columns   []string
	NoHeaders bool
	Quiet     bool
	Now       func() time.Time       // for relative times on a terminal
	Context   func() context.Context // ends a --jq that does not end by itself; needed with one
}

// Printer writes results in the format asked for.
type Printer struct {
	s         *streams.Streams
	format    Format
	jq        *gojq.Code
	columns   []string
	noHeaders bool
	quiet     bool
	now       func() time.Time
	context   func() context.Context
}

// UsageError is a wrong output flag.
type UsageError struct{ Message, Hint string }

func (e *UsageError) Error() string { return e.Message }

// JQError is a filter that failed while it ran.
type JQError struct{ err error }

func (e *JQError) Error() string { return "--jq: " + e.err.Error() }

// Unwrap returns what ended the filter.
func (e *JQError) Unwrap() error { return e.err }

// New checks the options. --jq implies json.
func New(s *streams.Streams, o Options) (*Printer, error) {
	p := &Printer{s: s, format: Format(o.Format), columns: o.Columns, noHeaders: o.NoHeaders, quiet: o.Quiet, now: o.Now, context: o.Context}
	if p.format == "" {
		p.format = Table
	}
	if !slices.Contains(Formats(), string(p.format)) {
		return nil, &UsageError{fmt.Sprintf("unknown output format %q", o.Format), "use one of " + strings.Join(Formats(), ", ")}
	}
	if o.JQ != "" {
		if p.format != JSONL {
			p.format = JSON
		}
		q, err := gojq.Parse(o.JQ)
		if err != nil {
			return nil, &UsageError{fmt.Sprintf("--jq %q: %v", o.JQ, err), "see https://jqlang.github.io/jq/manual for the language"}
		}
		if p.jq, err = gojq.Compile(q); err != nil {
			return nil, &UsageError{fmt.Sprintf("--jq %q: %v", o.JQ, err), ""}
		}
	}
	return p, nil
}

// Continued is the printer of what follows a block that was printed: it has the header already.
func (p *Printer) Continued() *Printer {
	c := *p
	c.noHeaders = true
	return &c
}

// Format is the format in force.
func (p *Printer) Format() Format { return p.format }

// Streams are the streams the printer writes to.
func (p *Printer) Streams() *streams.Streams { return p.s }

// Machine reports whether the result is meant for a program rather than for a person.
func (p *Printer) Machine() bool { return p.format != Table || p.quiet }

// Quiet reports whether only ids are wanted.
func (p *Printer) Quiet() bool { return p.quiet }

// Notice writes one line for the person at the terminal to stderr; --quiet silences it.
func (p *Printer) Notice(format string, args ...any) {
	if !p.quiet {
		fmt.Fprintf(p.s.Err, format+"\n", args...)
	}
}

// Warn is Notice for what may need attention.
func (p *Printer) Warn(format string, args ...any) {
	if p.s.ErrTerminal() && !p.s.ErrObjects() {
		p.Notice("%s "+format, append([]any{p.s.PaintErr(streams.Warn, "warning:")}, args...)...)
		return
	}
	p.Notice("warning: "+format, args...)
}

// emitJSON writes one JSON value (through jq when asked), indented on a terminal, on one line otherwise.
func (p *Printer) emitJSON(v any, indent bool) error {
	if p.jq != nil {
		return p.emitJQ(v)
	}
	return encodeJSON(p.s.Out, v, indent)
}

func encodeJSON(w io.Writer, v any, indent bool) error {
	step := ""
	if indent {
		step = "  "
	}
	raw, err := streams.JSON(v, step)
	if no := (*json.UnsupportedValueError)(nil); errors.As(err, &no) {
		raw, err = streams.JSON(finite(reflect.ValueOf(v)), step)
	}
	if err != nil {
		return err
	}
	_, err = w.Write(raw)
	return err
}

// emitJQ prints each result of the expression on its own line: strings raw, anything else as compact JSON.
func (p *Printer) emitJQ(v any) error {
	raw, err := marshal(v)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	var plain any
	if err := dec.Decode(&plain); err != nil {
		return err
	}
	ctx, stop := p.bounded()
	defer stop()
	for it := p.jq.RunWithContext(ctx, plain); ; {
		r, ok := it.Next()
		if !ok {
			return nil
		}
		if err, failed := r.(error); failed {
			if ended := context.Cause(ctx); ended != nil {
				err = ended
			}
			return &JQError{err}
		}
		if text, isText := r.(string); isText {
			if _, err := fmt.Fprintln(p.s.Out, text); err != nil {
				return err
			}
			continue
		}
		raw, err := gojq.Marshal(r)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(p.s.Out, "%s\n", streams.EscapeJSON(raw)); err != nil {
			return err
		}
	}
}
