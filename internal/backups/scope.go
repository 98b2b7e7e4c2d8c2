package backups

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/store"
)

// identifyWithin bounds the question who the configured server is: a list must come also when it does not answer.
const identifyWithin = 5 * time.Second

// View opens the repository, or the copies of a target, for the database that is meant.
func (l *Location) View(ctx context.Context) (*backup.Repository, error) {
	repo, err := l.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	return l.Narrow(ctx, repo)
}

// Narrow chooses the database. It tells what the choice rests on when the server could not be asked.
func (l *Location) Narrow(ctx context.Context, repo *backup.Repository) (*backup.Repository, error) {
	if l.All && l.Database != "" {
		return nil, clierr.Usagef("--database and --all-databases exclude each other")
	}
	if l.All {
		return repo.ForAll(), nil
	}
	own, why, err := l.scope(ctx)
	if err != nil {
		return nil, err
	}
	if l.Database != "" {
		s, err := repo.Named(l.Database, own, l.Strict)
		if err != nil {
			return nil, err
		}
		return repo.For(s), nil
	}
	switch {
	case own == nil && l.Strict:
		return nil, clierr.New(clierr.Config, "no_database_configured", "no database is configured, and backups of which one is not said", "name it: --database SYSTEM/NAME, or --all-databases")
	case own == nil:
		return repo, nil
	case own.AnyCluster && l.Strict:
		return nil, clierr.New(clierr.Unavailable, "database_unreachable", "the server does not tell which cluster it is: "+why.Error(),
			fmt.Sprintf("without it, name the backups: --database SYSTEM/%s (axisor backup list)", own.Database)).WithCause(why)
	case own.AnyCluster:
		l.Notice("the server was not asked which cluster it is (%s): backups of %s of every cluster count", why.Error(), own.Database)
	}
	return repo.For(*own), nil
}

// scope is the configured database; nil when none is configured. Where the server does not answer, its name
// alone is known, and why.
func (l *Location) scope(ctx context.Context) (*backup.Scope, error, error) {
	cfg, err := l.App.Config()
	if err != nil || cfg.Database.URL.IsZero() {
		return nil, nil, err
	}
	url, err := l.URL()
	if err != nil {
		return nil, nil, err
	}
	within, cancel := context.WithTimeout(ctx, identifyWithin)
	defer cancel()
	id, why := backup.Identify(within, url, l.App.Env)
	if ctx.Err() != nil {
		return nil, nil, context.Cause(ctx)
	}
	if why == nil {
		return &backup.Scope{Identity: id}, nil, nil
	}
	name, err := backup.DatabaseOf(url)
	if err != nil {
		return nil, nil, err
	}
	return &backup.Scope{Identity: backup.Identity{Database: name}, AnyCluster: true}, why, nil
}

// of is the repository for the database that a backup is of.
func of(repo *backup.Repository, e backup.Entry) *backup.Repository {
	return repo.For(backup.Scope{Identity: e.Identity()})
}

// Present refuses to call nothing a result: a directory that is not there is not mounted, or is another one.
func (l *Location) Present(repo *backup.Repository) error {
	if l.From != "" {
		return nil
	}
	if _, err := os.Stat(repo.Directory()); errors.Is(err, os.ErrNotExist) {
		return clierr.New(clierr.NotFound, "backup_directory_missing", "there is no backup directory "+repo.Directory(),
			"is it mounted? backup.directory (AXISOR_BACKUP_DIRECTORY) says where it is", "the first backup makes it: axisor backup create")
	}
	return nil
}

// Emptied is the error of a list without backups where the audit trail of the database knows of some.
func (l *Location) Emptied(ctx context.Context, repo *backup.Repository) error {
	if l.Database != "" || l.All {
		return nil
	}
	at, known := l.lastMade(ctx)
	if !known {
		return nil
	}
	return clierr.New(clierr.NotFound, "backups_missing", fmt.Sprintf("there is no backup in %s, but one was made at %s", repo.Place(), at.UTC().Format(time.RFC3339)),
		"is it mounted, and the right one? backup.directory (AXISOR_BACKUP_DIRECTORY) says where it is", "axisor audit list --action backup.create")
}

// lastMade asks the audit trail when a backup was made last. A server that does not answer knows nothing.
func (l *Location) lastMade(ctx context.Context) (at time.Time, known bool) {
	db, err := l.App.RawDB()
	if err != nil {
		return at, false
	}
	ctx, cancel := context.WithTimeout(ctx, identifyWithin)
	defer cancel()
	for row, err := range db.ListAudit(ctx, store.AuditFilter{Action: "backup.create", Resource: "backup"}, store.Page{Limit: 1}).Items {
		if err != nil {
			return at, false
		}
		return row.CreatedAt, true
	}
	return at, false
}

// Log opens what has the log of the configured cluster, or of the one with a system identifier.
func (l *Location) Log(ctx context.Context, system string) (*backup.Repository, error) {
	repo, err := l.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	if err := l.Present(repo); err != nil || system != "" {
		return repo, err
	}
	return l.Narrow(ctx, repo)
}
