package app

import (
	"context"
	"errors"

	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/migrate"
	"github.com/axisor/axisor/pkg/store"
)

// LoadConfig reads the configuration once and remembers it together with the origin of every value.
func (a *App) LoadConfig() (*config.Loaded, error) {
	if a.loaded != nil {
		return a.loaded, nil
	}
	set := map[string]string{}
	if a.Globals.DatabaseURL != "" {
		set["database.url"] = a.Globals.DatabaseURL
	}
	if a.Globals.Output != "" {
		set["output.format"] = a.Globals.Output
	}
	l, err := config.Load(config.LoadOptions{
		File: a.Globals.ConfigFile, Profile: a.Globals.Profile, Dir: a.Dir, Env: a.Env, Flags: set,
		Terminal: a.Streams.CanPrompt(),
	})
	if err != nil {
		return nil, err
	}
	a.loaded = l
	return l, nil
}

// Config is the typed configuration.
func (a *App) Config() (*config.Config, error) {
	l, err := a.LoadConfig()
	if err != nil {
		return nil, err
	}
	return l.Config, nil
}

// RawDB opens the database without looking at its schema: for migrations, doctor and backups. It sees everybody's
// rows, so it refuses --as-user.
func (a *App) RawDB() (*store.DB, error) {
	if a.Globals.AsUser != "" {
		return nil, errAsUser
	}
	return a.open()
}

func (a *App) open() (*store.DB, error) {
	if a.db != nil {
		return a.db, nil
	}
	cfg, err := a.Config()
	if err != nil {
		return nil, err
	}
	if cfg.Database.URL.IsZero() {
		return nil, errNoDatabase
	}
	db, err := store.Open(store.Options{
		URL: cfg.Database.URL, MaxConnections: cfg.Database.MaxConnections, PoolTimeout: cfg.Database.PoolTimeout,
		ConnectTimeout: cfg.Database.ConnectTimeout, StatementTimeout: cfg.Database.StatementTimeout,
		Logger: a.Log(), AppName: "axisor",
	})
	if err != nil {
		return nil, err
	}
	a.db = db
	a.OnClose(db.Close)
	if t := db.Target(); t.Weak {
		if p, err := a.Printer(); err == nil {
			p.Warn("the way to %s may be in clear text: the address allows that (sslmode=verify-full with sslrootcert=FILE does not)", t.Host)
		}
	}
	return db, nil
}

// DB opens the database for commands that read and write rows. Whether its schema is the one this binary
// expects is asked only when something fails (see Classify) and before the first write (see Admin), so that a
// read costs two round trips: where the tables are, and the rows.
func (a *App) DB(ctx context.Context) (*store.DB, error) {
	if a.Globals.AsUser == "" {
		return a.open()
	}
	return a.userSession(ctx)
}

// CheckSchema compares the schema version of the database with the one this binary was built for.
func (a *App) CheckSchema(ctx context.Context) error {
	if a.checked {
		return a.schema
	}
	db, err := a.open()
	if err != nil {
		return err
	}
	m, err := migrate.New(db.SQL(), migrate.Options{Logger: a.Log()})
	if err != nil {
		return err
	}
	a.schema = m.Check(ctx)
	var version *migrate.VersionError
	a.checked = a.schema == nil || errors.As(a.schema, &version)
	return a.schema
}

// Keyring holds the keys that open and seal stored credentials.
func (a *App) Keyring(ctx context.Context) (*crypto.Keyring, error) {
	if a.Globals.AsUser != "" {
		return nil, errAsUser
	}
	if a.keyring != nil {
		return a.keyring, nil
	}
	l, err := a.LoadConfig()
	if err != nil {
		return nil, err
	}
	key, err := l.EncryptionKey(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := crypto.NewKeyring(key, l.Config.Encryption.PreviousKeys)
	if err != nil {
		return nil, err
	}
	format, err := a.format(ctx, l)
	if err != nil {
		return nil, err
	}
	if keys, err = keys.Writing(format); err != nil {
		return nil, err
	}
	if keys, err = a.accepting(ctx, keys, l.Config.Encryption.Accept); err != nil {
		return nil, err
	}
	a.keyring = keys
	return keys, nil
}

// format is the one of new values: what the configuration says, and else what the readers of the database know. The web
// application reads its own alone, and any other as an empty key.
func (a *App) format(ctx context.Context, l *config.Loaded) (crypto.Format, error) {
	if l.Origins[config.KeyFormat].Level != config.LevelDefault {
		return crypto.Format(l.Config.Encryption.Format), nil
	}
	db, err := a.open()
	if err != nil {
		return "", err
	}
	app, err := db.Application(ctx)
	if err != nil {
		return "", err
	}
	if app {
		return crypto.FormatAppCBC, nil
	}
	return crypto.Format(l.Config.Encryption.Format), nil
}

// accepting applies encryption.accept. Its default is what the database remembers: once everything was v2, what is not
// was put there by somebody who does not have the key.
func (a *App) accepting(ctx context.Context, keys *crypto.Keyring, named []string) (*crypto.Keyring, error) {
	var formats []crypto.Format
	for _, name := range named {
		formats = append(formats, crypto.Format(name))
	}
	if len(formats) > 0 || keys.Format() != crypto.FormatV2 {
		return keys.Accepting(formats...), nil
	}
	db, err := a.open()
	if err != nil {
		return nil, err
	}
	bound, err := db.AllBound(ctx)
	if err != nil {
		return nil, err
	}
	if bound {
		formats = append(formats, crypto.FormatV2)
	}
	return keys.Accepting(formats...), nil
}
