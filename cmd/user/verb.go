package user

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
)

// userExample is the user in the examples of errors.
const userExample = "ana@example.com"

// verb is a command that changes one user and needs nothing but the user's name.
type verb struct {
	name, short, long, example string
	act                        func(context.Context, *admin.Service, admin.Mode, string) (admin.Change[models.User], error)
	done, would, already       string // sentences with the user's e-mail as %s
}

func (v verb) command(a *app.App) *cobra.Command {
	var writes flags.Writes
	c := &cobra.Command{
		Use: v.name + " USER", Short: v.short, Long: v.long, Example: v.example,
		Args:              flags.Exactly("axisor user "+v.name+" "+userExample, "USER"),
		ValidArgsFunction: flags.Live(a.UserNames, false),
		RunE: func(c *cobra.Command, args []string) error {
			p, err := a.Printer()
			if err != nil {
				return err
			}
			svc, err := a.Admin(c.Context())
			if err != nil {
				return err
			}
			change, err := v.act(c.Context(), svc, a.Mode(writes.DryRun), args[0])
			if err != nil {
				return err
			}
			return printChange(p, change, v.done, v.would, v.already, "")
		},
	}
	writes.Register(c)
	flags.Fields(c, output.Fields[view]())
	return c
}

// printChange prints a user as it now is and says which of the sentences is true.
func printChange(p *output.Printer, c admin.Change[models.User], done, would, already, next string) error {
	fill := func(sentence string) string { return fmt.Sprintf(sentence, c.After.Email) }
	return output.Change(p, desc(), viewOf(*c.After), output.ChangeInfo{
		Result: c.Status, DryRun: c.DryRun, Next: next, Say: output.Say{Done: fill(done), Would: fill(would), Already: fill(already)},
	})
}
