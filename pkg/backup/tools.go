package backup

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// toolTimeout bounds the question for a program's version: a wrapper that hangs must not
// hang a cron job before it has begun.
const toolTimeout = 20 * time.Second

// Finder says where the PostgreSQL client programs are looked for.
type Finder struct {
	// Directory, when set, is the only place.
	Directory string
	// Path are the directories of PATH.
	Path []string
	// Globs are patterns of further directories, one per installed release.
	Globs []string
}

// DefaultGlobs are the places where distributions put each release of the programs.
func DefaultGlobs() []string {
	return []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin"}
}

// Toolset is one release of the client programs. All come from one directory, so that the
// archive and the program that checks it always fit together.
type Toolset struct {
	Dump, Restore, DumpAll string // DumpAll is empty when it is not installed
	BaseBackup, ReceiveWAL string // empty when they are not installed
	Version                Version
}

// Find returns the installed release nearest to the given server major, never older.
// Nearest and not newest: a newer pg_restore sends settings that an older server rejects.
func (f Finder) Find(ctx context.Context, major int) (Toolset, error) {
	var best, newest Toolset
	var lonely string
	for _, dir := range f.directories() {
		set, ok := toolsIn(dir)
		if !ok {
			continue
		}
		if set.Restore == "" {
			lonely = dir
			continue
		}
		v, err := askVersion(ctx, set.Dump)
		if err != nil {
			if ctx.Err() != nil {
				return Toolset{}, context.Cause(ctx)
			}
			continue
		}
		set.Version = v
		if newest.Dump == "" || newest.Version.before(v) {
			newest = set
		}
		if v.Major >= major && (best.Dump == "" || v.Major < best.Version.Major ||
			v.Major == best.Version.Major && best.Version.before(v)) {
			best = set
		}
	}
	switch {
	case best.Dump != "":
		return best, nil
	case newest.Dump != "":
		return Toolset{}, &ToolError{
			Kind: ErrToolTooOld, Tool: "pg_dump", Path: newest.Dump,
			Have: newest.Version.String(), Need: fmt.Sprintf("%d (the server's major version)", major),
		}
	case lonely != "":
		return Toolset{}, &ToolError{Kind: ErrToolMissing, Tool: "pg_restore", Searched: []string{lonely}}
	default:
		return Toolset{}, &ToolError{Kind: ErrToolMissing, Tool: "pg_dump", Searched: f.places()}
	}
}

// Client returns the path of a client program that works with servers of any release, such as psql. The error is a ToolError.
func (f Finder) Client(name string) (string, error) {
	for _, dir := range f.directories() {
		if path := programIn(dir, name); path != "" {
			return path, nil
		}
	}
	return "", &ToolError{Kind: ErrToolMissing, Tool: name, Searched: f.places()}
}

func (f Finder) places() []string {
	if f.Directory != "" {
		return []string{f.Directory}
	}
	return append([]string{"PATH"}, f.Globs...)
}

func (f Finder) directories() []string {
	if f.Directory != "" {
		return []string{f.Directory}
	}
	seen := map[string]bool{}
	var out []string
	add := func(dir string) {
		if dir != "" && !seen[dir] {
			seen[dir] = true
			out = append(out, dir)
		}
	}
	for _, dir := range f.Path {
		add(dir)
	}
	for _, glob := range f.Globs {
		// The only error is a malformed pattern, which then simply finds nothing.
		found, _ := filepath.Glob(glob)
		for _, dir := range found {
			add(dir)
		}
	}
	return out
}

// toolsIn reports whether dir holds a pg_dump of its own. Debian's wrapper in /usr/bin picks
// a release by rules that have nothing to do with our server, so it is passed over.
func toolsIn(dir string) (Toolset, bool) {
	file := func(name string) string { return programIn(dir, name) }
	dump := file("pg_dump")
	if dump == "" {
		return Toolset{}, false
	}
	if target, err := filepath.EvalSymlinks(dump); err == nil && filepath.Base(target) == "pg_wrapper" {
		return Toolset{}, false
	}
	return Toolset{
		Dump: dump, Restore: file("pg_restore"), DumpAll: file("pg_dumpall"),
		BaseBackup: file("pg_basebackup"), ReceiveWAL: file("pg_receivewal"),
	}, true
}

// programIn is the path of a program in a directory, "" when it is not there.
func programIn(dir, name string) string {
	path := filepath.Join(dir, name)
	if info, err := os.Stat(path); err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
		return ""
	}
	return path
}

// bareEnvironment is for programs that open no connection. PATH is for wrapper scripts.
func bareEnvironment() []string {
	return []string{"LC_ALL=C", "PATH=/usr/local/bin:/usr/bin:/bin"}
}

func askVersion(ctx context.Context, path string) (Version, error) {
	ctx, cancel := context.WithTimeout(ctx, toolTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "--version")
	cmd.WaitDelay = time.Second
	cmd.Env = bareEnvironment()
	out, err := cmd.Output()
	if err != nil {
		return Version{}, fmt.Errorf("ask %s for its version: %w", path, err)
	}
	return ParseVersion(string(out))
}
