package automation

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
)

type deleteOptions struct {
	app   *app.App
	id    string
	write flags.Writes
}

func newDelete(a *app.App) *cobra.Command {
	o := &deleteOptions{app: a}
	c := &cobra.Command{
		Use:     "delete ID",
		Aliases: []string{"rm"},
		Short:   "Delete an automation",
		Long: `Deletes an automation, after its id was typed. Its trade logs stay and no longer refer to it, so "axisor trade stats
--by automation" loses the link; "axisor automation disable" keeps it.

Exit codes: 0, 2 when it cannot ask and --yes is missing, 3, 5 when the answer was no, 10, 11, 12.`,
		Example: "  axisor automation delete " + idExample + "\n  axisor automation delete " + idExample + " --yes -o json",
		Args:    flags.Exactly("axisor automation delete "+idExample, "ID"),
		RunE: func(c *cobra.Command, args []string) error {
			o.id = args[0]
			return runDelete(c.Context(), o)
		},
	}
	o.write.RegisterDestroy(c)
	flags.Fields(c, output.Fields[view]())
	return c
}

func runDelete(ctx context.Context, o *deleteOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	svc, err := o.app.Admin(ctx)
	if err != nil {
		return err
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	row, err := db.AutomationByID(ctx, o.id, false)
	if err != nil {
		return err
	}
	if !o.write.DryRun {
		if err := o.app.Prompt().Type(ctx, fmt.Sprintf("delete automation %s of type %s?", row.ID, row.Type), row.ID); err != nil {
			return err
		}
	}
	change, trades, err := svc.DeleteAutomation(ctx, o.app.Mode(o.write.DryRun), row.ID)
	if err != nil {
		return err
	}
	return output.Change(p, desc(), viewOf(*change.Before), output.ChangeInfo{
		Result: change.Status, DryRun: change.DryRun,
		Say: output.Say{
			Done:  fmt.Sprintf("automation %s is deleted; %s lost the link to it", row.ID, output.Count(trades, "trade log")),
			Would: fmt.Sprintf("automation %s would be deleted; %s would lose the link to it", row.ID, output.Count(trades, "trade log")),
		},
	})
}
