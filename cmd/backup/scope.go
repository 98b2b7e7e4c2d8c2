package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/store"
)

// identifyWithin bounds the question who the configured server is: a list must come also when it does not answer.
const identifyWithin = 5 * time.Second

// registerDatabase adds the choice of another database's backups, and of all, where that makes sense.
func (p *place) registerDatabase(c *cobra.Command, all bool) {
	c.Flags().StringVar(&p.database, "database", "", "backups of this database: `NAME`, or SYSTEM/NAME for one of another cluster (default: the configured one)")
	if all {
		c.Flags().BoolVar(&p.all, "all-databases", false, "backups of all databases and clusters")
	}
}

// view opens the repository, or the copies of a target, for one database: the configured one unless a flag says
// otherwise. tell says what the answer rests on when the server could not be asked.
func (p *place) view(ctx context.Context, a *app.App, tell func(format string, args ...any)) (*backup.Repository, error) {
	repo, err := p.catalogue(ctx, a)
	if err != nil {
		return nil, err
	}
	return p.narrow(ctx, a, repo, tell)
}

// narrow chooses the database. With tell nil something is to be removed: then the server has to answer, or its system
// identifier must be named.
func (p *place) narrow(ctx context.Context, a *app.App, repo *backup.Repository, tell func(format string, args ...any)) (*backup.Repository, error) {
	if p.all && p.database != "" {
		return nil, clierr.Usagef("--database and --all-databases exclude each other")
	}
	if p.all {
		return repo.ForAll(), nil
	}
	own, why, err := configuredScope(ctx, a)
	if err != nil {
		return nil, err
	}
	if p.database != "" {
		s, err := repo.Named(p.database, own, tell == nil)
		if err != nil {
			return nil, err
		}
		return repo.For(s), nil
	}
	switch {
	case own == nil && tell == nil:
		return nil, clierr.New(clierr.Config, "no_database_configured", "no database is configured, and backups of which one is not said", "name it: --database SYSTEM/NAME, or --all-databases")
	case own == nil:
		return repo, nil
	case own.AnyCluster && tell == nil:
		return nil, clierr.New(clierr.Unavailable, "database_unreachable", "the server does not tell which cluster it is: "+why.Error(),
			fmt.Sprintf("without it, name the backups: --database SYSTEM/%s (axisor backup list)", own.Database)).WithCause(why)
	case own.AnyCluster:
		tell("the server was not asked which cluster it is (%s): backups of %s of every cluster count", why.Error(), own.Database)
	}
	return repo.For(*own), nil
}

// configuredScope is the configured database; nil when none is configured. Where the server does not answer, its name
// alone is known, and why.
func configuredScope(ctx context.Context, a *app.App) (*backup.Scope, error, error) {
	cfg, err := a.Config()
	if err != nil || cfg.Database.URL.IsZero() {
		return nil, nil, err
	}
	url, err := serverURL(a)
	if err != nil {
		return nil, nil, err
	}
	within, cancel := context.WithTimeout(ctx, identifyWithin)
	defer cancel()
	id, why := backup.Identify(within, url, a.Env)
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

// present refuses to call nothing a result: a directory that is not there is not mounted, or is another one.
func present(repo *backup.Repository, p *place) error {
	if p.from != "" {
		return nil
	}
	if _, err := os.Stat(repo.Directory()); errors.Is(err, os.ErrNotExist) {
		return clierr.New(clierr.NotFound, "backup_directory_missing", "there is no backup directory "+repo.Directory(),
			"is it mounted? backup.directory (AXISOR_BACKUP_DIRECTORY) says where it is", "the first backup makes it: axisor backup create")
	}
	return nil
}

// emptied is the error of a list without backups where the audit trail of the database knows of some.
func emptied(ctx context.Context, a *app.App, repo *backup.Repository, p *place) error {
	if p.database != "" || p.all {
		return nil
	}
	at, known := lastMade(ctx, a)
	if !known {
		return nil
	}
	return clierr.New(clierr.NotFound, "backups_missing", fmt.Sprintf("there is no backup in %s, but one was made at %s", repo.Place(), at.UTC().Format(time.RFC3339)),
		"is it mounted, and the right one? backup.directory (AXISOR_BACKUP_DIRECTORY) says where it is", "axisor audit list --action backup.create")
}

// lastMade asks the audit trail when a backup was made last. A server that does not answer knows nothing.
func lastMade(ctx context.Context, a *app.App) (at time.Time, known bool) {
	db, err := a.RawDB()
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

// signing reads the key that manifests are signed with; nil without one.
func signing(a *app.App, path string) (*backup.Signing, error) {
	if path == "" {
		return nil, nil
	}
	return backup.OpenSigningKey(a.Path(path), config.ReadPrivateFile)
}
