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
	"strings"

	"github.com/axisor/axisor/bench/internal/bed"
)

func main() {
	o := bed.Flags()
	mb := flag.Int("mb", 0, "size of the data, in megabytes of rows (default: by -size)")
	kills := flag.Int("kills", 0, "end the program this often at random moments, and check what is left")
	seed := flag.Uint64("seed", 1, "seed of the random moments")
	o.Watch = true
	bed.Main(o, func(ctx context.Context, b *bed.Bed) error {
		f := &field{Bed: b, kills: *kills, seed: *seed, mb: *mb}
		f.Env = append(f.Env, "AXISOR_BACKUP_DIRECTORY="+f.repository())
		if f.mb == 0 {
			f.mb = b.Pick(2, 60, 400)
		}
		if err := f.fill(ctx); err != nil {
			return err
		}
		if f.kills > 0 {
			return f.killRounds(ctx)
		}
		return errors.Join(f.backups(ctx), f.restores(ctx))
	})
}

// field is the bed with a database worth a backup.
type field struct {
	*bed.Bed

	mb, kills int
	seed      uint64
}

func (f *field) repository() string { return filepath.Join(f.Dir, "repo") }

// fill makes trades: prices, times and hashes compress like those of a real log.
func (f *field) fill(ctx context.Context) error {
	const perRow = 330 // bytes on the server's disk
	rows := f.mb * 1_000_000 / perRow
	f.Say("filling %d MB (%d trades)", f.mb, rows)
	return f.SQL(ctx, bed.Database, fmt.Sprintf(`CREATE TABLE trade_bench AS SELECT md5(i::text)::uuid AS id, md5((i %% 997)::text)::uuid AS user_id, i AS seq,
		(ARRAY['buy','sell','close'])[1 + i %% 3] AS action, round((60000 + 5000 * sin(i / 1000.0) + random() * 40)::numeric, 2) AS price,
		(random() * 100000)::int AS amount, round((random() * 20 - 10)::numeric, 4) AS pnl, now() - make_interval(secs => i) AS created_at,
		repeat(md5((i / 7)::text), 3) || 'order filled at market' AS note FROM generate_series(1, %d) i`, rows), "VACUUM ANALYZE", "CHECKPOINT")
}

func (f *field) backups(ctx context.Context) error {
	dump, plain, script := f.Bin.Path("pg_dump"), filepath.Join(f.Dir, "plain.dump"), filepath.Join(f.Dir, "seed.sql")
	samples, err := bed.Turns(ctx, 0, f.Pick(1, 5, 5),
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
			of         bed.Measure
			goal       float64
		}{{"time", "s", bed.Seconds, 0.6}, {"processor time", "s", bed.CPUSeconds, 0.5}, {"size", "MB", bed.Megabytes, 0.96}} {
			row := bed.Row{Claim: fmt.Sprintf("backup of %d MB: %s", f.mb, m.what), Rival: rival, Unit: m.unit, Goal: m.goal, Note: bed.Peak(samples[0])}
			if err := f.Emit(row.Against(samples[0], samples[i+1], m.of)); err != nil {
				return err
			}
		}
	}
	limit := []bed.Sample{}
	for range samples[0] {
		limit = append(limit, bed.Sample{Peak: 64 << 20, Growth: 1})
	}
	return errors.Join(
		f.Emit(bed.Row{Claim: "backup: memory at most", Rival: "the limit", Unit: "MB", Goal: 1}.Against(samples[0], limit, bed.PeakMegabytes)),
		f.Emit(bed.Row{Claim: "backup: memory, second half by first", Rival: "flat", Unit: "×", Goal: 1.15}.Against(samples[0], limit, bed.Growth)),
	)
}

// writes is a contestant that leaves one file. What an earlier turn left goes first.
func (f *field) writes(name, result string, argv ...string) bed.Contestant {
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
	c.Run = func(ctx context.Context) (s bed.Sample, err error) {
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

// restores compares with pg_restore of the same data into a new database. Ours also checks the bytes before and counts
// the rows of every table after.
func (f *field) restores(ctx context.Context) error {
	plain := filepath.Join(f.Dir, "rival.dump")
	if _, err := f.Time(ctx, f.Bin.Path("pg_dump"), "-Fc", "-f", plain); err != nil {
		return err
	}
	if _, err := f.Axisor(ctx, "backup", "create", "-q", "--no-prune"); err != nil {
		return err
	}
	drop := func(ctx context.Context) error {
		return f.SQL(ctx, "postgres", "DROP DATABASE IF EXISTS restored", "CHECKPOINT")
	}
	ours := f.Command("axisor", f.Program, "restore", "latest", "--to-database", "restored", "--yes", "-q")
	theirs := f.Command("pg_restore", "sh", "-c", fmt.Sprintf("%s -T template0 restored && %s --single-transaction --exit-on-error -d restored %s",
		f.Bin.Path("createdb"), f.Bin.Path("pg_restore"), plain))
	ours.Before, theirs.Before, ours.After, theirs.After = drop, drop, drop, drop
	samples, err := bed.Turns(ctx, 0, f.Pick(1, 5, 5), ours, theirs)
	if err != nil {
		return err
	}
	return f.Emit(bed.Row{
		Claim: fmt.Sprintf("restore of %d MB, checked before and after", f.mb), Rival: "createdb and pg_restore", Unit: "s", Note: bed.Peak(samples[0]),
	}.Against(samples[0], samples[1], bed.Seconds))
}
