package backup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// countBatch is how many tables are counted before their locks are given back. A dump of many tables alone nearly
// fills the server's lock table.
const countBatch = 16

// countTries is how often a single table is tried for which no lock is left, and countPause how long between: what
// others hold beside the dump, such as autovacuum, they hold for moments.
const (
	countTries = 50
	countPause = 100 * time.Millisecond
)

// countTables counts every table whose rows pg_dump stores: no system schemas, no tables
// that belong to an extension, no partitioned parents (their partitions hold the rows).
func countTables(ctx context.Context, e *endpoint, conn *pgx.Conn, hash bool) ([]TableRows, error) {
	if hash {
		if _, err := conn.Exec(ctx, rowText); err != nil {
			return nil, e.classify(ctx, "prepare hashes", err)
		}
	}
	tables, err := listTables(ctx, e, conn)
	if err != nil {
		return nil, err
	}
	size, tries := countBatch, 0
	for from := 0; from < len(tables); {
		batch := tables[from:min(from+size, len(tables))]
		err := countBatchOf(ctx, e, conn, batch, hash)
		switch {
		case err == nil:
			from, tries = from+len(batch), 0
		case !noLockLeft(err) || tries == countTries:
			return nil, err
		case size > 1:
			size = 1
		default:
			tries++
			select {
			case <-time.After(countPause):
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}
	return tables, nil
}

// countBatchOf counts tables and gives their locks back. A transaction that holds the dump's snapshot goes on, also
// after an error; what a savepoint locked is free after its end.
func countBatchOf(ctx context.Context, e *endpoint, conn *pgx.Conn, tables []TableRows, hash bool) error {
	if conn.PgConn().TxStatus() != 'T' {
		return countEach(ctx, e, conn, tables, hash)
	}
	if _, err := conn.Exec(ctx, "SAVEPOINT counting"); err != nil {
		return e.classify(ctx, "begin to count", err)
	}
	failure := countEach(ctx, e, conn, tables, hash)
	for _, end := range []string{"ROLLBACK TO SAVEPOINT counting", "RELEASE SAVEPOINT counting"} {
		if _, err := conn.Exec(ctx, end); err != nil && failure == nil {
			failure = e.classify(ctx, "end a count", err)
		}
	}
	return failure
}

// noLockLeft reports whether the server's lock table was full.
func noLockLeft(err error) bool { return hasState(err, "53200") }

// countContent counts the rows of every table, and the large objects.
func countContent(ctx context.Context, e *endpoint, conn *pgx.Conn, hash bool) ([]TableRows, *int64, error) {
	tables, err := countTables(ctx, e, conn, hash)
	if err != nil {
		return nil, nil, err
	}
	var n int64
	if err := conn.QueryRow(ctx, "SELECT count(*) FROM pg_largeobject_metadata").Scan(&n); err != nil {
		return nil, nil, e.classify(ctx, "count large objects", err)
	}
	return tables, &n, nil
}

// listTables lists the tables in the encoding of the database, which an archive of it has too, and in UTF-8, which
// a manifest has. They are the same nearly always.
func listTables(ctx context.Context, e *endpoint, conn *pgx.Conn) ([]TableRows, error) {
	if _, err := conn.Exec(ctx, "SELECT set_config('client_encoding', getdatabaseencoding(), false)"); err != nil {
		return nil, e.classify(ctx, "choose encoding", err)
	}
	rows, err := conn.Query(ctx, `WITH db AS (SELECT getdatabaseencoding() AS enc)
		SELECT n.nspname, c.relname,
		CASE WHEN enc IN ('UTF8', 'SQL_ASCII', 'MULE_INTERNAL') THEN NULL ELSE convert(convert_to(n.nspname::text, enc), enc, 'UTF8') END,
		CASE WHEN enc IN ('UTF8', 'SQL_ASCII', 'MULE_INTERNAL') THEN NULL ELSE convert(convert_to(c.relname::text, enc), enc, 'UTF8') END
		FROM db, pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'r' AND c.relpersistence <> 't'
		  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%'
		  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
		                  WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
		  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
		                  WHERE d.classid = 'pg_catalog.pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
		ORDER BY 1, 2`)
	if err != nil {
		return nil, e.classify(ctx, "list tables", err)
	}
	tables, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (TableRows, error) {
		var t TableRows
		var schema, name []byte
		if err := row.Scan(&t.rawSchema, &t.rawName, &schema, &name); err != nil {
			return t, err
		}
		t.Schema, t.Name = asUTF8(t.rawSchema), asUTF8(t.rawName)
		if schema != nil && name != nil {
			t.Schema, t.Name = string(schema), string(name)
		}
		return t, nil
	})
	return tables, e.classify(ctx, "list tables", err)
}

// asUTF8 is what JSON makes of a name whose encoding nobody knows: one sign in place of each byte that is no text.
func asUTF8(name string) string { return string([]rune(name)) }

func countEach(ctx context.Context, e *endpoint, conn *pgx.Conn, tables []TableRows, hash bool) error {
	sum := "''"
	if hash {
		sum = "coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text"
	}
	for i := range tables {
		t := &tables[i]
		query := "SELECT count(*), " + sum + " FROM ONLY " + pgx.Identifier{t.rawSchema, t.rawName}.Sanitize() + " t"
		if err := conn.QueryRow(ctx, query).Scan(&t.Rows, &t.Hash); err != nil {
			return e.classify(ctx, "count rows of "+t.Schema+"."+t.Name, err)
		}
	}
	return nil
}

// raw is the name of a table in the encoding of its database.
func (t TableRows) raw() [2]string {
	if t.rawName == "" {
		return [2]string{t.Schema, t.Name}
	}
	return [2]string{t.rawSchema, t.rawName}
}

// compareTables reports the first differences between what was dumped and what came back.
func compareTables(want, got []TableRows) error {
	type key struct{ schema, name string }
	have := map[key][]TableRows{}
	for _, t := range got {
		k := key{asUTF8(t.Schema), asUTF8(t.Name)}
		have[k] = append(have[k], t)
	}
	take := func(t TableRows) (TableRows, bool) {
		k := key{asUTF8(t.Schema), asUTF8(t.Name)}
		if len(have[k]) == 0 { // manifests of older releases have the names of other encodings in this form
			for other, list := range have {
				if r := list[0].raw(); asUTF8(r[0]) == k.schema && asUTF8(r[1]) == k.name {
					k = other
					break
				}
			}
		}
		list := have[k]
		if len(list) == 0 {
			return t, false
		}
		if have[k] = list[1:]; len(have[k]) == 0 {
			delete(have, k)
		}
		return list[0], true
	}
	var problems []error
	for _, t := range want {
		n, ok := take(t)
		switch {
		case !ok:
			problems = append(problems, fmt.Errorf("table %s.%s did not come back", t.Schema, t.Name))
		case n.Rows != t.Rows:
			problems = append(problems, fmt.Errorf("table %s.%s has %d rows instead of %d", t.Schema, t.Name, n.Rows, t.Rows))
		case n.Hash != "" && t.Hash != "" && n.Hash != t.Hash:
			problems = append(problems, fmt.Errorf("table %s.%s has the right number of rows with another content", t.Schema, t.Name))
		}
	}
	for k := range have {
		problems = append(problems, fmt.Errorf("table %s.%s came from nowhere", k.schema, k.name))
	}
	if len(problems) > 5 {
		problems = append(problems[:5], fmt.Errorf("and %d more", len(problems)-5))
	}
	return errors.Join(problems...)
}
