package backup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// tablespaceMap is the file in which a base backup says where its tablespaces are.
const tablespaceMap = "tablespace_map"

// TablespacesError says which tablespaces a recovery has no place for.
type TablespacesError struct{ Missing []Tablespace }

// Error names them.
func (e *TablespacesError) Error() string {
	var list []string
	for _, t := range e.Missing {
		list = append(list, fmt.Sprintf("%s in %s", t.Name, t.Location))
	}
	return "the base backup has tablespaces for which no place is given: " + strings.Join(list, ", ")
}

// placeSpaces finds out where the tablespaces of the base backup go. Every one needs a new place: its old
// one may belong to a server that runs.
func (p *pitrPlan) placeSpaces() error {
	p.spaces = map[uint32]string{}
	spaces := p.base.Manifest.Base.Tablespaces
	var missing []Tablespace
	known, taken := map[string]bool{}, map[string]bool{}
	for _, t := range spaces {
		known[t.Location] = true
		to, ok := p.o.Tablespaces[t.Location]
		if !ok {
			missing = append(missing, t)
			continue
		}
		if err := p.checkSpace(t, to); err != nil {
			return err
		}
		if to = filepath.Clean(to); taken[to] {
			return &InputError{Field: "tablespace", Value: to, Rule: "is the place of two tablespaces"}
		}
		p.spaces[t.OID], taken[to] = to, true
	}
	for from := range p.o.Tablespaces {
		if !known[from] {
			return &InputError{Field: "tablespace", Value: from, Rule: "is not the place of a tablespace in base backup " + p.base.ID}
		}
	}
	if len(missing) > 0 {
		return &TablespacesError{Missing: missing}
	}
	return nil
}

func (p *pitrPlan) checkSpace(t Tablespace, to string) error {
	inside := func(dir string) bool {
		rel, err := filepath.Rel(dir, to)
		return err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
	}
	if to == t.Location || inside(p.o.Directory) {
		return &InputError{Field: "tablespace", Value: to, Rule: "must be a new place, and not inside the target directory"}
	}
	if strings.ContainsAny(to, "\n\r\\'") {
		return &InputError{Field: "tablespace", Value: to, Rule: "must not have line ends, backslashes or single quotes"}
	}
	// The same is asked of it as of the target directory.
	err := checkTargetDirectory(PITR{Directory: to, Account: p.o.Account})
	var input *InputError
	if errors.As(err, &input) {
		input.Field = "tablespace"
	}
	return err
}

// makeSpaces makes the directories of the tablespaces and the links to them.
func (p *pitrPlan) makeSpaces() error {
	for oid, to := range p.spaces {
		if _, err := os.Stat(to); err != nil {
			p.madeSpaces = append(p.madeSpaces, to)
		}
		if err := os.MkdirAll(to, 0o700); err != nil {
			return fmt.Errorf("make tablespace: %w", err)
		}
		if err := errors.Join(os.Chmod(to, 0o700), p.own(to)); err != nil { //nolint:gosec // a directory: the server insists on it
			return fmt.Errorf("make tablespace: %w", err)
		}
		links := filepath.Join(p.o.Directory, spaceFolder)
		if err := os.MkdirAll(links, 0o700); err != nil {
			return storageError(p.o.Directory, err)
		}
		link := filepath.Join(links, strconv.FormatUint(uint64(oid), 10))
		if err := os.Symlink(to, link); err != nil {
			return storageError(p.o.Directory, err)
		}
		if err := errors.Join(p.own(links), p.own(link)); err != nil {
			return err
		}
	}
	return nil
}

// clearSpaces undoes makeSpaces and what was unpacked there.
func (p *pitrPlan) clearSpaces() error {
	var err error
	for _, to := range p.spaces {
		err = errors.Join(err, emptyDirectory(to))
	}
	for _, to := range p.madeSpaces {
		_ = os.Remove(to)
	}
	return err
}

// placeOf is where an entry of the base backup goes: files of a tablespace to its new place, everything else
// into the target directory.
func (p *pitrPlan) placeOf(name string) (string, error) {
	clean := filepath.Clean("/" + name)
	rest, ok := strings.CutPrefix(clean, "/"+spaceFolder+"/")
	if !ok {
		return filepath.Join(p.o.Directory, clean), nil
	}
	number, below, _ := strings.Cut(rest, "/")
	oid, err := strconv.ParseUint(number, 10, 32)
	to, known := p.spaces[uint32(oid)]
	if err != nil || !known {
		return "", fmt.Errorf("base backup has files of tablespace %q, which its manifest does not name", number)
	}
	return filepath.Join(to, below), nil
}

// remapSpaces tells the server the new places. It comes after the server's own program has compared the
// files with its list, for this one is in it too.
func (p *pitrPlan) remapSpaces() error {
	if len(p.spaces) == 0 {
		return nil
	}
	var b strings.Builder
	for _, t := range p.base.Manifest.Base.Tablespaces {
		fmt.Fprintf(&b, "%d %s\n", t.OID, p.spaces[t.OID])
	}
	if err := os.Remove(filepath.Join(p.o.Directory, tablespaceMap)); err != nil {
		return fmt.Errorf("base backup has no %s: %w", tablespaceMap, err)
	}
	return p.write(tablespaceMap, b.String())
}
