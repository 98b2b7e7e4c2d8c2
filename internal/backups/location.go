// Package backups does what the commands about backups do: it opens the repository or a target as they are configured, makes
// backups with hooks, monitoring, retention and copies, runs the receiver of the log, and leaves the audit trail. How a backup is
// made lives in pkg/backup. This package knows no flag and prints no result.
package backups

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/backup/remote"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

// Location says where backups are, which programs work on them, and the backups of which database are meant.
type Location struct {
	App       *app.App
	Directory string // default: that of the configuration
	Programs  string // directory of pg_dump and pg_restore; default: they are looked for
	From      string // a target of the configuration, instead of the directory
	Database  string // NAME or SYSTEM/NAME; default: the configured one
	All       bool   // backups of all databases
	// Strict is for removing: the server has to say which cluster it is, or the database must be named with its system identifier.
	Strict bool
	// Notice and Warn tell a person what a result rests on, and what is good but not as it should be.
	Notice, Warn func(format string, args ...any)

	loose bool // a path was named: whoever can write there is the operator's business
}

// Open gives the repository. It touches neither disk nor server.
func (l *Location) Open() (*backup.Repository, error) {
	o, err := l.options()
	if err != nil {
		return nil, err
	}
	repo := backup.Open(o)
	if l.loose {
		return repo, nil
	}
	return repo, repo.Closed()
}

// Catalogue opens the repository, or the copies of the target that From names.
func (l *Location) Catalogue(ctx context.Context) (*backup.Repository, error) {
	if l.From == "" {
		return l.Open()
	}
	targets, err := l.Targets()
	if err != nil {
		return nil, err
	}
	t, err := backup.FindTarget(targets, l.From)
	if err != nil {
		return nil, err
	}
	o, err := l.options()
	if err != nil {
		return nil, err
	}
	return backup.OpenTarget(ctx, o, t)
}

// Settings are the section backup of the configuration.
func (l *Location) Settings() (config.Backup, error) {
	cfg, err := l.App.Config()
	if err != nil {
		return config.Backup{}, err
	}
	return cfg.Backup, nil
}

// Targets are where copies go to.
func (l *Location) Targets() ([]remote.Target, error) {
	cfg, err := l.Settings()
	if err != nil {
		return nil, err
	}
	return backup.ParseTargets(cfg.Targets, l.App.Getenv)
}

// Policy is the configured retention.
func (l *Location) Policy() (backup.Policy, error) {
	cfg, err := l.Settings()
	return backup.Policy{
		KeepDays: cfg.RetentionDays, KeepLast: cfg.KeepLast,
		KeepDaily: cfg.KeepDaily, KeepWeekly: cfg.KeepWeekly, KeepMonthly: cfg.KeepMonthly,
	}, err
}

// URL is the configured database in the form that the client programs understand.
func (l *Location) URL() (secret.Secret, error) {
	db, err := l.App.RawDB()
	if err != nil {
		return secret.Secret{}, err
	}
	return db.URL(), nil
}

// Identities reads the private keys in a file when they are first needed; "" has none.
func (l *Location) Identities(file string) backup.Identities {
	if file == "" {
		return nil
	}
	return backup.IdentityFile(l.App.Path(file))
}

// Find looks a backup up by id, file name, path or "latest", which is the newest good one of the database that is meant.
// A path also says which directory it is in, so that a copy on another disk can be checked and restored where it lies.
func (l *Location) Find(ctx context.Context, ref string) (*backup.Repository, backup.Entry, error) {
	at := *l
	if strings.ContainsRune(ref, filepath.Separator) {
		at.Directory, at.loose = filepath.Dir(l.App.Path(ref)), true
	}
	repo, err := at.Catalogue(ctx)
	if err == nil && (ref == "latest" || at.Database != "") {
		repo, err = at.Narrow(ctx, repo)
	}
	if err != nil {
		return nil, backup.Entry{}, err
	}
	e, err := repo.Find(ref)
	return repo, e, err
}

// Names completes the ids of backups; an unreadable directory completes nothing.
func (l *Location) Names(context.Context, string) []string {
	repo, err := l.Open()
	if err != nil {
		return nil
	}
	list, err := repo.List()
	if err != nil {
		return nil
	}
	return append([]string{"latest"}, IDs(list)...)
}

// IDs are the ids of backups.
func IDs(list []backup.Entry) []string {
	out := make([]string, 0, len(list))
	for _, e := range list {
		out = append(out, e.ID)
	}
	return out
}

// Kind is dump or base.
func Kind(e backup.Entry) string {
	if e.IsBase() {
		return "base"
	}
	return "dump"
}

func (l *Location) options() (backup.Options, error) {
	cfg, err := l.Settings()
	if err != nil {
		return backup.Options{}, err
	}
	var key *backup.Signing
	if cfg.SigningKeyFile != "" {
		if key, err = backup.OpenSigningKey(l.App.Path(cfg.SigningKeyFile), config.ReadPrivateFile); err != nil {
			return backup.Options{}, err
		}
	}
	return backup.Options{
		Directory: l.App.Path(cmp.Or(l.Directory, cfg.Directory)), Tools: l.App.Programs(l.Programs),
		Environ: l.App.Env, Now: l.App.Now, Host: hostname(), Program: "axisor " + l.App.Build.Version, Signing: key,
	}, nil
}

// hostname is for people; a machine without a name still makes backups.
func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}

// count shows how much of some work is done; total 0 is unknown.
func (l *Location) count(label string, total int64) *progress.Counter {
	return progress.Start(l.App.Streams, label, total, progress.Bytes, l.App.Globals.Quiet)
}

// audit leaves a trail of what was done to the backups; what says what stands when it cannot. A server that takes no writes,
// such as the standby that backups are best made from, has no trail to write to; everything else that fails is a warning,
// and never undoes what was done.
func (l *Location) audit(ctx context.Context, action, id string, facts any, what string) {
	svc, err := l.App.Admin(ctx)
	if err == nil {
		err = svc.Event(ctx, admin.Mode{Reason: l.App.Globals.Reason}, action, "backup", id, facts)
	}
	switch {
	case errors.Is(err, store.ErrReadOnly):
		l.App.Log().Info("server is read-only, nothing written into the audit trail", "action", action)
	case err != nil:
		l.Warn("%s could not be written into the audit trail: %s", what, err.Error())
	}
}
