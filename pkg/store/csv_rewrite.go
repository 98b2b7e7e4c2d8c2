package store

import (
	"bufio"
	"bytes"
	"errors"
	"strings"

	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/rowfile"
)

// Kinds of cells in a csv that the server wrote.
type cellKind int

const (
	cellAsIs cellKind = iota
	cellTime          // becomes RFC 3339
	cellText          // gets a quote in front when a spreadsheet would run it
	cellJSON          // is cleaned, loses its blanks, and is text
)

// csvRewriter changes cells of a csv on its way through. Doing so in SQL would cost the server, which is the slower
// end, about half of its speed.
type csvRewriter struct {
	w       *bufio.Writer
	kinds   []cellKind
	clean   func(models.JSON) models.JSON
	pending []byte // the beginning of a record that is not complete
}

// Write implements io.Writer. The server sends whole records, but nothing depends on it.
func (r *csvRewriter) Write(p []byte) (int, error) {
	data := p
	if len(r.pending) > 0 {
		r.pending = append(r.pending, p...)
		data = r.pending
	}
	if len(data) == 0 {
		return len(p), nil
	}
	// Records are complete when the last byte is a line's end and every quote has its partner.
	if data[len(data)-1] != '\n' || bytes.Count(data, []byte{'"'})%2 != 0 {
		if len(r.pending) == 0 {
			r.pending = append(r.pending, p...)
		}
		return len(p), nil
	}
	err := r.records(data)
	r.pending = r.pending[:0]
	return len(p), err
}

func (r *csvRewriter) records(data []byte) error {
	for len(data) > 0 {
		for i, kind := range r.kinds {
			end := cellEnd(data, i == len(r.kinds)-1)
			if end < 0 {
				return errors.New("rewrite csv: a record has too few cells")
			}
			r.cell(data[:end], kind)
			if err := r.w.WriteByte(data[end]); err != nil {
				return err
			}
			data = data[end+1:]
		}
	}
	return nil
}

// cellEnd is where the delimiter behind the first cell is.
func cellEnd(data []byte, last bool) int {
	i := 0
	if data[0] == '"' {
		for i = 1; ; i++ {
			next := bytes.IndexByte(data[i:], '"')
			if next < 0 {
				return -1
			}
			if i += next; i+1 >= len(data) || data[i+1] != '"' {
				break
			}
			i++ // a doubled quote is text
		}
		i++
	}
	delimiter := byte(',')
	if last {
		delimiter = '\n'
	}
	if end := bytes.IndexByte(data[i:], delimiter); end >= 0 {
		return i + end
	}
	return -1
}

// cell writes one cell. bufio.Writer keeps its first error and returns it again when it is flushed.
func (r *csvRewriter) cell(c []byte, kind cellKind) {
	if kind == cellJSON && len(c) > 0 {
		c = r.json(c)
		kind = cellText
	}
	r.w.Write(rewritten(r.w.AvailableBuffer(), c, kind)) //nolint:errcheck // see above
}

// json is a cell of JSON, cleaned and without blanks.
func (r *csvRewriter) json(c []byte) []byte {
	text := string(c)
	if inner, quoted := strings.CutPrefix(text, `"`); quoted {
		text = strings.ReplaceAll(strings.TrimSuffix(inner, `"`), `""`, `"`)
	}
	j := models.JSON(text)
	if r.clean != nil {
		j = r.clean(j)
	}
	if text = compact(j); strings.ContainsAny(text, "\",\r\n") {
		text = `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	}
	return []byte(text)
}

// rewritten appends a cell as axisor writes it: times in RFC 3339, runnable text behind a quote.
func rewritten(out, c []byte, kind cellKind) []byte {
	switch {
	case kind == cellTime && len(c) > 10 && c[10] == ' ':
		out = append(append(out, c[:10]...), 'T')
		return append(append(out, c[11:]...), 'Z')
	case kind == cellText && len(c) > 0:
		if text, quoted := bytes.CutPrefix(c, []byte{'"'}); rowfile.Runs(text) {
			if quoted {
				out = append(out, '"')
			}
			return append(append(out, '\''), text...)
		}
	}
	return append(out, c...)
}

func (r *csvRewriter) close() error {
	if len(r.pending) > 0 {
		return errors.New("rewrite csv: the last record is not complete")
	}
	return r.w.Flush()
}
