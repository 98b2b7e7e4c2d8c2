package trade

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/store"
)

// holding finds the newest good backup that holds all the rows, or says why there is none.
func holding(ctx context.Context, a *app.App, db *store.DB, old store.OldTrades) (backup.Entry, error) {
	none := backup.Entry{}
	cfg, err := a.Config()
	if err != nil {
		return none, err
	}
	since, err := entered(ctx, db, old)
	if err != nil {
		return none, err
	}
	system, err := db.SystemIdentifier(ctx)
	if err != nil {
		return none, err
	}
	o := backup.Options{Directory: a.Path(cfg.Backup.Directory), Now: a.Now}
	if file := cfg.Backup.SigningKeyFile; file != "" {
		if o.Signing, err = backup.OpenSigningKey(a.Path(file), config.ReadPrivateFile); err != nil {
			return none, err
		}
	}
	repo := backup.Open(o)
	entries, err := repo.List()
	if err != nil {
		return none, err
	}
	bases, err := repo.Bases()
	if err != nil {
		return none, err
	}
	var why string
	for _, e := range append(entries, bases...) { // each newest first
		problem := lacking(e, system, db.Target(), since, old.Rows)
		if problem == "" {
			return e, nil
		}
		why = cmp.Or(why, e.ID+" "+problem)
	}
	why = cmp.Or(why, "there is none in "+o.Directory)
	return none, clierr.New(clierr.Conflict, "no_backup", fmt.Sprintf("no good backup holds these %s: %s", words.Count(old.Rows, "trade log"), why),
		"axisor backup, and run this again", `--without-backup --reason TEXT deletes them all the same`)
}

// lacking says why a backup cannot give the rows back, "" when it can.
func lacking(e backup.Entry, system string, at store.Target, since time.Time, rows int64) string {
	m := e.Manifest
	switch {
	case e.State != backup.StateGood || m == nil:
		return "is " + string(e.State) + ": " + e.Problem
	case system != "" && m.Server.SystemIdentifier != "" && m.Server.SystemIdentifier != system:
		return "is of another server"
	case m.Base == nil && m.Database.Name != at.Database:
		return "is of the database " + m.Database.Name
	case !m.StartedAt.After(since):
		return fmt.Sprintf("was begun at %s, and the newest row came in at %s", m.StartedAt.UTC().Format(time.RFC3339), since.UTC().Format(time.RFC3339))
	}
	if !m.RowsCounted {
		return ""
	}
	for _, t := range m.Tables {
		if t.Schema == cmp.Or(at.Schema, "public") && t.Name == "TradeLog" && t.Rows >= rows {
			return ""
		}
	}
	return "has fewer trade logs than would be deleted"
}
