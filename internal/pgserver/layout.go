package pgserver

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	// maxSocketPath is what fits into sockaddr_un.sun_path on Linux, less the
	// terminating zero.
	maxSocketPath = 107
	// longestSocketName is the socket file of the highest possible port.
	longestSocketName = "/.s.PGSQL.65535"
	// movedFile, in the directory that was asked for, names the one in use.
	movedFile = "moved-to"
	// systemState is where root keeps a cluster whose wanted directory the
	// server's account cannot reach, for instance below a 0700 home.
	systemState = "/var/lib/axisor"
)

// layout is where the parts of one cluster are.
type layout struct {
	base     string // holds everything below
	data     string // PGDATA
	run      string // socket
	logFile  string
	password string
	port     string
	lock     string
	moved    bool
}

// resolve turns the wanted directory into the one in use.
func resolve(dir string, acc account) (layout, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return layout{}, fmt.Errorf("resolve directory: %w", err)
	}
	base, moved := abs, false
	if to, err := os.ReadFile(filepath.Join(abs, movedFile)); err == nil && acc.drop {
		base, moved = strings.TrimSpace(string(to)), true
	} else if !acc.canReach(abs) {
		base, moved = filepath.Join(systemState, "pg-"+shortHash(abs)), true
	}
	l := layout{
		base:     base,
		data:     filepath.Join(base, "data"),
		run:      filepath.Join(base, "run"),
		logFile:  filepath.Join(base, "log", "postgres.log"),
		password: filepath.Join(base, "password"),
		port:     filepath.Join(base, "port"),
		lock:     filepath.Join(base, "lock"),
		moved:    moved,
	}
	if len(l.run)+len(longestSocketName) > maxSocketPath {
		l.run = filepath.Join("/tmp", "axisor-pg-"+strconv.Itoa(acc.uid)+"-"+shortHash(base))
	}
	return l, nil
}

// found creates the base, which the lock is in. It stays with the caller and lets others pass through but not look.
func (l layout) found(wanted string, acc account) error {
	mode := os.FileMode(0o700)
	if acc.drop {
		mode = 0o711
	}
	if err := os.MkdirAll(l.base, mode); err != nil {
		return fmt.Errorf("create directory: %w", err)
	}
	if l.moved {
		if err := os.MkdirAll(wanted, 0o700); err != nil {
			return fmt.Errorf("create directory: %w", err)
		}
		if err := os.WriteFile(filepath.Join(wanted, movedFile), []byte(l.base+"\n"), 0o600); err != nil {
			return fmt.Errorf("note the directory in use: %w", err)
		}
	}
	return nil
}

// prepare creates what the server writes, which is its own. The caller holds the lock: a half-made cluster is removed
// and made again under it.
func (l layout) prepare(acc account) error {
	for _, dir := range []string{l.data, l.run, filepath.Dir(l.logFile)} {
		if err := acc.own(dir); err != nil {
			return err
		}
		if !ownedPrivately(dir, acc.uid) {
			return fmt.Errorf("use directory %s: it belongs to another user or others may write to it", dir)
		}
	}
	return nil
}

func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:6])
}

// tail returns the last lines of a file, for error messages.
func tail(file string, lines int) string {
	const enough = 16 << 10
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > enough {
		if _, err := f.Seek(-enough, 2); err != nil {
			return ""
		}
	}
	buf := make([]byte, enough)
	n, err := f.Read(buf)
	if err != nil {
		return ""
	}
	all := strings.Split(strings.TrimRight(string(buf[:n]), "\n"), "\n")
	if len(all) > lines {
		all = all[len(all)-lines:]
	}
	return strings.Join(all, "\n")
}
