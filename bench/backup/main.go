// Command backup measures `axisor backup create` beside `pg_dump -Fc` and beside the design document's script, and
// `axisor restore` beside pg_restore, on one database. With -kills it instead ends the program at random moments of
// backup, prune, restore and copy, and then proves that every listed backup restores and that nothing is left behind.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/axisor/axisor/bench/internal/harness"
)

func main() {
	o := harness.Flags()
	mb := flag.Int("mb", 0, "size of the data, in megabytes of rows (default: by -size)")
	kills := flag.Int("kills", 0, "end the program this often at random moments, and check what is left")
	seed := flag.Uint64("seed", 1, "seed of the random moments")
	o.Watch = true
	harness.Main(o, func(ctx context.Context, b *harness.Harness) error {
		f := &field{Harness: b, kills: *kills, seed: *seed, mb: *mb}
		f.Env = append(f.Env, "AXISOR_BACKUP_DIRECTORY="+f.repository())
		if f.mb == 0 {
			f.mb = b.Pick(2, 60, 500)
		}
		if err := f.fill(ctx, f.Harness, trades, f.mb); err != nil {
			return err
		}
		if f.kills > 0 {
			return f.killRounds(ctx)
		}
		return errors.Join(f.backups(ctx), f.sizes(ctx), f.restores(ctx), f.bases(ctx))
	})
}

// field is the harness with a database worth a backup.
type field struct {
	*harness.Harness

	mb, kills int
	seed      uint64
}

func (f *field) repository() string { return filepath.Join(f.Dir, "repo") }

// data is one kind of content. Its statement makes a table from %[1]d rows of perRow bytes, on the server's disk.
type data struct {
	name, table string
	perRow      int
	columns     string
}

var (
	// Prices, times and hashes compress like those of a real log.
	trades = data{"a trade log", "trade_bench", 330, `md5(i::text)::uuid AS id, md5((i % 997)::text)::uuid AS user_id, i AS seq,
		(ARRAY['buy','sell','close'])[1 + i % 3] AS action, round((60000 + 5000 * sin(i / 1000.0) + random() * 40)::numeric, 2) AS price,
		(random() * 100000)::int AS amount, round((random() * 20 - 10)::numeric, 4) AS pnl, now() - make_interval(secs => i) AS created_at,
		repeat(md5((i / 7)::text), 3) || 'order filled at market' AS note`}
	// Documents repeat their keys.
	audits = data{"an audit trail", "audit_bench", 420, `md5(i::text)::uuid AS id, now() - make_interval(secs => i) AS created_at,
		(ARRAY['USER_LOGIN','PLAN_CHANGED','AUTOMATION_UPDATED'])[1 + i % 3] AS action, jsonb_build_object('actor', 'operator' || i % 9,
		'old', jsonb_build_object('is_active', i % 2 = 0, 'margin_threshold', i % 90), 'new', jsonb_build_object('is_active', i % 3 = 0,
		'margin_threshold', random() * 90), 'ip', '10.0.' || i % 250 || '.' || i % 99, 'agent', 'Mozilla/5.0 (X11; Linux x86_64)') AS details`}
	// Half of what is known of people are keys and hashes, which nothing compresses.
	people = data{"users and sessions", "people_bench", 300, `gen_random_uuid() AS id, 'user' || i || '@example.com' AS email, 'user' || i AS username,
		'$2b$12$' || translate(encode(sha256(i::text::bytea) || sha256((-i)::text::bytea), 'base64'), '+=', './') AS password_hash,
		now() - make_interval(secs => i * 7) AS created_at, now() AS updated_at, (ARRAY['FREE','BASIC','PRO'])[1 + i % 3] AS plan_type, i % 5 > 0 AS is_active`}
)

