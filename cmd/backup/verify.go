package backup

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/internal/pgserver"
	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/secret"
)

type verifyOptions struct {
	app      *app.App
	place    place
	ref      string
	all      bool
	level    flags.Enum
	chosen   bool // the level was asked for
	deep     bool
	hash     bool
	identity string
	private  bool
}

func newVerify(a *app.App, run func(context.Context, *verifyOptions) error) *cobra.Command {
	if run == nil {
		run = runVerify
	}
	o := &verifyOptions{app: a}
	c := &cobra.Command{
		Use:   "verify [ID|FILE|latest]",
		Short: "Check that backups are what they were and can be restored",
		Long: `Check one backup (the newest good dump when none is named) or all of them, base backups included. The
levels, each including the one before:

  digest  every stored byte is the one that was written
  decode  pg_restore reads the archive to its end; of a base backup, every file is compared with
          the server's own list (default)
  deep    (--deep) it is restored into a scratch database on the configured server by a login that
          is made for it and has no rights; rows, large objects, sequences and definitions are
          compared with the backup, and database and login are dropped

For a base backup deep is the same as decode: recover it to prove it, "axisor restore pitr", and check the
log with "axisor backup wal verify".

A deep check that may not make a database and a login there, or shall not (--private-server), starts a
throw-away server of the backup's major version on this machine: a private socket, no network, removed
afterwards. Subscriptions, publications, event triggers and user mappings are left out of the copy. A lost
row, table, key or sequence fails; a definition whose text is another one is a warning.

The result is recorded in the manifest. An encrypted backup needs --identity above the level
digest; without it and without --level, the digest alone is checked.

Exit codes: 0, 2, 3, 6, 8 (damage found), 10, 11, 14, 130.`,
		Example: `  axisor backup verify
  axisor backup verify --all --level digest
  axisor backup verify latest --deep -o json --jq .ok`,
		Args:              flags.AtMostOne("axisor backup verify latest", "ID"),
		ValidArgsFunction: flags.Live(ids(a, &o.place), false),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.ref = args[0]
			}
			o.chosen = c.Flags().Changed("level")
			if err := o.validate(); err != nil {
				return err
			}
			return explain(run(c.Context(), o))
		},
	}
	c.Flags().BoolVar(&o.all, "all", false, "check every backup")
	flags.RegisterEnum(c, &o.level, "level", "decode", "how thoroughly", "digest", "decode", "deep")
	c.Flags().BoolVar(&o.deep, "deep", false, "restore into a scratch database and compare (same as --level deep)")
	c.Flags().BoolVar(&o.private, "private-server", false, "with --deep, restore into a throw-away server and leave the configured one alone")
	c.Flags().BoolVar(&o.hash, "hash", false, "with --deep, compare a hash over the rows too (for backups made with --hash)")
	c.Flags().StringVar(&o.identity, "identity", "", "`FILE` with the age private key, for encrypted backups")
	o.place.register(c, true)
	o.place.registerDatabase(c, true)
	o.place.registerFrom(c)
	flags.Mark(c, flags.EffectKey, flags.Read)
	fieldsOf[verifiedView](c)
	return c
}

func (o *verifyOptions) validate() error {
	if o.all && o.ref != "" {
		return clierr.Usagef("--all and %q exclude each other", o.ref)
	}
	if o.deep && o.chosen && o.level.String() != "deep" {
		return clierr.Usagef("--deep and --level %s exclude each other", o.level.String())
	}
	if o.deep {
		if err := o.level.Set("deep"); err != nil {
			return err
		}
	}
	if (o.hash || o.private) && o.level.String() != "deep" {
		return clierr.Usagef("--hash and --private-server need --deep")
	}
	return nil
}

