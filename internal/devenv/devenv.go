// Package devenv owns the development environment of one folder: a private PostgreSQL, a simulated exchange, a
// simulated Lightning node, an encryption key and a configuration file that points at all of them, kept in .axisor/ so that every command
// works with nothing installed and nothing configured.
//
// It must not know commands, flags or output, and it never touches a database or a configuration file that it
// did not make.
package devenv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/axisor/axisor/internal/pgserver"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

const (
	// Folder holds everything the environment keeps.
	Folder = ".axisor"
	// Database is the name of the development database.
	Database = "axisor_dev"
	// privateServer is the copy of the PostgreSQL programs that scripts/ensure-tools unpacks for accounts that
	// may not install packages.
	privateServer = "pgsql"
)

// Options say where the environment is and what runs its simulators.
type Options struct {
	Dir string // folder that gets .axisor/ and .axisor.yaml
	// Program with Serve, and with ServeNode, are the command lines that run the simulated exchange and the simulated
	// Lightning node in the foreground. Both get the address to listen on and the directory of their state.
	Program   string
	Serve     func(address, stateDir string) []string
	ServeNode func(address, stateDir string) []string
}

// ErrNoServer is returned when no PostgreSQL server programs are on this machine.
var ErrNoServer = pgserver.ErrNoBinaries

// Env is the environment of one folder. Making one touches nothing.
type Env struct {
	dir  string // the user's folder
	home string // .axisor in it
	pg   *pgserver.Server
	sim  process
	node process
}

// Open resolves the environment of a folder.
func Open(o Options) (*Env, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("resolve folder: %w", err)
	}
	e := &Env{dir: dir, home: filepath.Join(dir, Folder)}
	e.pg, err = pgserver.New(pgserver.Options{
		Dir: filepath.Join(e.home, "postgres"), Port: pgserver.AnyPort, Durable: true,
		Hints: []string{filepath.Join(e.home, privateServer)},
	})
	if err != nil {
		return nil, err
	}
	e.sim = process{
		what: "simulated exchange", dir: filepath.Join(e.home, "exchange"), log: "exchange.log", api: "/v3", ready: "/v3/time",
		program: o.Program, args: o.Serve,
	}
	e.node = process{
		what: "simulated Lightning node", dir: filepath.Join(e.home, "lightning"), log: "lightning.log", ready: "/sim/state",
		program: o.Program, args: o.ServeNode,
	}
	return e, nil
}

// Exists reports whether the folder has an environment, running or not.
func (e *Env) Exists() bool {
	_, err := os.Stat(e.keyFile())
	return err == nil
}

// Home is the directory that holds everything the environment keeps.
func (e *Env) Home() string { return e.home }

// ExchangeDir is the directory of the simulated exchange's state.
func (e *Env) ExchangeDir() string { return e.sim.dir }

func (e *Env) keyFile() string   { return filepath.Join(e.home, "encryption.key") }
func (e *Env) backupDir() string { return filepath.Join(e.home, "backups") }

// DatabaseURL addresses the development database over the loopback interface, password included.
func (e *Env) DatabaseURL() (secret.Secret, error) { return e.pg.TCPURL(Database) }

// NodeDir is the directory of the simulated Lightning node's state.
func (e *Env) NodeDir() string { return e.node.dir }

// ExchangeURL is the base address of the simulated exchange's interface; "" when it has never run.
func (e *Env) ExchangeURL() string { return e.sim.base() }

// NodeURL is the address of the simulated Lightning node, as LND and as LNbits; "" when it has never run.
func (e *Env) NodeURL() string { return e.node.base() }

// ControlURL is the address below which the simulated exchange is steered; "" when it does not run.
func (e *Env) ControlURL() string { return e.sim.control() }

// Up makes what is missing and starts what is not running. It changes nothing that is already there, so it may
// be repeated at will, also after the machine was restarted.
func (e *Env) Up(ctx context.Context) (Status, error) {
	if err := e.makeHome(); err != nil {
		return Status{}, err
	}
	unlock, err := pgserver.Lock(ctx, filepath.Join(e.home, "lock"))
	if err != nil {
		return Status{}, err
	}
	defer unlock()
	if err := e.makeKey(); err != nil {
		return Status{}, err
	}
	if err := e.startDatabase(ctx); err != nil {
		return Status{}, err
	}
	for _, p := range []process{e.sim, e.node} {
		if err := p.start(ctx); err != nil {
			return Status{}, fmt.Errorf("start the %s: %w", p.what, err)
		}
	}
	if err := e.writeNodeKeys(); err != nil {
		return Status{}, err
	}
	if err := e.writeConfig(ctx); err != nil {
		return Status{}, err
	}
	return e.Status(ctx)
}

// startDatabase tries again when the server was there and is gone: one that was just killed looks alive until its
// last process has ended.
func (e *Env) startDatabase(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		if err := e.pg.Start(ctx); err != nil {
			return fmt.Errorf("start the database: %w", err)
		}
		err := e.createDatabase(ctx)
		if !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, store.ErrConnectionLost) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(10 * pollEvery):
		}
	}
}

// Down stops what is running. Everything is kept.
func (e *Env) Down(ctx context.Context) error {
	if !e.Exists() {
		return nil
	}
	unlock, err := pgserver.Lock(ctx, filepath.Join(e.home, "lock"))
	if err != nil {
		return err
	}
	defer unlock()
	errSim := errors.Join(e.sim.stop(ctx), e.node.stop(ctx))
	errPG := e.pg.Stop(ctx)
	if errors.Is(errPG, pgserver.ErrNotRunning) {
		errPG = nil
	}
	return errors.Join(errSim, errPG)
}

// Purge deletes the stopped environment: database, exchange, key, backups, and the configuration file if it is
// ours. Only the unpacked PostgreSQL programs stay.
func (e *Env) Purge(ctx context.Context) error {
	if err := e.pg.Purge(ctx); err != nil {
		return err
	}
	if own, err := e.configIsOurs(e.configFile()); err == nil && own {
		if err := os.Remove(e.configFile()); err != nil {
			return fmt.Errorf("delete configuration: %w", err)
		}
	}
	entries, err := os.ReadDir(e.home)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("delete environment: %w", err)
	}
	for _, entry := range entries {
		if entry.Name() == privateServer {
			continue
		}
		if err := os.RemoveAll(filepath.Join(e.home, entry.Name())); err != nil {
			return fmt.Errorf("delete environment: %w", err)
		}
	}
	if err := os.Remove(e.home); err != nil && !errors.Is(err, os.ErrNotExist) && len(entries) == 0 {
		return fmt.Errorf("delete environment: %w", err)
	}
	return nil
}

// makeHome creates .axisor/. As root the database runs as another account, which has to pass through; every file
// in it has rights of its own.
func (e *Env) makeHome() error {
	mode := os.FileMode(0o700)
	if e.pg.Account() != "" {
		mode = 0o711
	}
	for _, dir := range []string{e.home, e.backupDir(), e.sim.dir, e.node.dir} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("create folder: %w", err)
		}
	}
	if err := os.Chmod(e.home, mode); err != nil {
		return fmt.Errorf("protect folder: %w", err)
	}
	return nil
}
