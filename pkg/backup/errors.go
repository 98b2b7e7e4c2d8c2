package backup

import (
	"errors"
	"fmt"
	"strings"
)

// Sentinels, for errors.Is. Each is the reason inside one of the error types below.
var (
	// ErrToolMissing means that a PostgreSQL client program was not found.
	ErrToolMissing = errors.New("program not found")
	// ErrToolTooOld means that the newest client program found is older than the server.
	ErrToolTooOld = errors.New("program older than the server")
	// ErrToolFailed means that a client program ended with an error.
	ErrToolFailed = errors.New("program failed")
	// ErrLocked means that another run holds the repository.
	ErrLocked = errors.New("another backup run holds the repository")
	// ErrNoSpace means that the repository's file system is, or would become, full.
	ErrNoSpace = errors.New("not enough free space")
	// ErrDamaged means that a stored backup is not what its manifest says.
	ErrDamaged = errors.New("backup is damaged")
	// ErrNotFound means that no backup in the repository has the given name.
	ErrNotFound = errors.New("backup not found")
	// ErrRepository means that the repository directory cannot be used.
	ErrRepository = errors.New("repository directory cannot be used")
	// ErrUnavailable means that the database server cannot be reached.
	ErrUnavailable = errors.New("database server unavailable")
	// ErrDenied means that the server refused the login or a right that is needed.
	ErrDenied = errors.New("database server denied access")
	// ErrNoIdentity means that an encrypted backup cannot be opened without a private key.
	ErrNoIdentity = errors.New("backup is encrypted and no identity was given")
	// ErrWrongIdentity means that none of the private keys given opens the backup.
	ErrWrongIdentity = errors.New("no identity given opens the backup")
	// ErrDifferent means that the log archive holds another content under the same name.
	ErrDifferent = errors.New("the archive holds a different content under this name")
	// ErrUnreachable means that the wanted point cannot be recovered from what is stored.
	ErrUnreachable = errors.New("point cannot be recovered")
	// ErrMissed means that a recovery ended somewhere else than planned.
	ErrMissed = errors.New("recovery did not reach the point")
	// ErrDirectoryInUse means that the directory to recover into is not empty.
	ErrDirectoryInUse = errors.New("target directory is not empty")
	// ErrRoleMissing means that the server lacks a role that the backup needs.
	ErrRoleMissing = errors.New("role does not exist")
	// ErrTargetNotEmpty means that the database to restore into already holds objects.
	ErrTargetNotEmpty = errors.New("target database is not empty")
)

// ToolError says which client program failed and why. Kind is ErrToolMissing,
// ErrToolTooOld or ErrToolFailed.
type ToolError struct {
	Kind     error
	Tool     string   // pg_dump, pg_restore, pg_dumpall
	Path     string   // the file that was run, when one was found
	Searched []string // where it was looked for
	Have     string   // version found
	Need     string   // version needed
	Stderr   string   // last lines of its messages, secrets removed
	Cause    error
}

// Error describes the failure in one line, followed by what the program said.
func (e *ToolError) Error() string {
	switch {
	case errors.Is(e.Kind, ErrToolMissing):
		return fmt.Sprintf("%s not found in %s", e.Tool, strings.Join(e.Searched, ", "))
	case errors.Is(e.Kind, ErrToolTooOld):
		return fmt.Sprintf("%s %s (%s) is older than what is needed, %s", e.Tool, e.Have, e.Path, e.Need)
	}
	text := e.Tool + " failed"
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	if e.Stderr != "" {
		text += ": " + e.Stderr
	}
	return text
}

// Unwrap gives the kind and the cause.
func (e *ToolError) Unwrap() []error { return both(e.Kind, e.Cause) }

// LockedError says who holds the repository.
type LockedError struct {
	Path   string
	Holder string // what the holder wrote about itself; may be empty
}

// Error names the lock and its holder.
func (e *LockedError) Error() string {
	if e.Holder == "" {
		return fmt.Sprintf("another backup run holds %s", e.Path)
	}
	return fmt.Sprintf("another backup run holds %s (%s)", e.Path, e.Holder)
}

// Unwrap gives ErrLocked.
func (e *LockedError) Unwrap() error { return ErrLocked }

// SpaceError says how much room is missing. Need is zero when the file system filled up
// during the run.
type SpaceError struct {
	Directory  string
	Need, Free int64
	Cause      error
}

// Error states the numbers.
func (e *SpaceError) Error() string {
	if e.Need == 0 {
		return fmt.Sprintf("no space left in %s", e.Directory)
	}
	return fmt.Sprintf("%d bytes free in %s, at least %d needed", e.Free, e.Directory, e.Need)
}

// Unwrap gives ErrNoSpace and the cause.
func (e *SpaceError) Unwrap() []error { return both(ErrNoSpace, e.Cause) }

// DamagedError says which backup failed which check.
type DamagedError struct {
	ID, File string
	Level    Level
	Problem  string
	Cause    error
}

// Error names the backup, the file and the problem.
func (e *DamagedError) Error() string {
	where := e.ID
	if e.File != "" {
		where = e.File
	}
	return fmt.Sprintf("%s: %s", where, e.Problem)
}

// Unwrap gives ErrDamaged and the cause.
func (e *DamagedError) Unwrap() []error { return both(ErrDamaged, e.Cause) }

// RepositoryError says what is wrong with the repository directory.
type RepositoryError struct {
	Directory string
	Problem   string
	Open      bool // others can write it
	Cause     error
}

// Error names the directory and the problem.
func (e *RepositoryError) Error() string {
	text := fmt.Sprintf("backup directory %q %s", e.Directory, e.Problem)
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap gives ErrRepository and the cause.
func (e *RepositoryError) Unwrap() []error { return both(ErrRepository, e.Cause) }

// NotFoundError names the backup that was asked for and the ones nearest to it.
type NotFoundError struct {
	Ref      string
	Near     []string
	Log      bool     // it is a file of the log, not a backup
	Database string   // of "latest": whose
	Others   []string // that have backups here
	Pruned   bool     // it was there a moment ago
}

// Error names the reference.
func (e *NotFoundError) Error() string {
	if e.Log {
		return fmt.Sprintf("no log file %q", e.Ref)
	}
	if e.Pruned {
		return fmt.Sprintf("backup %q was removed a moment ago", e.Ref)
	}
	return fmt.Sprintf("no backup %q", e.Ref)
}

// Unwrap gives ErrNotFound.
func (e *NotFoundError) Unwrap() error { return ErrNotFound }

// InputError says which setting has a value that is not accepted.
type InputError struct {
	Field, Value, Rule string
}

// Error names field, value and rule.
func (e *InputError) Error() string {
	return fmt.Sprintf("%s %q %s", e.Field, e.Value, e.Rule)
}

func both(kind, cause error) []error {
	if cause == nil {
		return []error{kind}
	}
	return []error{kind, cause}
}
