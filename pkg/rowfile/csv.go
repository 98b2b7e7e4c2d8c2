package rowfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// MaxRow bounds one row, in bytes: a wrong file must not fill the memory.
const MaxRow = 16 << 20

// CSV reads records of csv whose separator is found out. Cells keep their bytes, ends of lines included.
//
// encoding/csv reads CRLF in a cell as LF and cannot be told otherwise (its authors declined to); the readers of others
// that keep it, such as josephcopenhaver/csv-go, take one kind of line end for a whole file and cannot go on behind a wrong
// row, whose text they do not give either. So the grammar, which is small, is here. Writing is encoding/csv's, which keeps bytes.
type CSV struct {
	TrimLeadingSpace bool // before a cell

	in    *lines
	sep   byte
	wide  string // the separator when it is not ASCII
	width int    // cells of the first record
	cells []string
	spans []span
}

// span is a cell of a record.
type span struct {
	from, to int
	doubled  bool // it has quotes that stand for one
}

// Record is a row of csv. Cells are valid until the next one.
type Record struct {
	Cells []string
	Line  int64 // where it begins
	Text  string
	Wrong string // why it is no csv, or no record of this file; empty is fine
}

// NewCSV prepares a reader of text. The separator is what a first line sep=… says, or the comma, semicolon or tab that
// occurs most often in the header outside of quotes.
func NewCSV(text *bufio.Reader) (*CSV, error) {
	c := &CSV{in: &lines{r: text}}
	sep, err := c.declared(text)
	if err != nil {
		return nil, err
	}
	if sep == 0 {
		if sep, err = separator(text); err != nil {
			return nil, err
		}
	}
	c.wide = string(sep)
	c.sep = c.wide[0]
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
	if sep == utf8.RuneError || strings.ContainsRune("\"\r\n", sep) || strings.Trim(said[4:], string(sep)) != "" {
		return 0, &FormatError{Reason: fmt.Sprintf("line 1: %q names no separator", said), Hint: "write a line such as sep=;"}
	}
	c.in.read = 1
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

// Next returns the next record, or io.EOF. One that is no csv, has another number of cells than the first, or more than
// MaxRow bytes, comes with the reason, and the next one begins on the line behind it.
func (c *CSV) Next() (Record, error) {
	clear(c.cells) // the row of before need not be held any more
	c.spans = c.spans[:0]
	text, err := c.in.next()
	r := Record{Line: c.in.first}
	for pos, open := 0, true; open; {
		if errors.Is(err, errLong) {
			r.Wrong = tooLong + " (is a quote not closed?)"
			return r, errors.Join(c.unread(r), c.in.rest(true))
		}
		if err != nil {
			return Record{}, err
		}
		if pos, open, r.Wrong = c.scan(text, pos); !open {
			break
		}
		if text, err = c.in.more(); errors.Is(err, io.EOF) {
			r.Wrong = "it is not valid csv: a quote is not closed"
			break
		}
	}
	r.Text = text
	if r.Wrong != "" {
		return r, c.unread(r)
	}
	r.Cells = c.taken(text)
	if c.width == 0 {
		c.width = len(r.Cells)
	}
	if len(r.Cells) != c.width {
		r.Wrong = fmt.Sprintf("it has %d cells, the header has %d", len(r.Cells), c.width)
	}
	return r, nil
}

// taken are the cells that were found in the text. They are parts of it, but for quotes that stand for one.
func (c *CSV) taken(text string) []string {
	c.cells = c.cells[:0]
	for _, s := range c.spans {
		cell := text[s.from:s.to]
		if s.doubled {
			cell = strings.ReplaceAll(cell, `""`, `"`)
		}
		c.cells = append(c.cells, cell)
	}
	return c.cells
}

// unread is the error of a header that cannot be read; rows behind it are told one by one.
func (c *CSV) unread(r Record) error {
	if c.width > 0 {
		return nil
	}
	return &FormatError{Reason: fmt.Sprintf("line %d: %s", r.Line, r.Wrong)}
}

// scan takes cells from a text that ends where a line ends, from pos on; open is within quotes.
func (c *CSV) scan(text string, pos int) (at int, open bool, wrong string) {
	if n := len(c.spans); n > 0 && c.spans[n-1].to < 0 { // the line before ended within quotes
		if pos, open, wrong = c.quoted(text, pos); open || wrong != "" || pos < 0 {
			return pos, open, wrong
		}
	}
	for {
		for c.TrimLeadingSpace && pos < len(text) && (text[pos] == ' ' || text[pos] == '\t') && text[pos] != c.sep {
			pos++
		}
		if pos < len(text) && text[pos] == '"' {
			c.spans = append(c.spans, span{from: pos + 1, to: -1})
			pos, open, wrong = c.quoted(text, pos+1)
		} else {
			pos, wrong = c.bare(text, pos)
		}
		if open || wrong != "" || pos < 0 {
			return pos, open, wrong
		}
	}
}

// bare takes a cell without quotes, and returns where the next begins; -1 is none.
func (c *CSV) bare(text string, from int) (next int, wrong string) {
	line := strings.IndexByte(text[from:], '\n')
	if line < 0 {
		line = len(text) - from
	}
	line += from
	end, next := line, -1
	if i := strings.Index(text[from:line], c.wide); i >= 0 {
		end = from + i
		next = end + len(c.wide)
	} else if end > from && text[end-1] == '\r' {
		end--
	}
	if strings.IndexByte(text[from:end], '"') >= 0 {
		return 0, "it is not valid csv: a quote is in the middle of a cell that does not begin with one"
	}
	c.spans = append(c.spans, span{from: from, to: end})
	return next, ""
}

// quoted takes the rest of a cell in quotes.
func (c *CSV) quoted(text string, from int) (next int, open bool, wrong string) {
	s := &c.spans[len(c.spans)-1]
	for {
		i := strings.IndexByte(text[from:], '"')
		if i < 0 {
			return len(text), true, ""
		}
		from += i + 1
		if from < len(text) && text[from] == '"' {
			s.doubled = true
			from++
			continue
		}
		s.to = from - 1
		rest := text[from:]
		switch {
		case strings.HasPrefix(rest, c.wide):
			return from + len(c.wide), false, ""
		case strings.TrimRight(rest, "\r\n") == "" && len(rest) <= 2:
			return -1, false, ""
		}
		return 0, false, "it is not valid csv: text follows the quote that closes a cell"
	}
}
