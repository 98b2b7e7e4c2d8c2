package backup

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/backups"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
)

func push(a *app.App) *cobra.Command {
	var p backups.Push
	return command(a, &p.Location, databases, verb.Command{
		Words: verb.Words{
			Use:   "push [ID|FILE|latest]",
			Short: "Copy backups to the targets that do not have them",
			Long: `Copy backups of the configured database to backup.targets: directories and S3-compatible storage. Without a name all good
dumps and base backups are copied that the target's retention would keep, and the archived log that the
base backups there need. What a target has already is left alone, and an upload that was cut short goes
on. Each copy is read back and compared before its manifest is written; until then it is no backup.
Afterwards old copies are removed by the target's own rules (keep_days and so on), or the general ones;
log that a base backup on the target needs never is.

  backup:
    targets:
      - /mnt/nas/axisor
      - s3://bucket/axisor?endpoint=https://s3.example.com&keep_days=90

Credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or credentials_file=… in the address.`,
			Examples: []string{
				"axisor backup push",
				"axisor backup push latest --target /mnt/nas/axisor",
			},
			Exits: exits.And(exits.Configured(exits.On(clierr.Partial, "some copies failed"), exits.On(clierr.CheckFailed, "damaged here, or backups have stopped")), clierr.NotFound, clierr.Denied, clierr.Unavailable, clierr.Interrupted),
		},
		Effect: flags.Write, Fields: output.Fields[backups.Copy](), Complete: p.Names,
		Flags: func(c *cobra.Command) {
			c.Flags().StringVar(&p.Target, "target", "", "only this `TARGET` of backup.targets")
		},
		Run: func(ctx context.Context, call *verb.Call) error {
			p.Ref, p.DryRun = call.Arg(0), call.DryRun
			copies, err := p.Run(ctx)
			if copies == nil {
				return err
			}
			if err := output.Slice(call.Print, copiesDesc(), copies); err != nil {
				return err
			}
			return err
		},
	})
}

func copiesDesc() output.Desc {
	return output.Desc{Noun: "copies", ID: "id", Columns: []output.Column{
		{Field: "id"}, {Field: "kind"}, {Field: "target"}, {Field: "status"}, {Field: "files", Drop: 1}, {Field: "bytes", Header: "SIZE", Format: size},
	}}
}
