// Command trades times the bulk work on trade logs beside psql doing the same, in the same run on the same machine:
// import beside a raw \copy into the same indexed table, export beside \copy out of it, a deep page beside the first,
// statistics beside the SQL that gives the same figures, and export of payments beside \copy of the same query; with
// the peak memory of each. Run it with `make bench-trades`; it makes
// a development environment of its own in a temporary folder and deletes it afterwards.
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

const (
	users     = 1000
	heavy     = 10_000 // rows of the user whose statistics are timed
	deepPages = 100_000
	columns   = "id, user_id, trade_id, status, action, pnl, amount, price, executed_at, created_at"
)

func main() {
	program := flag.String("axisor", "bin/axisor", "program to time")
	psql := flag.String("psql", "psql", "psql to time it beside")
	rows := flag.Int("rows", 5_000_000, "trade logs")
	runs := flag.Int("runs", 3, "runs of each export")
	flag.Parse()
	b := &bed{psql: *psql, rows: max(*rows, 2*heavy), runs: *runs}
	if err := b.bench(context.Background(), *program); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// bed is the environment the programs run in.
type bed struct {
	dir, program, psql, url string
	rows, runs              int
	db                      *store.DB
}

// took is what one process needed.
type took struct {
	time time.Duration
	peak int64 // bytes
}

func (b *bed) bench(ctx context.Context, program string) (err error) {
	if b.program, err = filepath.Abs(program); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "axisor-bench-*"); err != nil {
		return err
	}
	if err := os.Chmod(b.dir, 0o711); err != nil { // as root the database runs as another account
		return err
	}
	defer func() {
		if b.db != nil {
			err = errors.Join(err, b.db.Close())
		}
		_, downErr := b.run(ctx, b.program, "dev", "down", "--purge", "--yes")
		err = errors.Join(err, downErr, os.RemoveAll(b.dir))
	}()
	if err := b.prepare(ctx); err != nil {
		return err
	}
	fmt.Printf("%d trade logs, the seed's indexes, %d processors\n\n", b.rows, runtime.NumCPU())
	for _, step := range []func(context.Context) error{b.imports, b.exports, b.pages, b.stats, b.payments} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (b *bed) prepare(ctx context.Context) error {
	for _, verb := range [][]string{{"dev", "up"}, {"migrate", "up"}} {
		if _, err := b.run(ctx, b.program, verb...); err != nil {
			return err
		}
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
	if b.db, err = store.Open(store.Options{URL: secret.New(b.url), MaxConnections: 2}); err != nil {
		return err
	}
	if err := b.exec(ctx, fmt.Sprintf(`INSERT INTO "User" (id, email, username)
		SELECT 'u' || i, 'u' || i || '@example.com', 'user' || i FROM generate_series(0, %d) i`, users)); err != nil {
		return err
	}
	return b.write()
}

// write makes the file that both programs take in.
func (b *bed) write() error {
	f, err := os.Create(b.file())
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintln(w, "id,user_id,trade_id,status,action,pnl,amount,price,executed_at,created_at")
	r := rand.New(rand.NewPCG(1, 2))
	at := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	words := []string{"success", "success", "success", "completed", "failed", "app_error"}
	for i := range b.rows {
		user := 1 + r.IntN(users)
		if i%(b.rows/heavy) == 0 {
			user = 0
		}
		at = at.Add(time.Duration(r.IntN(60)) * time.Second)
		stamp := at.Format(time.RFC3339)
		fmt.Fprintf(w, "%08x-0000-4000-8000-%012x,u%d,t%d,%s,close,%d,%d,%.1f,%s,%s\n",
			r.Uint32(), i, user, i, words[r.IntN(len(words))], r.IntN(20001)-9900, 100+r.IntN(900), 50000+r.Float64()*1000, stamp, stamp)
	}
	return errors.Join(w.Flush(), f.Close(), os.Chmod(b.file(), 0o644))
}

func (b *bed) file() string { return filepath.Join(b.dir, "trades.csv") }

func (b *bed) imports(ctx context.Context) error {
	var raw, ours []time.Duration
	var peak int64
	for range 2 { // in turns, so that a busy moment hits both
		for _, p := range []struct {
			into *[]time.Duration
			argv []string
		}{
			{&raw, b.psqlArgs(`\copy "TradeLog" (` + columns + `) from '` + b.file() + `' csv header`)},
			{&ours, []string{b.program, "trade", "import", b.file(), "-q"}},
		} {
			if err := b.exec(ctx, `TRUNCATE "TradeLog"`); err != nil {
				return err
			}
			if err := b.exec(ctx, `CHECKPOINT`); err != nil {
				return err
			}
			t, err := b.run(ctx, p.argv[0], p.argv[1:]...)
			if err != nil {
				return err
			}
			*p.into = append(*p.into, t.time)
			if p.argv[0] == b.program {
				peak = max(peak, t.peak)
			}
		}
	}
	b.compare("import csv (rival: psql \\copy into the same table)", slices.Min(ours), slices.Min(raw), peak)
	return b.exec(ctx, `VACUUM ANALYZE "TradeLog"`)
}

func (b *bed) exports(ctx context.Context) error {
	rival := b.psqlArgs(`\copy (SELECT * FROM "TradeLog") to stdout csv header`)
	for _, format := range []string{"csv", "jsonl"} {
		if err := b.beside(ctx, "export "+format+" (rival: psql \\copy out, csv)", rival, "trade", "export", "-o", format); err != nil {
			return err
		}
	}
	return nil
}

func (b *bed) pages(ctx context.Context) error {
	size := max(1, (b.rows-100)/deepPages)
	walk := b.db.ListTrades(ctx, store.TradeFilter{}, store.Page{Limit: min(deepPages*size, b.rows-100)})
	for _, err := range walk.Items {
		if err != nil {
			return err
		}
	}
	var first, deep []time.Duration
	for range 101 {
		for _, p := range []struct {
			into   *[]time.Duration
			cursor string
		}{{&first, ""}, {&deep, walk.Next()}} {
			start := time.Now()
			if _, err := b.db.ListTrades(ctx, store.TradeFilter{}, store.Page{Limit: size, Cursor: p.cursor}).Collect(); err != nil {
				return err
			}
			*p.into = append(*p.into, time.Since(start))
		}
	}
	fmt.Printf("%-52s %8.2f ms, first page %.2f ms, ratio %.2f\n", fmt.Sprintf("page %d of %d rows", deepPages, size),
		ms(median(deep)), ms(median(first)), float64(median(deep))/float64(median(first)))
	return nil
}

// aggregate is the SQL for the figures of `trade stats` that need no order, with money added up exactly. Drawdown and
// streaks, which the program gives as well, it leaves out.
const aggregate = `SELECT count(*), count(*) FILTER (WHERE used), count(*) FILTER (WHERE status IN ('failed', 'app_error', 'exchange_error')),
	count(*) FILTER (WHERE used AND pnl > 0), count(*) FILTER (WHERE used AND pnl < 0), count(*) FILTER (WHERE used AND pnl = 0),
	sum(pnl::numeric) FILTER (WHERE used), avg(pnl::numeric) FILTER (WHERE used), max(pnl) FILTER (WHERE used), min(pnl) FILTER (WHERE used),
	sum(pnl::numeric) FILTER (WHERE used AND pnl > 0), sum(pnl::numeric) FILTER (WHERE used AND pnl < 0),
	sum(abs(amount)::numeric) FILTER (WHERE used), min(executed_at) FILTER (WHERE used), max(executed_at) FILTER (WHERE used)
	FROM (SELECT *, status IN ('success', 'completed', 'executed') AND pnl IS NOT NULL AS used FROM "TradeLog"`

func (b *bed) stats(ctx context.Context) error {
	for _, c := range []struct{ name, where, user string }{
		{fmt.Sprintf("stats of a user with %d rows (rival: SQL)", heavy), " WHERE user_id = 'u0'", "u0"}, {"stats of all rows (rival: SQL)", "", ""},
	} {
		sql := b.psqlArgs(aggregate + c.where + ") t")
		args := []string{"trade", "stats", "-o", "json"}
		if c.user != "" {
			args = append(args, "--user", c.user)
		}
		if err := b.beside(ctx, c.name, sql, args...); err != nil {
			return err
		}
	}
	return nil
}

func (b *bed) payments(ctx context.Context) error {
	for _, sql := range []string{
		fmt.Sprintf(`INSERT INTO "Payment" (user_id, amount_sats, lightning_invoice, status, plan_type, payment_hash, description, expires_at, created_at)
			SELECT 'u' || 1 + i %% %d, 21000, 'lnbc210u1' || repeat(md5(i::text), 8), 'pending', 'pro', md5(i::text) || md5((-i)::text), 'pro', now(),
			now() - i * interval '1 minute' FROM generate_series(1, %d) i`, users, b.rows/10),
		`VACUUM ANALYZE "Payment"`,
	} {
		if err := b.exec(ctx, sql); err != nil {
			return err
		}
	}
	rival := b.psqlArgs(`\copy (SELECT p.*, u.email, s.source FROM "Payment" p JOIN "User" u ON u.id = p.user_id ` +
		`LEFT JOIN payment_settlement s ON s.payment_id = p.id ORDER BY p.created_at, p.id) to stdout csv header`)
	return b.beside(ctx, fmt.Sprintf("export of %d payments (rival: psql \\copy)", b.rows/10), rival, "payment", "export")
}

// beside runs the program and its rival in turns, so that a busy moment hits both.
func (b *bed) beside(ctx context.Context, name string, rival []string, args ...string) error {
	var theirs, ours []time.Duration
	var peak int64
	for range b.runs {
		t, err := b.run(ctx, rival[0], rival[1:]...)
		if err != nil {
			return err
		}
		o, err := b.run(ctx, b.program, args...)
		if err != nil {
			return err
		}
		theirs, ours, peak = append(theirs, t.time), append(ours, o.time), max(peak, o.peak)
	}
	b.compare(name, median(ours), median(theirs), peak)
	return nil
}

// compare prints speed relative to the rival: 1 is as fast, less is slower.
func (b *bed) compare(name string, ours, theirs time.Duration, peak int64) {
	fmt.Printf("%-52s %8.0f ms, rival %.0f ms, speed %.2f of it, peak memory %d MB\n", name, ms(ours), ms(theirs), float64(theirs)/float64(ours), peak>>20)
}

func (b *bed) psqlArgs(sql string) []string {
	return []string{b.psql, "-X", "-q", "-A", "-t", b.url, "-c", sql}
}

// run runs a program to its end; what it prints goes to the null device.
func (b *bed) run(ctx context.Context, name string, args ...string) (took, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Env = b.dir, append(os.Environ(), "HOME="+b.dir)
	var errw bytes.Buffer
	c.Stderr, c.Stdout = &errw, nil
	start := time.Now()
	err := c.Run()
	t := took{time: time.Since(start)}
	if err != nil {
		return t, fmt.Errorf("%s %v: %w: %s", name, args, err, errw.String())
	}
	if usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		t.peak = usage.Maxrss << 10
	}
	return t, nil
}

func (b *bed) exec(ctx context.Context, sql string) error {
	_, err := b.db.SQL().ExecContext(ctx, sql)
	return err
}

func median(d []time.Duration) time.Duration {
	d = slices.Clone(d)
	slices.Sort(d)
	return d[len(d)/2]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
