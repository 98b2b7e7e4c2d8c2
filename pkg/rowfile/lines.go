package rowfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
)

const (
	// Rows of more than longFrom bytes are rare. The memory of one is asked for at once, when that of the one before
	// is given back.
	longFrom = 1 << 20
	partSize = 1 << 20
)

var (
	errLong = errors.New("the row is too long")
	tooLong = fmt.Sprintf("the row has more than %d MB", MaxRow>>20)
)

// lines reads rows of one or more lines.
type lines struct {
	r     *bufio.Reader
	read  int64 // lines so far
	first int64 // line where the row begins
	row   strings.Builder
	over  string // what follows the row where it is too long
	// part is given the text of rows that are too long, piece by piece; nil is nobody.
	part func(line int64, text string) error
}

// next begins a row at the next line that is not empty, and returns it with its end. It is errLong when it does not fit.
func (l *lines) next() (string, error) {
	for blank := 0; ; {
		l.row = strings.Builder{} // what it held belongs to the row of before
		text, err := l.more()
		l.first = l.read
		if err != nil || strings.Trim(text, " \t\r\n") != "" {
			return text, err
		}
		if blank += len(text); blank > MaxRow {
			return "", &FormatError{Reason: fmt.Sprintf("line %d: the file is empty from here on", l.read)}
		}
	}
}

// more adds the next line to the row, and returns all of it. Where there is none, it is io.EOF.
func (l *lines) more() (string, error) {
	for before := l.row.Len(); ; {
		part, err := l.r.ReadSlice('\n')
		if l.row.Len() == before && len(part) > 0 {
			l.read++
		}
		if l.row.Len()+len(part) > MaxRow {
			l.over = string(part)
			return "", errLong
		}
		l.grow(len(part))
		l.row.Write(part)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && l.row.Len() > before:
			err = nil
		}
		return l.row.String(), err
	}
}

func (l *lines) grow(n int) {
	if l.row.Cap() > longFrom || l.row.Len()+n <= longFrom {
		return
	}
	runtime.GC()
	var long strings.Builder
	long.Grow(MaxRow)
	long.WriteString(l.row.String())
	l.row = long
}

// rest goes to the end of a row that is too long, and passes all of its text on. In csv a line that ends within quotes
// does not end the row.
func (l *lines) rest(csv bool) error {
	odd := false
	pass := func(text string) error {
		odd = odd != (csv && strings.Count(text, `"`)%2 != 0)
		if l.part == nil {
			return nil
		}
		return l.part(l.first, text)
	}
	for text := l.row.String(); text != ""; {
		n := min(partSize, len(text))
		if err := pass(text[:n]); err != nil {
			return err
		}
		text = text[n:]
	}
	l.row = strings.Builder{}
	for text := l.over; ; {
		if err := pass(text); err != nil {
			return err
		}
		ended := strings.HasSuffix(text, "\n")
		if ended && !odd {
			return nil
		}
		part, err := l.r.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(part) == 0 {
			return nil
		}
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		if ended {
			l.read++
		}
		text = string(part)
	}
}
