// Command migrate measures whom a migration keeps waiting. While a reader holds a transaction on every table and
// pgbench writes to them, the schema is brought from an earlier version to the newest, once by `axisor migrate up` and
// once by psql fed with the same SQL, which knows no lock_timeout and does not try again. The number that counts is the
// longest that one of the writers' transactions took.
package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/axisor/axisor/bench/internal/harness"
	"github.com/axisor/axisor/pkg/migrate"
	"github.com/axisor/axisor/pkg/store"
)

// allowed is how long a migration may keep a writer waiting.
const allowed = 600 * time.Millisecond

// errEnded is a migration that the server ended because it and a writer waited for each other, the fate of one that holds
// its locks while it waits for more, or because a file limits how long it waits. There is no time to compare then; it is
// tried again.
var errEnded = errors.New("the server ended the migration")

const mostTries = 5

func main() {
	o := harness.Flags()
	from := flag.Int64("from", 10, "version to begin with; 10 has the design's tables and none of its row security")
	harness.Main(o, func(ctx context.Context, b *harness.Harness) error {
		f := &field{
			Harness: b, from: *from, rows: b.Pick(2000, 20_000, 200_000), clients: 3,
			hold: time.Duration(b.Pick(1, 5, 10)) * time.Second,
		}
		return f.compare(ctx)
	})
}

// field is the harness with the size of the traffic in it.
type field struct {
	*harness.Harness

	from    int64
	rows    int           // trade logs, and a tenth as many users and payments
	hold    time.Duration // how long the reader holds every table; a second later it does so again
	clients int
	made    int // databases
}

func (f *field) compare(ctx context.Context) error {
	retries := 0
	way := func(name string, up func(context.Context, *sql.DB, string) (int, error), keep *int) harness.Contestant {
		return harness.Contestant{Name: name, Run: func(ctx context.Context) (harness.Sample, error) {
			var o outcome
			err := errEnded
			for n := 0; n < mostTries && errors.Is(err, errEnded); n++ {
				f.made++
				o, err = f.measure(ctx, fmt.Sprintf("bench_%d", f.made), up)
			}
			f.Say("%-20s longest %s, 99.9 %% %s, from when it was due %s; whole run %s, %d writes, %d retries", name, o.longest.Round(time.Millisecond),
				o.most.Round(time.Millisecond), o.due.Round(time.Millisecond), o.took.Round(time.Millisecond), o.writes, o.retries)
			*keep += o.retries
			return harness.Sample{Wall: o.longest}, err
		}}
	}
	limit := harness.Contestant{Name: "limit", Run: func(context.Context) (harness.Sample, error) { return harness.Sample{Wall: allowed}, nil }}
	samples, err := harness.Turns(ctx, 0, f.Pick(1, 1, 3), way("axisor migrate up", f.migrateUp, &retries), way("psql, the same SQL", f.feedPsql, new(int)), limit)
	if err != nil {
		return err
	}
	row := harness.Row{Claim: "migrate up: longest wait of a writer", Unit: "ms"}
	row.Note = fmt.Sprintf("every table held by a reader for %s; %d retries", f.hold, retries)
	byHand, promised := row, row
	byHand.Rival, promised.Rival, promised.Goal = "psql, the same SQL", "the promise", 1
	return errors.Join(
		f.Emit(byHand.Against(samples[0], samples[1], harness.Milliseconds)), f.Emit(promised.Against(samples[0], samples[2], harness.Milliseconds)),
	)
}

// outcome is what one way to migrate did to the writers.
type outcome struct {
	longest, most time.Duration // of one transaction; of all but one in a thousand
	due           time.Duration // the longest, from when it was due: behind others of its own connection, too
	took          time.Duration
	writes        int
	retries       int
}

// measure runs one way to migrate on a database of its own, between the reader and the writers.
func (f *field) measure(ctx context.Context, database string, up func(context.Context, *sql.DB, string) (retries int, err error)) (outcome, error) {
	var o outcome
	db, err := f.prepare(ctx, database)
	if err != nil {
		return o, err
	}
	defer db.Close()
	release, err := f.read(ctx, db)
	if err != nil {
		return o, err
	}
	defer release()
	writing, err := f.write(ctx, database)
	if err != nil {
		return o, err
	}
	time.Sleep(time.Second) // the writers are under way
	began := time.Now()
	o.retries, err = up(ctx, db, f.address(database))
	o.took = time.Since(began)
	time.Sleep(2 * time.Second) // pgbench loses the last lines of its log when it is interrupted
	waits, due, stopErr := writing()
	if err = errors.Join(err, stopErr); err != nil {
		return o, err
	}
	if len(waits) == 0 {
		return o, errors.New("the writers wrote nothing")
	}
	slices.Sort(waits)
	o.writes, o.longest, o.most, o.due = len(waits), waits[len(waits)-1], waits[len(waits)-1-len(waits)/1000], due
	return o, f.verify(ctx, db)
}

