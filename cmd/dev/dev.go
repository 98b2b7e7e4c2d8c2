// Package dev holds the commands of the development environment: a private PostgreSQL, a simulated exchange and
// a simulated Lightning node in the current folder. It prints and asks; internal/devenv does the work.
package dev

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/devenv"
)

// New builds `axisor dev`.
func New(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "dev",
		Short: "Try axisor on this machine: a private database, a simulated exchange and Lightning node",
		Long: `A complete environment in the current folder, with nothing to install and nothing to configure: a private
PostgreSQL, a simulated LN Markets and a simulated Lightning node (LND and LNbits), all on the loopback interface only,
kept in .axisor/, and a configuration file .axisor.yaml that points every command at them.

None of it touches a database, an exchange or a configuration file that was there before.`,
		Example: `  axisor dev up
  axisor migrate up
  axisor dev seed --users 50
  axisor dev exchange price 92000
  axisor dev down`,
	}
	flags.Mark(c, flags.NoRowsKey, "true")
	c.AddCommand(newUp(a), newDown(a), newStatus(a), newSeed(a), newExchange(a), newLightning(a))
	return c
}

// environment is the one of the current folder.
func environment(a *app.App) (*devenv.Env, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, clierr.New(clierr.Failure, "no_program", "cannot find the path of this program: "+err.Error())
	}
	return devenv.Open(devenv.Options{Dir: a.Dir, Program: program, Serve: serveArgs, ServeNode: serveNodeArgs})
}
