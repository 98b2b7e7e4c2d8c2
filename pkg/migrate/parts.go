package migrate

import (
	"fmt"
	"io/fs"
	"strings"
)

const (
	markUp   = "-- +goose Up"
	markDown = "-- +goose Down"
)

// parts are the two directions of a migration file.
type parts struct {
	up, down         string
	upLine, downLine int // the lines on which they begin, 1-based
	transaction      bool
}

func readFile(files fs.FS, name string) (parts, error) {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return parts{}, fmt.Errorf("read migration: %w", err)
	}
	p, ok := cutParts(string(text))
	if !ok {
		return parts{}, fmt.Errorf("migration %s: needs an Up and a Down part", name)
	}
	return p, nil
}

func cutParts(text string) (parts, bool) {
	before, body, ok := strings.Cut(text, markUp)
	up, down, ok2 := strings.Cut(body, markDown)
	p := parts{up: up, down: down, transaction: !strings.Contains(text, noTransaction)}
	p.upLine = strings.Count(before, "\n") + 1
	p.downLine = p.upLine + strings.Count(up, "\n")
	return p, ok && ok2
}
