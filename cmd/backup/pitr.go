package backup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/internal/pgserver"
	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/backup/wal"
)

// recoveredView is the point asked for, the point reached, and where it is.
type recoveredView struct {
	Base             string       `json:"base"`
	SystemIdentifier string       `json:"system_identifier"`
	Timeline         uint32       `json:"timeline"`
	Asked            string       `json:"asked"`
	ReachedTime      *output.Time `json:"reached_time"` // of the last transaction that is in
	ReachedLSN       string       `json:"reached_lsn"`
	StoppedBefore    *output.Time `json:"stopped_before"` // of the first transaction that is not
	ArchiveLSN       string       `json:"archive_lsn"`    // end of the archived log
	Transactions     int64        `json:"transactions"`   // replayed since the base backup
	Segments         int          `json:"segments"`
	Bytes            int64        `json:"bytes"`
	DataDirectory    string       `json:"data_directory"`
	SocketDirectory  *string      `json:"socket_directory"`
	Port             *int         `json:"port"`
	LogFile          *string      `json:"log_file"`
	Running          bool         `json:"running"`
	Promoted         bool         `json:"promoted"`
	DurationMs       int64        `json:"duration_ms"`
	Warnings         []string     `json:"warnings"`
}

type pitrOptions struct {
	app       *app.App
	place     place
	toTime    string
	toLSN     string
	toName    string
	latest    bool
	directory string
	timeline  uint32
	system    string
	identity  string
	promote   bool
	stop      bool
	mapSpaces []string
	spaces    map[string]string
	target    backup.PITRTarget
	write     flags.Writes
}

func newPITR(a *app.App, run func(context.Context, *pitrOptions) error) *cobra.Command {
	if run == nil {
		run = runPITR
	}
	o := &pitrOptions{app: a}
	c := &cobra.Command{
		Use:   "pitr",
		Short: "Recover the whole cluster to a point in time, in a directory of its own",
		Long: `Rebuild the cluster as it was at a point in time: the newest base backup before it, and the archived
log up to it. Nothing that runs is touched; a new server starts in --target-dir, on a private socket.

Before any server starts, every byte of the base backup and every record of the log up to the point
are checked. A point before the oldest base backup, past the end of the log, over a hole or over a
damaged byte is refused then. The server has to stop at exactly the record that the check has found;
it is left read-only at that point, so that you can look, unless --promote ends the recovery. "latest"
is the last record in the archive, no less.

A base backup with tablespaces needs a new, empty place for each: --tablespace-map OLDDIR=NEWDIR.

Without --promote, look with psql and then: pg_ctl promote -D DIR. Times need an offset or Z.

Exit codes: 0, 1, 2, 3, 4 (point cannot be recovered, or directory not empty), 6, 8 (damage, or another
point reached), 10, 14, 130.`,
		Example: `  axisor restore pitr --to-time 2026-08-12T09:15:00Z --target-dir /var/lib/axisor/recovered
  axisor restore pitr --to-name before_migration --target-dir /srv/recovered --promote
  axisor restore pitr --latest --target-dir /srv/recovered --dry-run -o json`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.validate(c.CommandPath()); err != nil {
				return err
			}
			return explain(run(c.Context(), o))
		},
	}
	c.Flags().StringVar(&o.toTime, "to-time", "", "recover what was committed up to this `TIME` (RFC 3339 with offset: 2026-08-12T09:15:00Z)")
	c.Flags().StringVar(&o.toLSN, "to-lsn", "", "recover up to this `POSITION` of the log (0/5000028)")
	c.Flags().StringVar(&o.toName, "to-name", "", "recover up to this restore point (pg_create_restore_point)")
	c.Flags().BoolVar(&o.latest, "latest", false, "recover everything that is archived")
	c.Flags().StringVar(&o.directory, "target-dir", "", "`DIR` that becomes the data directory; empty or absent")
	c.Flags().Uint32Var(&o.timeline, "timeline", 0, "timeline to follow (default: the newest)")
	c.Flags().StringVar(&o.system, "system", "", "system `IDENTIFIER` of the cluster (default: the configured one, or the only one)")
	c.Flags().StringVar(&o.identity, "identity", "", "`FILE` with the age private key, for encrypted backups")
	c.Flags().StringArrayVar(&o.mapSpaces, "tablespace-map", nil, "place of a tablespace: `OLDDIR=NEWDIR` (repeat for each that the base backup has)")
	c.Flags().BoolVar(&o.promote, "promote", false, "end the recovery at the point: the server takes writes")
	c.Flags().BoolVar(&o.stop, "stop", false, "stop the server afterwards")
	o.place.register(c, true)
	o.place.registerFrom(c)
	o.write.Register(c)
	fieldsOf[recoveredView](c)
	return c
}

