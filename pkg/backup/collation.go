package backup

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// collationDrift is a database whose indexes were sorted by another version of a library than the one of this machine.
type collationDrift struct {
	Database, Provider, Recorded, Actual string
}

// String tells what it means and what to type.
func (d collationDrift) String() string {
	name := QuoteName(d.Database)
	return fmt.Sprintf("database %s was sorted by %s version %s, and this machine has %s: its indexes on text may miss rows until they are built again. "+
		"When the server takes writes, connect to it and type: REINDEX DATABASE %s; ALTER DATABASE %[5]s REFRESH COLLATION VERSION;", name, d.Provider, d.Recorded, d.Actual, name)
}

// collationDrifts compares what the databases of a recovered cluster have recorded with the libraries here, which are
// those of another machine, or of another year, than the one that made the indexes. Servers before version 15 record
// nothing for a database. One that nobody can connect to has no indexes that anybody reads.
func collationDrifts(ctx context.Context, conn *pgx.Conn, major int) ([]collationDrift, error) {
	if major < 15 {
		return nil, nil
	}
	rows, err := conn.Query(ctx, `SELECT datname, CASE datlocprovider WHEN 'i' THEN 'ICU' WHEN 'b' THEN 'the built-in provider' ELSE 'the C library' END,
		datcollversion, actual FROM pg_database, pg_database_collation_actual_version(oid) actual
		WHERE datallowconn AND datcollversion <> actual ORDER BY datname`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[collationDrift])
}

// compareCollations warns; the recovery itself is what was asked for.
func (p *pitrPlan) compareCollations(ctx context.Context) {
	conn, err := p.connect(ctx)
	if err == nil {
		defer conn.Close(ctx)
		var list []collationDrift
		list, err = collationDrifts(ctx, conn, versionFromNumber(p.base.Manifest.Server.VersionNumber).Major)
		for _, d := range list {
			p.done.Warnings = append(p.done.Warnings, d.String())
		}
	}
	if err != nil {
		p.done.Warnings = append(p.done.Warnings, "whether the databases were sorted by this machine's libraries could not be found out: "+err.Error())
	}
}
