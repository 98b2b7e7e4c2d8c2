// Package rowfile reads files of rows as people have them: csv and jsonl, with whatever separator, encoding and compression
// the program used that wrote them. The first bytes tell what a file is, and what is none of these is refused by
// name. Rows come one at a time, in bounded memory. It knows the columns that it is given, and nothing of what they mean.
package rowfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
)

// FormatError says that a file cannot be read as rows.
type FormatError struct{ Reason, Hint string }

func (e *FormatError) Error() string { return e.Reason }

const (
	bufferSize = 64 << 10
	// maxWindow is what a zstd frame may need, in bytes: all but the "ultra" levels of the zstd program stay below.
	maxWindow = 32 << 20
	// A file that is compressed better than any file of rows is one that is made to fill a disk.
	maxRatio, ratioFrom = 1000, 64 << 20
)

// foreign are files that people have instead, by their first bytes.
var foreign = []struct{ magic, name, hint string }{
	{"PK\x03\x04", "a zip archive, or a spreadsheet such as xlsx or ods", "unpack it, or save the sheet as csv (UTF-8)"},
	{"\xd0\xcf\x11\xe0", "a spreadsheet of the old Excel format (xls)", "save the sheet as csv (UTF-8)"},
	{"BZh", "compressed with bzip2", "bunzip2 -c FILE, and pipe that into the command"},
	{"\xfd7zXZ\x00", "compressed with xz", "xz -dc FILE, and pipe that into the command"},
	{"\x04\x22\x4d\x18", "compressed with lz4", "lz4 -dc FILE, and pipe that into the command"},
	{"age-encryption.org/", "encrypted with age", "age -d -i IDENTITY FILE, and pipe that into the command"},
	{"PGDMP", "a dump of PostgreSQL", "restore it with axisor restore"},
	{"SQLite format 3\x00", "an SQLite database", "export the table as csv"},
	{"PAR1", "a Parquet file", "convert it to csv or jsonl"},
	{"\xff\xfe\x00\x00", "UTF-32", "save it as UTF-8"},
	{"\x00\x00\xfe\xff", "UTF-32", "save it as UTF-8"},
}

// Text unwraps one layer of gzip or zstd, and turns UTF-16 of either byte order into UTF-8 without a mark.
func Text(in io.Reader) (*bufio.Reader, error) {
	raw := &counter{r: in}
	b := bufio.NewReaderSize(raw, bufferSize)
	packed := ""
	if open, name := unpacker(b); open != nil {
		u, err := open(b)
		if err != nil {
			return nil, damaged(raw, name, err)
		}
		packed = name
		b = bufio.NewReaderSize(&unpacked{r: u, raw: raw, name: name}, bufferSize)
	}
	head, err := b.Peek(24)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	for _, f := range foreign {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return nil, &FormatError{"the file is " + f.name, f.hint}
		}
	}
	if open, name := unpacker(b); open != nil {
		return nil, &FormatError{fmt.Sprintf("the file is compressed twice, with %s and %s", name, packed), "unpack it once"}
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		_, err := b.Discard(3)
		return b, err
	}
	if e := utf16(head); e != nil {
		return bufio.NewReaderSize(e.NewDecoder().Reader(b), bufferSize), nil
	}
	return b, nil
}

// unpacker recognises compressed data.
func unpacker(b *bufio.Reader) (open func(io.Reader) (io.Reader, error), name string) {
	head, _ := b.Peek(4) // a shorter file is none of them, and whoever reads it meets the error
	switch {
	case len(head) == 4 && string(head[:3]) == "\x1f\x8b\x08":
		return func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }, "gzip"
	case string(head) == "\x28\xb5\x2f\xfd", len(head) == 4 && head[0]&0xf0 == 0x50 && string(head[1:]) == "\x2a\x4d\x18":
		return func(r io.Reader) (io.Reader, error) {
			return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		}, "zstd"
	}
	return nil, ""
}

// utf16 recognises UTF-16 by its mark, or by the zeros beside the ASCII letters of a header.
func utf16(head []byte) encoding.Encoding {
	switch {
	case len(head) < 2:
	case head[0] == 0xff && head[1] == 0xfe:
		return unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)
	case head[0] == 0xfe && head[1] == 0xff:
		return unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM)
	case head[0] != 0 && head[1] == 0:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case head[0] == 0 && head[1] != 0:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	}
	return nil
}

// counter counts what is read, and keeps the error of the file itself.
type counter struct {
	r   io.Reader
	n   int64
	err error
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return n, err
}

// unpacked reads what a decompressor makes of raw, and ends where it is a bomb.
type unpacked struct {
	r    io.Reader
	raw  *counter
	name string
	n    int64
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	u.n += int64(n)
	if u.n > ratioFrom && u.n > maxRatio*u.raw.n {
		return 0, &FormatError{
			fmt.Sprintf("the file unpacks to more than %d times its size, as no file of rows does", maxRatio),
			"if you trust it, unpack it first",
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return n, damaged(u.raw, u.name, err)
	}
	return n, err
}

// damaged is the error of a decompressor in terms of the file.
func damaged(raw *counter, name string, err error) error {
	switch {
	case raw.err != nil:
		return raw.err
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		return &FormatError{fmt.Sprintf("the file needs more than %d MB of memory to be unpacked", maxWindow>>20), "zstd -dc FILE, and pipe that into the command"}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &FormatError{Reason: fmt.Sprintf("the %s data end too early: the file is cut short", name)}
	}
	return &FormatError{Reason: fmt.Sprintf("the %s data are damaged: %s", name, strings.TrimPrefix(err.Error(), name+": "))}
}
