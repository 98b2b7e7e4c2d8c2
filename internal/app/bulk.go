package app

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/wholefile"
	"github.com/axisor/axisor/pkg/rowfile"
)

// Input opens a file of rows, or stdin for -, and returns its size when that is known, and its name. Stdin is at its end
// when ctx is. The command is named where a pipe is missing.
func (a *App) Input(ctx context.Context, file, command string) (io.ReadCloser, int64, string, error) {
	if file == "-" {
		if a.Streams.InTerminal() {
			return nil, 0, "", clierr.Usagef("stdin is a terminal").WithHint("pipe a file into it: " + command + " - < FILE")
		}
		return stdin{progress.Interruptible(ctx, a.Streams.In), a.Streams.In}, 0, "stdin", nil
	}
	f, info, err := a.OpenFile(file)
	if err != nil {
		return nil, 0, "", err
	}
	if !info.Mode().IsRegular() { // a pipe or a device: nobody knows when it has something, or ends
		return piped{progress.Interruptible(ctx, f), f}, 0, filepath.Base(file), nil
	}
	return f, info.Size(), filepath.Base(file), nil
}

// piped is a file that is read as it comes.
type piped struct {
	io.Reader
	of *os.File
}

// Close implements io.Closer.
func (p piped) Close() error { return p.of.Close() }

// Stat tells which file it is.
func (p piped) Stat() (fs.FileInfo, error) { return p.of.Stat() }

// AboutRows is the part of an import's help that says which files are read.
const AboutRows = `Files are read as spreadsheets leave them: separated by , ; or tab (or what a line sep=; says), as UTF-8
or UTF-16, and compressed with gzip or zstd. --map NAME=COLUMN says which column a header of
another program means.`

// Rows are the options of a file of rows by its name and the flags.
func (a *App) Rows(file string, t flags.Table) rowfile.Options {
	return rowfile.Options{Format: t.Format.String(), Name: file, Map: t.Map}
}

// stdin is read as it comes, and tells which file it is.
type stdin struct {
	io.Reader
	of io.Reader
}

// Close implements io.Closer; stdin is not ours to close.
func (stdin) Close() error { return nil }

// Stat tells what stdin was redirected from.
func (s stdin) Stat() (fs.FileInfo, error) {
	if f, ok := s.of.(*os.File); ok {
		return f.Stat()
	}
	return nil, fs.ErrInvalid
}

// fewRejects is how many rejected rows are told on stderr when no file takes them.
const fewRejects = 10

// Rejects writes rejected rows as csv with line and reason in front, which can be corrected and imported again. Without a
// file it tells the first ones to the person at the terminal. Goroutines may share it.
type Rejects struct {
	p     *output.Printer
	width int // columns besides line and reason

	mu    sync.Mutex
	file  *wholefile.File // nil: there is none
	w     *csv.Writer     // nil: nor stdout
	shown int
}

// OpenRejects begins the file that the flags name. It is never the one that is read, however it is called, and an
// existing one is replaced with --force alone, once the import has ended.
func (a *App) OpenRejects(p *output.Printer, f flags.Rejects, in io.Reader, columns []string) (*Rejects, error) {
	r := &Rejects{p: p, width: len(columns)}
	switch {
	case f.File == "":
		return r, nil
	case f.Stdout():
		if p.Machine() {
			return nil, clierr.Usagef("--rejects - writes csv to stdout, and -o %s the result", p.Format()).WithHint("name a file: --rejects FILE")
		}
		r.w = csv.NewWriter(a.Streams.Out)
	default:
		path := a.Path(f.File)
		if same(path, in) {
			return nil, clierr.Usagef("--rejects %s is the file that is read", f.File).WithHint("name another one")
		}
		file, err := wholefile.Create(path, f.Force)
		if errors.Is(err, wholefile.ErrExists) {
			return nil, fmt.Errorf("--rejects: %w", err)
		}
		if err != nil {
			return nil, clierr.Usagef("--rejects %s: the file cannot be written", f.File).WithCause(err)
		}
		r.file, r.w = file, csv.NewWriter(file)
	}
	return r, r.w.Write(append([]string{"line", "reason"}, columns...))
}

// same reports whether a path leads to what is read, through whatever link.
func same(path string, in io.Reader) bool {
	f, ok := in.(interface{ Stat() (fs.FileInfo, error) })
	if !ok {
		return false
	}
	read, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(read, there)
}

// Add takes a row; the cells are escaped already, and text is what of the row fits none of them.
func (r *Rejects) Add(line int64, reason, text string, cells []string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.w == nil {
		if r.shown++; r.shown <= fewRejects && !r.p.Machine() {
			r.p.Notice("line %d rejected: %s", line, streams.Visible(first(reason, 200)))
		}
		return nil
	}
	if text != "" {
		reason += ": " + text
	}
	return r.w.Write(append([]string{strconv.FormatInt(line, 10), rowfile.Escape(reason)}, cells...))
}

// Part takes a piece of the text of a row that is too long to be held.
func (r *Rejects) Part(line int64, text string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.w == nil {
		return nil
	}
	cells := make([]string, 2+r.width)
	cells[0], cells[1] = strconv.FormatInt(line, 10), "part of a row that is too long: "+text
	return r.w.Write(cells)
}

// first is the beginning of a text.
func first(text string, runes int) string {
	n := 0
	for i := range text {
		if n++; n > runes {
			return text[:i] + "…"
		}
	}
	return text
}

// Close gives the file its name, or takes it away when the import left everything as it was.
func (r *Rejects) Close(keep bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.w == nil {
		return nil
	}
	r.w.Flush()
	if err := r.w.Error(); err != nil || r.file == nil {
		if r.file != nil {
			r.file.Discard()
		}
		return err
	}
	if !keep {
		r.file.Discard()
		return nil
	}
	return r.file.Commit()
}

// Imported prints what became of the rows; where they themselves are on stdout, the counts are told on stderr alone.
func Imported(p *output.Printer, f flags.Rejects, d output.Desc, counts any, c output.ChangeInfo) error {
	if f.Stdout() || p.Quiet() { // quietly, the ids are the result
		return output.Tell(p, c)
	}
	return output.Change(p, d, counts, c)
}

// RowsRejected is the error of an import that left rows out.
func RowsRejected(message string, f flags.Rejects) error {
	e := clierr.New(clierr.Partial, "rows_rejected", message)
	switch {
	case f.File == "":
		return e.WithHint("add --rejects FILE to get them with the reasons")
	case f.Stdout():
		return e.WithHint("correct the rows on stdout and import them again")
	}
	return e.WithHint("correct " + f.File + " and import it again")
}
