package audit

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

func subject() verb.Subject[models.AuditLog, view] {
	return verb.Subject[models.AuditLog, view]{
		Desc: desc, Find: (*store.DB).AuditByID, View: viewOf, Owner: func(v *view) *output.Ref { return v.UserID },
	}
}

func newList(a *app.App) *cobra.Command {
	return subject().List(a, verb.List[models.AuditLog]{
		Words: verb.Words{
			Short: "List changes, newest first",
			Long: `List changes, newest first. --user takes an id, e-mail or username; of a user who was deleted, the id. An action
that ends in a dot stands for all that begin with it.`,
			Examples: []string{"axisor audit list --since 7d --action user.", "axisor audit list --user ana@example.com -o jsonl"},
			Exits:    exits.Database(exits.NotFound("no such user")),
		},
		Sort:   []string{"created_at", "action", "resource"},
		Filter: verb.Filtered(filtered, (*store.DB).ListAudit),
	})
}

// filtered adds the flags that narrow lists and exports of changes.
func filtered(a *app.App, c *cobra.Command) func(context.Context, *store.DB) (store.AuditFilter, error) {
	var span flags.Range
	var user string
	var f store.AuditFilter
	c.Flags().StringVar(&user, "user", "", "only what concerns this `USER`")
	c.Flags().StringVar(&f.Action, "action", "", "only this `ACTION`, such as user.create, or user. for all of users")
	c.Flags().StringVar(&f.Resource, "resource", "", "only this `KIND` of thing, such as user")
	c.Flags().StringVar(&f.Actor, "actor", "", "only what the operator `NAME` did")
	span.Register(c)
	flags.CompleteLive(c, "user", a.UserNames)
	return func(ctx context.Context, db *store.DB) (_ store.AuditFilter, err error) {
		if f.Created, err = a.TimeRange(&span); err != nil || user == "" {
			return f, err
		}
		return f, byUser(ctx, db, user, &f)
	}
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
