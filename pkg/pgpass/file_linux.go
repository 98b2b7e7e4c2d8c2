package pgpass

import (
	"os"
	"os/exec"
	"strconv"

	"golang.org/x/sys/unix"
)

// file is one in memory, without a name: whatever ends us, nothing of it is left anywhere.
func file() (passFile, error) {
	fd, err := unix.MemfdCreate("axisor", unix.MFD_CLOEXEC)
	if err != nil {
		return temporary()
	}
	f := os.NewFile(uintptr(fd), "password")
	_, err = os.Stat("/proc/self/fd")
	if err == nil {
		err = f.Chmod(0o600) // the client programs refuse what others may read
	}
	if err != nil {
		_ = f.Close()
		return temporary()
	}
	return passFile{f, false}, nil
}

// nameFor is what the command opens; each open of it begins at the start.
func (p passFile) nameFor(cmd *exec.Cmd) string {
	if p.kept {
		return p.Name()
	}
	cmd.ExtraFiles = append(cmd.ExtraFiles, p.File)
	return "/proc/self/fd/" + strconv.Itoa(2+len(cmd.ExtraFiles))
}
