package monitor

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/axisor/axisor/internal/wholefile"
)

// fileMode lets a collector of another account read the file: it holds numbers, and nothing of a single user.
const fileMode = 0o644

// Metrics is a text in the exposition format of Prometheus. Samples of one name must be added one after the other.
// The format is four lines of rules; the library that writes it brings protocol buffers with it.
type Metrics struct {
	prefix string
	text   strings.Builder
	last   string
}

var escaped = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// Gauge adds a number that can go up and down. Labels are names and values in turn.
func (m *Metrics) Gauge(name, help string, value float64, labels ...string) {
	name = m.prefix + name
	if name != m.last {
		fmt.Fprintf(&m.text, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name)
		m.last = name
	}
	m.text.WriteString(name)
	for i := 0; i+1 < len(labels); i += 2 {
		open := ","
		if i == 0 {
			open = "{"
		}
		fmt.Fprintf(&m.text, `%s%s="%s"`, open, labels[i], escaped.Replace(labels[i+1]))
	}
	if len(labels) > 0 {
		m.text.WriteString("}")
	}
	m.text.WriteString(" " + strconv.FormatFloat(value, 'f', -1, 64) + "\n")
}

// Count adds a whole number.
func (m *Metrics) Count(name, help string, n int, labels ...string) {
	m.Gauge(name, help, float64(n), labels...)
}

// Bool adds 1 for true and 0 for false.
func (m *Metrics) Bool(name, help string, is bool, labels ...string) {
	n := 0
	if is {
		n = 1
	}
	m.Count(name, help, n, labels...)
}

// Time adds a moment in seconds since 1970. One that never was is left out, so that "absent" can be alarmed on.
func (m *Metrics) Time(name, help string, at *time.Time, labels ...string) {
	if at != nil && !at.IsZero() {
		m.Gauge(name, help, math.Round(float64(at.UnixMilli()))/1000, labels...)
	}
}

// kept is a moment that the file of an earlier run holds, or zero.
func kept(path, name string) time.Time {
	text, err := os.ReadFile(path)
	if err != nil {
		return time.Time{}
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			if seconds, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil && seconds > 0 {
				return time.UnixMilli(int64(math.Round(seconds * 1000)))
			}
		}
	}
	return time.Time{}
}

// replace puts the text into the file. The old one stays readable until the new one is complete.
func replace(path, text string) error {
	f, err := wholefile.Create(path, true)
	if err != nil {
		return err
	}
	if _, err = f.WriteString(text); err == nil {
		err = f.Chmod(fileMode)
	}
	if err != nil {
		f.Discard()
		return err
	}
	return f.Commit()
}
