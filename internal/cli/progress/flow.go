package progress

import "io"

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
