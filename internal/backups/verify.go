package backups

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"

	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/internal/pgserver"
	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/secret"
)

// Verify checks backups.
type Verify struct {
	Location

	Ref      string // one backup; default: the newest good dump
	Every    bool   // all of them, base backups included
	Level    backup.Level
	Chosen   bool // the level was asked for: an encrypted backup without a key is an error then
	Hash     bool
	Identity string // file with the private key
	Private  bool   // deep checks on a throw-away server

	repo        *backup.Repository
	entries     []backup.Entry
	check       backup.Check
	looked, bad int
	soft        context.Context //nolint:containedctx // the first signal, for one run
}

// Verified is the outcome of one check.
type Verified struct {
	backup.Report

	Kind string // dump or base
}

// Run checks one backup after the other. The first signal lets the one in hand be finished.
func (v *Verify) Run(ctx context.Context) (iter.Seq2[Verified, error], func(), error) {
	if err := v.find(ctx); err != nil {
		return nil, nil, err
	}
	pgserver.SweepScratch("") // of checks that were killed
	v.check = backup.Check{Level: v.Level, Identities: v.Identities(v.Identity), Hash: v.Hash}
	if v.Level == backup.LevelDeep {
		v.check.Private, v.check.PrivateOnly = v.privateServer, v.Private
		v.check.OnPrivate = func() {
			if !v.Private {
				v.Notice("no database and login for a check may be made on the configured server: a throw-away server is used")
			}
		}
		if !v.Private {
			var err error
			if v.check.Server, err = v.URL(); err != nil {
				return nil, nil, err
			}
		}
	}
	soft, release := v.App.Stop.Context(ctx, "the backup that is being checked")
	v.soft = soft
	return func(yield func(Verified, error) bool) {
		for _, e := range v.entries {
			one, err := v.next(ctx, e)
			if v.Every && errors.Is(err, backup.ErrNotFound) { // pruned since the list was read
				v.Notice("%s", err.Error())
				continue
			}
			if !yield(one, err) || err != nil {
				return
			}
		}
	}, release, nil
}

// Verdict is the error when a checked backup cannot be relied on.
func (v *Verify) Verdict() error {
	if v.bad == 0 {
		return nil
	}
	return clierr.New(clierr.CheckFailed, "backup_damaged", fmt.Sprintf("%d of %d checked backups cannot be relied on", v.bad, len(v.entries)),
		"make a fresh one: axisor backup")
}

func (v *Verify) next(ctx context.Context, e backup.Entry) (Verified, error) {
	if progress.Stopped(ctx, v.soft) {
		return Verified{}, clierr.New(clierr.Interrupted, "interrupted",
			fmt.Sprintf("stopped: %d of %d backups checked, %d of them cannot be relied on", v.looked, len(v.entries), v.bad), "axisor backup verify ID checks one")
	}
	v.looked++
	r, err := v.one(ctx, e, v.check)
	if err == nil && !r.OK {
		v.bad++
	}
	return Verified{r, Kind(e)}, err
}

func (v *Verify) one(ctx context.Context, e backup.Entry, check backup.Check) (backup.Report, error) {
	if e.Manifest != nil {
		if e.Manifest.Encryption != nil && check.Identities == nil && !v.Chosen && check.Level == backup.LevelDecode {
			check.Level = backup.LevelDigest
			v.Notice("%s is encrypted: only its digest is checked; add --identity FILE to decode it", e.ID)
		}
		bar := v.count("verify "+e.ID, e.Manifest.Bytes())
		defer bar.Done()
		check.Progress = bar
	}
	r, err := v.repo.Verify(ctx, e, check)
	if err != nil {
		return r, err
	}
	if r.Warning != "" {
		v.Warn("%s: %s", e.ID, r.Warning)
	}
	for _, text := range r.Warnings {
		v.Warn("%s: %s", e.ID, text)
	}
	return r, nil
}

func (v *Verify) find(ctx context.Context) (err error) {
	if v.Every {
		return v.list(ctx)
	}
	var e backup.Entry
	v.repo, e, err = v.Find(ctx, v.Ref)
	if errors.Is(err, backup.ErrNotFound) && v.Ref != "latest" && v.repo != nil {
		if base, berr := v.repo.FindBase(v.Ref); berr == nil {
			e, err = base, nil
		}
	}
	v.entries = []backup.Entry{e}
	return err
}

func (v *Verify) list(ctx context.Context) (err error) {
	if v.repo, err = v.View(ctx); err != nil {
		return err
	}
	if err = v.Present(v.repo); err != nil {
		return err
	}
	if v.entries, err = v.repo.List(); err != nil {
		return err
	}
	bases, err := v.repo.Bases()
	if err != nil {
		return err
	}
	if v.entries = append(v.entries, bases...); len(v.entries) > 0 {
		return nil
	}
	if err := v.Emptied(ctx, v.repo); err != nil {
		return err
	}
	return clierr.New(clierr.NotFound, "backup_not_found", "there is no backup to check in "+v.repo.Place(), "make one: axisor backup")
}

// privateServer starts a throw-away server for a deep check.
func (v *Verify) privateServer(ctx context.Context, major int) (secret.Secret, func() error, error) {
	b, err := pgserver.FindMajor(ctx, major, filepath.Join(v.App.Dir, ".axisor", "pgsql"))
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