func (f *field) address(database string) string {
	return f.Server.URL(database).Reveal()
}

// prepare makes a database of the earlier version, with rows.
func (f *field) prepare(ctx context.Context, database string) (*sql.DB, error) {
	s, err := store.Open(store.Options{URL: f.URL(), MaxConnections: 1})
	if err != nil {
		return nil, err
	}
	_, err = s.SQL().ExecContext(ctx, "CREATE DATABASE "+database+" TEMPLATE template0")
	if err = errors.Join(err, s.Close()); err != nil {
		return nil, err
	}
	if _, err := f.run(ctx, f.address(database), "migrate", "up", "--to", strconv.FormatInt(f.from, 10)); err != nil {
		return nil, err
	}
	if s, err = store.Open(store.Options{URL: f.Server.URL(database), MaxConnections: 4}); err != nil {
		return nil, err
	}
	for _, fill := range []string{
		`INSERT INTO "User" (id, email, username) SELECT 'u' || n, 'u' || n || '@example.com', 'user' || n FROM generate_series(1, %[1]d / 10) n`,
		`INSERT INTO "Payment" (id, user_id, amount_sats, lightning_invoice, status, plan_type, expires_at)
			SELECT 'p' || n, 'u' || n, 1, 'ln' || n, 'pending', 'pro', now() FROM generate_series(1, %[1]d / 10) n`,
		`INSERT INTO "TradeLog" (user_id, trade_id, status, executed_at)
			SELECT 'u' || (n %% (%[1]d / 10) + 1), n::text, 'success', now() FROM generate_series(1, %[1]d) n`,
	} {
		if _, err := s.SQL().ExecContext(ctx, fmt.Sprintf(fill, f.rows)); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	_, err = s.SQL().ExecContext(ctx, "VACUUM ANALYZE")
	return s.SQL(), err
}

// read holds every table by a transaction that has read from it, again and again until stop is called. When it
// returns the tables are held.
func (f *field) read(ctx context.Context, db *sql.DB) (stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	tx, err := holdEverything(ctx, db)
	if err != nil {
		cancel()
		return nil, err
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for tx != nil && pause(ctx, f.hold) {
			_ = tx.Rollback()
			if tx = nil; pause(ctx, time.Second) {
				tx, _ = holdEverything(ctx, db) // cancelled, or in the way of a migration: then it was its turn
			}
		}
	})
	return func() {
		cancel()
		wg.Wait()
	}, nil
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// holdEverything reads from every table in one transaction that lasts as long as the context.
func holdEverything(ctx context.Context, db *sql.DB) (*sql.Tx, error) {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return nil, err
	}
	_, err = tx.ExecContext(ctx, `DO $$ DECLARE t record; BEGIN
		FOR t IN SELECT oid::regclass AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
			EXECUTE format('SELECT 1 FROM %s LIMIT 1', t.name);
		END LOOP; END $$`)
	if err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	return tx, nil
}

// write starts pgbench on tables that people write to, a transaction a statement. The returned function ends it and
// gives the time that each transaction took.
func (f *field) write(ctx context.Context, database string) (stop func() ([]time.Duration, time.Duration, error), err error) {
	dir := filepath.Join(f.Dir, database)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	args := []string{"-n", "-c", strconv.Itoa(f.clients), "-j", "2", "-T", "3600", "-R", "200", "-l", "--log-prefix", filepath.Join(dir, "log"), "-D", fmt.Sprintf("users=%d", f.rows/10)}
	for i, sql := range []string{
		`UPDATE "User" SET updated_at = now() WHERE id = 'u' || :n;`,
		`UPDATE "Payment" SET updated_at = now() WHERE id = 'p' || :n;`,
		`INSERT INTO "TradeLog" (user_id, trade_id, status, executed_at) VALUES ('u' || :n, 'x', 'success', now());`,
		`INSERT INTO "SecurityAuditLog" (user_id, action) VALUES ('u' || :n, 'LOGIN');`,
		`INSERT INTO "RefreshToken" (user_id, token, expires_at) VALUES ('u' || :n, gen_random_uuid()::text, now());`,
		`INSERT INTO "AuditLog" (user_id, action, resource) VALUES ('u' || :n, 'LOGIN', 'web');`,
		`INSERT INTO "Notification" (user_id, type, channel_config) VALUES ('u' || :n, 'mail', '{}');`,
		`INSERT INTO "BacktestReport" (user_id, config, result) VALUES ('u' || :n, '{}', '{}');`,
		`INSERT INTO "Simulation" (user_id, name, config) VALUES ('u' || :n, 'x', '{}');`,
	} {
		name := filepath.Join(dir, fmt.Sprintf("write%d.sql", i))
		if err := os.WriteFile(name, []byte("\\set n random(1, :users)\n"+sql+"\n"), 0o600); err != nil {
			return nil, err
		}
		args = append(args, "-f", name)
	}
	var errw bytes.Buffer
	c := exec.CommandContext(ctx, f.Bin.Path("pgbench"), append(args, f.address(database))...)
	c.Stderr = &errw
	if err := c.Start(); err != nil {
		return nil, err
	}
	return func() ([]time.Duration, time.Duration, error) {
		if err := c.Process.Signal(os.Interrupt); err != nil {
			return nil, 0, fmt.Errorf("pgbench ended early: %w\n%s", err, errw.String())
		}
		_ = c.Wait() // an interrupted pgbench ends with an error
		return latencies(dir)
	}, nil
}

