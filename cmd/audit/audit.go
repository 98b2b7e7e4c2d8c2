// Package audit holds the commands that read the audit trail. Every change writes its
// entry itself; the only write here deletes what is old.
package audit

import (
	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
)

// New builds `axisor audit`.
func New(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "audit",
		Short: "Who changed what, when and why",
		Long: `The audit trail. Every change made by this tool leaves one entry in the same transaction: the action, what it was
done to, the values before and after without secrets, and the operator, host and reason.`,
	}
	c.AddCommand(newList(a), newShow(a), newSecurity(a), newExport(a), newPrune(a))
	return c
}
