package backup

import (
	"math"
	"os"

	"golang.org/x/sys/unix"
)

func linkNoReplace(from, to string) error {
	if err := os.Link(from, to); err != nil {
		return err
	}
	return os.Remove(from)
}

// syncDirectory makes renames and removals in dir survive a power cut.
func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return err
}

// freeBytes returns what an unprivileged process may still write in dir.
func freeBytes(dir string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, err
	}
	blocks := int64(min(uint64(st.Bavail), math.MaxInt64>>20)) //nolint:unconvert // the types differ between systems
	return blocks * int64(st.Bsize), nil                       //nolint:unconvert // as above
}
