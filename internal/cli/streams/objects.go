package streams

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"sync"
)

// objects turns the lines of stderr into JSON objects, one a line, for whoever asked for a result that a program reads.
// What is one already passes.
type objects struct {
	mu   sync.Mutex
	w    io.Writer
	rest []byte
}

// ErrorsAsJSON makes every line on stderr a JSON object: {"notice":…} or {"warning":…}. The returned function writes a
// last line that has no end.
func (s *Streams) ErrorsAsJSON() (flush func()) {
	o := &objects{w: s.Err}
	s.Err, s.errTTY, s.errColor = o, false, false // nothing is drawn or painted there
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if len(o.rest) > 0 {
			_ = o.line(o.rest) // there is nobody left to tell
			o.rest = nil
		}
	}
}

// ErrObjects reports whether stderr holds JSON objects.
func (s *Streams) ErrObjects() bool {
	_, is := s.Err.(*objects)
	return is
}

// Write implements io.Writer.
func (o *objects) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rest = append(o.rest, p...)
	for {
		line, rest, found := bytes.Cut(o.rest, []byte("\n"))
		if !found {
			return len(p), nil
		}
		if err := o.line(line); err != nil {
			return 0, err
		}
		o.rest = append(o.rest[:0], rest...)
	}
}

func (o *objects) line(line []byte) error {
	text := strings.TrimSpace(string(line))
	if text == "" {
		return nil
	}
	if !strings.HasPrefix(text, "{") || !json.Valid([]byte(text)) {
		key := "notice"
		if after, is := strings.CutPrefix(text, "warning: "); is {
			key, text = "warning", after
		}
		raw, err := JSON(map[string]string{key: text}, "")
		if err != nil {
			return err
		}
		text = strings.TrimSuffix(string(raw), "\n")
	}
	_, err := io.WriteString(o.w, text+"\n")
	return err
}
