package backup

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/backups"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/backup"
)

func verify(a *app.App) *cobra.Command {
	var (
		check backups.Verify
		level flags.Enum
		deep  bool
	)
	return command(a, &check.Location, tools|databases|target, verb.Command{
		Words: verb.Words{
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
digest; without it and without --level, the digest alone is checked.`,
			Examples: []string{
				"axisor backup verify",
				"axisor backup verify --all --level digest",
				"axisor backup verify latest --deep -o json --jq .ok",
			},
			Exits: exits.And(exits.Configured(exits.On(clierr.CheckFailed, "damage found")), clierr.NotFound, clierr.Denied, clierr.Unavailable, clierr.Tool, clierr.Interrupted),
		},
		Fields: output.Fields[verifiedView](), Complete: check.Names,
		Flags: func(c *cobra.Command) {
			f := c.Flags()
			f.BoolVar(&check.Every, "all", false, "check every backup")
			flags.RegisterEnum(c, &level, "level", "decode", "how thoroughly", "digest", "decode", "deep")
			f.BoolVar(&deep, "deep", false, "restore into a scratch database and compare (same as --level deep)")
			f.BoolVar(&check.Private, "private-server", false, "with --deep, restore into a throw-away server and leave the configured one alone")
			f.BoolVar(&check.Hash, "hash", false, "with --deep, compare a hash over the rows too (for backups made with --hash)")
			identity(c, &check.Identity, "encrypted backups")
		},
		Check: func(call *verb.Call) error {
			check.Chosen, check.Level, check.Ref = call.Given("level"), backup.Level(level.String()), cmp.Or(call.Arg(0), "latest")
			switch {
			case check.Every && len(call.Args) > 0:
				return clierr.Usagef("--all and %q exclude each other", check.Ref)
			case deep && check.Chosen && check.Level != backup.LevelDeep:
				return clierr.Usagef("--deep and --level %s exclude each other", level.String())
			case deep:
				check.Level = backup.LevelDeep
			case (check.Hash || check.Private) && check.Level != backup.LevelDeep:
				return clierr.Usagef("--hash and --private-server need --deep")
			}
			return nil
		},
		Run: func(ctx context.Context, call *verb.Call) error {
			results, release, err := check.Run(ctx)
			if err != nil {
				return err
			}
			defer release()
			if check.Every {
				err = output.List(call.Print, verifiedDesc(), output.Map(results, verifiedViewOf), nil)
			} else {
				for r, failed := range results {
					if err = failed; err == nil {
						err = output.One(call.Print, verifiedDesc(), verifiedViewOf(r), nil)
					}
				}
			}
			if err != nil {
				return err
			}
			return check.Verdict()
		},
	})
}

func verifiedViewOf(r backups.Verified) verifiedView {
	v := verifiedView{
		ID: r.ID, Kind: r.Kind, Warnings: append([]string{}, r.Warnings...), OK: r.OK, Level: string(r.Level), At: output.At(r.At),
		DurationMs: r.DurationMs, Recorded: r.Recorded,
	}
	if r.Problem != "" {
		v.Problem = &r.Problem
	}
	return v
}
