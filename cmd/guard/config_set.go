package guard

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
)

func configEnable(a *app.App) *cobra.Command {
	return configSwitch(a, true, verb.Words{
		Use:   "enable USER",
		Short: "Make a user's guard configuration active",
		Long: `From the next run on, the user's positions are protected. A user without a configuration gets one with mode global,
threshold 10 and add 20.`,
		Examples: []string{"axisor guard config enable ana@example.com"},
		Exits:    exits.Database(exits.NotFound("no such user")),
	})
}

func configDisable(a *app.App) *cobra.Command {
	return configSwitch(a, false, verb.Words{
		Use:   "disable USER",
		Short: "Make a user's guard configuration inactive",
		Long: `From the next run on, the user's positions are not protected. Everything else of the configuration is kept.
"guard disable" is the operator's kill switch, which leaves the user's own setting alone.`,
		Examples: []string{"axisor guard config disable ana@example.com --reason 'asked by mail'"},
		Exits:    exits.Database(exits.NotFound("no such user")),
	})
}

func configSwitch(a *app.App, active bool, words verb.Words) *cobra.Command {
	return verb.Command{
		Words: words, Effect: flags.Write, Fields: output.Fields[configView](), Complete: a.UserNames,
		Run: func(ctx context.Context, call *verb.Call) error {
			return changeConfig(ctx, call, admin.GuardConfigInput{User: call.Args[0], Active: &active})
		},
	}.Build(a)
}

// configFlags are the flags of config set.
type configFlags struct {
	input     admin.GuardConfigInput
	mode      flags.Enum
	threshold float64
	add       float64
	positions []string
	restoreTo float64
	cross     bool
}

func configSet(a *app.App) *cobra.Command {
	var o configFlags
	return verb.Command{
		Words: verb.Words{
			Use:   "set USER",
			Short: "Set a user's guard configuration",
			Long: `Sets what is given and keeps the rest. A user without a configuration gets one: mode global, threshold 10, add 20,
and inactive until "guard config enable".

Modes: global protects every position; unit the ones named with --position; individual the same, each with a
threshold of its own where one follows the id. --position replaces the whole list.

With --restore-to an addition is as large as it must be for the distance to be that of the target again, in the
terms of the reading ("travelled" counts what is left of the way). It must be larger than the threshold. All caps hold.

The cross position is protected only with --cross, because a deposit strengthens whatever is opened there later.

The threshold's meaning is the configuration key guard.reading; "guard preview" shows the price it stands for.`,
			Examples: []string{
				"axisor guard config set ana@example.com --threshold 10 --add 20",
				"axisor guard config set ana --mode unit --position 6f1d2a34-5b6c-4d7e-8f90-a1b2c3d4e5f6",
				"axisor guard config set ana --mode individual --position 6f1d2a34-5b6c-4d7e-8f90-a1b2c3d4e5f6:15 --dry-run",
			},
			Exits: exits.Database(exits.On(clierr.Usage, "also for a value out of bounds"), exits.NotFound("no such user")),
		},
		Aliases: []string{"update"}, Effect: flags.Write, Fields: output.Fields[configView](), Complete: a.UserNames,
		Flags: func(c *cobra.Command) {
			f := c.Flags()
			flags.RegisterEnum(c, &o.mode, "mode", "", "which positions are protected", modes()...)
			f.Float64Var(&o.threshold, "threshold", 0, "distance in `PERCENT`, 1 to 50, at which margin is added")
			f.Float64Var(&o.add, "add", 0, "share of the margin to add, in `PERCENT`, above 0 to 100")
			f.StringArrayVar(&o.positions, "position", nil, "protected trade `ID[:THRESHOLD]`; repeat for several")
			f.Float64Var(&o.restoreTo, "restore-to", 0, "add what brings the distance back to `PERCENT`, instead of a share of the margin; 0 takes it back")
			f.BoolVar(&o.cross, "cross", false, "protect the cross position too, by deposits into the cross account; --cross=false takes it back")
		},
		Check: o.parse,
		Run:   func(ctx context.Context, call *verb.Call) error { return changeConfig(ctx, call, o.input) },
	}.Build(a)
}

// parse turns the flags that were given into a change.
func (o *configFlags) parse(call *verb.Call) error {
	o.input = admin.GuardConfigInput{User: call.Args[0]}
	if call.Given("mode") {
		o.input.Mode = new(models.GuardMode(o.mode.String()))
	}
	if call.Given("threshold") {
		o.input.Threshold = &o.threshold
	}
	if call.Given("add") {
		o.input.AddPercent = &o.add
	}
	if call.Given("restore-to") {
		o.input.RestoreTo = &o.restoreTo
	}
	if call.Given("cross") {
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

// changeConfig makes a change and prints the configuration as it then is.
func changeConfig(ctx context.Context, call *verb.Call, in admin.GuardConfigInput) error {
	svc, err := call.Admin(ctx)
	if err != nil {
		return err
	}
	user, err := svc.FindUser(ctx, in.User)
	if err != nil {
		return err
	}
	change, err := svc.SetGuardConfig(ctx, call.Mode(), in)
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
	return output.Change(call.Print, configDesc(), v, info)
}
