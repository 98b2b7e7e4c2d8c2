package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/axisor/axisor/pkg/backup/wal"
	"github.com/axisor/axisor/pkg/exactjson"
)

// listedFile is one file in the list that the server writes at the end of the stream.
type listedFile struct {
	Path        string `json:"Path"`
	EncodedPath string `json:"Encoded-Path"` //nolint:tagliatelle // the server's names
	Size        int64  `json:"Size"`
	Algorithm   string `json:"Checksum-Algorithm"` //nolint:tagliatelle // as above
	Checksum    string `json:"Checksum"`
}

type listedRange struct {
	Timeline uint32  `json:"Timeline"`
	Start    wal.LSN `json:"Start-LSN"` //nolint:tagliatelle // as above
	End      wal.LSN `json:"End-LSN"`   //nolint:tagliatelle // as above
}

const (
	listChecksumKey = `"Manifest-Checksum": "`
	listTail        = 256 // bytes, more than the last line of the list has
)

// listReader reads the server's list as it comes, one file after the other: that of a cluster with a million files is
// longer than a backup may be in memory. The list is the last file of the stream, so everything it names has passed.
type listReader struct {
	in   *io.PipeWriter
	done chan error
	sum  hash.Hash
	tail []byte // not in the sum yet: the last line has the sum of the lines before it
}

func (t *tarReader) readList() *listReader {
	r, w := io.Pipe()
	l := &listReader{in: w, done: make(chan error, 1), sum: sha256.New()}
	go func() {
		err := t.decodeList(r)
		_, _ = io.Copy(io.Discard, r) // its writer waits for us
		l.done <- err
	}()
	return l
}

// Write takes the next bytes of the list.
func (l *listReader) Write(p []byte) (int, error) {
	l.tail = append(l.tail, p...)
	if extra := len(l.tail) - listTail; extra > 0 {
		l.sum.Write(l.tail[:extra])
		l.tail = append(l.tail[:0], l.tail[extra:]...)
	}
	return l.in.Write(p)
}

// finish judges the list itself before what it says.
func (l *listReader) finish() error {
	l.in.Close()
	err := <-l.done
	at := bytes.LastIndex(l.tail, []byte(listChecksumKey))
	end := at + len(listChecksumKey)
	if at < 0 || len(l.tail) < end+64 {
		return errors.New("base backup has no complete list of its files (backup_manifest)")
	}
	l.sum.Write(l.tail[:at])
	if hex.EncodeToString(l.sum.Sum(nil)) != string(l.tail[end:end+64]) {
		return errors.New("the server's list of files (backup_manifest) does not match its own checksum")
	}
	return err
}

// decodeList holds what came against what the server says it has sent.
func (t *tarReader) decodeList(in io.Reader) error {
	var list struct {
		Files  exactjson.Each[listedFile] `json:"Files"`
		Ranges []listedRange              `json:"WAL-Ranges"` //nolint:tagliatelle // the server's name
	}
	list.Files.Take = func(f listedFile) error {
		if err := t.compare(f); err != nil && t.problem == nil {
			t.problem = err
		}
		return nil
	}
	if err := exactjson.Read(in, &list); err != nil {
		return fmt.Errorf("read backup_manifest: %w", err)
	}
	t.listed = true
	if len(list.Ranges) == 0 {
		return errors.New("backup_manifest names no range of the log")
	}
	c, last := &t.content, list.Ranges[len(list.Ranges)-1]
	c.timeline, c.start, c.stop = last.Timeline, list.Ranges[0].Start, last.End
	for _, r := range list.Ranges {
		c.start = min(c.start, r.Start)
	}
	return nil
}

func (t *tarReader) compare(f listedFile) error {
	name := f.Path
	if f.EncodedPath != "" {
		raw, err := hex.DecodeString(f.EncodedPath)
		if err != nil {
			return fmt.Errorf("read backup_manifest: %w", err)
		}
		name = string(raw)
	}
	got, ok := t.found[name]
	switch {
	case !ok:
		return fmt.Errorf("base backup lacks %s", name)
	case got.size != f.Size:
		return fmt.Errorf("%s has %d bytes instead of %d", name, got.size, f.Size)
	case !got.matches(f):
		return fmt.Errorf("content of %s is not what the server sent", name)
	}
	delete(t.found, name)
	return nil
}

// matches compares digests. The server writes a CRC-32C in the byte order of its machine; both that we know of are
// little-endian.
func (f tarFile) matches(l listedFile) bool {
	switch l.Algorithm {
	case "SHA256":
		return f.sum == l.Checksum
	case "CRC32C":
		return fmt.Sprintf("%02x%02x%02x%02x", byte(f.crc), byte(f.crc>>8), byte(f.crc>>16), byte(f.crc>>24)) == l.Checksum
	}
	return true
}
