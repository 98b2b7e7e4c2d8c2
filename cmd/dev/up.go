package dev

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/internal/devenv"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
)

func newUp(a *app.App) *cobra.Command {
	return verb.Command{
		Words: verb.Words{
			Use: "up", Short: "Create and start the development environment of this folder",
			Long: `Creates what is missing and starts what is not running: the private PostgreSQL, the simulated exchange, the
simulated Lightning node, an encryption key, and ./.axisor.yaml, which points every command run in this folder at them.
Running it again changes nothing; after a restart of the machine it starts all again with everything they held.

A .axisor.yaml of your own is left alone; the configuration is then .axisor/config.yaml, to be named with
--config. As root the database runs as an unprivileged account.`,
			Examples: []string{
				"axisor dev up",
				"axisor dev up -o json --jq .database_url",
			},
			Exits: exits.Configured(exits.On(clierr.Config, "a file cannot be read or written"),
				exits.On(clierr.Tool, "no PostgreSQL server programs are on this machine")),
		},
		Effect: flags.Write, Local: true, Fields: output.Fields[envView](),
		Run: runUp,
	}.Build(a)
}

func runUp(ctx context.Context, call *verb.Call) error {
	p := call.Print
	env, err := environment(call.App)
	if err != nil {
		return err
	}
	before, err := env.Status(ctx)
	if err != nil {
		return err
	}
	info := output.ChangeInfo{Result: words.Updated, DryRun: call.DryRun, Say: output.Say{
		Done: "the development environment is up", Would: "the development environment would be started", Already: "the development environment is up already",
	}, Next: "axisor migrate up"}
	switch {
	case before.Up():
		info.Result = words.Unchanged
	case !env.Exists():
		info.Result = words.Created
	}
	after := before
	if !call.DryRun {
		if after, err = up(ctx, call.App, env); err != nil {
			return err
		}
		if !after.ConfigOurs {
			p.Notice("notice: .axisor.yaml is yours and was left alone; use: axisor --config %s", after.ConfigFile)
		}
		if after.Moved != "" {
			p.Notice("notice: the database's account cannot enter this folder, so its files are in %s", after.Moved)
		}
	}
	return output.Change(p, envDesc(), viewOf(after), info)
}

func up(ctx context.Context, a *app.App, env *devenv.Env) (devenv.Status, error) {
	counter := progress.Start(a.Streams, "starting PostgreSQL and the simulators", 0, progress.Items, a.Globals.Quiet)
	defer counter.Done()
	s, err := env.Up(ctx)
	if errors.Is(err, devenv.ErrNoServer) {
		err = clierr.New(clierr.Tool, "postgres_missing", err.Error(),
			"install PostgreSQL 15 or newer (Debian: apt-get install postgresql), or, in axisor's source folder: scripts/ensure-tools postgres",
			"or name the folder of its programs: AXISOR_PG_BIN=/path/to/bin").WithCause(err)
	}
	return s, err
}
