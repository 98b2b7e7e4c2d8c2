package dev

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
)

type downOptions struct {
	purge bool
}

func newDown(a *app.App) *cobra.Command {
	o := &downOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "down", Short: "Stop the development environment of this folder",
			Long: `Stops the private PostgreSQL and the simulators of this folder. Their data stays, and "axisor dev up" continues
where they were. With --purge the data goes too: the database, the state of exchange and node, the encryption key, the backups in .axisor/ and the .axisor.yaml that "dev up" made. That asks first.`,
			Examples: []string{
				"axisor dev down",
				"axisor dev down --purge --yes",
			},
			Exits: exits.Local(exits.On(clierr.Usage, "--purge is not confirmed and there is nobody to ask"),
				exits.On(clierr.Cancelled, "the answer is no")),
		},
		Effect: flags.Destroy, Local: true, Fields: output.Fields[envView](),
		Flags: func(c *cobra.Command) {
			c.Flags().BoolVar(&o.purge, "purge", false, "also delete the data, the key and the configuration it made")
		},
		Run: o.run,
	}.Build(a)
}

func (o *downOptions) run(ctx context.Context, call *verb.Call) error {
	env, err := environment(call.App)
	if err != nil {
		return err
	}
	info := output.ChangeInfo{Result: words.Updated, DryRun: call.DryRun, Say: output.Say{
		Done: "the development environment is stopped; its data is kept", Would: "the development environment would be stopped; its data would be kept",
		Already: "there is no development environment here",
	}}
	if !env.Exists() {
		info.Result = words.Unchanged
	}
	if o.purge && env.Exists() {
		info.Result = words.Deleted
		info.Say = output.Say{Done: "the development environment is deleted", Would: "the development environment would be deleted"}
		if !call.DryRun {
			question := fmt.Sprintf("delete the development database, key and backups in %s?", env.Home())
			if err := call.Prompt().Confirm(ctx, question); err != nil {
				return err
			}
		}
	}
	if !call.DryRun {
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
	return output.Change(call.Print, envDesc(), viewOf(s), info)
}
