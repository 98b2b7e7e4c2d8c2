package user

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// switchView is one of several users that were switched.
type switchView struct {
	view
	Result string `json:"result"`
	DryRun *bool  `json:"dry_run,omitempty"`
}

func newEnable(a *app.App) *cobra.Command {
	return newSwitch(a, true, verb.Words{
		Use: "enable USER...", Short: "Let users log in again",
		Long:     `Enable users. With several, all are enabled or, when one does not exist, none.`,
		Examples: []string{"axisor user enable ana@example.com", "axisor user enable ana bob --reason 'paid'"},
	})
}

func newDisable(a *app.App) *cobra.Command {
	return newSwitch(a, false, verb.Words{
		Use: "disable USER...", Short: "Keep users from logging in",
		Long: `Disable users: they cannot log in, and nothing of theirs is deleted. Automations and the margin guard keep their
own switches. With several users, all are disabled or, when one does not exist, none.`,
		Examples: []string{"axisor user disable ana@example.com --revoke-sessions --reason 'account taken over'", "axisor user disable ana bob"},
	})
}

func newSwitch(a *app.App, active bool, w verb.Words) *cobra.Command {
	var endSessions bool
	state := "enabled"
	if !active {
		state = "disabled"
	}
	w.Exits = exits.Database(exits.OK("also for users who are "+state), exits.NotFound("no such user"))
	return verb.Command{
		Words: w, Effect: flags.Write, Fields: output.Fields[view](), Complete: a.UserNames,
		Flags: func(c *cobra.Command) {
			if !active {
				c.Flags().BoolVar(&endSessions, "revoke-sessions", false, "end their sessions too")
			}
		},
		Write: func(ctx context.Context, call *verb.Call, _ *store.DB, svc *admin.Service) error {
			changes, err := svc.SetUsersActive(ctx, call.Mode(), call.Args, active, endSessions)
			if err != nil {
				return err
			}
			if len(changes) == 1 {
				return subject().PrintChange(call, changes[0], change{
					Done: "user %s is " + state, Would: "user %s would be " + state, Already: "user %s is " + state + " already",
				})
			}
			one := func(u models.User, result string, dryRun *bool) switchView {
				return switchView{viewOf(u), result, dryRun}
			}
			return verb.PrintMany(call, desc(), changes, one, "%d of %d users "+state, "%d of %d users would be "+state)
		},
	}.Build(a)
}
