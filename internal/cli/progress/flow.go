package progress

import (
	"context"
	"io"
)

// Reader counts bytes that are read.
func Reader(c *Counter, r io.Reader) io.Reader { return reader{r, c} }

// Writer counts bytes that are written.
func Writer(c *Counter, w io.Writer) io.Writer { return writer{w, c} }

type reader struct {
	io.Reader
	c *Counter
}

// Read implements io.Reader.
func (r reader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.c.Add(int64(n))
	return n, err
}

type writer struct {
	io.Writer
	c *Counter
}

// Write implements io.Writer.
func (w writer) Write(b []byte) (int, error) {
	n, err := w.Writer.Write(b)
	w.c.Add(int64(n))
	return n, err
}

// Interruptible is at its end when ctx is, even while a read waits for a pipe into which nobody writes. What such a
// read brings later is lost.
func Interruptible(ctx context.Context, r io.Reader) io.Reader {
	return &interruptible{ctx: ctx, r: r, buf: make([]byte, 64<<10), got: make(chan chunk, 1)}
}

type interruptible struct {
	ctx     context.Context //nolint:containedctx // a reader has no other place for it
	r       io.Reader
	buf     []byte
	got     chan chunk
	reading bool
	rest    []byte
	err     error
}

type chunk struct {
	n   int
	err error
}

// Read implements io.Reader.
func (i *interruptible) Read(p []byte) (int, error) {
	if len(i.rest) == 0 && i.err == nil {
		if !i.reading {
			i.reading = true
			go func() {
				n, err := i.r.Read(i.buf)
				i.got <- chunk{n, err}
			}()
		}
		select {
		case c := <-i.got:
			i.reading, i.rest, i.err = false, i.buf[:c.n], c.err
		case <-i.ctx.Done():
			return 0, io.EOF
		}
	}
	n := copy(p, i.rest)
	i.rest = i.rest[n:]
	if len(i.rest) > 0 {
		return n, nil
	}
	return n, i.err
}
