package backup

import (
	"os"
	"path/filepath"
	"strings"
)

// sweep removes what runs that died have left. It must run under the catalogue's lock: a removal is not under way
// then, and a run that is has its manifest's partial file locked. A manifest's partial file or tombstone says that the
// data files of its id belong to a half-published or half-removed backup; they go first and the mark last, so that a
// sweep that is itself killed can be repeated. Data without any such mark is left alone: it may be a copy that somebody
// placed here.
func (r *Repository) sweep() error {
	names, err := r.names()
	if err != nil {
		return err
	}
	present := map[string]bool{}
	for _, name := range names {
		present[name] = true
	}
	swept := false
	remove := func(name string) error {
		if err := os.Remove(filepath.Join(r.o.Directory, name)); err != nil && !os.IsNotExist(err) {
			return storageError(r.o.Directory, err)
		}
		swept = true
		return nil
	}
	living := map[string]bool{} // ids
	for _, name := range names {
		m := ownName().FindStringSubmatch(name)
		if m != nil && name == m[1]+manifestExt+partialExt && alive(filepath.Join(r.o.Directory, name)) {
			living[m[2]] = true
		}
	}
	marked := map[string]string{} // id -> its mark
	for _, name := range names {
		m := ownName().FindStringSubmatch(name)
		if m == nil || m[6] == "" || living[m[2]] {
			continue
		}
		isMark := name == m[1]+manifestExt+partialExt || name == m[1]+manifestExt+tombstoneExt
		if isMark && !present[m[1]+manifestExt] {
			marked[m[2]] = name
			continue
		}
		if err := remove(name); err != nil {
			return err
		}
	}
	for id, mark := range marked {
		for _, name := range names {
			m := ownName().FindStringSubmatch(name)
			if m == nil || m[2] != id || name == mark || strings.HasSuffix(name, partialExt) {
				continue
			}
			if err := remove(name); err != nil {
				return err
			}
		}
		if err := remove(mark); err != nil {
			return err
		}
	}
	if swept {
		return syncDirectory(r.o.Directory)
	}
	return nil
}
