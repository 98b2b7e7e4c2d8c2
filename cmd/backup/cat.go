package backup

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
)

type catOptions struct {
	app      *app.App
	place    place
	ref      string
	identity string
}

func newCat(a *app.App, run func(context.Context, *catOptions) error) *cobra.Command {
	if run == nil {
		run = runCat
	}
	o := &catOptions{app: a}
	c := &cobra.Command{
		Use:   "cat ID|FILE|latest",
		Short: "Write a backup's archive to stdout, as pg_restore reads it",
		Long: `Write a backup as pg_dump made it, decrypted and unpacked, to stdout: plain pg_restore reads it. The
stored bytes are checked before the first byte is written and the content after the last one: use
the output only when the exit code is 0. A terminal is refused.

Exit codes: 0, 2, 3, 6, 8 (damaged), 10, 130.`,
		Example:           "  axisor backup cat latest > axisor.dump && pg_restore --list axisor.dump\n  axisor backup cat 20260812_030000 --identity key.txt > axisor.dump",
		Args:              flags.Exactly("axisor backup cat latest > axisor.dump", "ID"),
		ValidArgsFunction: flags.Live(ids(a, &o.place), false),
		RunE: func(c *cobra.Command, args []string) error {
			o.ref = args[0]
			return explain(run(c.Context(), o))
		},
	}
	c.Flags().StringVar(&o.identity, "identity", "", "`FILE` with the age private key, for encrypted backups")
	o.place.register(c, false)
	o.place.registerDatabase(c, false)
	o.place.registerFrom(c)
	flags.Mark(c, flags.EffectKey, flags.Read)
	return c
}

func runCat(ctx context.Context, o *catOptions) error {
	if o.app.Streams.OutTerminal() {
		return clierr.Usagef("an archive is not for a terminal").WithHint("axisor backup cat " + o.ref + " > axisor.dump")
	}
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	repo, e, err := find(ctx, o.app, &o.place, o.ref, p.Notice)
	if err != nil {
		return err
	}
	return repo.Cat(ctx, e, identities(o.app, o.identity), o.app.Streams.Out, nil)
}
