package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/axisor/axisor/bench/internal/harness"
)

// bases compares base backups with pg_basebackup, of a cluster that is many files and of one that is few. Ours also
// compares every file with the server's own list.
func (f *field) bases(ctx context.Context) error {
	tables := f.Pick(20, 2_000, 20_000)
	mb := f.Pick(2, 100, 1_000)
	for _, c := range []struct {
		name, claim string
		fill        func(*harness.Harness) error
	}{
		// A table with a primary key and a column of text is four files.
		{"files", fmt.Sprintf("base backup of %d files", 4*tables), func(b *harness.Harness) error {
			f.Say("making %d tables", tables)
			return b.SQL(ctx, harness.Database, fmt.Sprintf(`DO $$ BEGIN FOR i IN 1..%d LOOP
				EXECUTE format('CREATE TABLE small_%%s (id int PRIMARY KEY, note text)', i);
				IF i %% 500 = 0 THEN COMMIT; END IF; END LOOP; END $$`, tables), "CHECKPOINT")
		}},
		{"bytes", fmt.Sprintf("base backup of %d MB", mb), func(b *harness.Harness) error { return f.fill(ctx, b, trades, mb) }},
	} {
		b, err := f.Beside(ctx, c.name)
		if err == nil {
			if err = c.fill(b); err == nil {
				err = f.base(ctx, b, c.claim)
			}
		}
		if err := errors.Join(err, b.Stop(ctx)); err != nil {
			return err
		}
	}
	return nil
}

func (f *field) base(ctx context.Context, b *harness.Harness, claim string) error {
	repo, plain := filepath.Join(f.Dir, "bases"), filepath.Join(f.Dir, "plain")
	b.Env = append(b.Env, "AXISOR_BACKUP_DIRECTORY="+repo)
	fresh := func(dir string) func(context.Context) error {
		return func(context.Context) error { return os.RemoveAll(dir) }
	}
	ours := b.Command("axisor", f.Program, "backup", "base", "-q")
	theirs := b.Command("pg_basebackup", f.Bin.Path("pg_basebackup"), "-D", plain, "-Ft", "--compress=client-zstd:1", "-X", "fetch", "-c", "fast", "--no-password")
	ours.Before, theirs.Before, ours.After, theirs.After = fresh(repo), fresh(plain), fresh(repo), fresh(plain)
	samples, err := harness.Turns(ctx, 0, f.Pick(1, 5, 5), ours, theirs)
	if err != nil {
		return err
	}
	const rival = "pg_basebackup -Ft --compress=client-zstd:1"
	return errors.Join(
		f.Emit(harness.Row{Claim: claim, Rival: rival, Unit: "s", Goal: 1.2}.Against(samples[0], samples[1], harness.Seconds)),
		f.Emit(harness.Row{Claim: claim + ": processor time", Rival: rival, Unit: "s"}.Against(samples[0], samples[1], harness.CPUSeconds)),
		f.Emit(harness.Row{Claim: claim + ": memory at most", Rival: "the limit", Unit: "MB", Goal: 1}.Against(samples[0], limits(samples[0]), harness.PeakMegabytes)))
}