func (o *pitrOptions) validate(path string) error {
	asked := 0
	for _, is := range []bool{o.toTime != "", o.toLSN != "", o.toName != "", o.latest} {
		if is {
			asked++
		}
	}
	if asked != 1 {
		return clierr.Usagef("%s needs exactly one of --to-time, --to-lsn, --to-name, --latest", path).
			WithHint("what can be recovered: axisor backup status")
	}
	if o.directory == "" {
		return clierr.Usagef("%s needs --target-dir DIR", path).WithHint("a directory that is empty or does not exist yet")
	}
	var err error
	if o.spaces, err = pairs("--tablespace-map", o.mapSpaces); err != nil {
		return err
	}
	o.target = backup.PITRTarget{Name: o.toName, Latest: o.latest}
	if o.toTime != "" {
		if o.target.Time, err = time.Parse(time.RFC3339Nano, o.toTime); err != nil {
			return clierr.Usagef("--to-time %q: must be RFC 3339 with an offset, such as 2026-08-12T09:15:00Z or 2026-08-12T06:15:00-03:00", o.toTime)
		}
		o.target.Time = o.target.Time.UTC().Truncate(time.Microsecond) // as fine as the server's clock
	}
	if o.toLSN != "" {
		if o.target.LSN, err = wal.ParseLSN(o.toLSN); err != nil || o.target.LSN == 0 {
			return clierr.Usagef("--to-lsn %q: must be a position such as 0/5000028", o.toLSN)
		}
	}
	return nil
}

func runPITR(ctx context.Context, o *pitrOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	repo, err := o.place.catalogue(ctx, o.app)
	if err != nil {
		return err
	}
	if o.system == "" {
		if o.system, err = ownCluster(ctx, o.app, repo); err != nil {
			return err
		}
	}
	q := backup.PITR{
		Target: o.target, Directory: o.app.Path(o.directory), Timeline: o.timeline, System: o.system,
		Identities: identities(o.app, o.identity), Promote: o.promote, Stop: o.stop, DryRun: o.write.DryRun,
		Tablespaces: map[string]string{},
	}
	for from, to := range o.spaces {
		q.Tablespaces[from] = o.app.Path(to)
	}
	uid, gid, drop, err := pgserver.Unprivileged()
	if err != nil {
		return err
	}
	if drop {
		q.Account = &backup.Account{UID: uid, GID: gid}
	}
	started := o.app.Now()
	bar := progress.Start(o.app.Streams, "recover", 0, progress.Bytes, o.app.Globals.Quiet)
	q.Progress = bar
	d, err := repo.RecoverTo(ctx, q)
	bar.Done()
	if err != nil {
		return o.hintTargets(err)
	}
	v := recoveredViewOf(d, o.app.Now().Sub(started))
	for _, w := range d.Warnings {
		warn(p, w)
	}
	if !o.write.DryRun {
		if err := audit(ctx, o.app, "backup.recover", d.Base, v); err != nil {
			warn(p, "the recovery could not be written into the audit trail: "+err.Error())
		}
	}
	next := ""
	if d.Running {
		next = fmt.Sprintf("psql -h %s -p %d -U %s", d.SocketFolder, d.Port, d.User)
		if !d.Promoted {
			next += "; then pg_ctl promote -D " + d.DataDirectory
		}
	}
	return output.Change(p, output.Desc{Noun: "recoveries", ID: "data_directory"}, v, output.ChangeInfo{
		Result: output.Created, DryRun: o.write.DryRun, Said: recoveredSummary(d, o.write.DryRun), Next: next,
	})
}

// ownCluster is the configured cluster when it has base backups here; "" when the server is gone or is a new one.
func ownCluster(ctx context.Context, a *app.App, repo *backup.Repository) (string, error) {
	own, _, err := configuredScope(ctx, a)
	if err != nil || own == nil || own.AnyCluster {
		return "", err
	}
	bases, err := repo.For(*own).Bases()
	if slices.ContainsFunc(bases, func(e backup.Entry) bool { return e.Manifest != nil }) {
		return own.System, err
	}
	return "", err
}

// hintTargets tells where else the base backup or the log may be whole.
func (o *pitrOptions) hintTargets(err error) error {
	if !errors.Is(err, backup.ErrUnreachable) && !errors.Is(err, backup.ErrDamaged) || o.place.from != "" {
		return err
	}
	targets, terr := configuredTargets(o.app)
	var told *clierr.Error
	if terr != nil || len(targets) == 0 || !errors.As(explain(err), &told) {
		return err
	}
	return told.WithHint("what is lost here may be whole on a target: --from " + targets[0].Name)
}

func recoveredSummary(d backup.Recovered, dry bool) string {
	parts := []string{"asked for " + d.Asked + ", reached " + d.ReachedLSN.String()}
	if dry {
		parts[0] = "would reach " + d.ReachedLSN.String() + " for " + d.Asked
	}
	if d.ReachedTime != nil {
		parts = append(parts, "last transaction "+d.ReachedTime.Format(time.RFC3339Nano))
	}
	if d.StopTime != nil {
		parts = append(parts, "the next one of "+d.StopTime.Format(time.RFC3339Nano)+" is not in it")
	}
	return strings.Join(append(parts, "from base backup "+d.Base), ", ")
}

func recoveredViewOf(d backup.Recovered, took time.Duration) recoveredView {
	v := recoveredView{
		Base: d.Base, SystemIdentifier: d.System, Timeline: d.Timeline, Asked: d.Asked, ReachedTime: output.AtPtr(d.ReachedTime),
		ReachedLSN: d.ReachedLSN.String(), StoppedBefore: output.AtPtr(d.StopTime), ArchiveLSN: d.ArchiveLSN.String(),
		Transactions: d.Transactions, Segments: d.Segments, Bytes: d.Bytes, DataDirectory: d.DataDirectory, Running: d.Running,
		Promoted: d.Promoted, DurationMs: took.Milliseconds(), Warnings: append([]string{}, d.Warnings...),
	}
	if d.Running {
		v.SocketDirectory, v.Port, v.LogFile = &d.SocketFolder, &d.Port, &d.LogFile
	}
	return v
}
