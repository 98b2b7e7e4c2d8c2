package backup

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
)

// acknowledgedView is a loss in the log that is known from now on.
type acknowledgedView struct {
	Names []string `json:"names"` // newly noted
}

type walAcknowledgeOptions struct {
	app    *app.App
	place  place
	names  []string
	system string
	write  flags.Writes
}

func newWALAcknowledge(a *app.App, run func(context.Context, *walAcknowledgeOptions) error) *cobra.Command {
	if run == nil {
		run = runWALAcknowledge
	}
	o := &walAcknowledgeOptions{app: a}
	c := &cobra.Command{
		Use:   "acknowledge NAME...",
		Short: "Note that a loss in the log is known, so that checks no longer fail for it",
		Long: `Note that files of the log that are missing or damaged are known to be lost. NAME is what "axisor backup wal verify"
calls them. It goes on naming them, and no longer fails for them; "axisor backup status" no longer counts them.

A loss can be acknowledged when a good base backup begins behind it: make one first. Points between the older base
backups and the loss can still be recovered, those from the loss to the new base backup cannot. When that base backup
goes away, the loss counts again.

Exit codes: 0 (also when it was known), 2, 3 (no such finding), 4 (no base backup behind it), 6, 8, 10, 13, 130.`,
		Example: "  axisor backup wal acknowledge 000000010000000000000007",
		Args:    flags.AtLeastOne("axisor backup wal acknowledge 000000010000000000000007", "NAME"),
		RunE: func(c *cobra.Command, args []string) error {
			o.names = args
			return explain(run(c.Context(), o))
		},
	}
	c.Flags().StringVar(&o.system, "system", "", "the cluster with this `IDENTIFIER` (default: the configured one)")
	o.place.register(c, false)
	o.write.Register(c)
	fieldsOf[acknowledgedView](c)
	return c
}

func runWALAcknowledge(ctx context.Context, o *walAcknowledgeOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	repo, err := o.place.log(ctx, o.app, o.system, p.Notice)
	if err != nil {
		return err
	}
	noted, err := repo.AcknowledgeLoss(ctx, o.system, o.names, o.write.DryRun)
	if err != nil {
		return err
	}
	v := acknowledgedView{Names: []string{}}
	for _, n := range noted {
		v.Names = append(v.Names, n.Name)
	}
	info := output.ChangeInfo{Result: output.Updated, DryRun: o.write.DryRun, Said: count(int64(len(noted)), "loss") + " noted as known"}
	if len(noted) == 0 {
		info.Result, info.Said = output.Unchanged, "known already"
	} else if !o.write.DryRun {
		if err := audit(ctx, o.app, "backup.acknowledge", v.Names[0], v); err != nil {
			warn(p, "the change could not be written into the audit trail: "+err.Error())
		}
	}
	return output.Change(p, output.Desc{Noun: "losses", ID: "names"}, v, info)
}
