package backup

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/backups"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/backup"
)

// restoreFlags are the flags of restore that are no field of a request.
type restoreFlags struct {
	identity            string
	mapRoles            []string
	swap, replace, plan bool
}

// NewRestore builds `axisor restore`, a noun of its own: whoever needs it is in a hurry.
func NewRestore(a *app.App) *cobra.Command {
	var o restoreFlags
	r := &backups.Restore{Facts: func(d backups.Restored) any { return restoredViewOf(d) }}
	q := &r.Request
	c := command(a, &r.Location, tools|databases|target, verb.Command{
		Words: verb.Words{
			Use:   "restore [ID|FILE|latest] --to-database NAME",
			Short: "Restore a backup into a new database",
			Long: `Restore a backup (the newest good one when none is named) into a database of the configured
server that does not exist yet or is empty. The stored bytes are checked before, the rows of
every table after; a restore that fails leaves nothing behind. The database in use is not
touched: look at the new one, then point database.url to it.

A database that exists and is not empty is refused, unless --swap or --replace says what to do with
it. Both restore beside it first, compare, and then exchange the names in one transaction; --swap keeps
the old one under another name, --replace drops it. Its sessions are ended at that moment.

What takes the name of a database in use takes its properties too: owner, grants, settings (of roles
too), connection limit, comment, tablespace, encoding and sorting; where the backup is from the same
server, also the owners and grants of everything inside (--keep-owner=false, --keep-acl=false leave
them out). A new database gets settings, connection limit, comment, sorting and what was taken from
PUBLIC from the backup. What cannot be kept is named, by --plan before.

Otherwise owners and grants in the backup are left out unless asked for, so that the roles need not exist. With
--map-role both are kept, and other roles take the place of some: in owners, grants, default privileges
and row security policies. Roles that the server lacks are named before anything is made.
--table restores all definitions but the foreign keys, and the rows of the named tables only. A dump that
PostgreSQL cannot restore in one piece (a check that calls a function which reads another table, say) is for
--continue-on-error: what failed is listed, the rest is kept. For
recovery to a point in time see "axisor restore pitr".`,
			Examples: []string{
				"axisor restore --to-database axisor_restored",
				"axisor restore 20260812_030000 --to-database axisor --swap --dry-run",
				"axisor restore --to-database axisor_trades --table TradeLog --jobs 4",
				"axisor restore --to-database axisor_moved --map-role axisor_app=app --map-role postgres=admin --plan",
				"axisor restore /mnt/backups/axisor_backup_20260812_030000.dump.zst.age --to-database axisor_restored --identity key.txt",
			},
			Exits: exits.And(exits.Configured(exits.Conflict("database not empty, role missing"), exits.On(clierr.Partial, "restored in part, or properties of the database were lost"), exits.On(clierr.CheckFailed, "backup damaged")), clierr.NotFound, clierr.Cancelled, clierr.Denied, clierr.Unavailable, clierr.Tool, clierr.Interrupted),
			Needs: []string{"to-database"}, Excludes: [][]string{{"swap", "replace"}, {"schema-only", "table"}},
		},
		Effect: flags.Write, Fields: output.Fields[restoredView](), Complete: r.Names,
		Flags: func(c *cobra.Command) {
			f := c.Flags()
			f.StringVar(&q.Database, "to-database", "", "`NAME` of the database to restore into; made when it does not exist")
			identity(c, &o.identity, "encrypted backups")
			f.BoolVar(&q.KeepOwner, "keep-owner", false, "restore the owners too; their roles must exist (default with --swap and --replace on the server of the backup)")
			f.BoolVar(&q.KeepACL, "keep-acl", false, "restore the grants too; their roles must exist (default with --swap and --replace on the server of the backup)")
			f.StringVar(&q.Role, "role", "", "`ROLE` that shall own everything (default: the login)")
			f.StringArrayVar(&o.mapRoles, "map-role", nil, "keep owners and grants, with role `OLD=NEW` (repeat for more)")
			f.BoolVar(&o.swap, "swap", false, "put the copy in the place of a database in use, which is renamed")
			f.BoolVar(&o.replace, "replace", false, "put the copy in the place of a database in use, which is dropped")
			f.IntVar(&q.Jobs, "jobs", 1, "restore with this many workers; more than one is no single transaction")
			f.StringArrayVar(&q.Tables, "table", nil, "rows of this `TABLE` only, by its whole name; a partitioned one is all its partitions (repeat for more)")
			f.BoolVar(&q.GoOn, "continue-on-error", false, "keep what can be restored and list the rest (exit 7)")
			f.BoolVar(&q.SchemaOnly, "schema-only", false, "definitions without rows")
			f.BoolVar(&o.plan, "plan", false, "say what would be done (same as --dry-run)")
		},
		Check: func(call *verb.Call) error { return checkRestore(call, &o, q) },
		Run: func(ctx context.Context, call *verb.Call) error {
			r.Ref, r.Ask = cmp.Or(call.Arg(0), "latest"), call.Prompt().Type
			q.DryRun, q.Identities = call.DryRun || o.plan, r.Identities(o.identity)
			return runRestore(ctx, call, r)
		},
	})
	c.AddCommand(pitr(a))
	return c
}

