package doctor

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
)

// files: a secret that others can open is none, and a backup is the whole database.
func (v *visit) files(context.Context) (Result, error) {
	cfg, err := v.settings()
	if err != nil {
		return Result{}, err
	}
	var open, commands []string
	var repairs []repair
	level := OK
	for _, f := range []struct {
		path      string
		forbidden os.FileMode
		wanted    os.FileMode
		level     Level
	}{
		{cfg.Encryption.KeyFile, 0o077, 0o600, Fail},
		{cfg.Guard.AlertSecretFile, 0o077, 0o600, Fail},
		{cfg.Payments.LNDMacaroonFile, 0o077, 0o600, Fail},
		{cfg.Payments.LNbitsKeyFile, 0o077, 0o600, Fail},
		{cfg.Backup.Directory, 0o022, 0o700, Fail}, // no backup is made or read there
		{cfg.Backup.Directory, 0o005, 0o700, Warn}, // a group may be meant
	} {
		if f.path == "" {
			continue
		}
		path := v.path(f.path)
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() && !info.IsDir() || info.Mode().Perm()&f.forbidden == 0 {
			continue // what is not there is the matter of the check that needs it; a pipe has no such mode
		}
		if slices.Contains(open, path) {
			continue
		}
		open = append(open, path)
		commands = append(commands, fmt.Sprintf("chmod %o %s", f.wanted, word(path)))
		if info.Mode().IsRegular() { // a directory may be shared with others, so closing it is for a person
			repairs = append(repairs, chmod(path, f.wanted))
		}
		if level != Fail {
			level = f.level
		}
	}
	if len(open) == 0 {
		return good("secrets and backups are closed to others"), nil
	}
	r := warn(strings.Join(commands, " && "), "others can open %s", some(open))
	if r.Level = level; len(repairs) > 0 {
		r = r.with(all(repairs))
	}
	return r, nil
}

// word quotes a path for a shell where it must.
func word(path string) string {
	if strings.Trim(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:@%") == "" {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
