// Package exchange holds the commands on exchanges, the venues that users connect accounts of.
package exchange

import (
	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
)

// New builds `axisor exchange`.
func New(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "exchange",
		Short: "Exchanges that accounts belong to",
		Long:  "Exchanges that users connect accounts of, with the credential fields each of them asks for.",
	}
	c.AddCommand(newList(a, nil), newShow(a, nil), newCreate(a, nil), newUpdate(a, nil), newEnable(a, nil),
		newDisable(a, nil), newDelete(a, nil), newCredentialType(a))
	return c
}
