package guard

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/models"
)

type switchOptions struct {
	app      *app.App
	user     string
	disabled bool
	write    flags.Writes
}

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

func newDisable(a *app.App, run func(context.Context, *switchOptions) error) *cobra.Command {
	return newSwitch(a, run, true, &cobra.Command{
		Use:   "disable [USER]",
		Short: "Throw the kill switch, for everybody or for one user",
		Long: `Nothing is added from now on, also not by a run that is under way: it looks at the switch before each addition.
Configurations stay as they are. Needs --reason.

Exit codes: 0, 2 without a reason, 3 when the user does not exist, 10, 11, 12.`,
		Example: `  axisor guard disable --reason "exchange maintenance"
  axisor guard disable ana@example.com --reason "asked by mail"`,
	})
}

func newEnable(a *app.App, run func(context.Context, *switchOptions) error) *cobra.Command {
	return newSwitch(a, run, false, &cobra.Command{
		Use:   "enable [USER]",
		Short: "Take the kill switch back, for everybody or for one user",
		Long: `The guard works again. A user's switch and the one for everybody are independent: both must be on. Needs --reason.

Exit codes: 0, 2 without a reason, 3 when the user does not exist, 10, 11, 12.`,
		Example: `  axisor guard enable --reason "maintenance is over"
  axisor guard enable ana@example.com --reason "asked by mail"`,
	})
}

func newSwitch(a *app.App, run func(context.Context, *switchOptions) error, disabled bool, c *cobra.Command) *cobra.Command {
	if run == nil {
		run = runSwitch
	}
	o := &switchOptions{app: a, disabled: disabled}
	example := "axisor guard " + c.Name() + ` ana@example.com --reason "asked by mail"`
	c.Args = flags.AtMostOne(example, "USER")
	c.ValidArgsFunction = flags.Live(a.UserNames, false)
	c.RunE = func(c *cobra.Command, args []string) error {
		o.user = ""
		if len(args) == 1 {
			o.user = args[0]
		}
		if a.Globals.Reason == "" {
			return clierr.Usagef("%s needs --reason", c.CommandPath()).WithHint("for example: " + example)
		}
		return run(c.Context(), o)
	}
	o.write.Register(c)
	flags.Fields(c, output.Fields[switchView]())
	return c
}

func runSwitch(ctx context.Context, o *switchOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	svc, err := o.app.Admin(ctx)
	if err != nil {
		return err
	}
	v := switchView{Scope: "global", Disabled: o.disabled}
	whose := "the guard"
	if o.user != "" {
		u, err := svc.FindUser(ctx, o.user)
		if err != nil {
			return err
		}
		v.Scope, v.User, v.UserID = "user", &u.Username, &u.ID
		whose = "the guard of " + u.Username
	}
	change, err := svc.SwitchGuard(ctx, o.app.Mode(o.write.DryRun), o.user, o.disabled)
	if err != nil {
		return err
	}
	v.Reason, v.Actor = change.After.Reason, change.After.Actor
	if at := change.After.UpdatedAt; !at.IsZero() {
		v.UpdatedAt = new(output.At(at))
	}
	say := output.Say{Done: whose + " is switched on", Would: whose + " would be switched on", Already: whose + " is switched on already"}
	if o.disabled {
		why := ": " + models.Deref(v.Reason)
		say = output.Say{Done: whose + " is switched off" + why, Would: whose + " would be switched off" + why, Already: whose + " is switched off already" + why}
	}
	return output.Change(p, switchDesc(), v, output.ChangeInfo{Result: change.Status, DryRun: change.DryRun, Say: say, Next: "axisor guard status"})
}
