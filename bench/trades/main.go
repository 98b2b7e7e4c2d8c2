// Command trades times the bulk work on trade logs beside psql doing the same: import beside a raw \copy into the same
// indexed table, export beside \copy out of it, a deep page beside the first, statistics beside the SQL that gives the same figures, and
// export of payments beside \copy of the same query.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/axisor/axisor/bench/internal/harness"
	"github.com/axisor/axisor/pkg/store"
)

const (
	users   = 1000
	columns = "id, user_id, trade_id, status, action, pnl, amount, price, executed_at, created_at"
)

func main() {
	o := harness.Flags()
	rows := flag.Int("rows", 0, "trade logs (default: by -size; the promises are about 5000000)")
	imports := flag.Bool("import", false, "time the import alone")
	harness.Main(o, func(ctx context.Context, b *harness.Harness) error {
		if *rows == 0 {
			*rows = b.Pick(2000, 40_000, 300_000)
		}
		f := &field{Harness: b, rows: *rows, heavy: b.Pick(200, 4000, 10_000), pages: b.Pick(200, 20_000, 100_000), rounds: b.Pick(1, 5, 5)}
		if err := f.SQL(ctx, harness.Database, fmt.Sprintf(`INSERT INTO "User" (id, email, username)
			SELECT 'u' || i, 'u' || i || '@example.com', 'user' || i FROM generate_series(0, %d) i`, users)); err != nil {
			return err
		}
		if err := f.write(); err != nil {
			return err
		}
		if *imports {
			return f.imports(ctx)
		}
		for _, step := range []func(context.Context) error{f.imports, f.exports, f.deep, f.stats, f.payments} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// field is the harness with a file of trade logs.
type field struct {
	*harness.Harness

	rows, heavy, pages, rounds int // heavy: the rows of the user whose statistics are timed
}

// write makes the file that both programs take in.
func (f *field) write() error {
	file, err := os.Create(f.file())
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(file, 1<<20)
	fmt.Fprintln(w, "id,user_id,trade_id,status,action,pnl,amount,price,executed_at,created_at")
	r := rand.New(rand.NewPCG(1, 2))
	at := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	words := []string{"success", "success", "success", "completed", "failed", "app_error"}
	for i := range f.rows {
		user := 1 + r.IntN(users)
		if i%(f.rows/f.heavy) == 0 {
			user = 0
		}
		at = at.Add(time.Duration(r.IntN(60)) * time.Second)
		stamp := at.Format(time.RFC3339)
		fmt.Fprintf(w, "%08x-0000-4000-8000-%012x,u%d,t%d,%s,close,%d,%d,%.1f,%s,%s\n",
			r.Uint32(), i, user, i, words[r.IntN(len(words))], r.IntN(20001)-9900, 100+r.IntN(900), 50000+r.Float64()*1000, stamp, stamp)
	}
	return errors.Join(w.Flush(), file.Close(), os.Chmod(f.file(), 0o644))
}

func (f *field) file() string { return filepath.Join(f.Dir, "trades.csv") }

func (f *field) imports(ctx context.Context) error {
	ours := f.Command("axisor", f.Program, "trade", "import", f.file(), "-q")
	theirs := f.Command("psql", f.Psql(`\copy "TradeLog" (`+columns+`) from '`+f.file()+`' csv header`)...)
	empty := func(ctx context.Context) error {
		return f.SQL(ctx, harness.Database, `TRUNCATE "TradeLog"`, "CHECKPOINT")
	}
	ours.Before, theirs.Before = empty, empty
	samples, err := harness.Turns(ctx, 0, f.rounds, ours, theirs)
	if err != nil {
		return err
	}
	row := harness.Row{Claim: fmt.Sprintf("import of %d trades", f.rows), Rival: `psql \copy, same indexes`, Unit: "s", Goal: 1.18, Note: harness.Peak(samples[0])}
	return errors.Join(f.Emit(row.Against(samples[0], samples[1], harness.Seconds)), f.SQL(ctx, harness.Database, `VACUUM ANALYZE "TradeLog"`))
}

func (f *field) exports(ctx context.Context) error {
	samples, err := harness.Turns(
		ctx, 1, f.Pick(1, 5, 7),
		f.Command("csv", f.Program, "trade", "export", "-o", "csv"), f.Command("jsonl", f.Program, "trade", "export", "-o", "jsonl"),
		f.Command("psql", f.Psql(`\copy (SELECT * FROM "TradeLog") to stdout csv header`)...),
	)
	if err != nil {
		return err
	}
	for i, format := range []string{"csv", "jsonl"} {
		row := harness.Row{Claim: fmt.Sprintf("export of %d trades, %s", f.rows, format), Rival: `psql \copy, csv`, Unit: "s", Note: harness.Peak(samples[i])}
		if format == "csv" {
			row.Goal = 1.18
		}
		if err := f.Emit(row.Against(samples[i], samples[2], harness.Seconds)); err != nil {
			return err
		}
	}
	return nil
}

// deep compares pages inside one process: of a whole program it would be the start that is measured.
func (f *field) deep(ctx context.Context) (err error) {
	db, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	size := max(1, (f.rows-100)/f.pages)
	walk := db.ListTrades(ctx, store.TradeFilter{}, store.Page{Limit: min(f.pages*size, f.rows-100)})
	for _, err := range walk.Items {
		if err != nil {
			return err
		}
	}
	page := func(name, cursor string) harness.Contestant {
		return harness.Contestant{Name: name, Run: func(ctx context.Context) (harness.Sample, error) {
			began := time.Now()
			_, err := db.ListTrades(ctx, store.TradeFilter{}, store.Page{Limit: size, Cursor: cursor}).Collect()
			return harness.Sample{Wall: time.Since(began)}, err
		}}
	}
	samples, err := harness.Turns(ctx, 3, 101, page("deep", walk.Next()), page("first", ""))
	if err != nil {
		return err
	}
	row := harness.Row{Claim: fmt.Sprintf("page %d of trades", f.pages), Rival: "the first page", Unit: "ms", Goal: 1.5}
	return f.Emit(row.Against(samples[0], samples[1], harness.Milliseconds))
}

// aggregate is the SQL for the figures of `trade stats` that need no order, with money added up exactly. Drawdown and
// streaks, which the program gives as well, it leaves out.
const aggregate = `SELECT count(*), count(*) FILTER (WHERE used), count(*) FILTER (WHERE status IN ('failed', 'app_error', 'exchange_error')),
	count(*) FILTER (WHERE used AND pnl > 0), count(*) FILTER (WHERE used AND pnl < 0), count(*) FILTER (WHERE used AND pnl = 0),
	sum(pnl::numeric) FILTER (WHERE used), avg(pnl::numeric) FILTER (WHERE used), max(pnl) FILTER (WHERE used), min(pnl) FILTER (WHERE used),
	sum(pnl::numeric) FILTER (WHERE used AND pnl > 0), sum(pnl::numeric) FILTER (WHERE used AND pnl < 0),
	sum(abs(amount)::numeric) FILTER (WHERE used), min(executed_at) FILTER (WHERE used), max(executed_at) FILTER (WHERE used)
	FROM (SELECT *, status IN ('success', 'completed', 'executed') AND pnl IS NOT NULL AS used FROM "TradeLog"%s) t`

func (f *field) stats(ctx context.Context) error {
	for _, c := range []struct {
		claim, where string
		args         []string
	}{
		{fmt.Sprintf("statistics of %d trades of a user", f.heavy), " WHERE user_id = 'u0'", []string{"--user", "u0"}},
		{fmt.Sprintf("statistics of all %d trades", f.rows), "", nil},
	} {
		samples, err := harness.Turns(
			ctx, 1, f.Pick(1, 7, 9),
			f.Command("axisor", append([]string{f.Program, "trade", "stats", "-o", "json"}, c.args...)...),
			f.Command("psql", f.Psql(fmt.Sprintf(aggregate, c.where))...),
		)
		if err != nil {
			return err
		}
		row := harness.Row{Claim: c.claim, Rival: "psql, SQL for the same figures", Unit: "ms", Note: harness.Peak(samples[0])}
		if c.where == "" {
			row.Goal = 1.3
		}
		if err := f.Emit(row.Against(samples[0], samples[1], harness.Milliseconds)); err != nil {
			return err
		}
	}
	return nil
}

func (f *field) payments(ctx context.Context) error {
	rows := f.rows / 3
	if err := f.SQL(ctx, harness.Database, fmt.Sprintf(`INSERT INTO "Payment" (user_id, amount_sats, lightning_invoice, status, plan_type, payment_hash,
			description, expires_at, created_at)
		SELECT 'u' || 1 + i %% %d, 21000, 'lnbc210u1' || repeat(md5(i::text), 8), 'pending', 'pro', md5(i::text) || md5((-i)::text), 'pro', now(),
			now() - i * interval '1 minute' FROM generate_series(1, %d) i`, users, rows), `VACUUM ANALYZE "Payment"`); err != nil {
		return err
	}
	samples, err := harness.Turns(
		ctx, 1, f.Pick(1, 5, 7), f.Command("axisor", f.Program, "payment", "export"),
		f.Command("psql", f.Psql(`\copy (SELECT p.*, u.email, s.source FROM "Payment" p JOIN "User" u ON u.id = p.user_id `+
			`LEFT JOIN axisor.payment_settlement s ON s.payment_id = p.id ORDER BY p.created_at, p.id) to stdout csv header`)...),
	)
	if err != nil {
		return err
	}
	row := harness.Row{Claim: fmt.Sprintf("export of %d payments", rows), Rival: `psql \copy, same query`, Unit: "s", Goal: 1.18, Note: harness.Peak(samples[0])}
	return f.Emit(row.Against(samples[0], samples[1], harness.Seconds))
}
