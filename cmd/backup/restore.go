package backup

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/pkg/backup"
)

type restoreOptions struct {
	app       *app.App
	place     place
	ref       string
	database  string
	identity  string
	keepOwner bool
	keepACL   bool
	write     flags.Writes
}

// NewRestore builds `axisor restore`, a noun of its own: whoever needs it is in a hurry.
func NewRestore(a *app.App) *cobra.Command { return newRestore(a, nil) }

func newRestore(a *app.App, run func(context.Context, *restoreOptions) error) *cobra.Command {
	if run == nil {
		run = runRestore
	}
	o := &restoreOptions{app: a}
	c := &cobra.Command{
		Use:   "restore [id|file|latest] --to-database NAME",
		Short: "Restore a backup into a new database",
		Long: `Restore a backup (the newest good one when none is named) into a database of the configured
server that does not exist yet or is empty. The stored bytes are checked before, the rows of
every table after; a restore that fails leaves nothing behind. The database in use is not
touched: look at the new one, then point database.url to it.

Owners and grants in the backup are left out unless asked for, so that the roles need not exist.

Exit codes: 0, 2, 3, 4 (database not empty), 6, 8 (backup damaged), 10, 11, 14, 130.`,
		Example: `  axisor restore --to-database axisor_restored
  axisor restore 20260812_030000 --to-database axisor_restored --dry-run
  axisor restore /mnt/backups/axisor_backup_20260812_030000.dump.zst.age --to-database axisor_restored --identity key.txt`,
		Args:              flags.AtMostOne("axisor restore latest --to-database axisor_restored", "ID"),
		ValidArgsFunction: flags.Live(ids(a, &o.place), false),
		RunE: func(c *cobra.Command, args []string) error {
			o.ref = "latest"
			if len(args) == 1 {
				o.ref = args[0]
			}
			if o.database == "" {
				return clierr.Usagef("%s needs --to-database NAME", c.CommandPath()).
					WithHint("for example: axisor restore latest --to-database axisor_restored")
			}
			return explain(run(c.Context(), o))
		},
	}
	c.Flags().StringVar(&o.database, "to-database", "", "`NAME` of the database to restore into; made when it does not exist")
	c.Flags().StringVar(&o.identity, "identity", "", "`FILE` with the age private key, for encrypted backups")
	c.Flags().BoolVar(&o.keepOwner, "keep-owner", false, "restore the owners too; their roles must exist")
	c.Flags().BoolVar(&o.keepACL, "keep-acl", false, "restore the grants too; their roles must exist")
	o.place.register(c, true)
	o.write.Register(c)
	fieldsOf[restoredView](c)
	return c
}

func runRestore(ctx context.Context, o *restoreOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	url, err := serverURL(o.app)
	if err != nil {
		return err
	}
	repo, e, err := find(o.app, &o.place, o.ref)
	if err != nil {
		return err
	}
	var total int64
	if e.Manifest != nil {
		total = e.Manifest.Bytes()
	}
	started := o.app.Now()
	bar := progress.Start(o.app.Streams, "restore "+e.ID, total, progress.Bytes, o.app.Globals.Quiet)
	done, err := repo.RestoreTo(ctx, e, backup.Restore{
		Server: url, Database: o.database, Identities: identities(o.app, o.identity),
		KeepOwner: o.keepOwner, KeepACL: o.keepACL, DryRun: o.write.DryRun, Progress: bar,
	})
	bar.Done()
	if err != nil {
		return err
	}
	v := restoredView{
		ID: done.ID, Database: done.Database, Created: done.Created, Tables: done.Tables, Rows: done.Rows,
		DurationMs: o.app.Now().Sub(started).Milliseconds(),
	}
	if !o.write.DryRun {
		if err := audit(ctx, o.app, "backup.restore", e.ID, v); err != nil {
			warn(p, "the restore could not be written into the audit trail: "+err.Error())
		}
	}
	said := "restored"
	if o.write.DryRun {
		said = "would be restored"
	}
	return output.Change(p, output.Desc{Noun: "restores", ID: "id"}, v, output.ChangeInfo{
		Result: output.Created, DryRun: o.write.DryRun,
		Said: fmt.Sprintf("backup %s %s into database %s: %s in %s, compared with the manifest", v.ID, said, v.Database,
			count(v.Rows, "row"), count(int64(v.Tables), "table")),
	})
}
