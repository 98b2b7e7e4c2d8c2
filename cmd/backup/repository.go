package backup

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/pgserver"
	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/backup/remote"
	"github.com/axisor/axisor/pkg/secret"
)

// place are the flags that say where backups are and which programs work on them.
type place struct {
	directory string
	pgBin     string
	from      string
	database  string
	all       bool
	loose     bool // a path was named: whoever can write there is the operator's business
}

// registerFrom adds the choice of a target, for commands that can work on copies.
func (p *place) registerFrom(c *cobra.Command) {
	c.Flags().StringVar(&p.from, "from", "", "work on the copies that this `TARGET` of backup.targets holds")
}

// catalogue opens the repository, or the copies of a target when --from names one.
func (p *place) catalogue(ctx context.Context, a *app.App) (*backup.Repository, error) {
	if p.from == "" {
		return p.open(a)
	}
	targets, err := configuredTargets(a)
	if err != nil {
		return nil, err
	}
	t, err := backup.FindTarget(targets, p.from)
	if err != nil {
		return nil, err
	}
	o, err := p.options(a)
	if err != nil {
		return nil, err
	}
	return backup.OpenTarget(ctx, o, t)
}

func configuredTargets(a *app.App) ([]remote.Target, error) {
	cfg, err := a.Config()
	if err != nil {
		return nil, err
	}
	return backup.ParseTargets(cfg.Backup.Targets, a.Getenv)
}

func (p *place) register(c *cobra.Command, tools bool) {
	c.Flags().StringVar(&p.directory, "directory", "", "directory of the backups (default: backup.directory)")
	if tools {
		c.Flags().StringVar(&p.pgBin, "pg-bin", "", "`DIR` of pg_dump and pg_restore (default: AXISOR_PG_BIN, else PATH and the installed releases)")
	}
}

// open gives the repository. It touches neither disk nor server.
func (p *place) open(a *app.App) (*backup.Repository, error) {
	o, err := p.options(a)
	if err != nil {
		return nil, err
	}
	repo := backup.Open(o)
	if p.loose {
		return repo, nil
	}
	return repo, repo.Closed()
}

func (p *place) options(a *app.App) (backup.Options, error) {
	cfg, err := a.Config()
	if err != nil {
		return backup.Options{}, err
	}
	key, err := signing(a, cfg.Backup.SigningKeyFile)
	if err != nil {
		return backup.Options{}, err
	}
	directory := cmp.Or(p.directory, cfg.Backup.Directory)
	return backup.Options{
		Directory: a.Path(directory), Tools: p.finder(a),
		Environ: a.Env, Now: a.Now, Host: hostname(), Program: "axisor " + a.Build.Version, Signing: key,
	}, nil
}

// finder looks where the rest of the program looks for PostgreSQL: in the named directory
// alone, or else in PATH, in the system's places and in this folder's private copy.
func (p *place) finder(a *app.App) backup.Finder {
	named := p.pgBin
	if named == "" {
		named = a.Getenv(pgserver.EnvBin)
	}
	return backup.Finder{
		Directory: a.Path(named),
		Path:      filepath.SplitList(a.Getenv("PATH")),
		Globs:     append(backup.DefaultGlobs(), filepath.Join(a.Dir, ".axisor", "pgsql", "bin")),
	}
}

// hostname is for people; a machine without a name still makes backups.
func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}

// serverURL is the configured database in the form the client programs understand.
func serverURL(a *app.App) (secret.Secret, error) {
	db, err := a.RawDB()
	if err != nil {
		return secret.Secret{}, err
	}
	return db.URL(), nil
}

// identities reads the private keys of --identity when they are first needed.
func identities(a *app.App, file string) backup.Identities {
	if file == "" {
		return nil
	}
	return backup.IdentityFile(a.Path(file))
}

// find looks a backup up by id, file name, path or "latest", which is the newest good one of the configured database.
// A path also says which directory it is in, so that a copy on another disk can be checked and restored where it lies.
func find(ctx context.Context, a *app.App, p *place, ref string, tell func(format string, args ...any)) (*backup.Repository, backup.Entry, error) {
	at := *p
	if strings.ContainsRune(ref, filepath.Separator) {
		at.directory, at.loose = filepath.Dir(a.Path(ref)), true
	}
	repo, err := at.catalogue(ctx, a)
	if err == nil && (ref == "latest" || at.database != "") {
		repo, err = at.narrow(ctx, a, repo, tell)
	}
	if err != nil {
		return nil, backup.Entry{}, err
	}
	e, err := repo.Find(ref)
	return repo, e, err
}
