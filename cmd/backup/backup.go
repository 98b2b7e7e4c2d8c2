// Package backup holds the commands that make, list, check, remove and restore backups. How a
// backup is made lives in pkg/backup; this package reads flags and configuration, shows
// progress and results, and leaves the audit trail.
package backup

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
)

// New builds `axisor backup`. Without a verb it makes a backup: that is what a cron line says.
func New(a *app.App) *cobra.Command {
	c := newCreate(a, nil)
	c.Use = "backup"
	c.Short = "Make a backup; list, check and remove backups"
	c.Example = "  axisor backup\n  axisor backup -q --no-prune\n  axisor backup list"
	c.Args = noVerb
	flags.Mark(c, flags.NoRowsKey, "true")
	c.AddCommand(newCreate(a, nil), newList(a, nil), newShow(a, nil), newVerify(a, nil), newPrune(a, nil),
		newCat(a, nil), newPin(a, nil), newUnpin(a, nil), newPush(a, nil),
		newBase(a, nil), newWAL(a), newStatus(a, nil), newSchedule(a, nil))
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
		return e.WithHint("did you mean " + strings.Join(near, " or ") + "?")
	}
	return e.WithHint(fmt.Sprintf("run %q for the commands", c.CommandPath()+" --help"))
}

// fieldsOf records the fields of a command's result.
func fieldsOf[T any](c *cobra.Command) { flags.Fields(c, output.Fields[T]()) }
