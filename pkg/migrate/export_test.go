package migrate

import (
	"database/sql"
	"io/fs"
)

// NewFrom is New over other files, of whose locks nothing is known.
func NewFrom(db *sql.DB, files fs.FS, o Options) (*Migrator, error) {
	return newMigrator(db, files, nil, o)
}

// FileLocks and TableLock are what locks.json holds.
type (
	FileLocks = fileLocks
	TableLock = tableLock
)

// KeyLocks is keyLocks.
var KeyLocks = keyLocks
