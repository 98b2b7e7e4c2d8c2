package backups

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/pgserver"
	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/migrate"
	"github.com/axisor/axisor/pkg/store"
)

// Restore puts a backup into a database.
type Restore struct {
	Location

	Ref     string
	Request backup.Restore // without the server
	// Ask asks before something can be lost; typed is the word that means yes.
	Ask func(ctx context.Context, question, typed string) error
	// Facts are what the audit trail keeps of it.
	Facts func(Restored) any
}

// Restored is what came back.
type Restored struct {
	backup.Restored

	Entry      backup.Entry
	DurationMs int64
	Migration  *int64 // of the schema; nil when it is not known
	// Failed is what did not come back of a restore that stands; nil: nothing.
	Failed error
}

// Run restores, or says what would be restored.
func (r *Restore) Run(ctx context.Context) (Restored, error) {
	url, err := r.URL()
	if err != nil {
		return Restored{}, err
	}
	repo, e, err := r.Find(ctx, r.Ref)
	if err != nil {
		return Restored{}, err
	}
	q := r.Request
	q.Server = url
	if q.Existing != backup.Refuse && !q.DryRun {
		if err := r.confirm(ctx, repo, e, q); err != nil {
			return Restored{}, err
		}
	}
	out := Restored{Entry: e}
	var total int64
	if e.Manifest != nil {
		total, out.Migration = e.Manifest.Bytes(), e.Manifest.MigrationVersion
	}
	started := r.App.Now()
	bar := r.count("restore "+e.ID, total)
	q.Progress = bar
	out.Restored, err = repo.RestoreTo(ctx, e, q)
	bar.Done()
	if err != nil {
		return out, err
	}
	out.DurationMs = r.App.Now().Sub(started).Milliseconds()
	if !q.DryRun {
		r.audit(ctx, "backup.restore", e.ID, r.Facts(out), "the restore")
		r.schemaState(ctx, &out)
	}
	r.tellLost(out.Restored)
	out.Failed = lost(out.Restored, q)
	return out, nil
}

func lost(d backup.Restored, q backup.Restore) error {
	switch {
	case d.Failed > 0:
		what := fmt.Sprintf("%d objects", d.Failed)
		if d.Failed == 1 {
			what = "1 object"
		}
		return clierr.New(clierr.Partial, "restored_in_part", fmt.Sprintf("database %s is restored in part: %s of the backup could not be restored", d.Database, what),
			fmt.Sprintf("make the missing objects by hand; to see all of an entry: axisor backup cat %s | pg_restore --verbose --file=-", d.ID))
	case !q.DryRun && q.Existing != backup.Refuse && len(d.NotKept) > 0:
		return clierr.New(clierr.Partial, "properties_lost", fmt.Sprintf("database %s is restored, but not all of its properties could be kept: %s", d.Database, strings.Join(d.NotKept, "; ")),
			"give them back as a superuser, with ALTER DATABASE and GRANT")
	}
	return nil
}

// tellLost names what the restored database does not have, or will not have.
func (r *Restore) tellLost(d backup.Restored) {
	verb := "not kept"
	if r.Request.DryRun {
		verb = "cannot be kept"
	}
	for _, what := range d.NotKept {
		r.Warn("%s: %s", verb, what)
	}
	for _, f := range d.Failures {
		r.Warn("not restored: %s", f.String())
	}
	for _, what := range d.Stay {
		r.Warn("%s stays with the old database; make it again in the new one if it is needed", what)
	}
}

// confirm asks only when there is something to lose: a dry run tells.
func (r *Restore) confirm(ctx context.Context, repo *backup.Repository, e backup.Entry, q backup.Restore) error {
	q.DryRun = true
	plan, err := repo.RestoreTo(ctx, e, q)
	if err != nil || plan.Previous == "" {
		return err
	}
	question := fmt.Sprintf("rename database %s to %s and put the backup in its place? Its sessions are ended.", q.Database, plan.Previous)
	if plan.Dropped {
		question = fmt.Sprintf("replace database %s, which is not empty, by the backup? What it holds now is lost.", q.Database)
	}
	return r.Ask(ctx, question, q.Database)
}

// schemaState says whether this program can work on what came back.
func (r *Restore) schemaState(ctx context.Context, out *Restored) {
	db, err := store.Open(store.Options{URL: out.Target, MaxConnections: 1, AppName: "axisor restore"})
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
	out.Migration = &current
	switch {
	case head > current:
		r.Notice("the schema of the backup is at migration %d, this program expects %d: axisor migrate up", current, head)
	case head < current:
		r.Warn("the schema of the backup is at migration %d, newer than this program (%d)", current, head)
	}
}

// Recovery rebuilds the cluster as it was at a point in time.
type Recovery struct {
	Location

	Request backup.PITR
	// Facts are what the audit trail keeps of it.
	Facts func(Recovered) any
}

// Recovered is the point that was reached.
type Recovered struct {
	backup.Recovered

	DurationMs int64
}

// Run recovers, or says what would be recovered.
func (r *Recovery) Run(ctx context.Context) (Recovered, error) {
	repo, err := r.Catalogue(ctx)
	if err != nil {
		return Recovered{}, err
	}
	q := r.Request
	if q.System == "" {
		if q.System, err = r.ownCluster(ctx, repo); err != nil {
			return Recovered{}, err
		}
	}
	uid, gid, drop, err := pgserver.Unprivileged()
	if err != nil {
		return Recovered{}, err
	}
	if drop {
		q.Account = &backup.Account{UID: uid, GID: gid}
	}
	started := r.App.Now()
	bar := r.count("recover", 0)
	q.Progress = bar
	d, err := repo.RecoverTo(ctx, q)
	bar.Done()
	if err != nil {
		return Recovered{}, r.hintTargets(err)
	}
	out := Recovered{d, r.App.Now().Sub(started).Milliseconds()}
	for _, w := range d.Warnings {
		r.Warn("%s", w)
	}
	if !q.DryRun {
		r.audit(ctx, "backup.recover", d.Base, r.Facts(out), "the recovery")
	}
	return out, nil
}

// ownCluster is the configured cluster when it has base backups here; "" when the server is gone or is a new one.
func (l *Location) ownCluster(ctx context.Context, repo *backup.Repository) (string, error) {
	own, _, err := l.scope(ctx)
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
func (l *Location) hintTargets(err error) error {
	if !errors.Is(err, backup.ErrUnreachable) && !errors.Is(err, backup.ErrDamaged) || l.From != "" {
		return err
	}
	targets, terr := l.Targets()
	if terr != nil || len(targets) == 0 {
		return err
	}
	return l.App.Classify(err).WithHint("what is lost here may be whole on a target: --from " + targets[0].Name)
}
