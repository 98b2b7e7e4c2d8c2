package backup

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/axisor/axisor/pkg/backup/remote"
	"github.com/axisor/axisor/pkg/ownfile"
)

// Options configures a Repository. Directory is required; Now must be set.
type Options struct {
	Directory string
	Tools     Finder
	Environ   []string // NAME=value; what client programs may inherit is filtered
	Now       func() time.Time
	Host      string // written into manifests and the lock
	Program   string // name and version of this binary, for manifests
	Signing   *Signing
}

// Repository is a directory of backups. Opening one touches nothing.
type Repository struct {
	o Options

	// Seams for tests; production values are set by Open.
	open openFunc
	free func(dir string) (int64, error)
	sync func(dir string) error

	target *remote.Target // set for the copies on a target; what it holds was read once:
	copies []Entry
	bases  []Entry
	logs   map[string][]*LogFile // by system
	scope  *Scope                // nil is everybody's

	anybodys bool // and "latest" is the newest of all
}

// Open returns the repository; the directory need not exist yet.
func Open(o Options) *Repository {
	o.Directory = filepath.Clean(o.Directory)
	return &Repository{o: o, open: openPartial, free: freeBytes, sync: syncTree}
}

// Directory is where the backups are.
func (r *Repository) Directory() string { return r.o.Directory }

// Place names where the backups are, for people: the directory or the target.
func (r *Repository) Place() string {
	if r.target != nil {
		return r.target.Name
	}
	return r.o.Directory
}

// State says what is known of a backup without reading its data.
type State string

// The states of a backup.
const (
	StateGood    State = "good"    // published, verified when made, nothing found since
	StateFailed  State = "failed"  // its newest verification found damage
	StateMissing State = "missing" // a file is absent or has the wrong size
	StateInvalid State = "invalid" // the manifest itself cannot be trusted
	// StateUnsigned is a backup without the signature that Options.Signing demands.
	StateUnsigned State = "unsigned"
)

// Entry is one backup in the catalogue. Manifest is nil when State is StateInvalid.
type Entry struct {
	ID       string
	State    State
	Problem  string
	Manifest *Manifest
	dir      string       // in the store, when there is one
	store    remote.Store // where the files are, when not on this machine
	kind     string       // "" is logical; kept beside the manifest, which may be unreadable
	signing  *Signing     // what its manifest has to be signed with
}

// IsBase reports whether it is a base backup, and not a dump.
func (e Entry) IsBase() bool { return e.kind == kindBase }

// manifestPath is where the manifest lies.
func (e Entry) manifestPath() string {
	if e.kind == kindBase {
		return filepath.Join(e.dir, basePrefix+e.ID+manifestExt)
	}
	return filepath.Join(e.dir, stemOf(e.ID)+manifestExt)
}

// Path is the archive's file, or the manifest's when that cannot be read.
func (e Entry) Path() string {
	if e.store != nil && e.Manifest != nil {
		return e.Manifest.Archive.Name
	}
	if e.Manifest == nil {
		return e.manifestPath()
	}
	return filepath.Join(e.dir, e.Manifest.Archive.Name)
}

// List returns every backup of the repository's scope, newest first. A backup is what has a manifest; damaged ones
// are listed with their problem. A directory that does not exist holds no backups.
func (r *Repository) List() ([]Entry, error) {
	list, err := r.all()
	return r.narrow(list), err
}

// all returns every backup, whosever it is.
func (r *Repository) all() ([]Entry, error) {
	if r.target != nil {
		return slices.Clone(r.copies), nil
	}
	names, err := r.names()
	if err != nil {
		return nil, err
	}
	var out []Entry
	for _, name := range names {
		if m := ownName().FindStringSubmatch(name); m != nil && name == stemOf(m[2])+manifestExt {
			out = append(out, r.entry(m[2]))
		}
	}
	sortNewest(out)
	return out, nil
}

func sortNewest(list []Entry) {
	slices.SortFunc(list, func(a, b Entry) int {
		if c := b.when().Compare(a.when()); c != 0 {
			return c
		}
		return strings.Compare(b.ID, a.ID)
	})
}

func (r *Repository) names() ([]string, error) { return namesIn(r.o.Directory) }

// namesIn lists a directory in order; one that does not exist holds nothing.
func namesIn(dir string) ([]string, error) {
	d, err := os.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &RepositoryError{Directory: dir, Problem: "cannot be read", Cause: err}
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return nil, &RepositoryError{Directory: dir, Problem: "cannot be read", Cause: err}
	}
	slices.Sort(names)
	return names, nil
}

