package backup

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/migrate"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

type restoreOptions struct {
	app       *app.App
	place     place
	ref       string
	database  string
	identity  string
	noOwner   bool
	noACL     bool
	keepOwner bool
	keepACL   bool
	role      string
	mapRoles  []string
	roles     map[string]string
	jobs      int
	tables    []string
	schema    bool
	goOn      bool
	swap      bool
	replace   bool
	plan      bool
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
		Use:   "restore [ID|FILE|latest] --to-database NAME",
		Short: "Restore a backup into a new database",
		Long: `Restore a backup (the newest good one when none is named) into a database of the configured
server that does not exist yet or is empty. The stored bytes are checked before, the rows of
every table after; a restore that fails leaves nothing behind. The database in use is not
touched: look at the new one, then point database.url to it.

A database that is there and not empty is refused, unless --swap or --replace says what to do with
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
recovery to a point in time see "axisor restore pitr".

Exit codes: 0, 2, 3, 4 (database not empty, role missing), 5, 6, 7 (restored in part, or properties of the database
were lost), 8 (backup damaged), 10, 11, 14, 130.`,
		Example: `  axisor restore --to-database axisor_restored
  axisor restore 20260812_030000 --to-database axisor --swap --dry-run
  axisor restore --to-database axisor_trades --table TradeLog --jobs 4
  axisor restore --to-database axisor_moved --map-role axisor_app=app --map-role postgres=admin --plan
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
			o.noOwner = c.Flags().Changed("keep-owner") && !o.keepOwner
			o.noACL = c.Flags().Changed("keep-acl") && !o.keepACL
			if err := o.validate(); err != nil {
				return err
			}
			return explain(run(c.Context(), o))
		},
	}
	c.Flags().StringVar(&o.database, "to-database", "", "`NAME` of the database to restore into; made when it does not exist")
	c.Flags().StringVar(&o.identity, "identity", "", "`FILE` with the age private key, for encrypted backups")
	c.Flags().BoolVar(&o.keepOwner, "keep-owner", false, "restore the owners too; their roles must exist (default with --swap and --replace on the server of the backup)")
	c.Flags().BoolVar(&o.keepACL, "keep-acl", false, "restore the grants too; their roles must exist (default with --swap and --replace on the server of the backup)")
	c.Flags().StringVar(&o.role, "role", "", "`ROLE` that shall own everything (default: the login)")
	c.Flags().StringArrayVar(&o.mapRoles, "map-role", nil, "keep owners and grants, with role `OLD=NEW` (repeat for more)")
	c.Flags().BoolVar(&o.swap, "swap", false, "put the copy in the place of a database in use, which is renamed")
	c.Flags().BoolVar(&o.replace, "replace", false, "put the copy in the place of a database in use, which is dropped")
	c.Flags().IntVar(&o.jobs, "jobs", 1, "restore with this many workers; more than one is no single transaction")
	c.Flags().StringArrayVar(&o.tables, "table", nil, "rows of this `TABLE` only, by its whole name; a partitioned one is all its partitions (repeat for more)")
	c.Flags().BoolVar(&o.goOn, "continue-on-error", false, "keep what can be restored and list the rest (exit 7)")
	c.Flags().BoolVar(&o.schema, "schema-only", false, "definitions without rows")
	c.Flags().BoolVar(&o.plan, "plan", false, "say what would be done (same as --dry-run)")
	o.place.register(c, true)
	o.place.registerDatabase(c, true)
	o.place.registerFrom(c)
	o.write.Register(c)
	fieldsOf[restoredView](c)
	c.AddCommand(newPITR(a, nil))
	return c
}

func (o *restoreOptions) validate() error {
	o.write.DryRun = o.write.DryRun || o.plan
	switch {
	case o.goOn && (o.swap || o.replace):
		return clierr.Usagef("--continue-on-error excludes --swap and --replace: restore beside the database, look at what is missing, then exchange the names by hand")
	case o.swap && o.replace:
		return clierr.Usagef("--swap and --replace exclude each other")
	case o.role != "" && (o.keepOwner || len(o.mapRoles) > 0):
		return clierr.Usagef("--role excludes --keep-owner and --map-role")
	case o.schema && len(o.tables) > 0:
		return clierr.Usagef("--schema-only and --table exclude each other")
	case o.jobs < 1 || o.jobs > 64:
		return clierr.Usagef("--jobs %d: must be from 1 to 64", o.jobs)
	}
	var err error
	o.roles, err = pairs("--map-role", o.mapRoles)
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

func (o *restoreOptions) request(url secret.Secret) backup.Restore {
	q := backup.Restore{
		Server: url, Database: o.database, Identities: identities(o.app, o.identity), KeepOwner: o.keepOwner, KeepACL: o.keepACL,
		Role: o.role, MapRoles: o.roles, Jobs: o.jobs, Tables: o.tables, SchemaOnly: o.schema, GoOn: o.goOn, DryRun: o.write.DryRun,
		NoOwner: o.noOwner, NoACL: o.noACL,
	}
	if o.swap {
		q.Existing = backup.Swap
	}
	if o.replace {
		q.Existing = backup.Replace
	}
	return q
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
	repo, e, err := find(ctx, o.app, &o.place, o.ref, p.Notice)
	if err != nil {
		return err
	}
	q := o.request(url)
	if q.Existing != backup.Refuse && !o.write.DryRun {
		if err := o.confirm(ctx, repo, e, q); err != nil {
			return err
		}
	}
	var total int64
	if e.Manifest != nil {
		total = e.Manifest.Bytes()
	}
	started := o.app.Now()
	bar := progress.Start(o.app.Streams, "restore "+e.ID, total, progress.Bytes, o.app.Globals.Quiet)
	q.Progress = bar
	done, err := repo.RestoreTo(ctx, e, q)
	bar.Done()
	if err != nil {
		return err
	}
	v := restoredView{
		ID: done.ID, Database: done.Database, Created: done.Created, Tables: done.Tables, Rows: done.Rows,
		DurationMs: o.app.Now().Sub(started).Milliseconds(), PreviousDropped: done.Dropped, Roles: []string{},
		NotKept: append(append([]string{}, done.NotKept...), done.Stay...), Failed: []string{},
	}
	for _, f := range done.Failures {
		v.Failed = append(v.Failed, f.String())
	}
	for _, r := range done.Roles {
		if r.As != r.Name {
			v.Roles = append(v.Roles, r.Name+"="+r.As)
			continue
		}
		v.Roles = append(v.Roles, r.Name)
	}
	if done.Previous != "" && !done.Dropped {
		v.Previous = &done.Previous
	}
	if e.Manifest != nil {
		v.MigrationVersion = e.Manifest.MigrationVersion
	}
	said := "restored"
	if o.write.DryRun {
		said = "would be restored"
	} else {
		if err := audit(ctx, o.app, "backup.restore", e.ID, v); err != nil {
			warn(p, "the restore could not be written into the audit trail: "+err.Error())
		}
		o.schemaState(ctx, p, done.Target, &v)
	}
	o.tellLost(p, done)
	if len(v.Failed) > 0 {
		said = "restored in part"
	}
	err = output.Change(p, output.Desc{Noun: "restores", ID: "id"}, v, output.ChangeInfo{
		Result: output.Created, DryRun: o.write.DryRun,
		Said: fmt.Sprintf("backup %s %s into database %s: %s in %s, compared with the manifest%s", v.ID, said, v.Database,
			count(v.Rows, "row"), count(int64(v.Tables), "table"), fate(done)),
	})
	if err == nil && !o.write.DryRun && q.Existing != backup.Refuse && len(done.NotKept) > 0 {
		err = clierr.New(clierr.Partial, "properties_lost", fmt.Sprintf("database %s is restored, but not all of its properties could be kept: %s", v.Database, strings.Join(done.NotKept, "; ")),
			"give them back as a superuser, with ALTER DATABASE and GRANT")
	}
	if err == nil && done.Failed > 0 {
		err = clierr.New(clierr.Partial, "restored_in_part", fmt.Sprintf("database %s is restored in part: %s of the backup could not be restored", v.Database, count(int64(done.Failed), "object")),
			fmt.Sprintf("make the missing objects by hand; to see all of an entry: axisor backup cat %s | pg_restore --verbose --file=-", v.ID))
	}
	return err
}

// tellLost names what the restored database does not have, or will not have.
func (o *restoreOptions) tellLost(p *output.Printer, d backup.Restored) {
	verb := "not kept: "
	if o.write.DryRun {
		verb = "cannot be kept: "
	}
	for _, what := range d.NotKept {
		warn(p, verb+what)
	}
	for _, f := range d.Failures {
		warn(p, "not restored: "+f.String())
	}
	for _, what := range d.Stay {
		warn(p, what+" stays with the old database; make it again in the new one if it is needed")
	}
}

// confirm asks only when there is something to lose: a dry run tells.
func (o *restoreOptions) confirm(ctx context.Context, repo *backup.Repository, e backup.Entry, q backup.Restore) error {
	q.DryRun = true
	plan, err := repo.RestoreTo(ctx, e, q)
	if err != nil || plan.Previous == "" {
		return err
	}
	question := fmt.Sprintf("rename database %s to %s and put the backup in its place? Its sessions are ended.", o.database, plan.Previous)
	if plan.Dropped {
		question = fmt.Sprintf("replace database %s, which is not empty, by the backup? What it holds now is lost.", o.database)
	}
	return o.app.Prompt().Type(ctx, question, o.database)
}

func fate(d backup.Restored) string {
	switch {
	case d.Previous == "":
		return ""
	case d.Dropped:
		return "; the database that was there is dropped"
	}
	return "; the database that was there is now " + d.Previous
}

// schemaState says whether this program can work on what came back.
func (o *restoreOptions) schemaState(ctx context.Context, p *output.Printer, target secret.Secret, v *restoredView) {
	db, err := store.Open(store.Options{URL: target, MaxConnections: 1, AppName: "axisor restore"})
	if err != nil {
		return // the restore itself was compared; this is one more service
	}
	defer db.Close()
	m, err := migrate.New(db.SQL(), migrate.Options{})
	if err != nil {
		return
	}
	current, head, err := m.Version(ctx)
	if err != nil {
		return
	}
	pending := head - current
	v.MigrationVersion = &current
	switch {
	case pending > 0:
		p.Notice("the schema of the backup is at migration %d, this program expects %d: axisor migrate up", current, head)
	case pending < 0:
		p.Warn("the schema of the backup is at migration %d, newer than this program (%d)", current, head)
	}
}
