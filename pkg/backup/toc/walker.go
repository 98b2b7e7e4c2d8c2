package toc

import (
	"bytes"
	"errors"
	"fmt"
)

const (
	blockData  = 1
	blockBlobs = 3
	firstTry   = 64 << 10
)

// copyEnd is how pg_dump ends the rows of a table.
var copyEnd = []byte("\\.\n\n\n")

// TableRows are the rows that the archive holds of a table.
type TableRows struct {
	Schema, Name string
	Rows         int64
}

// Walker reads an archive as it is written into it, to its end: every block belongs to an entry, every
// entry has its block, every piece has its length, and the rows of every table have their end mark.
type Walker struct {
	// Found, which may be nil, is called when the table of contents is complete. Its bytes must not
	// be changed.
	Found func(*Contents) error

	contents *Contents
	head     []byte // until the table of contents is complete
	try      int    // when to look again whether it is

	state state
	need  [9]byte // a number that is not complete yet
	have  int
	left  int // bytes of the piece
	entry *Entry
	byID  map[int]*Entry
	seen  map[int]bool
	lines int64
	tail  []byte
	rows  []TableRows
	err   error
}

type state int

const (
	inContents state = iota
	atBlock          // its kind and entry come next
	atPiece          // a length comes next
	inPiece
	atBlob // the number of a large object comes next
	atBlobPiece
	inBlobPiece
)

// Write takes the next bytes of the archive.
func (w *Walker) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	n := len(p)
	if w.state == inContents {
		w.head = append(w.head, p...)
		if len(w.head) < max(w.try, headerSize) {
			return n, nil
		}
		if p, w.err = w.begin(); w.err != nil {
			return 0, w.err
		}
	}
	return n, w.walk(p)
}

func (w *Walker) walk(p []byte) error {
	for len(p) > 0 && w.state != inContents && w.err == nil {
		p, w.err = w.step(p)
	}
	return w.err
}

// begin looks whether the table of contents is complete, and returns what is behind it.
func (w *Walker) begin() ([]byte, error) {
	c, err := Parse(w.head)
	if Incomplete(err) {
		w.try = max(firstTry, 2*len(w.head)) // not again for each few bytes
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	rest := w.head[c.Size():]
	w.contents, w.head, w.state = c, nil, atBlock
	w.byID, w.seen = map[int]*Entry{}, map[int]bool{}
	for i := range c.Entries {
		w.byID[c.Entries[i].ID] = &c.Entries[i]
	}
	if w.Found != nil {
		err = w.Found(c)
	}
	return rest, err
}

// Head is what was written so far, until the table of contents is complete.
func (w *Walker) Head() []byte { return w.head }

// number collects n bytes that may come in pieces.
func (w *Walker) number(p []byte, n int) (rest []byte, whole bool) {
	took := copy(w.need[w.have:n], p)
	w.have += took
	if w.have < n {
		return nil, false
	}
	w.have = 0
	return p[took:], true
}

func (w *Walker) step(p []byte) ([]byte, error) {
	size := 1 + w.contents.intLen
	switch w.state {
	case atBlock:
		rest, ok := w.number(p, 1+size)
		if !ok {
			return nil, nil
		}
		return rest, w.open(int(w.need[0]), decodeInt(w.need[1:1+size]))
	case atPiece, atBlobPiece, atBlob:
		rest, ok := w.number(p, size)
		if !ok {
			return nil, nil
		}
		return rest, w.piece(decodeInt(w.need[:size]))
	}
	n := min(len(p), w.left)
	if w.state == inPiece {
		w.data(p[:n])
	}
	if w.left -= n; w.left == 0 {
		w.state-- // back to where the next length comes
	}
	return p[n:], nil
}

func (w *Walker) open(kind, id int) error {
	e := w.byID[id]
	switch {
	case kind != blockData && kind != blockBlobs:
		return fmt.Errorf("archive has a block of unknown kind %d", kind)
	case e == nil || !e.HasData:
		return fmt.Errorf("archive has data for entry %d, which has none", id)
	case w.seen[id]:
		return fmt.Errorf("archive has the data of %s twice", e.Title())
	}
	w.seen[id], w.entry, w.lines, w.tail, w.state = true, e, 0, w.tail[:0], atPiece
	if kind == blockBlobs {
		w.state = atBlob
	}
	return nil
}

// Title is the kind and the name of an entry.
func (e *Entry) Title() string {
	if e.Schema == "" {
		return e.Kind + " " + e.Name
	}
	return e.Kind + " " + e.Schema + "." + e.Name
}

func (w *Walker) piece(n int) error {
	switch {
	case w.state == atBlob && n == 0:
		w.state = atBlock
	case w.state == atBlob:
		w.state = atBlobPiece
	case n < 0:
		return fmt.Errorf("archive has a piece of %d bytes in %s", n, w.entry.Title())
	case n > 0:
		w.left = n
		w.state++ // into the piece
	case w.state == atBlobPiece:
		w.state = atBlob
	default:
		w.state = atBlock
		return w.close()
	}
	return nil
}

// data counts rows: a row of COPY is a line, for line ends inside it are escaped.
func (w *Walker) data(p []byte) {
	if w.entry.Copy == "" {
		return
	}
	w.lines += int64(bytes.Count(p, []byte{'\n'}))
	if len(p) >= len(copyEnd) {
		w.tail = append(w.tail[:0], p[len(p)-len(copyEnd):]...)
		return
	}
	w.tail = append(w.tail, p...)
	if extra := len(w.tail) - len(copyEnd); extra > 0 {
		w.tail = append(w.tail[:0], w.tail[extra:]...)
	}
}

func (w *Walker) close() error {
	if w.entry.Copy == "" {
		return nil
	}
	if !bytes.Equal(w.tail, copyEnd) {
		return fmt.Errorf("archive has rows of %s without their end mark", w.entry.Title())
	}
	w.rows = append(w.rows, TableRows{Schema: w.entry.Schema, Name: w.entry.Name, Rows: w.lines - 3})
	return nil
}

// Close says whether the archive is complete, and what rows it has.
func (w *Walker) Close() ([]TableRows, error) {
	if w.err != nil {
		return nil, w.err
	}
	if w.state == inContents { // a short archive: it was not looked at again yet
		rest, err := w.begin()
		if err == nil {
			err = w.walk(rest)
		}
		if err != nil {
			return nil, err
		}
	}
	switch {
	case w.state == inContents:
		return nil, errShort
	case w.state != atBlock || w.have > 0:
		return nil, errors.New("archive ends in the middle of its data")
	}
	for _, e := range w.contents.Entries {
		if e.HasData && !w.seen[e.ID] {
			return nil, fmt.Errorf("archive has no data for %s", e.Title())
		}
	}
	return w.rows, nil
}