// when is the manifest's time; only a backup without readable manifest falls back on its name.
func (e Entry) when() time.Time {
	if e.Manifest != nil {
		return e.Manifest.StartedAt
	}
	at, err := time.Parse(stampLayout, e.ID)
	if err != nil {
		return time.Time{}
	}
	return at
}

func (r *Repository) entry(id string) Entry {
	return Entry{ID: id, dir: r.o.Directory, signing: r.o.Signing}.inspect()
}

// inspect reads the manifest and looks whether its files are there.
func (e Entry) inspect() Entry {
	e.State = StateGood
	m, err := readManifest(e.manifestPath(), e.ID, e.signing)
	if e.Manifest = m; m == nil {
		e.State, e.Problem = StateInvalid, err.Error()
		return e
	}
	if err != nil {
		e.State, e.Problem = StateUnsigned, problemOf(err)
		return e
	}
	for _, f := range m.files() {
		info, err := os.Stat(filepath.Join(e.dir, f.Name))
		switch {
		case err != nil:
			e.State, e.Problem = StateMissing, "file "+f.Name+" is missing"
			return e
		case info.Size() != f.Bytes:
			e.State, e.Problem = StateMissing, "file "+f.Name+" has the wrong size"
			return e
		}
	}
	e.State, e.Problem = m.judge()
	return e
}

// problemOf leaves out the id, which is said beside it.
func problemOf(err error) string {
	var unsigned *SignatureError
	if errors.As(err, &unsigned) {
		return unsigned.Problem
	}
	return err.Error()
}

// Find returns the backup an operator means: an id, a file name or path of it, or "latest", which is the newest good
// one of the scope. An id says by itself which backup is meant, whosever it is.
func (r *Repository) Find(ref string) (Entry, error) {
	list, err := r.all()
	if err != nil {
		return Entry{}, err
	}
	if ref == "latest" {
		return r.latest(list)
	}
	id := idOf(ref)
	var near []string
	var found []Entry
	for _, e := range list {
		if e.ID == id {
			found = append(found, e)
			continue
		}
		if len(near) < 3 && (id == "" || strings.HasPrefix(e.ID, id[:min(8, len(id))])) {
			near = append(near, e.ID)
		}
	}
	if len(found) > 1 { // on a target two clusters may have begun one in the same second
		if own := r.narrow(slices.Clone(found)); len(own) == 1 {
			found = own
		}
	}
	switch len(found) {
	case 0:
		return Entry{}, &NotFoundError{Ref: ref, Near: near}
	case 1:
		return found[0], nil
	}
	return Entry{}, ambiguous(found)
}

// latest finds the newest good backup of one database. Without a scope there must be only one that has any.
func (r *Repository) latest(list []Entry) (Entry, error) {
	var good []Entry
	for _, e := range list {
		if e.State == StateGood && r.covers(e) {
			good = append(good, e)
		}
	}
	switch {
	case len(good) == 0:
		missing := &NotFoundError{Ref: "latest"}
		if r.scope != nil {
			missing.Database = r.scope.Database
		}
		for _, id := range identities(list) {
			if r.scope != nil && id != r.scope.Identity {
				missing.Others = append(missing.Others, id.String())
			}
		}
		return Entry{}, missing
	case !r.anybodys && len(identities(good)) > 1:
		return Entry{}, ambiguous(good)
	}
	return good[0], nil
}

func ambiguous(list []Entry) error {
	var names []string
	for _, id := range identities(list) {
		names = append(names, id.String())
	}
	return &InputError{Field: "database", Value: "", Rule: "must name one of those that have such a backup here: " + strings.Join(names, ", ")}
}

// FindBase returns the base backup of an id, or of the name of its directory.
func (r *Repository) FindBase(ref string) (Entry, error) {
	list, err := r.allBases()
	if err != nil {
		return Entry{}, err
	}
	id := strings.TrimPrefix(filepath.Base(ref), basePrefix)
	for _, e := range list {
		if e.ID == id {
			return e, nil
		}
	}
	return Entry{}, &NotFoundError{Ref: ref}
}

// Identities gives the private keys when they are first needed, so that reading a key file
// or asking for it happens only for encrypted backups.
type Identities func() ([]age.Identity, error)

// IdentityFile reads the private keys from a file that age-keygen made, and that nobody else can open or replace.
func IdentityFile(path string) Identities {
	return func() ([]age.Identity, error) {
		f, err := ownfile.Open(path, true)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return ParseIdentities(f)
	}
}
