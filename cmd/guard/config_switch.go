package guard

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/admin"
)

type configSwitchOptions struct {
	app    *app.App
	user   string
	active bool
	write  flags.Writes
}

func newConfigEnable(a *app.App, run func(context.Context, *configSwitchOptions) error) *cobra.Command {
	return newConfigSwitch(a, run, true, &cobra.Command{
		Use:   "enable USER",
		Short: "Make a user's guard configuration active",
		Long: `From the next run on, the user's positions are protected. A user without a configuration gets one with mode global,
threshold 10 and add 20.

Exit codes: 0, 2, 3 when the user does not exist, 10, 11, 12.`,
		Example: "  axisor guard config enable ana@example.com",
	})
}

func newConfigDisable(a *app.App, run func(context.Context, *configSwitchOptions) error) *cobra.Command {
	return newConfigSwitch(a, run, false, &cobra.Command{
		Use:   "disable USER",
		Short: "Make a user's guard configuration inactive",
		Long: `From the next run on, the user's positions are not protected. Everything else of the configuration is kept.
"guard disable" is the operator's kill switch, which leaves the user's own setting alone.

Exit codes: 0, 2, 3 when the user does not exist, 10, 11, 12.`,
		Example: "  axisor guard config disable ana@example.com --reason 'asked by mail'",
	})
}

func newConfigSwitch(a *app.App, run func(context.Context, *configSwitchOptions) error, active bool, c *cobra.Command) *cobra.Command {
	if run == nil {
		run = runConfigSwitch
	}
	o := &configSwitchOptions{app: a, active: active}
	c.Args = flags.Exactly("axisor guard config "+c.Name()+" ana@example.com", "USER")
	c.ValidArgsFunction = flags.Live(a.UserNames, false)
	c.RunE = func(c *cobra.Command, args []string) error {
		o.user = args[0]
		return run(c.Context(), o)
	}
	o.write.Register(c)
	flags.Fields(c, output.Fields[configView]())
	return c
}

func runConfigSwitch(ctx context.Context, o *configSwitchOptions) error {
	return changeConfig(ctx, o.app, admin.GuardConfigInput{User: o.user, Active: &o.active}, o.write.DryRun)
}
