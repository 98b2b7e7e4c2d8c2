package toc

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrUnknownFormat means that the archive may be fine, but not for this package.
var ErrUnknownFormat = errors.New("archive format is not known")

// errShort means that more bytes are needed.
var errShort = errors.New("archive ends in its table of contents")

const (
	magic        = "PGDMP"
	formatCustom = 1
	headerSize   = len(magic) + 6
	maxContents  = 1 << 30 // bytes of a table of contents
)

// Entry is one entry of the table of contents.
type Entry struct {
	ID         int
	Kind       string // TABLE, TABLE DATA, ACL …
	Schema     string
	Name       string
	Owner      string
	Definition string
	Copy       string // the COPY statement of a TABLE DATA
	HasData    bool

	owner, definition span
}

// span is where a string with its length lies in the contents.
type span struct{ from, to int }

// Contents is a header with its table of contents.
type Contents struct {
	Major, Minor int // of the format
	Database     string
	Server       string // version that was dumped
	Dump         string // version of pg_dump
	Entries      []Entry

	raw    []byte // header and table, as they came
	intLen int
	offLen int
}

// Size is the length of header and table: where the data begins.
func (c *Contents) Size() int { return len(c.raw) }

// Raw is the header and the table as they came.
func (c *Contents) Raw() []byte { return c.raw }

// reader walks over the bytes; after an error it stays there.
type reader struct {
	data   []byte
	at     int
	intLen int
	err    error
}

func (r *reader) take(n int) []byte {
	if r.err == nil && (n < 0 || n > maxContents) {
		r.err = fmt.Errorf("table of contents has a string of %d bytes", n)
	}
	if r.err == nil && len(r.data)-r.at < n {
		r.err = errShort
	}
	if r.err != nil {
		return nil
	}
	r.at += n
	return r.data[r.at-n : r.at]
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

// int is a sign and the digits, low ones first.
func (r *reader) int() int {
	b := r.take(1 + r.intLen)
	if b == nil {
		return 0
	}
	return decodeInt(b)
}

func decodeInt(b []byte) int {
	var wide [8]byte
	copy(wide[:], b[1:])
	n := int(binary.LittleEndian.Uint64(wide[:]))
	if b[0] != 0 {
		return -n
	}
	return n
}

// text is a length and the bytes; -1 stands for none.
func (r *reader) text() (string, bool) {
	n := r.int()
	if r.err != nil || n < 0 {
		return "", false
	}
	return string(r.take(n)), r.err == nil
}

func (r *reader) located() (string, span) {
	from := r.at
	s, _ := r.text()
	return s, span{from, r.at}
}

// Parse reads header and table of contents from the beginning of an archive. While they are not
// complete it returns an error for which [Incomplete] is true.
func Parse(data []byte) (*Contents, error) {
	r := &reader{data: data}
	c := &Contents{}
	if err := c.header(r); err != nil {
		return nil, err
	}
	count := r.int()
	if r.err == nil && (count < 0 || count > maxContents/64) {
		return nil, fmt.Errorf("table of contents claims %d entries", count)
	}
	for range count {
		e := c.entry(r)
		if r.err != nil {
			return nil, r.err
		}
		c.Entries = append(c.Entries, e)
	}
	if r.err != nil {
		return nil, r.err
	}
	c.raw = data[:r.at]
	return c, nil
}

// Incomplete reports whether more bytes could make an archive readable.
func Incomplete(err error) bool { return errors.Is(err, errShort) }

func (c *Contents) header(r *reader) error {
	head := r.take(headerSize)
	if r.err != nil {
		return r.err
	}
	if string(head[:len(magic)]) != magic {
		return errors.New("archive does not begin like one of pg_dump")
	}
	head = head[len(magic):]
	c.Major, c.Minor, c.intLen, c.offLen = int(head[0]), int(head[1]), int(head[3]), int(head[4])
	if c.Major != 1 || c.Minor < 14 || c.Minor > 16 || head[5] != formatCustom || c.intLen != 4 || c.offLen != 8 {
		return fmt.Errorf("%w: version %d.%d", ErrUnknownFormat, c.Major, c.Minor)
	}
	r.intLen = c.intLen
	var compressed bool
	if c.Minor >= 15 {
		compressed = r.byte() != 0 // which compression, since PostgreSQL 16
	} else {
		compressed = r.int() != 0
	}
	if r.err == nil && compressed {
		return fmt.Errorf("%w: compressed by pg_dump", ErrUnknownFormat)
	}
	for range 7 { // when it was made; our own manifest says that
		r.int()
	}
	c.Database, _ = r.text()
	c.Server, _ = r.text()
	c.Dump, _ = r.text()
	return r.err
}

func (c *Contents) entry(r *reader) Entry {
	var e Entry
	e.ID = r.int()
	e.HasData = r.int() != 0
	r.text() // oids of the catalogue and of the object
	r.text()
	e.Name, _ = r.text()
	e.Kind, _ = r.text()
	r.int() // section
	e.Definition, e.definition = r.located()
	r.text() // how to drop it
	e.Copy, _ = r.text()
	e.Schema, _ = r.text()
	r.text() // tablespace
	r.text() // access method
	if c.Minor >= 16 {
		r.int() // kind of relation
	}
	e.Owner, e.owner = r.located()
	r.text() // whether it has oids: never
	for r.err == nil {
		if _, more := r.text(); !more { // what it depends on
			break
		}
	}
	r.take(1 + c.offLen) // where the data is, which a pipe cannot know
	return e
}

// appendText writes a string as pg_dump does.
func (c *Contents) appendText(out []byte, s string) []byte {
	out = append(out, 0)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(s)))
	return append(out, s...)
}
