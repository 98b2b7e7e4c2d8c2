package guard

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
)

type configSetOptions struct {
	app       *app.App
	input     admin.GuardConfigInput
	mode      flags.Enum
	threshold float64
	add       float64
	positions []string
	restoreTo float64
	cross     bool
	write     flags.Writes
}

func newConfigSet(a *app.App, run func(context.Context, *configSetOptions) error) *cobra.Command {
	if run == nil {
		run = runConfigSet
	}
	o := &configSetOptions{app: a}
	c := &cobra.Command{
		Use:     "set USER",
		Aliases: []string{"update"},
		Short:   "Set a user's guard configuration",
		Long: `Sets what is given and keeps the rest. A user without a configuration gets one: mode global, threshold 10, add 20,
and inactive until "guard config enable".

Modes: global protects every position; unit the ones named with --position; individual the same, each with a
threshold of its own where one follows the id. --position replaces the whole list.

With --restore-to an addition is as large as it must be for the distance to be that of the target again, in the
terms of the reading ("travelled" counts what is left of the way). It must be larger than the threshold. All caps hold.

The cross position is protected only with --cross, because a deposit strengthens whatever is opened there later.

The threshold's meaning is the configuration key guard.reading; "guard preview" shows the price it stands for.

Exit codes: 0, 2 for a value out of bounds, 3 when the user does not exist, 10, 11, 12.`,
		Example: `  axisor guard config set ana@example.com --threshold 10 --add 20
  axisor guard config set ana --mode unit --position 6f1d2a34-5b6c-4d7e-8f90-a1b2c3d4e5f6
  axisor guard config set ana --mode individual --position 6f1d2a34-5b6c-4d7e-8f90-a1b2c3d4e5f6:15 --dry-run`,
		Args:              flags.Exactly("axisor guard config set ana@example.com --threshold 10", "USER"),
		ValidArgsFunction: flags.Live(a.UserNames, false),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.parse(c, args[0]); err != nil {
				return err
			}
			return run(c.Context(), o)
		},
	}
	f := c.Flags()
	flags.RegisterEnum(c, &o.mode, "mode", "", "which positions are protected", modes()...)
	f.Float64Var(&o.threshold, "threshold", 0, "distance in `PERCENT`, 1 to 50, at which margin is added")
	f.Float64Var(&o.add, "add", 0, "share of the margin to add, in `PERCENT`, above 0 to 100")
	f.StringArrayVar(&o.positions, "position", nil, "protected trade `ID[:THRESHOLD]`; repeat for several")
	f.Float64Var(&o.restoreTo, "restore-to", 0, "add what brings the distance back to `PERCENT`, instead of a share of the margin; 0 takes it back")
	f.BoolVar(&o.cross, "cross", false, "protect the cross position too, by deposits into the cross account; --cross=false takes it back")
	o.write.Register(c)
	flags.Fields(c, output.Fields[configView]())
	return c
}

// parse turns the flags that were given into a change.
func (o *configSetOptions) parse(c *cobra.Command, user string) error {
	o.input = admin.GuardConfigInput{User: user}
	if c.Flags().Changed("mode") {
		o.input.Mode = new(models.GuardMode(o.mode.String()))
	}
	if c.Flags().Changed("threshold") {
		o.input.Threshold = &o.threshold
	}
	if c.Flags().Changed("add") {
		o.input.AddPercent = &o.add
	}
	if c.Flags().Changed("restore-to") {
		o.input.RestoreTo = &o.restoreTo
	}
	if c.Flags().Changed("cross") {
		o.input.CrossMargin = &o.cross
	}
	for _, text := range o.positions {
		id, threshold, given := strings.Cut(text, ":")
		p := admin.GuardPosition{ID: strings.TrimSpace(id)}
		if given {
			v, err := strconv.ParseFloat(threshold, 64)
			if err != nil || v == 0 {
				return clierr.Usagef("--position %q: %q is not a percentage from 1 to 50", text, threshold)
			}
			p.Threshold = v
		}
		o.input.Positions = append(o.input.Positions, p)
	}
	return o.input.Check()
}

func runConfigSet(ctx context.Context, o *configSetOptions) error {
	return changeConfig(ctx, o.app, o.input, o.write.DryRun)
}

// changeConfig makes a change and prints the configuration as it then is.
func changeConfig(ctx context.Context, a *app.App, in admin.GuardConfigInput, dryRun bool) error {
	p, err := a.Printer()
	if err != nil {
		return err
	}
	svc, err := a.Admin(ctx)
	if err != nil {
		return err
	}
	user, err := svc.FindUser(ctx, in.User)
	if err != nil {
		return err
	}
	change, err := svc.SetGuardConfig(ctx, a.Mode(dryRun), in)
	if err != nil {
		return err
	}
	v := configViewOf(change.After.MarginGuardConfig, change.After.Setting, user.Username)
	info := output.ChangeInfo{Result: change.Status, DryRun: change.DryRun, Say: output.Say{
		Done: sentence(v, "is"), Would: sentence(v, "would be"), Already: sentence(v, "is already"),
	}, Next: "axisor guard preview --user " + user.Username}
	if !v.IsActive {
		info.Next = "axisor guard config enable " + user.Username
	}
	return output.Change(p, configDesc(), v, info)
}
