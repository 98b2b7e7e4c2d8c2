package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// FileInfo describes one stored file. Raw is what pg_dump wrote, before compression and
// encryption.
type FileInfo struct {
	Name      string `json:"name"`
	Bytes     int64  `json:"bytes"`
	SHA256    string `json:"sha256"`
	RawBytes  int64  `json:"raw_bytes"`
	RawSHA256 string `json:"raw_sha256"`
}

// stagedFile is what staging needs of a file; tests put a failing one in its place.
type stagedFile interface {
	io.WriteCloser
	Sync() error
}

// staging is a file under its partial name: private from the first byte, never visible
// under its final name before it is complete, on disk and read back.
type staging struct {
	dir, name string
	file      stagedFile
	digest    hash.Hash
	bytes     int64
	finished  bool
}

type openFunc func(path string) (stagedFile, error)

func openPartial(path string) (stagedFile, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

func stage(open openFunc, dir, name string) (*staging, error) {
	f, err := open(filepath.Join(dir, name+partialExt))
	if err != nil {
		return nil, storageError(dir, err)
	}
	return &staging{dir: dir, name: name, file: f, digest: sha256.New()}, nil
}

func (s *staging) partial() string { return filepath.Join(s.dir, s.name+partialExt) }

// Write stores and hashes p.
func (s *staging) Write(p []byte) (int, error) {
	n, err := s.file.Write(p)
	s.digest.Write(p[:n])
	s.bytes += int64(n)
	if err != nil {
		return n, storageError(s.dir, err)
	}
	return n, nil
}

// finish forces the file to disk and reads it back: what counts is what the disk returns.
func (s *staging) finish(ctx context.Context) (FileInfo, error) {
	info := FileInfo{Name: s.name, Bytes: s.bytes, SHA256: hex.EncodeToString(s.digest.Sum(nil))}
	if err := s.file.Sync(); err != nil {
		return info, storageError(s.dir, err)
	}
	if err := s.file.Close(); err != nil {
		return info, storageError(s.dir, err)
	}
	s.finished = true
	sum, n, err := digestFile(ctx, s.partial())
	if ctx.Err() != nil {
		return info, context.Cause(ctx)
	}
	if err != nil {
		return info, storageError(s.dir, err)
	}
	if sum != info.SHA256 || n != info.Bytes {
		return info, &DamagedError{File: s.name, Level: LevelDigest, Problem: "the disk did not return what was written"}
	}
	return info, nil
}

// publish gives the file its final name. It never overwrites.
func (s *staging) publish() error {
	if err := renameNoReplace(s.partial(), filepath.Join(s.dir, s.name)); err != nil {
		return storageError(s.dir, err)
	}
	return nil
}

// discard removes the partial file, if it is still there.
func (s *staging) discard() {
	if !s.finished {
		_ = s.file.Close()
	}
	_ = os.Remove(s.partial())
}

// digestFile hashes a file as the disk returns it.
func digestFile(ctx context.Context, path string) (string, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	dropCache(f)
	return digest(ctx, f, filepath.Base(path), nil)
}

func digest(ctx context.Context, r io.Reader, name string, progress Counter) (string, int64, error) {
	h := sha256.New()
	n, err := copyCounting(h, &reader{ctx: ctx, r: r}, progress)
	if err != nil {
		return "", n, fmt.Errorf("read %s: %w", name, err)
	}
	return hex.EncodeToString(h.Sum(nil)), n, nil
}

// storageError tells a full disk from everything else.
func storageError(dir string, err error) error {
	var own *SpaceError
	if errors.As(err, &own) {
		return err
	}
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) || errors.Is(err, unix.EFBIG) {
		return &SpaceError{Directory: dir, Cause: err}
	}
	return &RepositoryError{Directory: dir, Problem: "cannot be written", Cause: err}
}
