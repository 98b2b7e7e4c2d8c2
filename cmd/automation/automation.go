// Package automation holds the commands on automations: what the platform does for users on their accounts.
package automation

import (
	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
)

// idExample is the automation in the examples of errors.
const idExample = "6f1d2a34-5b6c-4d7e-8f90-a1b2c3d4e5f6"

// New builds `axisor automation`.
func New(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "automation",
		Short: "Automations of users on their accounts",
		Long: `Automations: a type, an account and a configuration. There is at most one active automation of a type on an account.
What automations did is in "axisor trade list --automation ID".`,
	}
	c.AddCommand(newList(a), newShow(a), newCreate(a), newUpdate(a), newEdit(a), newEnable(a), newDisable(a),
		newDelete(a), newValidate(a), newSchema(a), newCheck(a), newType(a))
	return c
}
