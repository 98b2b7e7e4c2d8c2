package app

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/internal/config"
)

// Input opens a file of rows, or stdin for -, and returns its size when that is known, and its name. Stdin is at its end
// when ctx is. The command is named where a pipe is missing.
func (a *App) Input(ctx context.Context, file, command string) (io.ReadCloser, int64, string, error) {
	if file == "-" {
		if a.Streams.InTerminal() {
			return nil, 0, "", clierr.Usagef("stdin is a terminal").WithHint("pipe a file into it: " + command + " - < FILE")
		}
		return io.NopCloser(progress.Interruptible(ctx, a.Streams.In)), 0, "stdin", nil
	}
	f, err := os.Open(config.Absolute(file, a.Dir, a.Env))
	if err != nil {
		return nil, 0, "", fmt.Errorf("open the file: %w", err)
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = clierr.Usagef("%s is a directory", file)
	}
	if err != nil {
		return nil, 0, "", errors.Join(err, f.Close())
	}
	return f, info.Size(), filepath.Base(file), nil
}

// fewRejects is how many rejected rows are told on stderr when no file takes them.
const fewRejects = 10

// Rejects writes rejected rows as csv with line and reason in front, which can be mended and imported again. Without a
// file it tells the first ones to the person at the terminal. Goroutines may share it.
type Rejects struct {
	p *output.Printer

	mu   sync.Mutex
	file *os.File // nil: there is none
	w    *csv.Writer
	told int
}

// OpenRejects makes the file, if it has a name.
func (a *App) OpenRejects(p *output.Printer, name string, columns []string) (*Rejects, error) {
	if name == "" {
		return &Rejects{p: p}, nil
	}
	f, err := os.OpenFile(config.Absolute(name, a.Dir, a.Env), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, clierr.Usagef("--rejects %s: the file cannot be written", name).WithCause(err)
	}
	r := &Rejects{p: p, file: f, w: csv.NewWriter(f)}
	return r, r.w.Write(append([]string{"line", "reason"}, columns...))
}

// Add takes a row; the cells are escaped already, and text is what of the row fits none of them.
func (r *Rejects) Add(line int64, reason, text string, cells []string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		if r.told++; r.told <= fewRejects && !r.p.Machine() {
			r.p.Notice("line %d rejected: %s", line, reason)
		}
		return nil
	}
	if text != "" {
		reason += ": " + text
	}
	return r.w.Write(append([]string{strconv.FormatInt(line, 10), output.EscapeCell(reason)}, cells...))
}

// Close ends the file.
func (r *Rejects) Close() error {
	if r.file == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.w.Flush()
	return errors.Join(r.w.Error(), r.file.Close())
}

// RowsRejected is the error of an import that left rows out.
func RowsRejected(message, file string) error {
	e := clierr.New(clierr.Partial, "rows_rejected", message)
	if file == "" {
		return e.WithHint("add --rejects FILE to get them with the reasons")
	}
	return e.WithHint("mend " + file + " and import it again")
}
