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
		newCreate(a, nil), newList(a, nil), newShow(a, nil), newUpdate(a, nil), newEnable(a, nil), newDisable(a, nil),
		newSetPlan(a, nil), newSetPassword(a, nil), newUnlock(a), newReset2FA(a), newVerifyEmail(a), newDelete(a, nil),
		newImport(a, nil), newExport(a, nil),
		newSession(a), newTimeline(a, nil),
	)
	return c
}
