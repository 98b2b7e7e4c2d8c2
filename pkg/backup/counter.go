package backup

import (
	"errors"
	"io"
)

// Counter receives the number of bytes done. It never receives a place to write to: how
// progress looks is the caller's business.
type Counter interface {
	Add(n int64)
}

const copyBuffer = 256 << 10

// copyCounting is io.Copy with a large buffer and a counter, which may be nil. It never
// uses ReadFrom: every byte must pass through the hash.
func copyCounting(w io.Writer, r io.Reader, progress Counter) (int64, error) {
	buf := make([]byte, copyBuffer)
	var total int64
	for {
		n, err := r.Read(buf)
		if n > 0 {
			if _, werr := w.Write(buf[:n]); werr != nil {
				return total, werr
			}
			total += int64(n)
			if progress != nil {
				progress.Add(int64(n))
			}
		}
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}
