package user

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

type exportOptions struct {
	app    *app.App
	span   flags.Range
	active flags.Active
	plan   flags.Enum
	search string
}

func newExport(a *app.App) *cobra.Command {
	o := &exportOptions{app: a}
	c := &cobra.Command{
		Use:   "export",
		Short: "Write all users to stdout, as csv unless -o says otherwise",
		Long: `Write all users, or those that the filters leave, oldest first. The format is csv unless -o says jsonl, json or
yaml; "user import" reads csv and jsonl back and gives the same rows. Passwords and other secrets are not part of it.
Cells that a spreadsheet would run as a formula get a quote in front, which the import takes away again.

Exit codes: 0, 2, 10, 11, 12.`,
		Example: "  axisor user export > users.csv\n  axisor user export -o jsonl --plan pro | gzip > pro.jsonl.gz",
		Args:    flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.active.Validate(); err != nil {
				return err
			}
			return runExport(c.Context(), o)
		},
	}
	flags.RegisterEnum(c, &o.plan, "plan", "", "only on this plan", planWords()...)
	o.active.Register(c)
	c.Flags().StringVar(&o.search, "search", "", "only with this `TEXT` in the e-mail or username, in any case")
	o.span.Register(c)
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[view]())
	return c
}

func runExport(ctx context.Context, o *exportOptions) error {
	p, err := o.app.ExportPrinter()
	if err != nil {
		return err
	}
	when, err := o.app.TimeRange(&o.span)
	if err != nil {
		return err
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	defer o.app.CountOutput("export users")()
	f := store.UserFilter{Plan: models.PlanType(o.plan.String()), Active: o.active.Value(), Search: o.search, Created: when}
	if csv, ok := o.app.ServerCSV(p); ok {
		_, err := db.CopyUsers(ctx, o.app.Streams.Out, f, csv)
		return err
	}
	list := db.ListUsers(ctx, f, store.Page{All: true, Sort: "created_at"})
	return output.List(p, desc(), output.Map(list.Items, viewOf), list.Next)
}
