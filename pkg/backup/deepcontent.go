package backup

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// compareContent compares rows, large objects and sequences with the backup.
func (d *deepRun) compareContent(ctx context.Context) error {
	login := d.scratch.login
	conn, err := login.connect(ctx)
	if err != nil {
		return err
	}
	defer login.close(ctx, conn)
	if err := unforce(ctx, login, conn); err != nil {
		return err
	}
	if err := compareOn(ctx, d.entry, login, conn, d.check.Hash); err != nil {
		return err
	}
	if err := d.compareLargeObjects(ctx, conn); err != nil {
		return err
	}
	return d.compareSequences(ctx, conn)
}

// unforce lets the owner of the scratch database, who is no superuser, see all rows.
func unforce(ctx context.Context, e *endpoint, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, `SELECT format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', oid::regclass) FROM pg_class
		WHERE relforcerowsecurity AND pg_has_role(relowner, 'USAGE')`)
	if err != nil {
		return e.classify(ctx, "look for row security", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return e.classify(ctx, "look for row security", err)
	}
	for _, sql := range list {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return e.classify(ctx, "lift row security", err)
		}
	}
	return nil
}

// damaged is a verdict on the backup.
func (d *deepRun) damaged(format string, args ...any) error {
	return &DamagedError{ID: d.entry.ID, File: d.entry.Manifest.Archive.Name, Level: LevelDeep, Problem: fmt.Sprintf(format, args...)}
}

func (d *deepRun) compareLargeObjects(ctx context.Context, conn *pgx.Conn) error {
	want := d.entry.Manifest.LargeObjects
	if want == nil {
		return nil
	}
	var got int64
	if err := conn.QueryRow(ctx, "SELECT count(*) FROM pg_largeobject_metadata").Scan(&got); err != nil {
		return d.scratch.login.classify(ctx, "count large objects", err)
	}
	if got != *want {
		return d.damaged("%d large objects instead of %d", got, *want)
	}
	return nil
}

// setval is how pg_dump writes the state of a sequence: SELECT pg_catalog.setval('schema.name', 42, true);
var setval = pattern(`^SELECT pg_catalog\.setval\('((?:[^']|'')*)', (-?\d+), (true|false)\);\s*$`)

// sequenceState is how far a sequence has come.
type sequenceState struct {
	name   string // quoted, in the encoding of the database
	value  int64
	called bool
}

func (d *deepRun) sequences() []sequenceState {
	var out []sequenceState
	for _, e := range d.contents.Entries {
		if e.Kind != "SEQUENCE SET" {
			continue
		}
		if s, ok := parseSetval(setval(), e.Definition); ok {
			s.name = pgx.Identifier{e.Schema, e.Name}.Sanitize()
			out = append(out, s)
		}
	}
	return out
}

func parseSetval(form *regexp.Regexp, sql string) (sequenceState, bool) {
	m := form.FindStringSubmatch(strings.TrimSpace(sql))
	if m == nil {
		return sequenceState{}, false
	}
	n, err := strconv.ParseInt(m[2], 10, 64)
	return sequenceState{value: n, called: m[3] == "true"}, err == nil
}

// compareSequences fails for a sequence that would give a number twice. One that is further was used by a function
// of the dump while it was restored.
func (d *deepRun) compareSequences(ctx context.Context, conn *pgx.Conn) error {
	login := d.scratch.login
	if _, err := conn.Exec(ctx, "SELECT set_config('client_encoding', getdatabaseencoding(), false)"); err != nil {
		return login.classify(ctx, "choose encoding", err)
	}
	var ahead []string
	for _, want := range d.sequences() {
		var got sequenceState
		var step int64
		err := conn.QueryRow(ctx, "SELECT last_value, is_called, (SELECT seqincrement FROM pg_sequence WHERE seqrelid = $1::regclass) FROM "+want.name, want.name).
			Scan(&got.value, &got.called, &step)
		if hasState(err, "42P01") {
			return d.damaged("sequence %s did not come back", strings.ToValidUTF8(want.name, "?"))
		}
		if err != nil {
			return login.classify(ctx, "read sequence "+strings.ToValidUTF8(want.name, "?"), err)
		}
		if got.value == want.value && got.called == want.called {
			continue
		}
		further := got.value > want.value
		if step < 0 {
			further = got.value < want.value
		}
		if !further && (got.value != want.value || !got.called) {
			return d.damaged("sequence %s is at %d instead of %d", strings.ToValidUTF8(want.name, "?"), got.value, want.value)
		}
		ahead = append(ahead, strings.ToValidUTF8(want.name, "?"))
	}
	if len(ahead) > 0 {
		d.check.noted(fmt.Sprintf("%d sequences went on while the backup was restored, first %s", len(ahead), ahead[0]))
	}
	return nil
}