func checkRestore(call *verb.Call, o *restoreFlags, q *backup.Restore) error {
	q.NoOwner, q.NoACL = call.Given("keep-owner") && !q.KeepOwner, call.Given("keep-acl") && !q.KeepACL
	if o.swap {
		q.Existing = backup.Swap
	}
	if o.replace {
		q.Existing = backup.Replace
	}
	switch {
	case q.GoOn && (o.swap || o.replace):
		return clierr.Usagef("--continue-on-error excludes --swap and --replace: restore beside the database, look at what is missing, then exchange the names by hand")
	case q.Role != "" && (q.KeepOwner || len(o.mapRoles) > 0):
		return clierr.Usagef("--role excludes --keep-owner and --map-role")
	case q.Jobs < 1 || q.Jobs > 64:
		return clierr.Usagef("--jobs %d: must be from 1 to 64", q.Jobs)
	}
	var err error
	q.MapRoles, err = pairs("--map-role", o.mapRoles)
	return err
}

// pairs reads OLD=NEW, repeated.
func pairs(flag string, list []string) (map[string]string, error) {
	out := map[string]string{}
	for _, text := range list {
		from, to, ok := strings.Cut(text, "=")
		if !ok || from == "" || to == "" {
			return nil, clierr.Usagef("%s %q: must be OLD=NEW", flag, text)
		}
		if _, twice := out[from]; twice {
			return nil, clierr.Usagef("%s: %q is mapped twice", flag, from)
		}
		out[from] = to
	}
	return out, nil
}

func runRestore(ctx context.Context, call *verb.Call, r *backups.Restore) error {
	d, err := r.Run(ctx)
	if err != nil {
		return err
	}
	said := "restored"
	switch {
	case len(d.Failures) > 0:
		said = "restored in part"
	case r.Request.DryRun:
		said = "would be restored"
	}
	err = output.Change(call.Print, output.Desc{Noun: "restores", ID: "id"}, restoredViewOf(d), output.ChangeInfo{
		Result: words.Created, DryRun: r.Request.DryRun,
		Summary: fmt.Sprintf("backup %s %s into database %s: %s in %s, compared with the manifest%s", d.ID, said, d.Database,
			words.Count(d.Rows, "row"), words.Count(int64(d.Tables), "table"), fate(d)),
	})
	if err != nil {
		return err
	}
	return d.Failed
}

func restoredViewOf(d backups.Restored) restoredView {
	v := restoredView{
		ID: d.ID, Database: d.Database, Created: d.Created, Tables: d.Tables, Rows: d.Rows,
		DurationMs: d.DurationMs, PreviousDropped: d.Dropped, MigrationVersion: d.Migration, Roles: []string{},
		NotKept: append(append([]string{}, d.NotKept...), d.Stay...), Failed: []string{},
	}
	for _, f := range d.Failures {
		v.Failed = append(v.Failed, f.String())
	}
	for _, r := range d.Roles {
		if r.As != r.Name {
			v.Roles = append(v.Roles, r.Name+"="+r.As)
			continue
		}
		v.Roles = append(v.Roles, r.Name)
	}
	if d.Previous != "" && !d.Dropped {
		v.Previous = &d.Previous
	}
	return v
}

func fate(d backups.Restored) string {
	switch {
	case d.Previous == "":
		return ""
	case d.Dropped:
		return "; the previous database is dropped"
	}
	return "; the previous database is now " + d.Previous
}
