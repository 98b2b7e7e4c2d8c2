package backup

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/axisor/axisor/pkg/backup/toc"
)

const (
	keptFailures   = 200
	longestFailure = 300 // bytes of a message
	longestLine    = 8 << 10
)

// Failure is one entry of an archive that a server did not take.
type Failure struct {
	Entry   string // kind and name: TABLE public.orders
	Message string // the server's; never the statement, which may hold a secret
}

// String is one line.
func (f Failure) String() string {
	if f.Entry == "" {
		return f.Message
	}
	return f.Entry + ": " + f.Message
}

// failureLog reads what pg_restore writes when it goes on after errors.
type failureLog struct {
	mu       sync.Mutex
	line     []byte
	id       int
	title    string
	failures []Failure
	total    int
	survived bool // it came to its end in spite of errors
}

var (
	entryLine    = pattern(`^pg_restore: (?:warning: |error: )?from TOC entry (\d+); \d+ \d+ (.*)$`)
	errorLine    = pattern(`^pg_restore: (?:\[[^]]*\] )?error: (.*)$`)
	survivedLine = pattern(`errors ignored on restore: (\d+)`)
)

// Write takes the next bytes and never fails.
func (l *failureLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(p)
	for len(p) > 0 {
		at := bytes.IndexByte(p, '\n')
		part := p
		if at >= 0 {
			part = p[:at]
		}
		if room := longestLine - len(l.line); room > 0 {
			l.line = append(l.line, part[:min(room, len(part))]...)
		}
		if at < 0 {
			break
		}
		l.read(string(l.line))
		l.line, p = l.line[:0], p[at+1:]
	}
	return n, nil
}

func (l *failureLog) read(line string) {
	if m := entryLine().FindStringSubmatch(line); m != nil {
		l.id, _ = strconv.Atoi(m[1])
		l.title = m[2]
		return
	}
	if survivedLine().MatchString(line) {
		l.survived = true
		return
	}
	m := errorLine().FindStringSubmatch(line)
	if m == nil {
		return
	}
	l.total++
	if len(l.failures) < keptFailures {
		l.failures = append(l.failures, Failure{Entry: fmt.Sprintf("%d %s", l.id, l.title), Message: serverMessage(m[1])})
	}
}

func (l *failureLog) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total
}

func (l *failureLog) cameToItsEnd() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.survived
}

// serverMessage keeps the server's message of an error that pg_restore reports.
func serverMessage(text string) string {
	if _, said, ok := strings.Cut(text, "ERROR:"); ok {
		text = strings.TrimSpace(said)
	}
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	if len(text) > longestFailure {
		text = strings.ToValidUTF8(text[:longestFailure], "") + "…"
	}
	return text
}

// list gives the failures with the whole names of their entries.
func (l *failureLog) list(contents *toc.Contents) []Failure {
	l.mu.Lock()
	defer l.mu.Unlock()
	byID := map[int]*toc.Entry{}
	if contents != nil {
		for i := range contents.Entries {
			byID[contents.Entries[i].ID] = &contents.Entries[i]
		}
	}
	out := make([]Failure, 0, len(l.failures))
	for _, f := range l.failures {
		number, title, _ := strings.Cut(f.Entry, " ")
		id, _ := strconv.Atoi(number)
		if e := byID[id]; e != nil {
			title = e.Title()
		}
		out = append(out, Failure{Entry: strings.ToValidUTF8(title, "?"), Message: f.Message})
	}
	return out
}
