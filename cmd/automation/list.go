package automation

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

func newList(a *app.App) *cobra.Command {
	return subject().List(a, verb.List[models.Automation]{
		Words: verb.Words{
			Short: "List automations",
			Long: `Lists automations, newest first. Whether one runs is said by is_active: the web application never changes the status
word, so the two may disagree; "axisor automation check" finds those.`,
			Examples: []string{"axisor automation list --user ana@example.com --active", "axisor automation list --type tp_sl --all -o jsonl"},
			Exits:    exits.Database(exits.NotFound("the user or the account does not exist")),
		},
		Sort:   []string{"created_at", "updated_at", "type", "status", "user_id"},
		Filter: verb.Filtered(filtered, (*store.DB).ListAutomations),
	})
}

func filtered(a *app.App, c *cobra.Command) func(context.Context, *store.DB) (store.AutomationFilter, error) {
	var (
		created flags.Range
		active  flags.Active
		user    verb.UserFlag
		account string
		kind    string
		status  flags.Enum
	)
	user.Register(a, c, "only of this `USER` (id, e-mail or username)")
	c.Flags().StringVar(&account, "account", "", "only on this `ACCOUNT` (id or USER/NAME)")
	c.Flags().StringVar(&kind, "type", "", "only of this type (`SLUG`)")
	flags.RegisterEnum(c, &status, "status", "", "only with this status",
		flags.Words([]models.AutomationStatus{models.AutomationActive, models.AutomationPaused, models.AutomationStopped, models.AutomationError})...)
	active.Register(c)
	created.Register(c)
	flags.CompleteLive(c, "account", a.AccountNames)
	flags.Complete(c, "type", typeWords)
	return func(ctx context.Context, db *store.DB) (f store.AutomationFilter, err error) {
		f.Type, f.Status = kind, models.AutomationStatus(status.String())
		if f.Active, err = active.Chosen(); err != nil {
			return f, err
		}
		if f.Created, err = a.TimeRange(&created); err != nil {
			return f, err
		}
		if f.UserID, err = user.ID(ctx, a); err != nil {
			return f, err
		}
		if kind != "" { // a mistyped one is told, not answered by an empty list
			if _, err := db.FindAutomationType(ctx, kind); err != nil {
				return f, err
			}
		}
		if account == "" {
			return f, nil
		}
		found, err := db.FindAccount(ctx, account)
		f.AccountID = found.ID
		return f, err
	}
}
