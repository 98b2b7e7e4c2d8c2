// Package remote stores named, immutable objects somewhere else: in a directory such as a
// mounted disk, or in an S3-compatible service. Every store passes one contract test.
//
// It must not know what the objects are. Credentials come from a file or from the environment
// that is handed in, never from an address.
package remote

import (
	"context"
	"errors"
	"io"
)

// ErrNotExist means that there is no object of this name.
var ErrNotExist = errors.New("object does not exist")

// ErrExists means that there is an object of this name already; none is ever overwritten.
var ErrExists = errors.New("object exists already")

// ErrUnavailable means that the store cannot be reached.
var ErrUnavailable = errors.New("target unavailable")

// ErrDenied means that the store refused the credentials or the right.
var ErrDenied = errors.New("target denied access")

// Object is what a listing says about an object.
type Object struct {
	Name string
	Size int64
}

// Source is the content of an object to store. It is read by parts, and again when an upload
// that was cut short goes on.
type Source interface {
	io.ReaderAt
	Size() int64
}

// Store is a place for objects. Names are flat or have slashes; they never lead out of it.
type Store interface {
	// Put stores a new object. What an earlier call for the same content has left half-done is
	// used. ErrExists leaves the old object alone.
	Put(ctx context.Context, name string, content Source) error
	// Get opens an object.
	Get(ctx context.Context, name string) (io.ReadCloser, error)
	// List gives the objects whose names begin with prefix, in order.
	List(ctx context.Context, prefix string) ([]Object, error)
	// Delete removes an object; one that is not there is removed already.
	Delete(ctx context.Context, name string) error
	// Replace stores an object whether or not there is one: for descriptions only.
	Replace(ctx context.Context, name string, content []byte) error
}
