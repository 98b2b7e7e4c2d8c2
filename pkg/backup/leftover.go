package backup

import (
	"archive/tar"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

const (
	clusterConf  = "postgresql.conf"
	formerConf   = "recovery.conf" // of PostgreSQL 11 and older; a newer server refuses to start beside it
	standbyMark  = "standby.signal"
	recoveryMark = "recovery.signal"
)

// recoveryTargets are all the settings that can end a recovery. At most one of them may be set.
func recoveryTargets() []string {
	return []string{"recovery_target", "recovery_target_xid", "recovery_target_time", "recovery_target_name", "recovery_target_lsn"}
}

// targetSettings sets one target and clears every other one, so that none that stands in the copied configuration, of
// an earlier recovery or of another program, counts. The server reads them in order: what is cleared comes first.
func targetSettings(name, value string) []setting {
	var out []setting
	for _, other := range recoveryTargets() {
		if other != name {
			out = append(out, setting{other, ""})
		}
	}
	return append(out, setting{name, value})
}

// clearLeftovers removes what an earlier recovery, or a standby, has left in the copied directory: its log would be
// taken for this one's, and a mark of a standby would keep the server from ever ending. It comes after the server's own
// program has compared the files with its list.
func (p *pitrPlan) clearLeftovers() error {
	folder := filepath.Join(p.o.Directory, recoveryFolder)
	if err := os.RemoveAll(folder); err != nil {
		return storageError(p.o.Directory, err)
	}
	// A server whose socket was in its data directory, as a recovered one has it, left the socket's lock file in the copy.
	names, err := namesIn(p.o.Directory)
	if err != nil {
		return err
	}
	for _, name := range names {
		if name != standbyMark && name != recoveryMark && !strings.HasPrefix(name, ".s.PGSQL.") {
			continue
		}
		if err := os.Remove(filepath.Join(p.o.Directory, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return storageError(p.o.Directory, err)
		}
	}
	former := filepath.Join(p.o.Directory, formerConf)
	if _, err := os.Lstat(former); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := errors.Join(os.MkdirAll(folder, 0o700), p.own(folder), os.Rename(former, filepath.Join(folder, formerConf))); err != nil {
		return storageError(p.o.Directory, err)
	}
	return nil
}

// lookInto reads the whole base backup, without writing it: each file is compared with the server's list, each entry
// must be one that a recovery can place, and what an earlier recovery has left is named.
func (r *Repository) lookInto(ctx context.Context, p *pitrPlan) error {
	if _, _, err := carried(p.base.Manifest.Base.Settings); err != nil {
		return &DamagedError{ID: p.base.ID, Level: LevelDigest, Problem: "the manifest's " + err.Error(), Cause: err}
	}
	identities, err := openIdentities(p.base, p.o.Identities)
	if err != nil {
		return err
	}
	var found []string
	see := func(h *tar.Header, content io.Reader) error {
		if _, err := p.placeOf(h.Name); err != nil {
			return err
		}
		if h.Typeflag != tar.TypeDir && h.Typeflag != tar.TypeReg {
			return notRestored(h.Name)
		}
		switch name := path.Clean(h.Name); name {
		case autoConf, clusterConf, formerConf:
			set, err := recoverySettings(content)
			for _, s := range set {
				found = append(found, s+" in "+name)
			}
			return err
		case standbyMark, recoveryMark, recoveryFolder:
			found = append(found, name)
		}
		return nil
	}
	err = streamBase(ctx, p, identities, nil, see)
	if len(found) > 0 {
		p.done.Warnings = append(p.done.Warnings, "the base backup holds settings or files of an earlier recovery or of a standby, which have no effect on this one: "+strings.Join(found, ", "))
	}
	return err
}

func notRestored(name string) error {
	// A symbolic link would lead out of the directory. Those to tablespaces are made anew, not restored.
	return fmt.Errorf("base backup has an entry %q of a kind that is not restored", name)
}

// recoverySettings names the settings of a configuration file that are about recovery targets.
func recoverySettings(text io.Reader) ([]string, error) {
	var out []string
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		name, ok := settingName(lines.Text())
		if ok && strings.HasPrefix(name, "recovery_target") && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out, lines.Err()
}

// settingName reads the name at the beginning of a line of a configuration file. Names have no case.
func settingName(line string) (string, bool) {
	line = strings.TrimSpace(line)
	end := strings.IndexFunc(line, func(r rune) bool { return r == '=' || r == ' ' || r == '\t' })
	if end <= 0 || line[0] == '#' {
		return "", false
	}
	return strings.ToLower(line[:end]), true
}

// ofRecovery reports whether a setting is one that a recovery has written for itself.
func ofRecovery(name string) bool {
	return strings.HasPrefix(name, "recovery_target") || name == "restore_command" || name == "hot_standby"
}

// endSettings takes the recovery's settings away again: a server that has been promoted is an ordinary one, and its
// next base backup must not bring along where this recovery was to end.
func (p *pitrPlan) endSettings() error {
	work := autoConf + partialExt
	if err := os.Remove(filepath.Join(p.o.Directory, work)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return storageError(p.o.Directory, err)
	}
	if err := p.write(work, "# Do not edit this file manually! It belongs to ALTER SYSTEM.\n"); err != nil {
		return err
	}
	from, to := filepath.Join(p.o.Directory, work), filepath.Join(p.o.Directory, autoConf)
	if err := errors.Join(syncFile(from), os.Rename(from, to), syncDirectory(p.o.Directory)); err != nil {
		return storageError(p.o.Directory, err)
	}
	return nil
}

func syncFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
