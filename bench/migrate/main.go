// Command migrate measures whom a migration keeps waiting. While a reader holds a transaction on every table and
// pgbench writes to them, the schema is brought from an earlier version to the newest, once by `axisor migrate up` and
// once by psql fed with the same SQL, which knows no lock_timeout and does not try again. The number that counts is the
// longest that one of the writers' transactions took. Run it with `make bench-migrate`; it makes a development
// environment of its own in a temporary folder and deletes it afterwards.
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
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/axisor/axisor/pkg/migrate"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

// allowed is how long a migration may keep a writer waiting.
const allowed = time.Second

type options struct {
	program, psql, pgbench string
	from                   int64
	rows                   int
	hold                   time.Duration
	clients                int
}

func main() {
	var o options
	flag.StringVar(&o.program, "axisor", "bin/axisor", "program to measure")
	flag.StringVar(&o.psql, "psql", "psql", "psql of the server's release")
	flag.StringVar(&o.pgbench, "pgbench", "pgbench", "pgbench of the server's release")
	flag.Int64Var(&o.from, "from", 10, "version to begin with; 10 has the design's tables and none of its row security")
	flag.IntVar(&o.rows, "rows", 200_000, "trade logs, and a tenth as many users and payments")
	flag.DurationVar(&o.hold, "hold", 10*time.Second, "how long the reader holds every table; a second later it does so again")
	flag.IntVar(&o.clients, "clients", 4, "writers")
	flag.Parse()
	if err := bench(context.Background(), o); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// bed is the environment and the server in it.
type bed struct {
	options
	dir string
	url string // of the development database
}

func bench(ctx context.Context, o options) (err error) {
	b := &bed{options: o}
	if b.program, err = filepath.Abs(o.program); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "axisor-bench-*"); err != nil {
		return err
	}
	if err := os.Chmod(b.dir, 0o711); err != nil { // as root the database runs as another account
		return err
	}
	defer func() {
		_, downErr := b.run(ctx, "", "dev", "down", "--purge", "--yes")
		err = errors.Join(err, downErr, os.RemoveAll(b.dir))
	}()
	if _, err := b.run(ctx, "", "dev", "up"); err != nil {
		return err
	}
	raw, err := os.ReadFile(filepath.Join(b.dir, ".axisor.yaml"))
	if err != nil {
		return err
	}
	found := regexp.MustCompile(`url: "(postgres://[^"]+)"`).FindSubmatch(raw)
	if found == nil {
		return errors.New("no database.url in .axisor.yaml")
	}
	b.url = string(found[1])
	fmt.Printf("from version %d to the newest, %d trade logs, %d writers, every table held by a reader for %s\n\n", o.from, o.rows, o.clients, o.hold)
	var ours, theirs outcome
	if theirs, err = b.measure(ctx, "bench_psql", b.feedPsql); err != nil {
		return err
	}
	if ours, err = b.measure(ctx, "bench_axisor", b.migrateUp); err != nil {
		return err
	}
	fmt.Printf("%-28s %12s %12s %12s %10s %8s\n", "", "longest", "99.9 %", "whole run", "writes", "retries")
	for _, row := range []struct {
		name string
		o    outcome
	}{{"psql, the same SQL", theirs}, {"axisor migrate up", ours}} {
		fmt.Printf("%-28s %12s %12s %12s %10d %8d\n", row.name, row.o.longest.Round(time.Millisecond), row.o.most.Round(time.Millisecond),
			row.o.took.Round(time.Millisecond), row.o.writes, row.o.retries)
	}
	fmt.Printf("\nlongest wait of a writer: %.2fx psql's\n", ours.longest.Seconds()/theirs.longest.Seconds())
	if ours.longest > allowed {
		return fmt.Errorf("axisor migrate up kept a writer waiting for %s, more than %s", ours.longest, allowed)
	}
	return nil
}

// outcome is what one way to migrate did to the writers.
type outcome struct {
	longest, most time.Duration // of one transaction; of all but one in a thousand
	took          time.Duration
	writes        int
	retries       int
}

