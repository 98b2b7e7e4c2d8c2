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
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/store"
)

// psqlBadConnection is EXIT_BADCONN of psql: there was no connection, or it was lost.
const psqlBadConnection = 2

func newShell(a *app.App) *cobra.Command {
	return verb.Command{
		Words: verb.Words{
			Use: "shell [-- PSQL-ARGUMENT...]", Short: "Start psql on the configured database",
			Long: `Starts psql on the database that every other command uses. The password goes to psql through a file that only it
can read, and never stands in a command line. What follows -- is handed to psql. It is looked for where backups look
for pg_dump: in PATH, in the system's places, or in the directory AXISOR_PG_BIN alone.

What is typed there is no command of axisor: it leaves no audit row.`,
			Examples: []string{"axisor db shell", `axisor db shell -- -c '\dt'`},
			Exits:    exits.And(exits.Configured(exits.On(clierr.Failure, "psql failed"), exits.On(clierr.Tool, "there is no psql")), clierr.Unavailable),
		},
		Server: shell,
	}.Build(a)
}

func shell(ctx context.Context, call *verb.Call, db *store.DB) error {
	path, err := call.Programs("").Client("psql")
	if err != nil {
		return err
	}
	c := exec.CommandContext(ctx, path, call.Args...) //nolint:gosec // psql, with what its user typed
	done, err := backup.Equip(c, db.URL(), "axisor db shell", call.Env)
	if err != nil {
		return err
	}
	defer done()
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) } // psql cancels its statement and stays
	c.Stdin, c.Stdout, c.Stderr = call.Streams.In, call.Streams.Stdout(), call.Streams.Stderr()
	err = c.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == psqlBadConnection {
		return fmt.Errorf("%w: psql says why", store.ErrUnavailable)
	}
	if exit != nil {
		return clierr.New(clierr.Failure, "psql_failed", fmt.Sprintf("psql ended with %d", exit.ExitCode()))
	}
	return err
}
