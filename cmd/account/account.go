// Package account holds the commands on exchange accounts: a user's named sets of credentials, of which one is
// active. It reads secrets from a file, standard input or the terminal and never prints one.
package account

import (
	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
)

// New builds `axisor account`.
func New(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "account",
		Short: "Users' accounts on exchanges, with encrypted credentials",
		Long: `Accounts of users on exchanges. A user may have several, on one exchange or on many, and one of them is active:
the one that automations and the margin guard work with. Credential values are stored encrypted, field by
field, and no command here prints them.`,
	}
	c.AddCommand(newList(a), newShow(a, nil), newCreate(a, nil), newActivate(a, nil), newDeactivate(a, nil),
		newRename(a, nil), newDelete(a, nil), newTest(a, nil), newCheck(a, nil))
	return c
}