// latencies reads pgbench's logs: client, transaction, time in microseconds, script, two columns of when, and how long
// after it was due the transaction began, which the time includes. That delay is left out: when the machine does not keep
// up with the rate it grows from one transaction to the next, whoever is in the way. due is the longest time with it.
func latencies(dir string) (all []time.Duration, due time.Duration, err error) {
	logs, err := filepath.Glob(filepath.Join(dir, "log.*"))
	if err != nil {
		return nil, 0, err
	}
	for _, name := range logs {
		log, err := os.Open(name)
		if err != nil {
			return nil, 0, err
		}
		for lines := bufio.NewScanner(log); lines.Scan(); {
			fields := strings.Fields(lines.Text())
			if len(fields) < 7 {
				continue // the last line of a process that was interrupted
			}
			us, err := strconv.ParseInt(fields[2], 10, 64)
			late, err2 := strconv.ParseInt(fields[6], 10, 64)
			if err == nil && err2 == nil {
				all = append(all, time.Duration(us-late)*time.Microsecond)
				due = max(due, time.Duration(us)*time.Microsecond)
			}
		}
		if err := log.Close(); err != nil {
			return nil, 0, err
		}
	}
	return all, due, nil
}

// migrateUp is the program's own way. A busy table is a line on standard error.
func (f *field) migrateUp(ctx context.Context, _ *sql.DB, url string) (int, error) {
	said, err := f.run(ctx, url, "migrate", "up", "--lock-timeout", "5m")
	return strings.Count(said, "a table is busy"), err
}

// feedPsql is the same SQL without any care: every file a transaction, indexes concurrently.
func (f *field) feedPsql(ctx context.Context, db *sql.DB, url string) (int, error) {
	m, err := migrate.New(db, migrate.Options{})
	if err != nil {
		return 0, err
	}
	var script strings.Builder
	for _, version := range m.Versions() {
		if version <= f.from {
			continue
		}
		impacts, err := m.Script(version, "up")
		if err != nil {
			return 0, err
		}
		var text strings.Builder
		for _, i := range impacts {
			text.WriteString(i.SQL + ";\n")
		}
		if strings.Contains(text.String(), " CONCURRENTLY ") {
			script.WriteString(text.String())
		} else {
			script.WriteString("BEGIN;\n" + text.String() + "COMMIT;\n")
		}
		fmt.Fprintf(&script, "INSERT INTO %s (version_id, is_applied) VALUES (%d, true);\n", migrate.VersionTable, version)
	}
	c := exec.CommandContext(ctx, f.Bin.Path("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", url)
	c.Stdin = strings.NewReader(script.String())
	out, err := c.CombinedOutput()
	if bytes.Contains(out, []byte("deadlock detected")) || bytes.Contains(out, []byte("due to lock timeout")) {
		return 0, errEnded
	}
	if err != nil {
		return 0, fmt.Errorf("psql: %w\n%s", err, out)
	}
	return 0, nil
}

// verify proves that the migration did its work.
func (f *field) verify(ctx context.Context, db *sql.DB) error {
	m, err := migrate.New(db, migrate.Options{})
	if err != nil {
		return err
	}
	findings, err := m.Verify(ctx)
	if findings = migrate.Differences(findings); err == nil && len(findings) > 0 {
		err = fmt.Errorf("the schema differs afterwards: %v", findings)
	}
	return err
}

// run runs axisor and returns what it said on standard error.
func (f *field) run(ctx context.Context, url string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, f.Program, args...)
	var errw bytes.Buffer
	c.Dir, c.Stderr = f.Dir, &errw
	c.Env = append(slices.Clone(f.Env), "AXISOR_DATABASE_URL="+url)
	if err := c.Run(); err != nil {
		return errw.String(), fmt.Errorf("axisor %s: %w\n%s", strings.Join(args, " "), err, errw.String())
	}
	return errw.String(), nil
}
