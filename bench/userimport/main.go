// Command userimport measures `axisor user import` beside psql's \copy of the same rows into the same table: the copy is
// the floor, because it checks nothing, asks about nobody and records nothing.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/axisor/axisor/bench/internal/harness"
)

func main() {
	harness.Main(harness.Flags(), run)
}

const header = "id,email,username,plan_type,is_active,email_verified,password_hash,preferences,created_at,updated_at"

func run(ctx context.Context, b *harness.Harness) error {
	rows, file := b.Pick(500, 10_000, 100_000), filepath.Join(b.Dir, "users.csv")
	if err := generate(file, rows); err != nil {
		return err
	}
	ours := b.Command("axisor", b.Program, "user", "import", file, "-o", "json")
	theirs := b.Command("psql", b.Psql(`\copy "User" (`+header+`) FROM '`+file+`' CSV HEADER`)...)
	empty := func(ctx context.Context) error {
		return b.SQL(ctx, harness.Database, `SET client_min_messages = error; TRUNCATE "User" CASCADE; TRUNCATE "AuditLog"`, "CHECKPOINT")
	}
	ours.Before, theirs.Before = empty, empty
	samples, err := harness.Turns(ctx, 0, b.Pick(1, 5, 5), ours, theirs)
	if err != nil {
		return err
	}
	return b.Emit(harness.Row{
		Claim: fmt.Sprintf("import of %d users", rows), Rival: `psql \copy, unchecked and unrecorded`, Unit: "s", Note: harness.Peak(samples[0]),
	}.Against(samples[0], samples[1], harness.Seconds))
}

// generate writes users whose hash has the form of bcrypt; nobody logs in here.
func generate(file string, rows int) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	hash := "$2b$12$" + strings.Repeat("abcdefghijklmnopqrstuvwxyz", 3)[:53]
	plans := []string{"free", "basic", "pro"}
	fmt.Fprintln(w, header)
	for i := range rows {
		fmt.Fprintf(w, "%08x-0000-4000-8000-%012x,person%d@example.com,person%d,%s,true,true,%s,\"{\"\"theme\"\":\"\"dark\"\"}\",2025-01-01T00:%02d:%02dZ,2025-01-01T00:00:00Z\n",
			i*2654435761%(1<<32), i, i, i, plans[i%3], hash, i/60%60, i%60)
	}
	return errors.Join(w.Flush(), f.Close())
}
