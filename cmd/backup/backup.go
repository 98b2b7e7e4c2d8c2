// Package backup holds the commands that make, list, check, remove and restore backups. How a
// backup is made lives in pkg/backup, what belongs to one run in internal/backups; this package declares flags and shows results.
package backup

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/backups"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
)

// New builds `axisor backup`. Without a verb it makes a backup: that is what a cron line says.
func New(a *app.App) *cobra.Command {
	c := create(a)
	c.Use = "backup"
	c.Short = "Make a backup; list, check and remove backups"
	c.Example = "  axisor backup\n  axisor backup -q --no-prune\n  axisor backup list"
	c.Args = noVerb
	flags.Mark(c, flags.NoRowsKey, "true")
	c.AddCommand(create(a), list(a), show(a), verify(a), prune(a), cat(a), pin(a, true), pin(a, false), push(a),
		base(a), newWAL(a), status(a), schedule(a))
	return c
}

// noVerb refuses arguments of the noun itself: a mistyped verb must not make a backup.
func noVerb(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	e := clierr.Usagef("unknown command %q for %q", args[0], c.CommandPath())
	c.SuggestionsMinimumDistance = 2
	var near []string
	for _, s := range c.SuggestionsFor(args[0]) {
		near = append(near, fmt.Sprintf("%q", c.CommandPath()+" "+s))
	}
	if len(near) > 0 {
		return e.WithHint("did you mean " + words.Or(near) + "?")
	}
	return e.WithHint(fmt.Sprintf("run %q for the commands", c.CommandPath()+" --help"))
}

// choices are the flags of a command that say where backups are and whose are meant.
type choices int

const (
	tools     choices = 1 << iota // --pg-bin
	database                      // --database
	databases                     // --database, --all-databases
	target                        // --from
)

// command builds a command about backups: with the flags that say where they are.
func command(a *app.App, l *backups.Location, offered choices, v verb.Command) *cobra.Command {
	own, run := v.Flags, v.Run
	l.App = a
	v.Flags = func(c *cobra.Command) {
		if own != nil {
			own(c)
		}
		locate(c, l, offered)
	}
	v.Run = func(ctx context.Context, call *verb.Call) error {
		l.Notice, l.Warn = call.Print.Notice, call.Print.Warn
		return run(ctx, call)
	}
	return v.Build(a)
}

func locate(c *cobra.Command, l *backups.Location, offered choices) {
	f := c.Flags()
	f.StringVar(&l.Directory, "directory", "", "directory of the backups (default: backup.directory)")
	if offered&tools != 0 {
		f.StringVar(&l.Programs, "pg-bin", "", "`DIR` of pg_dump and pg_restore (default: AXISOR_PG_BIN, else PATH and the installed releases)")
	}
	if offered&(database|databases) != 0 {
		f.StringVar(&l.Database, "database", "", "backups of this database: `NAME`, or SYSTEM/NAME for one of another cluster (default: the configured one)")
	}
	if offered&databases != 0 {
		f.BoolVar(&l.All, "all-databases", false, "backups of all databases and clusters")
	}
	if offered&target != 0 {
		f.StringVar(&l.From, "from", "", "work on the copies that this `TARGET` of backup.targets holds")
	}
}

// identity adds the flag for the private key of encrypted backups.
func identity(c *cobra.Command, file *string, what string) {
	c.Flags().StringVar(file, "identity", "", "`FILE` with the age private key, for "+what)
}
