// Package streams owns what a command may read from and write to, and the facts about those ends: which of
// them is a terminal, how wide it is, whether colour is wanted. Nothing else in the program touches the
// process's own file descriptors, so tests and pipes see exactly what a caller asked for.
package streams

import (
	"bytes"
	"io"
	"strconv"
	"strings"

	"golang.org/x/term"
)

// defaultWidth is assumed for a terminal that does not tell its size.
const defaultWidth = 80

// Streams are the three ends of a command and what is known about them.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer

	inTTY, outTTY, errTTY bool
	outColor, errColor    bool
	outMark, errMark      string // of our own sequences, see screen
	width                 int
	noInput               bool
	progress              string
	sink                  *sink // behind Out; nil on a terminal
}

// Env looks up an environment variable of the process that asked, not of this one.
type Env func(name string) string

type fder interface{ Fd() uintptr }

// New inspects the three ends. Colour is decided separately for out and err: off for NO_COLOR set to
// anything, TERM=dumb, or an end that is no terminal.
func New(in io.Reader, out, errw io.Writer, env Env) *Streams {
	s := &Streams{In: in, Out: out, Err: errw, width: defaultWidth, progress: env("AXISOR_PROGRESS")}
	s.inTTY, s.outTTY, s.errTTY = isTerminal(in), isTerminal(out), isTerminal(errw)
	plain := env("NO_COLOR") != "" || env("TERM") == "dumb"
	s.outColor, s.errColor = s.outTTY && !plain, s.errTTY && !plain
	if f, ok := out.(fder); ok && s.outTTY {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			s.width = w
		}
	}
	if c, err := strconv.Atoi(env("COLUMNS")); err == nil && c > 20 && s.outTTY {
		s.width = c
	}
	if s.outTTY {
		s.Out, s.outMark = newScreen(out)
	} else {
		s.sink = newSink(out)
		s.Out = s.sink
	}
	if s.errTTY {
		s.Err, s.errMark = newScreen(errw)
	}
	return s
}

// Stdout is what Out writes to, for another program, or a library that draws, to write to instead.
func (s *Streams) Stdout() io.Writer {
	if s.sink != nil {
		return s.sink.w
	}
	return behind(s.Out)
}

// Stderr is what Err writes to, for the same.
func (s *Streams) Stderr() io.Writer { return behind(s.Err) }

// StopWriting sets what ends a write into a pipe that nobody reads: the error that the function returns.
func (s *Streams) StopWriting(stopped func() error) {
	if s.sink != nil {
		s.sink.stopped = stopped
	}
}

// WriteError is the first error of stdout, also of writes whose result nobody looked at.
func (s *Streams) WriteError() error {
	if s.sink == nil {
		return nil
	}
	return s.sink.err
}

// Test returns streams over buffers, none of them a terminal.
func Test(stdin string) (s *Streams, out, errw *bytes.Buffer) {
	out, errw = &bytes.Buffer{}, &bytes.Buffer{}
	return &Streams{In: strings.NewReader(stdin), Out: out, Err: errw, width: defaultWidth}, out, errw
}

// TestTerminal is Test with an output that claims to be a terminal of the given width, without colour.
func TestTerminal(width int) (s *Streams, out, errw *bytes.Buffer) {
	s, out, errw = Test("")
	s.outTTY, s.errTTY, s.width = true, true, width
	return s, out, errw
}

func isTerminal(v any) bool {
	f, ok := v.(fder)
	return ok && term.IsTerminal(int(f.Fd()))
}

// OutTerminal reports whether stdout is a terminal.
func (s *Streams) OutTerminal() bool { return s.outTTY }

// ErrTerminal reports whether stderr is a terminal.
func (s *Streams) ErrTerminal() bool { return s.errTTY }

// InTerminal reports whether stdin is a terminal.
func (s *Streams) InTerminal() bool { return s.inTTY }

// Width is the number of columns of the terminal behind stdout.
func (s *Streams) Width() int { return s.width }

// CanPrompt reports whether a person can be asked: stdin and stderr are terminals and input was not forbidden.
func (s *Streams) CanPrompt() bool { return s.inTTY && s.errTTY && !s.noInput }

// ForbidInput makes CanPrompt false (--no-input).
func (s *Streams) ForbidInput() { s.noInput = true }

// Progress is how long work is to be shown: "json" for a wrapper, "off", or anything else for what suits stderr.
func (s *Streams) Progress() string { return s.progress }

// OutColor reports whether stdout may be coloured.
func (s *Streams) OutColor() bool { return s.outColor }

// SetColor forces colour on or off ("always", "never"); "auto" leaves the detected answer.
func (s *Streams) SetColor(mode string) {
	switch mode {
	case "always":
		s.outColor, s.errColor = true, true
	case "never":
		s.outColor, s.errColor = false, false
	}
}

// Role is the meaning of a piece of text. Colour follows meaning and is never its only carrier.
type Role int

// The roles a piece of text can play.
const (
	Plain Role = iota
	Good
	Warn
	Bad
	Muted
	Emphasis
	Alarm
)

var sgr = map[Role]string{Good: "32", Warn: "33", Bad: "31", Muted: "2", Emphasis: "1", Alarm: "1;97;41"}

// Paint colours text for stdout.
func (s *Streams) Paint(r Role, text string) string { return paint(s.outColor, s.outMark, r, text) }

// PaintErr colours text for stderr.
func (s *Streams) PaintErr(r Role, text string) string { return paint(s.errColor, s.errMark, r, text) }

func paint(on bool, mark string, r Role, text string) string {
	code, ok := sgr[r]
	if !on || !ok || text == "" {
		return text
	}
	return escape + mark + code + "m" + text + Reset
}
