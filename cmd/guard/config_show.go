package guard

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
)

type configShowOptions struct {
	app  *app.App
	user string
}

func newConfigShow(a *app.App, run func(context.Context, *configShowOptions) error) *cobra.Command {
	if run == nil {
		run = runConfigShow
	}
	o := &configShowOptions{app: a}
	c := &cobra.Command{
		Use:     "show USER",
		Aliases: []string{"get"},
		Short:   "Show a user's guard configuration",
		Long: `Shows the guard configuration of one user.

Exit codes: 0, 2, 3 when the user does not exist or has none, 7 when something of it cannot be read, 10, 11, 12.`,
		Example:           "  axisor guard config show ana@example.com",
		Args:              flags.Exactly("axisor guard config show ana@example.com", "USER"),
		ValidArgsFunction: flags.Live(a.UserNames, false),
		RunE: func(c *cobra.Command, args []string) error {
			o.user = args[0]
			return run(c.Context(), o)
		},
	}
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[configView]())
	return c
}

func runConfigShow(ctx context.Context, o *configShowOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	user, err := db.FindUser(ctx, o.user)
	if err != nil {
		return err
	}
	row, defects, err := db.ReadGuardConfig(ctx, user.ID)
	if err != nil {
		return err
	}
	if row == nil {
		return clierr.New(clierr.NotFound, "guard_config_not_found",
			fmt.Sprintf("user %q has no guard configuration", user.Username), "axisor guard config set "+user.Username)
	}
	wish, err := db.GuardSetting(ctx, user.ID)
	if err != nil {
		return err
	}
	if err := output.One(p, configDesc(), configViewOf(*row, wish, user.Username), nil); err != nil {
		return err
	}
	if defects != "" {
		return defective([]string{"the configuration of " + user.Username + ": " + defects})
	}
	return nil
}
