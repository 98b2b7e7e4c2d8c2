package streams

import (
	"io"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// atomicPipe is how much a pipe that is ready takes without waiting: PIPE_BUF, at least.
const (
	atomicPipe      = 4096
	atomicPipePOSIX = 512
	pollEvery       = 50 * time.Millisecond
)

// sink is stdout when that is no terminal. It remembers the first error, for writers that do not look at theirs, and
// writes into a pipe only what that takes at once: a reader that stands still holds nobody up once stopped says so.
type sink struct {
	w       io.Writer
	pipe    *os.File // nil: not a pipe
	chunk   int
	stopped func() error // nil: nobody stops it
	err     error
}

func newSink(w io.Writer) *sink {
	s := &sink{w: w, chunk: atomicPipe}
	if runtime.GOOS != "linux" {
		s.chunk = atomicPipePOSIX
	}
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&(os.ModeNamedPipe|os.ModeSocket) != 0 {
			s.pipe = f
		}
	}
	return s
}

// Write implements io.Writer.
func (s *sink) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.write(p)
	s.err = err
	return n, err
}

func (s *sink) write(p []byte) (int, error) {
	if s.pipe == nil {
		return s.w.Write(p)
	}
	written := 0
	for written < len(p) {
		if err := s.ready(); err != nil {
			return written, err
		}
		n, err := s.w.Write(p[written:min(len(p), written+s.chunk)])
		written += n
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// ready waits until the pipe takes something, or somebody stops the waiting. What a pipe takes at once is written also
// then: a run that was stopped still has its report to give.
func (s *sink) ready() error {
	fds := []unix.PollFd{{Fd: int32(s.pipe.Fd()), Events: unix.POLLOUT}}
	for {
		n, err := unix.Poll(fds, int(pollEvery.Milliseconds()))
		if n > 0 || err != nil && err != unix.EINTR { // the write itself tells what is wrong
			return nil
		}
		if s.stopped != nil {
			if err := s.stopped(); err != nil {
				return err
			}
		}
	}
}