// fill makes four tables with three indexes each, so that there is something to do for two jobs of a restore.
func (f *field) fill(ctx context.Context, b *harness.Harness, d data, mb int) error {
	const tables = 4
	rows := mb * 1_000_000 / d.perRow / tables
	f.Say("filling %d MB: %s (%d tables of %d rows)", mb, d.name, tables, rows)
	var statements []string
	for n := range tables {
		name := fmt.Sprintf("%s_%d", d.table, n)
		statements = append(statements,
			fmt.Sprintf("CREATE TABLE %s AS SELECT %s FROM generate_series(%d, %d) i", name, d.columns, n*rows+1, (n+1)*rows),
			fmt.Sprintf("ALTER TABLE %s ADD PRIMARY KEY (id)", name), fmt.Sprintf("CREATE INDEX ON %s (created_at, id)", name))
	}
	return b.SQL(ctx, b.Name, append(statements, "VACUUM ANALYZE", "CHECKPOINT")...)
}

func (f *field) backups(ctx context.Context) error {
	dump, plain, script := f.Bin.Path("pg_dump"), filepath.Join(f.Dir, "plain.dump"), filepath.Join(f.Dir, "seed.sql")
	samples, err := harness.Turns(ctx, 0, f.Pick(1, 5, 5),
		f.writes("axisor", filepath.Join(f.repository(), "*.dump.zst"), f.Program, "backup", "create", "-q", "--no-prune"),
		f.writes("pg_dump -Fc", plain, dump, "-Fc", "-f", plain),
		f.writes("design script", script+".gz", "sh", "-c",
			fmt.Sprintf("%s --clean --no-owner --no-acl --format=custom --file=%s && gzip -f %s", dump, script, script)),
	)
	if err != nil {
		return err
	}
	for i, rival := range []string{"pg_dump -Fc", "the design's script"} {
		for _, m := range []struct {
			what, unit string
			of         harness.Measure
			goal       float64
		}{{"time", "s", harness.Seconds, 0.6}, {"processor time", "s", harness.CPUSeconds, 0.5}, {"size", "MB", harness.Megabytes, 0.9}} {
			row := harness.Row{Claim: fmt.Sprintf("backup of %d MB: %s", f.mb, m.what), Rival: rival, Unit: m.unit, Goal: m.goal, Note: harness.Peak(samples[0])}
			if err := f.Emit(row.Against(samples[0], samples[i+1], m.of)); err != nil {
				return err
			}
		}
	}
	limit := limits(samples[0])
	return errors.Join(
		f.Emit(harness.Row{Claim: "backup: memory at most", Rival: "the limit", Unit: "MB", Goal: 1}.Against(samples[0], limit, harness.PeakMegabytes)),
		f.Emit(harness.Row{Claim: "backup: memory, second half by first", Rival: "flat", Unit: "×", Goal: 1.15}.Against(samples[0], limit, harness.Growth)),
	)
}

// limits are what every run has to stay below: 64 MB, and no growth.
func limits(samples []harness.Sample) []harness.Sample {
	return slices.Repeat([]harness.Sample{{Peak: 64 << 20, Growth: 1}}, len(samples))
}

// writes is a contestant that leaves one file. What an earlier turn left goes first.
func (f *field) writes(name, result string, argv ...string) harness.Contestant {
	c := f.Command(name, argv...)
	c.Before = func(context.Context) error {
		old, err := filepath.Glob(strings.TrimSuffix(result, ".dump.zst") + "*")
		if err != nil {
			return err
		}
		for _, path := range old {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
		return nil
	}
	run := c.Run
	c.Run = func(ctx context.Context) (s harness.Sample, err error) {
		if s, err = run(ctx); err != nil {
			return s, err
		}
		files, err := filepath.Glob(result)
		if err != nil || len(files) != 1 {
			return s, errors.Join(err, fmt.Errorf("%d results", len(files)))
		}
		info, err := os.Stat(files[0])
		if err != nil {
			return s, err
		}
		s.Size = info.Size()
		return s, nil
	}
	return c
}
