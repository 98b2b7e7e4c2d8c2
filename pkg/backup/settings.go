package backup

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// autoConf is where a server keeps what ALTER SYSTEM has changed. It is read whatever config_file says.
const autoConf = "postgresql.auto.conf"

// carriedSettings are the settings that a server must have at least as much of as the one that wrote the log, and
// their ranges. They are whole numbers, and they are all that a recovery takes from a backup: every other setting
// can name a program, a library or a file, and a backup may come from anywhere.
func carriedSettings() map[string][2]int64 {
	return map[string][2]int64{
		"max_connections":           {1, 262143},
		"max_worker_processes":      {0, 262143},
		"max_wal_senders":           {0, 262143},
		"max_prepared_transactions": {0, 262143},
		"max_locks_per_transaction": {10, math.MaxInt32},
	}
}

// setting is one line of a configuration file.
type setting struct{ name, value string }

// carried chooses from a manifest's settings those that the server needs, and names the others.
func carried(from map[string]string) (take []setting, left []string, err error) {
	for _, name := range slices.Sorted(maps.Keys(from)) {
		limits, known := carriedSettings()[name]
		if !known {
			left = append(left, name)
			continue
		}
		n, err := strconv.ParseInt(from[name], 10, 64)
		if err != nil || n < limits[0] || n > limits[1] {
			return nil, nil, fmt.Errorf("setting %s is %q: must be a number from %d to %d", name, from[name], limits[0], limits[1])
		}
		take = append(take, setting{name, strconv.FormatInt(n, 10)})
	}
	return take, left, nil
}

// settingsText writes settings as a configuration file has them.
func settingsText(list []setting) string {
	var b strings.Builder
	for _, s := range list {
		b.WriteString(s.name + " = " + quoteSetting(s.value) + "\n")
	}
	return b.String()
}

// quoteSetting quotes a value for a configuration file. The server undoes backslashes there, also before a quote,
// and a line end would begin another setting.
func quoteSetting(value string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`, "\n", `\n`, "\r", `\r`).Replace(value) + "'"
}

// setAside takes the settings that the copied data directory brings along out of the server's way. They stay in the
// folder of the recovery, for a person to read.
func (p *pitrPlan) setAside() error {
	from := filepath.Join(p.o.Directory, autoConf)
	text, err := os.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read copied settings: %w", err)
	}
	folder := filepath.Join(p.o.Directory, recoveryFolder)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return storageError(p.o.Directory, err)
	}
	to := filepath.Join(folder, autoConf)
	if err := cmp.Or(p.own(folder), os.Rename(from, to)); err != nil {
		return storageError(p.o.Directory, err)
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := settingName(line); ok && !ofRecovery(name) {
			p.done.Warnings = append(p.done.Warnings, "what ALTER SYSTEM had set in the copied cluster is not in effect; look at "+to+" before you set it again")
			break
		}
	}
	return nil
}
