package rowfile

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// MaxRow bounds one row, in bytes: a wrong file must not fill the memory.
const MaxRow = 1 << 20

// CSV reads records of csv whose separator is found out.
type CSV struct {
	*csv.Reader

	limit *limited
	skip  int64 // lines before the header
	last  int   // where the last good record began, without these
}

// NewCSV prepares a reader of text. The separator is what a first line sep=… says, or the comma, semicolon or tab that
// occurs most often in the header outside of quotes.
func NewCSV(text *bufio.Reader) (*CSV, error) {
	c := &CSV{limit: &limited{r: text, left: MaxRow}}
	sep, err := c.declared(text)
	if err != nil {
		return nil, err
	}
	if sep == 0 {
		if sep, err = separator(text); err != nil {
			return nil, err
		}
	}
	c.Reader = csv.NewReader(bufio.NewReaderSize(c.limit, 4<<10))
	c.Comma, c.ReuseRecord = sep, true
	return c, nil
}

// declared takes a line such as sep=; away, which spreadsheets write before the header.
func (c *CSV) declared(text *bufio.Reader) (rune, error) {
	head, _ := text.Peek(16) // a shorter file is no error here
	line, _, found := bytes.Cut(head, []byte("\n"))
	said := strings.Trim(string(line), "\"\r")
	if !found || len(said) < 4 || !strings.EqualFold(said[:4], "sep=") {
		return 0, nil
	}
	sep, _ := utf8.DecodeRuneInString(said[4:])
	// A spreadsheet that saves its own file again fills the line up with separators.
	if sep == utf8.RuneError || strings.Trim(said[4:], string(sep)) != "" {
		return 0, &FormatError{Reason: fmt.Sprintf("line 1: %q names no separator", said), Hint: "write a line such as sep=;"}
	}
	c.skip = 1
	_, err := text.Discard(len(line) + 1)
	return sep, err
}

// separator counts the candidates in the header.
func separator(text *bufio.Reader) (rune, error) {
	head, err := text.Peek(bufferSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	counts := map[byte]int{}
	quoted, lone := false, false
header:
	for i, b := range head {
		switch {
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '\n' && i > 0:
			break header
		case b == '\r' && i+1 < len(head) && head[i+1] != '\n':
			lone = true
		default:
			counts[b]++
		}
	}
	if lone {
		return 0, &FormatError{"line 1: the lines of the file end with a carriage return alone", "save it as csv (UTF-8), or: tr '\\r' '\\n' < FILE"}
	}
	best := byte(',')
	for _, sep := range []byte{';', '\t'} {
		if counts[sep] > counts[best] {
			best = sep
		}
	}
	return rune(best), nil
}

// Next returns the next record, which is valid until the one after it, and the line where it begins. A record that is no
// csv, or has another number of cells than the first, comes with the reason; err is the end.
func (c *CSV) Next() (record []string, line int64, reason string, err error) {
	c.limit.left = MaxRow + bufferSize
	first := c.InputOffset() == 0
	record, err = c.Read()
	var bad *csv.ParseError
	switch {
	case errors.Is(err, csv.ErrFieldCount):
		line, _ := c.FieldPos(0)
		return record, int64(line) + c.skip, fmt.Sprintf("it has %d cells, the header has %d", len(record), c.FieldsPerRecord), nil
	case errors.As(err, &bad):
		line = int64(bad.StartLine) + c.skip
		if bad.Line > bad.StartLine || first { // a quote that is not closed swallows what follows, so there is no going on
			return nil, line, "", &FormatError{Reason: fmt.Sprintf("line %d: it is not valid csv: %v (is a quote not closed?)", line, bad.Err)}
		}
		return nil, line, fmt.Sprintf("it is not valid csv: %v", bad.Err), nil
	case errors.Is(err, errRowTooLong):
		return nil, 0, "", &FormatError{Reason: fmt.Sprintf("after line %d: a row of more than %d bytes (is a quote not closed?)", int64(c.last)+c.skip, MaxRow)}
	case err != nil:
		return nil, 0, "", err
	}
	c.last, _ = c.FieldPos(0)
	return record, int64(c.last) + c.skip, "", nil
}

var errRowTooLong = errors.New("the row is too long")

// limited reads as much as one row may take, and what is read ahead.
type limited struct {
	r    io.Reader
	left int
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errRowTooLong
	}
	n, err := l.r.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}
