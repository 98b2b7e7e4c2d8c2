package migrate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
)

// FailedError says which migration failed and where in its file. The migrations before it stay applied;
// a file in a transaction left nothing behind.
type FailedError struct {
	Version      int64
	File         string
	Direction    string // up or down
	Line, Column int    // 1-based; 0 when the server gave no position
	Err          error
}

func (e *FailedError) Error() string {
	where := e.File
	if e.Line > 0 {
		where = fmt.Sprintf("%s:%d:%d", e.File, e.Line, e.Column)
	}
	return fmt.Sprintf("migrate %s %s: %v", e.Direction, where, e.Err)
}

// Unwrap gives the cause, a *pgconn.PgError when the server refused a statement.
func (e *FailedError) Unwrap() error { return e.Err }

// SQLState is the server's code of the failure, or "".
func (e *FailedError) SQLState() string { return sqlState(e.Err) }

func (m *Migrator) located(direction string, p *goose.PartialError) *FailedError {
	version := p.Failed.Source.Version
	f := &FailedError{Version: version, File: m.names[version], Direction: direction, Err: p.Err}
	var pg *pgconn.PgError
	if !errors.As(p.Err, &pg) {
		return f
	}
	f.Err = pg
	text, err := fs.ReadFile(m.files, f.File)
	if err != nil {
		return f
	}
	f.Line, f.Column = locate(string(text), direction, m.recorder.statement, int(pg.Position))
	return f
}

// locate finds the place in file that a server position (1-based, in characters, 0 for none) inside
// statement means. goose drops comment and blank lines from statements, so lines are matched one by one.
func locate(file, direction, statement string, position int) (line, column int) {
	if statement == "" {
		return 0, 0
	}
	wanted := strings.Split(strings.TrimRight(statement, "\n"), "\n")
	row, col := 0, 1
	for _, r := range []rune(statement)[:clamp(position-1, 0, len([]rune(statement)))] {
		col++
		if r == '\n' {
			row, col = row+1, 1
		}
	}
	lines := strings.Split(file, "\n")
	start := 0
	if direction == "down" {
		for i, l := range lines {
			if strings.HasPrefix(strings.TrimSpace(l), "-- +goose Down") {
				start = i
			}
		}
	}
	for ; start < len(lines); start++ {
		if at, ok := matchLines(lines, start, wanted); ok && row < len(at) {
			return at[row] + 1, col
		}
	}
	return 0, 0
}

// matchLines tells at which file lines the wanted lines are, when they begin at start with nothing but
// comments and blank lines between them.
func matchLines(lines []string, start int, wanted []string) ([]int, bool) {
	var at []int
	for i := start; i < len(lines) && len(at) < len(wanted); i++ {
		if strings.TrimSpace(lines[i]) == strings.TrimSpace(wanted[len(at)]) {
			at = append(at, i)
			continue
		}
		trimmed := strings.TrimSpace(lines[i])
		if len(at) == 0 || (trimmed != "" && !strings.HasPrefix(trimmed, "--")) {
			return nil, false
		}
	}
	return at, len(at) == len(wanted)
}

func clamp(n, low, high int) int { return max(low, min(n, high)) }

// recorder is goose's log handler. goose tells the statement it runs in a log record and nowhere else;
// locate needs it. Everything goose says is passed on as debug.
type recorder struct {
	next      *slog.Logger
	statement string
}

// Enabled is always true: the statements are needed whatever the level.
func (*recorder) Enabled(context.Context, slog.Level) bool { return true }

// Handle keeps the statement and passes the record on.
func (r *recorder) Handle(ctx context.Context, rec slog.Record) error {
	var attrs []slog.Attr
	rec.Attrs(func(a slog.Attr) bool {
		if a.Key == "statement" {
			r.statement = a.Value.String()
		}
		attrs = append(attrs, a)
		return true
	})
	r.next.LogAttrs(ctx, slog.LevelDebug, rec.Message, attrs...)
	return nil
}

// WithAttrs and WithGroup are part of the interface; goose uses neither.
func (r *recorder) WithAttrs([]slog.Attr) slog.Handler { return r }

// WithGroup returns the handler itself.
func (r *recorder) WithGroup(string) slog.Handler { return r }
