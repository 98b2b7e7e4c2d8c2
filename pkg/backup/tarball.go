package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/axisor/axisor/pkg/backup/wal"
)

const (
	serverManifest      = "backup_manifest"
	serverManifestLimit = 1 << 30
)

// baseContent is what a base backup's stream held.
type baseContent struct {
	timeline    uint32
	start, stop wal.LSN
	files       int
	bytes       int64
	warnings    []string
}

type tarFile struct {
	size int64
	crc  uint32
	sum  string // SHA-256, where the server's list has it
	log  bool   // may be there without being listed
}

// readBuffer is read at once: each piece of the stream that is passed on costs a change of goroutines.
const readBuffer = 256 << 10

// tarReader compares a base backup's stream with the server's list.
type tarReader struct {
	content baseContent
	strong  bool // the list has SHA-256 digests; otherwise CRC-32C, as servers write by default
	found   map[string]tarFile
	crc     hash.Hash32
	sum     hash.Hash
	keep    bytes.Buffer // one segment of the log
	listed  bool
	problem error // of the comparison
	log     func(name string, data []byte) error
}

// strongSums reports whether the server's list in this backup has SHA-256 digests.
func strongSums(m *Manifest) bool {
	return slices.ContainsFunc(m.DumpFlags, func(f string) bool { return strings.Contains(f, "SHA256") })
}

// readTar reads a base backup's stream to its end and compares every file with the server's
// list. put, which may be nil, receives each entry; what it does not read is read for it. log,
// which may be nil, receives the segments. What is kept in memory is a few words for each file.
func readTar(r io.Reader, strong bool, put func(*tar.Header, io.Reader) error, log func(name string, data []byte) error) (baseContent, error) {
	t := &tarReader{strong: strong, found: map[string]tarFile{}, crc: crc32.New(crc32.MakeTable(crc32.Castagnoli)), sum: sha256.New(), log: log}
	stream := bufio.NewReaderSize(r, readBuffer)
	archive := tar.NewReader(stream)
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return t.content, fmt.Errorf("read base backup: %w", err)
		}
		if err := t.entry(h, archive, put); err != nil {
			return t.content, err
		}
	}
	// What follows the end mark belongs to the stream too, and its writer waits for us.
	if _, err := io.Copy(io.Discard, stream); err != nil {
		return t.content, fmt.Errorf("read base backup: %w", err)
	}
	return t.content, t.finish()
}

// entry reads one entry to its end.
func (t *tarReader) entry(h *tar.Header, archive io.Reader, put func(*tar.Header, io.Reader) error) error {
	name := path.Clean(h.Name)
	if strings.HasPrefix(name, "..") || path.IsAbs(name) {
		return fmt.Errorf("base backup names a file %q outside itself", h.Name)
	}
	inLog := path.Dir(name) == "pg_wal" && h.Typeflag == tar.TypeReg
	t.crc.Reset()
	sinks := []io.Writer{t.crc}
	if t.strong {
		t.sum.Reset()
		sinks = append(sinks, t.sum)
	}
	if inLog && t.log != nil {
		t.keep.Reset()
		t.keep.Grow(int(min(h.Size, serverManifestLimit)))
		sinks = append(sinks, &t.keep)
	}
	var list *listReader
	if name == serverManifest && h.Typeflag == tar.TypeReg && h.Size <= serverManifestLimit {
		list = t.readList()
		sinks = append(sinks, list)
	}
	content := io.TeeReader(archive, io.MultiWriter(sinks...))
	if len(sinks) == 1 {
		content = io.TeeReader(archive, t.crc)
	}
	err := error(nil)
	if put != nil {
		err = put(h, content)
	}
	if err == nil {
		if _, cerr := io.Copy(io.Discard, content); cerr != nil {
			err = fmt.Errorf("read base backup: %s: %w", name, cerr)
		}
	}
	if list != nil {
		lerr := list.finish()
		if err == nil {
			err = lerr
		}
	}
	if err != nil || list != nil {
		return err
	}
	return t.note(h, name, inLog)
}

func (t *tarReader) note(h *tar.Header, name string, inLog bool) error {
	f := tarFile{size: h.Size, crc: t.crc.Sum32(), log: inLog}
	if t.strong {
		f.sum = hex.EncodeToString(t.sum.Sum(nil))
	}
	switch {
	case inLog:
		// The server lists histories, but no segments: it adds those when the copy is made.
		t.found[name] = f
		if t.log != nil {
			if err := t.log(path.Base(name), t.keep.Bytes()); err != nil {
				return fmt.Errorf("archive %s: %w", path.Base(name), err)
			}
		}
	case h.Typeflag == tar.TypeReg:
		t.found[name] = f
		t.content.files++
		t.content.bytes += h.Size
	}
	return nil
}

// finish says whether all that came was listed.
func (t *tarReader) finish() error {
	if !t.listed {
		return errors.New("base backup has no complete list of its files (backup_manifest)")
	}
	if t.problem != nil {
		return t.problem
	}
	for name, f := range t.found {
		if !f.log {
			return fmt.Errorf("base backup has a file %s that the server does not list", name)
		}
	}
	return nil
}

// tarCheck reads a stream while it is stored.
type tarCheck struct {
	in      *io.PipeWriter
	done    chan struct{}
	content baseContent
	err     error
}

func startTarCheck(strong bool, log func(name string, data []byte) error) *tarCheck {
	r, w := io.Pipe()
	c := &tarCheck{in: w, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		c.content, c.err = readTar(r, strong, nil, log)
		r.CloseWithError(c.err) // an error ends the writing at once
	}()
	return c
}

// Write passes the stream on.
func (c *tarCheck) Write(p []byte) (int, error) { return c.in.Write(p) }

func (c *tarCheck) finish(context.Context) error {
	c.in.Close()
	<-c.done
	return c.err
}
