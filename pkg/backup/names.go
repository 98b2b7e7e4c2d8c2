package backup

import (
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

const (
	stemPrefix    = "axisor_backup_"
	basePrefix    = "axisor_base_"
	baseFolder    = "base"
	walFolder     = "wal"
	kindBase      = "base"
	stampLayout   = "20060102_150405"
	manifestExt   = ".json"
	partialExt    = ".partial"
	tombstoneExt  = ".deleted"
	lockName      = ".axisor_backup.lock"
	catalogueLock = ".axisor_backup.catalogue.lock"
)

// pattern compiles an expression on first use: all of them together would cost every start of the program, also one
// that prints a list of users, more than a tenth of a millisecond.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

// ownName matches every file this package writes besides the locks, and nothing else:
// a file that does not match is foreign and is never read, listed or removed.
var ownName = pattern(
	`^(axisor_backup_(\d{8}_\d{6}))(\.dump|\.globals\.sql|\.json)(\.zst|\.gz)?(\.age)?(\.partial|\.new\.partial|\.deleted)?$`)

// baseName matches the directories of base backups, baseFile the archives inside.
var (
	baseName = pattern(`^axisor_base_(\d{8}_\d{6})(\.partial|\.deleted)?$`)
	baseFile = pattern(`^axisor_base_(\d{8}_\d{6})\.tar(\.zst|\.gz)?(\.age)?$`)
)

// stemOf gives the common part of a backup's file names for an id.
func stemOf(id string) string { return stemPrefix + id }

// idOf turns what an operator may type (id, stem, any file name of the backup) into the id.
func idOf(ref string) string {
	ref = filepath.Base(ref)
	if m := ownName().FindStringSubmatch(ref); m != nil {
		return m[2]
	}
	return strings.TrimPrefix(ref, stemPrefix)
}

// freeID returns the id of a backup started at the given time. When the second is taken by
// any file of ours, the next free one is used: names never collide and nothing waits.
func freeID(at time.Time, taken func(id string) bool) string {
	for {
		id := at.UTC().Format(stampLayout)
		if !taken(id) {
			return id
		}
		at = at.Add(time.Second)
	}
}
