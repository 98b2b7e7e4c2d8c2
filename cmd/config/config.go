// Package config holds the commands on the configuration of this installation: what is in effect and where it
// comes from, which file is used, whether a file is right, and a first file. The rules themselves belong to
// internal/config.
package config

import (
	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/config"
)

// New builds `axisor config`.
func New(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "Settings of this installation and where they come from",
		Long: `Settings come from, strongest first: flags, AXISOR_ variables, DATABASE_URL, ENCRYPTION_KEY and PG*, the
profile, the configuration file, defaults. A profile named with --profile or AXISOR_PROFILE also beats
DATABASE_URL, ENCRYPTION_KEY and PG*.`,
	}
	flags.Mark(c, flags.NoRowsKey, "true")
	c.AddCommand(newShow(a), newPath(a), newValidate(a), newInit(a))
	return c
}

// options are what the configuration of this invocation is made from.
func options(a *app.App) config.LoadOptions {
	return config.LoadOptions{File: a.Globals.ConfigFile, Profile: a.Globals.Profile, Dir: a.Dir, Env: a.Env}
}
