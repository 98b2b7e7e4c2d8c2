package dev

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
)

type statusOptions struct {
	check bool
}

func newStatus(a *app.App) *cobra.Command {
	o := &statusOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "status", Short: "Show what of the development environment runs",
			Long: `Shows the parts of this folder's development environment, where they listen and where their logs are. A part
is running, stopped, or absent (never made).`,
			Examples: []string{
				"axisor dev status",
				"axisor dev status --check -q || axisor dev up",
			},
			Exits: exits.Local(exits.OK("whatever runs"), exits.On(clierr.CheckFailed, "with --check, unless everything runs")),
		},
		Local: true, Fields: output.Fields[envView](),
		Flags: func(c *cobra.Command) { c.Flags().BoolVar(&o.check, "check", false, "exit 8 unless everything runs") },
		Run:   o.run,
	}.Build(a)
}

func (o *statusOptions) run(ctx context.Context, call *verb.Call) error {
	env, err := environment(call.App)
	if err != nil {
		return err
	}
	s, err := env.Status(ctx)
	if err != nil {
		return err
	}
	if err := output.One(call.Print, envDesc(), viewOf(s), nil); err != nil {
		return err
	}
	if s.Up() {
		return nil
	}
	if o.check {
		return clierr.New(clierr.CheckFailed, "environment_down", "the development environment is not running", "run: axisor dev up")
	}
	call.Print.Notice("start it with: axisor dev up")
	return nil
}
