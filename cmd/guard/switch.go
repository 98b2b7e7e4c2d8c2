package guard

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// switchView is a kill switch.
type switchView struct {
	Scope     string       `json:"scope"`
	User      *string      `json:"user"`
	UserID    *string      `json:"user_id"`
	Disabled  bool         `json:"disabled"`
	Reason    *string      `json:"reason"`
	Actor     *string      `json:"actor"`
	UpdatedAt *output.Time `json:"updated_at"`
}

func switchDesc() output.Desc { return output.Desc{Noun: "switches", ID: "scope"} }

func disable(a *app.App) *cobra.Command {
	return switching(a, true, verb.Words{
		Use:   "disable [USER]",
		Short: "Throw the kill switch, for everybody or for one user",
		Long: `Nothing is added from now on, also not by a run that is under way: it looks at the switch before each addition.
Configurations stay as they are. Needs --reason.`,
		Examples: []string{
			`axisor guard disable --reason "exchange maintenance"`,
			`axisor guard disable ana@example.com --reason "asked by mail"`,
		},
		Exits: exits.Database(exits.On(clierr.Usage, "also without a reason"), exits.NotFound("no such user")),
	})
}

func enable(a *app.App) *cobra.Command {
	return switching(a, false, verb.Words{
		Use:   "enable [USER]",
		Short: "Take the kill switch back, for everybody or for one user",
		Long:  `The guard works again. A user's switch and the one for everybody are independent: both must be on. Needs --reason.`,
		Examples: []string{
			`axisor guard enable --reason "maintenance is over"`,
			`axisor guard enable ana@example.com --reason "asked by mail"`,
		},
		Exits: exits.Database(exits.On(clierr.Usage, "also without a reason"), exits.NotFound("no such user")),
	})
}

// switching builds a verb that throws the kill switch, or takes it back.
func switching(a *app.App, disabled bool, words verb.Words) *cobra.Command {
	words.Needs = []string{"reason"}
	return verb.Command{
		Words: words, Effect: flags.Write, Fields: output.Fields[switchView](), Complete: a.UserNames,
		Write: func(ctx context.Context, call *verb.Call, _ *store.DB, svc *admin.Service) error {
			v := switchView{Scope: "global", Disabled: disabled}
			whose := "the guard"
			if call.Arg(0) != "" {
				u, err := svc.FindUser(ctx, call.Arg(0))
				if err != nil {
					return err
				}
				v.Scope, v.User, v.UserID = "user", &u.Username, &u.ID
				whose = "the guard of " + u.Username
			}
			change, err := svc.SwitchGuard(ctx, call.Mode(), call.Arg(0), disabled)
			if err != nil {
				return err
			}
			v.Reason, v.Actor = change.After.Reason, change.After.Actor
			if at := change.After.UpdatedAt; !at.IsZero() {
				v.UpdatedAt = new(output.At(at))
			}
			say := output.Say{Done: whose + " is switched on", Would: whose + " would be switched on", Already: whose + " is switched on already"}
			if disabled {
				why := ": " + models.Deref(v.Reason)
				say = output.Say{Done: whose + " is switched off" + why, Would: whose + " would be switched off" + why, Already: whose + " is switched off already" + why}
			}
			return output.Change(call.Print, switchDesc(), v, output.ChangeInfo{Result: change.Status, DryRun: change.DryRun, Say: say, Next: "axisor guard status"})
		},
	}.Build(a)
}
