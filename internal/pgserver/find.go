package pgserver

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"time"
)

// EnvBin names the variable that points to a directory with server programs,
// or to the root of an unpacked copy of the server packages.
const EnvBin = "AXISOR_PG_BIN"

// systemGlob is where Debian and its descendants install one directory per
// major version, outside of PATH.
const systemGlob = "/usr/lib/postgresql/*/bin"

// Binaries is a directory that holds initdb, pg_ctl and postgres of one version.
type Binaries struct {
	Dir string
	// Libraries are directories the loader must search first; only an unpacked
	// copy needs them.
	Libraries []string
}

// Path returns the full path of one program.
func (b Binaries) Path(program string) string { return filepath.Join(b.Dir, program) }

// IsZero reports whether nothing was found.
func (b Binaries) IsZero() bool { return b.Dir == "" }

// Major returns the major version of the server, 0 when it cannot be told.
func (b Binaries) Major(ctx context.Context) int {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, b.Path("postgres"), "--version")
	cmd.Env = b.environ("/")
	out, err := cmd.Output()
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(out)) // postgres (PostgreSQL) 15.18 (Debian …)
	if len(fields) < 3 {
		return 0
	}
	return leadingInt(fields[2])
}

// Find looks for the server programs in $AXISOR_PG_BIN, in the given hints, in
// the system's directories (newest version first), where pg_config says they
// are, and on PATH. A hint is a directory of programs or the root of an
// unpacked copy, below which usr/lib/postgresql/*/bin is searched.
// When AXISOR_PG_BIN is set, nothing else is tried: a wrong value must not be
// hidden by another version that happens to be installed.
func Find(ctx context.Context, hints ...string) (Binaries, error) {
	var searched []string
	try := func(root string) (Binaries, bool) {
		searched = append(searched, root)
		return inRoot(root)
	}
	if dir := os.Getenv(EnvBin); dir != "" {
		if b, ok := try(dir); ok {
			return b, nil
		}
		return Binaries{}, &NotFoundError{Searched: []string{"$" + EnvBin + "=" + dir}}
	}
	for _, hint := range hints {
		if hint == "" {
			continue
		}
		if b, ok := try(hint); ok {
			return b, nil
		}
	}
	searched = append(searched, systemGlob)
	for _, dir := range newestFirst(systemGlob) {
		if complete(dir) {
			return Binaries{Dir: dir}, nil
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		if b, ok := try(strings.TrimSpace(string(out))); ok {
			return b, nil
		}
	}
	searched = append(searched, "PATH")
	if path, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil && complete(filepath.Dir(real)) {
			return Binaries{Dir: filepath.Dir(real)}, nil
		}
	}
	return Binaries{}, &NotFoundError{Searched: searched}
}

// inRoot accepts a directory of programs or the root of an unpacked copy.
func inRoot(root string) (Binaries, bool) {
	abs, err := filepath.Abs(root)
	if err != nil {
		return Binaries{}, false
	}
	if complete(abs) {
		return Binaries{Dir: abs, Libraries: librariesBeside(abs)}, true
	}
	for _, dir := range newestFirst(filepath.Join(abs, systemGlob)) {
		if complete(dir) {
			return Binaries{Dir: dir, Libraries: librariesBeside(dir)}, true
		}
	}
	return Binaries{}, false
}

// librariesBeside finds the library directories of an unpacked copy. The system
// copy needs none: its libraries are where the loader looks anyway.
func librariesBeside(bin string) []string {
	const marker = "/usr/lib/postgresql/"
	at := strings.LastIndex(bin, marker)
	if at <= 0 {
		return nil
	}
	root := bin[:at]
	var dirs []string
	for _, glob := range []string{"/usr/lib/*-linux-gnu*", "/lib/*-linux-gnu*", "/usr/lib"} {
		matches, err := filepath.Glob(root + glob)
		if err == nil {
			dirs = append(dirs, matches...)
		}
	}
	return dirs
}

func newestFirst(glob string) []string {
	dirs, err := filepath.Glob(glob)
	if err != nil {
		return nil
	}
	version := func(dir string) int { return leadingInt(filepath.Base(filepath.Dir(dir))) }
	sort.Slice(dirs, func(i, j int) bool { return version(dirs[i]) > version(dirs[j]) })
	return dirs
}

func leadingInt(s string) int {
	end := 0
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(s[:end])
	if err != nil {
		return 0
	}
	return n
}

func complete(dir string) bool {
	for _, program := range []string{"initdb", "pg_ctl", "postgres"} {
		info, err := os.Stat(filepath.Join(dir, program))
		if err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			return false
		}
	}
	return true
}

// environ is a clean environment: PG* variables of the caller must not reach
// the server programs, and messages must be in a language we can show as is.
func (b Binaries) environ(home string) []string {
	env := []string{"LC_ALL=C", "HOME=" + home, "PATH=" + b.Dir + ":/usr/local/bin:/usr/bin:/bin"}
	if len(b.Libraries) > 0 {
		name := "LD_LIBRARY_PATH"
		if runtime.GOOS == "darwin" {
			name = "DYLD_LIBRARY_PATH"
		}
		env = append(env, name+"="+strings.Join(b.Libraries, ":"))
	}
	return env
}
