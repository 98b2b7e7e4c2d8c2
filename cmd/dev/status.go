package dev

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
)

type statusOptions struct {
	app   *app.App
	check bool
}

func newStatus(a *app.App) *cobra.Command {
	o := &statusOptions{app: a}
	c := &cobra.Command{
		Use:   "status",
		Short: "Show what of the development environment runs",
		Long: `Shows the parts of this folder's development environment, where they listen and where their logs are. A part
is running, stopped, or absent (never made).

Exit codes: 0, whatever runs; with --check 8 unless everything runs.`,
		Example: `  axisor dev status
  axisor dev status --check -q || axisor dev up`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error { return runStatus(c.Context(), o) },
	}
	c.Flags().BoolVar(&o.check, "check", false, "exit 8 unless everything runs")
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Mark(c, flags.LocalKey, "true")
	flags.Fields(c, output.Fields[envView]())
	return c
}

func runStatus(ctx context.Context, o *statusOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	env, err := environment(o.app)
	if err != nil {
		return err
	}
	s, err := env.Status(ctx)
	if err != nil {
		return err
	}
	if err := output.One(p, envDesc(), viewOf(s), nil); err != nil {
		return err
	}
	if s.Up() {
		return nil
	}
	if o.check {
		return clierr.New(clierr.CheckFailed, "environment_down", "the development environment is not running", "run: axisor dev up")
	}
	p.Notice("start it with: axisor dev up")
	return nil
}
