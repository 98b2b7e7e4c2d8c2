package dev

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
)

type downOptions struct {
	app   *app.App
	purge bool
	write flags.Writes
}

func newDown(a *app.App) *cobra.Command {
	o := &downOptions{app: a}
	c := &cobra.Command{
		Use:   "down",
		Short: "Stop the development environment of this folder",
		Long: `Stops the private PostgreSQL and the simulators of this folder. Their data stays, and "axisor dev up" continues
where they were. With --purge the data goes too: the database, the state of exchange and node, the encryption key, the backups in .axisor/ and the .axisor.yaml that "dev up" made. That asks first.

Exit codes: 2 when --purge is not confirmed and there is nobody to ask, 5 when the answer is no.`,
		Example: `  axisor dev down
  axisor dev down --purge --yes`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error { return runDown(c.Context(), o) },
	}
	c.Flags().BoolVar(&o.purge, "purge", false, "also delete the data, the key and the configuration it made")
	o.write.RegisterDestroy(c)
	flags.Mark(c, flags.LocalKey, "true")
	flags.Fields(c, output.Fields[envView]())
	return c
}

func runDown(ctx context.Context, o *downOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	env, err := environment(o.app)
	if err != nil {
		return err
	}
	info := output.ChangeInfo{Result: output.Updated, DryRun: o.write.DryRun, Say: output.Say{
		Done: "the development environment is stopped; its data is kept", Would: "the development environment would be stopped; its data would be kept",
		Already: "there is no development environment here",
	}}
	if !env.Exists() {
		info.Result = output.Unchanged
	}
	if o.purge && env.Exists() {
		info.Result = output.Deleted
		info.Say = output.Say{Done: "the development environment is deleted", Would: "the development environment would be deleted"}
		if !o.write.DryRun {
			question := fmt.Sprintf("delete the development database, key and backups in %s?", env.Home())
			if err := o.app.Prompt().Confirm(ctx, question); err != nil {
				return err
			}
		}
	}
	if !o.write.DryRun {
		if err := env.Down(ctx); err != nil {
			return err
		}
		if o.purge {
			if err := env.Purge(ctx); err != nil {
				return err
			}
		}
	}
	s, err := env.Status(ctx)
	if err != nil {
		return err
	}
	return output.Change(p, envDesc(), viewOf(s), info)
}