// measure runs one way to migrate on a database of its own, between the reader and the writers.
func (b *bed) measure(ctx context.Context, database string, up func(context.Context, *sql.DB, string) (retries int, err error)) (outcome, error) {
	var o outcome
	db, err := b.prepare(ctx, database)
	if err != nil {
		return o, err
	}
	defer db.Close()
	release, err := b.read(ctx, db)
	if err != nil {
		return o, err
	}
	defer release()
	writing, err := b.write(ctx, database)
	if err != nil {
		return o, err
	}
	time.Sleep(time.Second) // the writers are under way
	began := time.Now()
	o.retries, err = up(ctx, db, b.address(database))
	o.took = time.Since(began)
	waits, stopErr := writing()
	if err = errors.Join(err, stopErr); err != nil {
		return o, err
	}
	if len(waits) == 0 {
		return o, errors.New("the writers wrote nothing")
	}
	slices.Sort(waits)
	o.writes, o.longest, o.most = len(waits), waits[len(waits)-1], waits[len(waits)-1-len(waits)/1000]
	return o, b.verify(ctx, db)
}

func (b *bed) address(database string) string {
	return regexp.MustCompile(`/[^/?]*(\?|$)`).ReplaceAllString(b.url, "/"+database+"$1")
}

// prepare makes a database of the earlier version, with rows.
func (b *bed) prepare(ctx context.Context, database string) (*sql.DB, error) {
	s, err := store.Open(store.Options{URL: secret.New(b.url), MaxConnections: 1})
	if err != nil {
		return nil, err
	}
	_, err = s.SQL().ExecContext(ctx, "CREATE DATABASE "+database+" TEMPLATE template0")
	if err = errors.Join(err, s.Close()); err != nil {
		return nil, err
	}
	if _, err := b.run(ctx, b.address(database), "migrate", "up", "--to", strconv.FormatInt(b.from, 10)); err != nil {
		return nil, err
	}
	if s, err = store.Open(store.Options{URL: secret.New(b.address(database)), MaxConnections: 4}); err != nil {
		return nil, err
	}
	for _, fill := range []string{
		`INSERT INTO "User" (id, email, username) SELECT 'u' || n, 'u' || n || '@example.com', 'user' || n FROM generate_series(1, %[1]d / 10) n`,
		`INSERT INTO "Payment" (id, user_id, amount_sats, lightning_invoice, status, plan_type, expires_at)
			SELECT 'p' || n, 'u' || n, 1, 'ln' || n, 'pending', 'pro', now() FROM generate_series(1, %[1]d / 10) n`,
		`INSERT INTO "TradeLog" (user_id, trade_id, status, executed_at)
			SELECT 'u' || (n %% (%[1]d / 10) + 1), n::text, 'success', now() FROM generate_series(1, %[1]d) n`,
	} {
		if _, err := s.SQL().ExecContext(ctx, fmt.Sprintf(fill, b.rows)); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	_, err = s.SQL().ExecContext(ctx, "VACUUM ANALYZE")
	return s.SQL(), err
}

// read holds every table by a transaction that has read from it, again and again until stop is called. When it
// returns the tables are held.
func (b *bed) read(ctx context.Context, db *sql.DB) (stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	tx, err := holdEverything(ctx, db)
	if err != nil {
		cancel()
		return nil, err
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for tx != nil && pause(ctx, b.hold) {
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
func (b *bed) write(ctx context.Context, database string) (stop func() ([]time.Duration, error), err error) {
	dir := filepath.Join(b.dir, database)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	args := []string{"-n", "-c", strconv.Itoa(b.clients), "-j", "2", "-T", "3600", "-R", "200", "-l", "--log-prefix", filepath.Join(dir, "log"), "-D", fmt.Sprintf("users=%d", b.rows/10)}
	for i, sql := range []string{
		`UPDATE "User" SET updated_at = now() WHERE id = 'u' || :n;`,
		`UPDATE "Payment" SET updated_at = now() WHERE id = 'p' || :n;`,
		`INSERT INTO "TradeLog" (user_id, trade_id, status, executed_at) VALUES ('u' || :n, 'x', 'success', now());`,
		`INSERT INTO "SecurityAuditLog" (user_id, action) VALUES ('u' || :n, 'LOGIN');`,
		`INSERT INTO "RefreshToken" (user_id, token, expires_at) VALUES ('u' || :n, gen_random_uuid()::text, now());`,
	} {
		name := filepath.Join(dir, fmt.Sprintf("write%d.sql", i))
		if err := os.WriteFile(name, []byte("\\set n random(1, :users)\n"+sql+"\n"), 0o600); err != nil {
			return nil, err
		}
		args = append(args, "-f", name)
	}
	var errw bytes.Buffer
	c := exec.CommandContext(ctx, b.pgbench, append(args, b.address(database))...)
	c.Stderr = &errw
	if err := c.Start(); err != nil {
		return nil, err
	}
	return func() ([]time.Duration, error) {
		if err := c.Process.Signal(os.Interrupt); err != nil {
			return nil, fmt.Errorf("pgbench ended early: %w\n%s", err, errw.String())
		}
		_ = c.Wait() // an interrupted pgbench ends with an error
		return latencies(dir)
	}, nil
}

// latencies reads pgbench's logs: client, transaction, time in microseconds, and more. With a rate the time counts from
// when the transaction was due, so that the ones held up behind a slow one count as well.
func latencies(dir string) ([]time.Duration, error) {
	logs, err := filepath.Glob(filepath.Join(dir, "log.*"))
	if err != nil {
		return nil, err
	}
	var all []time.Duration
	for _, name := range logs {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			fields := strings.Fields(lines.Text())
			if len(fields) < 3 {
				continue // the last line of a process that was interrupted
			}
			if us, err := strconv.ParseInt(fields[2], 10, 64); err == nil {
				all = append(all, time.Duration(us)*time.Microsecond)
			}
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// migrateUp is the program's own way. A busy table is a line on standard error.
func (b *bed) migrateUp(ctx context.Context, _ *sql.DB, url string) (int, error) {
	said, err := b.run(ctx, url, "migrate", "up", "--lock-timeout", "5m")
	return strings.Count(said, "a table is busy"), err
}

// feedPsql is the same SQL without any care: every file a transaction, indexes concurrently.
func (b *bed) feedPsql(ctx context.Context, db *sql.DB, url string) (int, error) {
	m, err := migrate.New(db, migrate.Options{})
	if err != nil {
		return 0, err
	}
	var script strings.Builder
	for _, version := range m.Versions() {
		if version <= b.from {
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
	c := exec.CommandContext(ctx, b.psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", url)
	c.Stdin = strings.NewReader(script.String())
	if out, err := c.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("psql: %w\n%s", err, out)
	}
	return 0, nil
}

// verify proves that the migration did its work.
func (b *bed) verify(ctx context.Context, db *sql.DB) error {
	m, err := migrate.New(db, migrate.Options{})
	if err != nil {
		return err
	}
	findings, err := m.Verify(ctx)
	if err == nil && len(findings) > 0 {
		err = fmt.Errorf("the schema differs afterwards: %v", findings)
	}
	return err
}

// run runs axisor and returns what it said on standard error.
func (b *bed) run(ctx context.Context, url string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, b.program, args...)
	var errw bytes.Buffer
	c.Dir, c.Stderr = b.dir, &errw
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.dir, "AXISOR_PG_BIN=" + os.Getenv("AXISOR_PG_BIN")}
	if url != "" {
		c.Env = append(c.Env, "AXISOR_DATABASE_URL="+url)
	}
	if err := c.Run(); err != nil {
		return errw.String(), fmt.Errorf("axisor %s: %w\n%s", strings.Join(args, " "), err, errw.String())
	}
	return errw.String(), nil
}
