package devenv

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/axisor/axisor/internal/pgserver"
	"github.com/axisor/axisor/pkg/store"
)

const (
	// keyBytes of randomness make a key of 44 characters, more than the 32 that are asked for.
	keyBytes = 32
	// ours is the first line of a configuration file that this package made. Without it a file is the user's own.
	ours = "# Made by `axisor dev up` for the development environment of this folder."
	// kept marks the lines that Up rewrites when a port had to change. Everything else may be edited.
	kept = "# kept up to date by axisor dev up"
)

// configFile is where every command run in the folder looks first.
func (e *Env) configFile() string { return filepath.Join(e.dir, ".axisor.yaml") }

// spareConfig is used when the user already has a configuration file of their own.
func (e *Env) spareConfig() string { return filepath.Join(e.home, "config.yaml") }

// makeKey writes a new encryption key unless there is one.
func (e *Env) makeKey() error {
	raw := make([]byte, keyBytes)
	if _, err := rand.Read(raw); err != nil {
		return fmt.Errorf("make encryption key: %w", err)
	}
	f, err := os.OpenFile(e.keyFile(), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("write encryption key: %w", err)
	}
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(raw) + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("write encryption key: %w", err), os.Remove(e.keyFile()))
	}
	return nil
}

// createDatabase makes the development database unless it exists.
func (e *Env) createDatabase(ctx context.Context) error {
	db, err := store.Open(store.Options{URL: e.pg.URL(pgserver.SuperUser), MaxConnections: 1, AppName: "axisor-dev"})
	if err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	defer db.Close()
	var exists bool
	err = db.SQL().QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", Database).Scan(&exists)
	if err == nil && !exists {
		_, err = db.SQL().ExecContext(ctx, "CREATE DATABASE "+Database+" TEMPLATE template0")
	}
	if err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	return nil
}

// configIsOurs reports whether the file exists and was made by this package.
func (e *Env) configIsOurs(file string) (bool, error) {
	f, err := os.Open(file)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read configuration: %w", err)
	}
	defer f.Close()
	line, _ := bufio.NewReader(f).ReadString('\n') // a file without a line is not ours either
	return strings.TrimSpace(line) == ours, nil
}

// writeConfig points ./.axisor.yaml at this environment. A file of the user's own is never changed; then the
// configuration goes into .axisor/.
func (e *Env) writeConfig(ctx context.Context) error {
	target := e.configFile()
	own, err := e.configIsOurs(target)
	if err != nil {
		return err
	}
	if !own {
		if _, err := os.Lstat(target); err == nil {
			target = e.spareConfig()
		} else if !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("look for configuration: %w", err)
		}
	}
	url, err := e.DatabaseURL()
	if err != nil {
		return err
	}
	have, err := os.ReadFile(target)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("read configuration: %w", err)
	}
	node, err := e.nodeID(ctx)
	if err != nil {
		return err
	}
	text := string(have)
	for key, value := range map[string]string{
		"url": url.Reveal(), "base_url": e.ExchangeURL(), "node_id": node, "lnd_url": e.NodeURL(), "lnbits_url": e.NodeURL(),
	} {
		text = updateLine(text, key, value)
	}
	switch {
	case len(have) == 0:
		text = e.newConfig(url.Reveal()) + e.paymentsConfig(node)
	case !paymentsSection.MatchString(text): // made before there was a node
		text += e.paymentsConfig(node)
	}
	if text == string(have) {
		return nil
	}
	return writeFile(target, text)
}

func (e *Env) newConfig(databaseURL string) string {
	return ours + `
# The database, the exchange and the Lightning node run on this machine only; see "axisor dev status". Everything may be edited;
# "axisor dev up" touches only the lines that say so.
database:
  url: "` + databaseURL + `" ` + kept + `
encryption:
  key_file: "` + e.keyFile() + `"
lnmarkets:
  base_url: "` + e.ExchangeURL() + `" ` + kept + `
  private_rps: 500 # the simulated exchange limits nobody; the real one allows 5 and 1
  public_rps: 500
backup:
  directory: "` + e.backupDir() + `"
`
}

// updateLine replaces the value of a line that is marked as kept.
func updateLine(text, key, value string) string {
	line := regexp.MustCompile(`(?m)^(\s+` + key + `:\s*).*(\s` + regexp.QuoteMeta(kept) + `)$`)
	return line.ReplaceAllStringFunc(text, func(found string) string {
		parts := line.FindStringSubmatch(found)
		return parts[1] + `"` + value + `"` + parts[2]
	})
}

// writeFile replaces a private file in one step.
func writeFile(path, text string) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // 0600 by itself
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = tmp.WriteString(text)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(tmp.Name()))
	}
	return nil
}
