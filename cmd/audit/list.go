package audit

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/store"
)

type listOptions struct {
	app      *app.App
	page     flags.Page
	span     flags.Range
	user     string
	action   string
	resource string
	actor    string
}

func newList(a *app.App) *cobra.Command {
	o := &listOptions{app: a}
	c := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List changes, newest first",
		Long: `List changes, newest first. --user takes an id, e-mail or username; of a user who was deleted, the id. An action
that ends in a dot stands for all that begin with it.

Exit codes: 0, 2, 3 (no such user), 10, 11, 12.`,
		Example: "  axisor audit list --since 7d --action user.\n  axisor audit list --user ana@example.com -o jsonl",
		Args:    flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.page.Validate(sortable()...); err != nil {
				return err
			}
			return runList(c.Context(), o)
		},
	}
	o.page.Register(c, sortable()...)
	c.Flags().StringVar(&o.user, "user", "", "only what concerns this `USER`")
	c.Flags().StringVar(&o.action, "action", "", "only this `ACTION`, such as user.create, or user. for all of users")
	c.Flags().StringVar(&o.resource, "resource", "", "only this `KIND` of thing, such as user")
	c.Flags().StringVar(&o.actor, "actor", "", "only what the operator `NAME` did")
	o.span.Register(c)
	flags.CompleteLive(c, "user", a.UserNames)
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[view]())
	return c
}

func runList(ctx context.Context, o *listOptions) error {
	p, err := o.app.Printer()
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
	filter := store.AuditFilter{
		Action: o.action, Resource: o.resource, Actor: o.actor,
		Created: when,
	}
	if o.user != "" {
		if err := byUser(ctx, db, o.user, &filter); err != nil {
			return err
		}
	}
	list := db.ListAudit(ctx, filter, store.Page(o.page))
	owner := func(v *view) *output.Ref { return v.UserID }
	return output.List(p, desc(), app.Owned(ctx, p, db, list.Items, viewOf, owner), list.Next)
}

// byUser narrows the list to one user. A deleted user has lost the link to its entries and left only its id in
// them, so an id that no user has any more is looked for there.
func byUser(ctx context.Context, db *store.DB, ref string, filter *store.AuditFilter) error {
	u, err := db.FindUser(ctx, ref)
	if err == nil {
		filter.UserID = u.ID
		return nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	trace := store.AuditFilter{Resource: "user", ResourceID: ref}
	rows, traceErr := db.ListAudit(ctx, trace, store.Page{Limit: 1}).Collect()
	if traceErr != nil {
		return traceErr
	}
	if len(rows) == 0 || (filter.Resource != "" && filter.Resource != "user") {
		return err
	}
	filter.Resource, filter.ResourceID = "user", ref
	return nil
}

// sortable are the fields of --sort.
func sortable() []string { return []string{"created_at", "action", "resource"} }