func runVerify(ctx context.Context, o *verifyOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	repo, entries, err := o.entries(ctx, p)
	if err != nil {
		return err
	}
	check := backup.Check{Level: backup.Level(o.level.String()), Identities: identities(o.app, o.identity), Hash: o.hash}
	pgserver.SweepScratch("") // of checks that were killed
	if check.Level == backup.LevelDeep {
		check.Private, check.PrivateOnly = privateServer(o.app), o.private
		check.OnPrivate = func() {
			if !o.private {
				p.Notice("no database and login for a check may be made on the configured server: a throw-away server is used")
			}
		}
		if !o.private {
			if check.Server, err = serverURL(o.app); err != nil {
				return err
			}
		}
	}
	bad, looked := 0, 0
	soft, release := o.app.Stop.Context(ctx, "the backup that is being checked")
	defer release()
	one := func(e backup.Entry) (verifiedView, error) {
		if progress.Stopped(ctx, soft) {
			return verifiedView{}, clierr.New(clierr.Interrupted, "interrupted",
				fmt.Sprintf("stopped: %d of %d backups checked, %d of them cannot be relied on", looked, len(entries), bad), "axisor backup verify ID checks one")
		}
		looked++
		v, err := o.one(ctx, p, repo, e, check)
		if err == nil && !v.OK {
			bad++
		}
		return v, err
	}
	if o.all {
		err = output.List(p, verifiedDesc(), func(yield func(verifiedView, error) bool) {
			for _, e := range entries {
				v, err := one(e)
				if errors.Is(err, backup.ErrNotFound) { // pruned since the list was read
					p.Notice("%s", err.Error())
					continue
				}
				if !yield(v, err) || err != nil {
					return
				}
			}
		}, nil)
	} else {
		var v verifiedView
		if v, err = one(entries[0]); err == nil {
			err = output.One(p, verifiedDesc(), v, nil)
		}
	}
	if err != nil {
		return err
	}
	if bad > 0 {
		return clierr.New(clierr.CheckFailed, "backup_damaged", fmt.Sprintf("%d of %d checked backups cannot be relied on", bad, len(entries)),
			"make a fresh one: axisor backup")
	}
	return nil
}

// privateServer starts throw-away servers for deep checks.
func privateServer(a *app.App) backup.PrivateServer {
	return func(ctx context.Context, major int) (secret.Secret, func() error, error) {
		b, err := pgserver.FindMajor(ctx, major, filepath.Join(a.Dir, ".axisor", "pgsql"))
		if err != nil {
			return secret.Secret{}, nil, clierr.New(clierr.Tool, "tool_missing", err.Error(),
				fmt.Sprintf("install the server of PostgreSQL %d (Debian: postgresql-%d), or name its programs with %s", major, major, pgserver.EnvBin)).WithCause(err)
		}
		s, err := pgserver.StartScratch(ctx, "", b)
		if err != nil {
			return secret.Secret{}, nil, err
		}
		return s.URL("postgres"), s.Close, nil
	}
}

func (o *verifyOptions) entries(ctx context.Context, p *output.Printer) (*backup.Repository, []backup.Entry, error) {
	if o.all {
		repo, err := o.place.view(ctx, o.app, p.Notice)
		if err != nil {
			return nil, nil, err
		}
		if err := present(repo, &o.place); err != nil {
			return nil, nil, err
		}
		list, err := repo.List()
		if err != nil {
			return nil, nil, err
		}
		bases, err := repo.Bases()
		if err != nil {
			return nil, nil, err
		}
		if list = append(list, bases...); len(list) == 0 {
			if err := emptied(ctx, o.app, repo, &o.place); err != nil {
				return nil, nil, err
			}
			return nil, nil, clierr.New(clierr.NotFound, "backup_not_found", "there is no backup to check in "+repo.Place(), "make one: axisor backup")
		}
		return repo, list, nil
	}
	ref := o.ref
	if ref == "" {
		ref = "latest"
	}
	repo, e, err := find(ctx, o.app, &o.place, ref, p.Notice)
	if errors.Is(err, backup.ErrNotFound) && ref != "latest" {
		if base, berr := repo.FindBase(ref); berr == nil {
			e, err = base, nil
		}
	}
	return repo, []backup.Entry{e}, err
}

func (o *verifyOptions) one(ctx context.Context, p *output.Printer, repo *backup.Repository, e backup.Entry, check backup.Check) (verifiedView, error) {
	if e.Manifest != nil {
		if e.Manifest.Encryption != nil && check.Identities == nil && !o.chosen && check.Level == backup.LevelDecode {
			check.Level = backup.LevelDigest
			p.Notice("%s is encrypted: only its digest is checked; add --identity FILE to decode it", e.ID)
		}
		bar := progress.Start(o.app.Streams, "verify "+e.ID, e.Manifest.Bytes(), progress.Bytes, o.app.Globals.Quiet)
		defer bar.Done()
		check.Progress = bar
	}
	r, err := repo.Verify(ctx, e, check)
	if err != nil {
		return verifiedView{}, err
	}
	if r.Warning != "" {
		warn(p, e.ID+": "+r.Warning)
	}
	for _, text := range r.Warnings {
		warn(p, e.ID+": "+text)
	}
	v := verifiedView{
		ID: e.ID, Kind: kindOf(e), Warnings: append([]string{}, r.Warnings...), OK: r.OK, Level: string(r.Level), At: output.At(r.At), DurationMs: r.DurationMs, Recorded: r.Recorded,
	}
	if r.Problem != "" {
		v.Problem = &r.Problem
	}
	return v, nil
}
