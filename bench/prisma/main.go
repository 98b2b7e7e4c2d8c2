// Command prisma times `axisor user list` beside a small script in Node.js that reads the same rows with a Prisma client
// generated from the design's models, start to end. It needs Node.js 20 and npm; without them there is no ratio.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/axisor/axisor/bench/internal/harness"
)

func main() {
	o := harness.Flags()
	dir := flag.String("dir", "test/prisma", "folder with the models, the lock file and the script")
	harness.Main(o, func(ctx context.Context, b *harness.Harness) error { return run(ctx, b, *dir) })
}

func run(ctx context.Context, b *harness.Harness, dir string) error {
	row := harness.Row{Claim: "user list, 50 rows, start to end", Rival: "Prisma script on Node.js", Unit: "ms", Goal: 0.1}
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = exec.LookPath("npm")
	}
	if err != nil {
		row.Note = "Node.js 20 and npm are not installed here"
		return b.Emit(row)
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	if err := client(ctx, dir, node); err != nil {
		row.Note = "the Prisma client could not be made; is the npm registry reachable?"
		b.Say("%v", err)
		return b.Emit(row)
	}
	if err := b.SQL(ctx, harness.Database, fmt.Sprintf(`INSERT INTO "User" (email, username, created_at, updated_at) SELECT 'p' || i || '@example.com',
		'person' || i, timestamp '2024-01-01' + i * interval '1 second', now() FROM generate_series(1, %d) i`, b.Pick(60, 2000, 10_000)), "VACUUM ANALYZE"); err != nil {
		return err
	}
	ours := []string{b.Program, "user", "list", "-o", "json"}
	theirs := []string{node, filepath.Join(dir, "userlist.mjs")}
	if err := same(ctx, b, ours, theirs); err != nil {
		return err
	}
	samples, err := harness.Turns(ctx, 1, b.Pick(1, 11, 21), b.Command("axisor", ours...), b.Command("prisma", theirs...))
	if err != nil {
		return err
	}
	return b.Emit(row.Against(samples[0], samples[1], harness.Milliseconds))
}

// client installs the pinned packages where they are not, and generates the client.
func client(ctx context.Context, dir, node string) error {
	npm := func(args ...string) error {
		c := exec.CommandContext(ctx, "npm", args...)
		// Prisma wants to fetch a native engine although generating does not use it. Naming any program as that engine
		// keeps it from trying.
		c.Dir, c.Env = dir, append(os.Environ(), "PRISMA_SCHEMA_ENGINE_BINARY="+node, "CHECKPOINT_DISABLE=1")
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("npm %s: %w: %s", args[0], err, out)
		}
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "@prisma", "client")); errors.Is(err, os.ErrNotExist) {
		if err := npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"); err != nil {
			return err
		}
	}
	return npm("run", "--silent", "generate")
}

// same makes sure that both print the same users in the same order.
func same(ctx context.Context, b *harness.Harness, ours, theirs []string) error {
	var ids [2][]string
	for i, argv := range [][]string{ours, theirs} {
		s, err := b.Time(ctx, argv...)
		if err != nil {
			return err
		}
		var page struct {
			Items []struct {
				ID string `json:"id"`
			} `json:"items"`
		}
		if err := json.Unmarshal(s.Out, &page); err != nil {
			return err
		}
		for _, u := range page.Items {
			ids[i] = append(ids[i], u.ID)
		}
	}
	if len(ids[0]) != 50 || !slices.Equal(ids[0], ids[1]) {
		return fmt.Errorf("not the same list: %d and %d users", len(ids[0]), len(ids[1]))
	}
	return nil
}
