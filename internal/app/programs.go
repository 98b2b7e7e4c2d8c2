package app

import (
	"cmp"
	"path/filepath"

	"github.com/axisor/axisor/internal/pgserver"
	"github.com/axisor/axisor/pkg/backup"
)

// Programs finds PostgreSQL's client programs, the same ones for every command: in the named directory alone (dir, from a
// flag, or AXISOR_PG_BIN), or else in PATH, in the system's places and in this folder's private copy.
func (a *App) Programs(dir string) backup.Finder {
	return backup.Finder{
		Directory: a.Path(cmp.Or(dir, a.Getenv(pgserver.EnvBin))),
		Path:      filepath.SplitList(a.Getenv("PATH")),
		Globs:     append(backup.DefaultGlobs(), filepath.Join(a.Dir, ".axisor", "pgsql", "bin")),
	}
}
