package automation

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

type listOptions struct {
	app     *app.App
	page    flags.Page
	created flags.Range
	active  flags.Active
	user    string
	account string
	kind    string
	status  flags.Enum
}

func sortable() []string { return []string{"created_at", "updated_at", "type", "status", "user_id"} }

func newList(a *app.App) *cobra.Command {
	o := &listOptions{app: a}
	c := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List automations",
		Long: `Lists automations, newest first. Whether one runs is said by is_active: the web application never changes the status
word, so the two may disagree; "axisor automation check" finds those.

Exit codes: 0, 2, 3 when the user or the account does not exist, 10, 11, 12.`,
		Example: "  axisor automation list --user ana@example.com --active\n  axisor automation list --type tp_sl --all -o jsonl",
		Args:    flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := errors.Join(o.page.Validate(sortable()...), o.active.Validate()); err != nil {
				return err
			}
			return runList(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.user, "user", "", "only of this `USER` (id, e-mail or username)")
	f.StringVar(&o.account, "account", "", "only on this `ACCOUNT` (id or USER/NAME)")
	f.StringVar(&o.kind, "type", "", "only of this type (`SLUG`)")
	flags.RegisterEnum(c, &o.status, "status", "", "only with this status", statusWords()...)
	o.active.Register(c)
	o.created.Register(c)
	o.page.Register(c, sortable()...)
	flags.CompleteLive(c, "user", a.UserNames)
	flags.CompleteLive(c, "account", a.AccountNames)
	flags.Complete(c, "type", typeWords)
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[view]())
	return c
}

func statusWords() []string {
	return []string{
		string(models.AutomationActive), string(models.AutomationPaused), string(models.AutomationStopped), string(models.AutomationError),
	}
}

func runList(ctx context.Context, o *listOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	since, until, err := o.created.Resolve(o.app.Now())
	if err != nil {
		return err
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	f := store.AutomationFilter{Type: o.kind, Status: models.AutomationStatus(o.status.String()), Active: o.active.Value()}
	f.Created.Since, f.Created.Until = models.Deref(since), models.Deref(until)
	if f.UserID, err = o.app.UserID(ctx, o.user); err != nil {
		return err
	}
	if o.kind != "" { // a mistyped one is told, not answered by an empty list
		if _, err := db.FindAutomationType(ctx, o.kind); err != nil {
			return err
		}
	}
	if o.account != "" {
		account, err := db.FindAccount(ctx, o.account)
		if err != nil {
			return err
		}
		f.AccountID = account.ID
	}
	list := db.ListAutomations(ctx, f, store.Page(o.page))
	return output.List(p, desc(), app.Owned(ctx, p, db, list.Items, viewOf, owner), list.Next)
}
