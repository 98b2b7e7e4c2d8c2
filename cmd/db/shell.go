package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/pkg/backup"
)

func newShell(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "shell [-- PSQL-ARGUMENT...]",
		Short: "Start psql on the configured database",
		Long: `Starts psql on the database that every other command uses. The password goes to psql through a file that only it
can read, and never stands in a command line. What follows -- is handed to psql.

What is typed there is no command of axisor: it leaves no audit row.

Exit codes: psql's own; 10 without an address, 14 when there is no psql.`,
		Example: `  axisor db shell
  axisor db shell -- -c '\dt'`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error { return runShell(c.Context(), a, args) },
	}
	flags.Mark(c, flags.EffectKey, flags.Read)
	return c
}

func runShell(ctx context.Context, a *app.App, args []string) error {
	db, err := a.RawDB()
	if err != nil {
		return err
	}
	path, err := exec.LookPath("psql")
	if err != nil {
		return clierr.New(clierr.Tool, "psql_missing", "psql is not in the PATH", "install the PostgreSQL client programs (Debian: apt-get install postgresql-client)")
	}
	c := exec.CommandContext(ctx, path, args...) //nolint:gosec // psql, with what its user typed
	done, err := backup.Equip(c, db.URL(), "axisor db shell", a.Env)
	if err != nil {
		return err
	}
	defer done()
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) } // psql cancels its statement and stays
	c.Stdin, c.Stdout, c.Stderr = a.Streams.In, a.Streams.Stdout(), a.Streams.Stderr()
	err = c.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return clierr.New(clierr.Failure, "psql_failed", fmt.Sprintf("psql ended with %d", exit.ExitCode()))
	}
	return err
}
