package output

import (
	"bufio"
	"io"
	"sync"
	"time"
)

// patience is how long a row may wait for company before it goes out.
const patience = 100 * time.Millisecond

// buffer gathers rows, so that a long list is not one system call a row, and lets none wait for longer than patience, so
// that whoever reads a slow list in a pipe sees each row as it comes.
type buffer struct {
	mu    sync.Mutex
	w     *bufio.Writer
	timer *time.Timer // nil while nothing waits
}

func newBuffer(w io.Writer) *buffer { return &buffer{w: bufio.NewWriterSize(w, 1<<16)} }

// Write keeps p. An error of an earlier row comes out here or at the end.
func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.timer == nil {
		b.timer = time.AfterFunc(patience, func() { _ = b.Flush() }) // bufio keeps the error
	}
	return b.w.Write(p)
}

// Flush writes what waits.
func (b *buffer) Flush() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.timer != nil {
		b.timer.Stop()
		b.timer = nil
	}
	return b.w.Flush()
}
