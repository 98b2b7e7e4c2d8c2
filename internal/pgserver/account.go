package pgserver

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the operating system user the server runs as. The zero value
// means "the caller".
type account struct {
	name     string
	uid, gid int
	drop     bool
}

// serverAccount picks the account. Root may not run PostgreSQL, so root drops
// to the account that the server packages create, else to nobody.
func serverAccount() (account, error) {
	if os.Geteuid() != 0 {
		return account{uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uerr := strconv.Atoi(u.Uid)
		gid, gerr := strconv.Atoi(u.Gid)
		if uerr != nil || gerr != nil || uid == 0 {
			continue
		}
		return account{name: name, uid: uid, gid: gid, drop: true}, nil
	}
	return account{}, fmt.Errorf("%w: neither postgres nor nobody exists", ErrNoAccount)
}

// attributes makes a child run as the account in its own session, so that a
// Ctrl-C in the caller's terminal does not reach the server.
func (a account) attributes() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setsid: true}
	if a.drop {
		attr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	return attr
}

// own creates a private directory that belongs to the account.
func (a account) own(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("create directory: %w", err)
	}
	if a.drop {
		if err := os.Chown(dir, a.uid, a.gid); err != nil {
			return fmt.Errorf("hand directory over to %s: %w", a.name, err)
		}
	}
	return nil
}

// canReach reports whether the account may pass through every directory from
// the root down to dir. Directories that do not exist yet are fine: we make them.
func (a account) canReach(dir string) bool {
	if !a.drop {
		return true
	}
	for p := filepath.Clean(dir); ; p = filepath.Dir(p) {
		if info, err := os.Stat(p); err == nil && !a.mayEnter(info) {
			return false
		}
		if p == filepath.Dir(p) {
			return true
		}
	}
}

func (a account) mayEnter(info os.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return true
	}
	mode := info.Mode().Perm()
	switch {
	case int(st.Uid) == a.uid:
		return mode&0o100 != 0
	case int(st.Gid) == a.gid:
		return mode&0o010 != 0
	default:
		return mode&0o001 != 0
	}
}

// ownedPrivately reports whether path is a real directory that belongs to uid
// and that nobody else can write to. A directory in a shared place such as /tmp
// may have been planted by someone else.
func ownedPrivately(path string, uid int) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() || info.Mode().Perm()&0o022 != 0 {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == uid
}

// Unprivileged returns the account that servers of a caller who is root run as. For any other
// caller it reports false: the server then runs as the caller.
func Unprivileged() (uid, gid int, drop bool, err error) {
	a, err := serverAccount()
	return a.uid, a.gid, a.drop, err
}
