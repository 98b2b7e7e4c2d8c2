package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/axisor/axisor/bench/internal/harness"
)

// sizes compares the dumps of two more kinds of content: what a program makes of its own table says little.
func (f *field) sizes(ctx context.Context) error {
	var failed error
	for i, d := range []data{audits, people} {
		name := fmt.Sprintf("content_%d", i)
		if err := f.SQL(ctx, "postgres", "CREATE DATABASE "+name); err != nil {
			return err
		}
		b := f.In(name)
		mb := max(1, f.mb/5)
		if err := f.fill(ctx, b, d, mb); err != nil {
			return err
		}
		other := &field{Harness: b, mb: mb}
		b.Env = append(b.Env, "AXISOR_BACKUP_DIRECTORY="+filepath.Join(f.Dir, name))
		plain := filepath.Join(f.Dir, name+".dump")
		samples, err := harness.Turns(ctx, 0, f.Pick(1, 5, 5),
			other.writes("axisor", filepath.Join(f.Dir, name, "*.dump.zst"), f.Program, "backup", "create", "-q", "--no-prune"),
			other.writes("pg_dump -Fc", plain, f.Bin.Path("pg_dump"), "-Fc", "-f", plain),
		)
		if err != nil {
			return err
		}
		claim := fmt.Sprintf("backup of %d MB, %s: ", mb, d.name)
		failed = errors.Join(failed,
			f.Emit(harness.Row{Claim: claim + "size", Rival: "pg_dump -Fc", Unit: "MB", Goal: 0.9}.Against(samples[0], samples[1], harness.Megabytes)),
			f.Emit(harness.Row{Claim: claim + "processor time", Rival: "pg_dump -Fc", Unit: "s", Goal: 0.5}.Against(samples[0], samples[1], harness.CPUSeconds)))
	}
	return failed
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
	for _, way := range []struct {
		name, rival, theirs string
		ours                []string
	}{
		{"one job", "createdb and pg_restore -1", "--single-transaction --exit-on-error", nil},
		{"two jobs", "createdb and pg_restore -j2", "--jobs=2 --exit-on-error", []string{"--jobs", "2"}},
	} {
		argv := append([]string{f.Program, "restore", "latest", "--to-database", "restored", "--yes", "-q"}, way.ours...)
		ours := f.Command("axisor", argv...)
		theirs := f.Command("pg_restore", "sh", "-c", fmt.Sprintf("%s -T template0 restored && %s %s -d restored %s",
			f.Bin.Path("createdb"), f.Bin.Path("pg_restore"), way.theirs, plain))
		ours.Before, theirs.Before, ours.After, theirs.After = drop, drop, drop, drop
		samples, err := harness.Turns(ctx, 0, f.Pick(1, 5, 5), ours, theirs)
		if err != nil {
			return err
		}
		if err := f.Emit(harness.Row{
			Claim: fmt.Sprintf("restore of %d MB, checked before and after, %s", f.mb, way.name), Rival: way.rival, Unit: "s", Goal: 1.1, Note: harness.Peak(samples[0]),
		}.Against(samples[0], samples[1], harness.Seconds)); err != nil {
			return err
		}
	}
	return nil
}
