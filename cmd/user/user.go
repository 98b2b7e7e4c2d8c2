// Package user holds the commands on the people of the platform. It reads passwords from a file, standard input
// or the terminal, never from a flag's value, and no command here prints a secret.
package user

import (
	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
)

// New builds `axisor user`.
func New(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "user",
		Short: "People: create, find, change, lock out and remove users",
		Long: `Users of the platform. Wherever a command takes a USER, an id, an e-mail in any case or a username will do.
E-mails are stored in lower case and compared without regard to case.`,
	}
	c.AddCommand(
		newCreate(a), newList(a), newShow(a), newUpdate(a), newEnable(a), newDisable(a),
		newSetPlan(a), newSetPassword(a), newUnlock(a), newReset2FA(a), newVerifyEmail(a), newDelete(a),
		newImport(a), newExport(a),
		newSession(a), newTimeline(a),
	)
	return c
}
