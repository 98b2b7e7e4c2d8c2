package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/axisor/axisor/pkg/backup/wal"
	"github.com/axisor/axisor/pkg/exactjson"
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

// serverList is the list of files that the server writes at the end of the stream.
type serverList struct {
	Files []struct {
		Path        string `json:"Path"`
		EncodedPath string `json:"Encoded-Path"` //nolint:tagliatelle // the server's names
		Size        int64  `json:"Size"`
		Algorithm   string `json:"Checksum-Algorithm"` //nolint:tagliatelle // as above
		Checksum    string `json:"Checksum"`
	} `json:"Files"`
	Ranges []struct {
		Timeline uint32  `json:"Timeline"`
		Start    wal.LSN `json:"Start-LSN"` //nolint:tagliatelle // as above
		End      wal.LSN `json:"End-LSN"`   //nolint:tagliatelle // as above
	} `json:"WAL-Ranges"` //nolint:tagliatelle // as above
}

type tarFile struct {
	size int64
	sum  string
	log  bool // may be there without being listed
}

// readTar reads a base backup's stream to its end and compares every file with the server's
// list. put, which may be nil, receives each entry; what it does not read is read for it. log,
// which may be nil, receives the segments.
func readTar(r io.Reader, put func(*tar.Header, io.Reader) error, log func(name string, data []byte) error) (baseContent, error) {
	var c baseContent
	var list []byte
	found := map[string]tarFile{}
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return c, fmt.Errorf("read base backup: %w", err)
		}
		name := path.Clean(h.Name)
		if strings.HasPrefix(name, "..") || path.IsAbs(name) {
			return c, fmt.Errorf("base backup names a file %q outside itself", h.Name)
		}
		sum := sha256.New()
		content := io.TeeReader(t, sum)
		inLog := path.Dir(name) == "pg_wal" && h.Typeflag == tar.TypeReg
		var keep bytes.Buffer
		if name == serverManifest && h.Size <= serverManifestLimit || inLog && log != nil {
			content = io.TeeReader(content, &keep)
		}
		if put != nil {
			if err := put(h, content); err != nil {
				return c, err
			}
		}
		if _, err := io.Copy(io.Discard, content); err != nil {
			return c, fmt.Errorf("read base backup: %s: %w", name, err)
		}
		switch {
		case name == serverManifest:
			list = keep.Bytes()
		case inLog:
			// The server lists histories, but no segments: it adds those when the copy is made.
			found[name] = tarFile{size: h.Size, sum: hex.EncodeToString(sum.Sum(nil)), log: true}
			if log != nil {
				if err := log(path.Base(name), keep.Bytes()); err != nil {
					return c, fmt.Errorf("archive %s: %w", path.Base(name), err)
				}
			}
		case h.Typeflag == tar.TypeReg:
			found[name] = tarFile{size: h.Size, sum: hex.EncodeToString(sum.Sum(nil))}
			c.files++
			c.bytes += h.Size
		}
	}
	// What follows the end mark belongs to the stream too, and its writer waits for us.
	if _, err := io.Copy(io.Discard, r); err != nil {
		return c, fmt.Errorf("read base backup: %w", err)
	}
	return c, c.compare(list, found)
}

// compare holds what came against what the server says it has sent.
func (c *baseContent) compare(text []byte, found map[string]tarFile) error {
	const key = `"Manifest-Checksum": "`
	at := bytes.LastIndex(text, []byte(key))
	if at < 0 || len(text) < at+len(key)+64 {
		return errors.New("base backup has no complete list of its files (backup_manifest)")
	}
	if sum := sha256.Sum256(text[:at]); hex.EncodeToString(sum[:]) != string(text[at+len(key):at+len(key)+64]) {
		return errors.New("the server's list of files (backup_manifest) does not match its own checksum")
	}
	var list serverList
	if err := exactjson.Unmarshal(text, &list); err != nil {
		return fmt.Errorf("read backup_manifest: %w", err)
	}
	for _, f := range list.Files {
		name := f.Path
		if f.EncodedPath != "" {
			raw, err := hex.DecodeString(f.EncodedPath)
			if err != nil {
				return fmt.Errorf("read backup_manifest: %w", err)
			}
			name = string(raw)
		}
		got, ok := found[name]
		switch {
		case !ok:
			return fmt.Errorf("base backup lacks %s", name)
		case got.size != f.Size:
			return fmt.Errorf("%s has %d bytes instead of %d", name, got.size, f.Size)
		case f.Algorithm == "SHA256" && got.sum != f.Checksum:
			return fmt.Errorf("content of %s is not what the server sent", name)
		}
		delete(found, name)
	}
	for name, f := range found {
		if f.log {
			continue
		}
		return fmt.Errorf("base backup has a file %s that the server does not list", name)
	}
	if len(list.Ranges) == 0 {
		return errors.New("backup_manifest names no range of the log")
	}
	last := list.Ranges[len(list.Ranges)-1]
	c.timeline, c.start, c.stop = last.Timeline, list.Ranges[0].Start, last.End
	for _, r := range list.Ranges {
		c.start = min(c.start, r.Start)
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

func startTarCheck(log func(name string, data []byte) error) *tarCheck {
	r, w := io.Pipe()
	c := &tarCheck{in: w, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		c.content, c.err = readTar(r, nil, log)
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
