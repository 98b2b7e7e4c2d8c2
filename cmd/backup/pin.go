package backup

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
)

type pinOptions struct {
	app   *app.App
	place place
	ref   string
	pin   bool
	write flags.Writes
}

func newPin(a *app.App, run func(context.Context, *pinOptions) error) *cobra.Command {
	c, o := pinCommand(a, run)
	c.Use, c.Short = "pin ID|FILE|latest", "Keep a backup whatever retention says"
	c.Long = `Keep a backup: it is never pruned until it is unpinned. Pinning a pinned one is fine.

Exit codes: 0, 2, 3, 6, 8 (manifest cannot be read), 10, 130.`
	c.Example = "  axisor backup pin latest\n  axisor backup pin 20260812_030000 --reason \"before the migration\""
	o.pin = true
	return c
}

func newUnpin(a *app.App, run func(context.Context, *pinOptions) error) *cobra.Command {
	c, _ := pinCommand(a, run)
	c.Use, c.Short = "unpin ID|FILE|latest", "Let retention decide about a backup again"
	c.Long = `Let retention decide about a pinned backup again. Nothing is removed by this.

Exit codes: 0, 2, 3, 6, 8 (manifest cannot be read), 10, 130.`
	c.Example = "  axisor backup unpin 20260812_030000"
	return c
}

func pinCommand(a *app.App, run func(context.Context, *pinOptions) error) (*cobra.Command, *pinOptions) {
	if run == nil {
		run = runPin
	}
	o := &pinOptions{app: a}
	c := &cobra.Command{
		Args:              flags.Exactly("axisor backup pin latest", "ID"),
		ValidArgsFunction: flags.Live(ids(a, &o.place), false),
		RunE: func(c *cobra.Command, args []string) error {
			o.ref = args[0]
			return explain(run(c.Context(), o))
		},
	}
	o.place.register(c, false)
	o.place.registerDatabase(c, false)
	o.write.Register(c)
	fieldsOf[listView](c)
	return c, o
}

func runPin(ctx context.Context, o *pinOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	repo, e, err := find(ctx, o.app, &o.place, o.ref, p.Notice)
	if err != nil {
		return err
	}
	changed := e.Manifest != nil && e.Manifest.Pinned != o.pin
	if !o.write.DryRun {
		if changed, err = repo.Pin(ctx, e, o.pin); err != nil {
			return err
		}
		if e, err = repo.Find(e.ID); err != nil {
			return err
		}
	}
	v, said, action := listViewOf(e), "is pinned", "backup.pin"
	if !o.pin {
		said, action = "is not pinned", "backup.unpin"
	}
	if o.write.DryRun && v.Pinned != nil {
		*v.Pinned = o.pin
	}
	info := output.ChangeInfo{Result: output.Updated, DryRun: o.write.DryRun, Said: "backup " + e.ID + " " + said}
	if !changed {
		info.Result = output.Unchanged
	} else if !o.write.DryRun {
		if err := audit(ctx, o.app, action, e.ID, nil); err != nil {
			warn(p, "the change could not be written into the audit trail: "+err.Error())
		}
	}
	return output.Change(p, listDesc(), v, info)
}
