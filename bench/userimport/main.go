// Command userimport measures `axisor user import` beside psql's \copy of the same rows into the same table, in the
// same run: the copy is the floor, because it checks nothing, asks about nobody and records nothing.
// `go run ./bench/userimport` runs it on a private PostgreSQL of its own, with durability on.
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	program := flag.String("axisor", "bin/axisor", "program to time")
	psql := flag.String("psql", "psql", "psql to compare with")
	rows := flag.Int("rows", 100_000, "users to import")
	rounds := flag.Int("rounds", 3, "rounds, taking turns")
	flag.Parse()
	if err := bench(context.Background(), *program, *psql, *rows, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

const header = "id,email,username,plan_type,is_active,email_verified,password_hash,preferences,created_at,updated_at"

func bench(ctx context.Context, program, psql string, rows, rounds int) (err error) {
	if program, err = filepath.Abs(program); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "axisor-bench-*")
	if err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o711); err != nil { // as root the database runs as another account
		return err
	}
	b := bed{dir: dir}
	defer func() {
		_, _, downErr := b.run(ctx, program, "dev", "down", "--purge", "--yes")
		err = errors.Join(err, downErr, os.RemoveAll(dir))
	}()
	for _, args := range [][]string{{"dev", "up"}, {"migrate", "up"}} {
		if _, _, err := b.run(ctx, program, args...); err != nil {
			return err
		}
	}
	raw, err := os.ReadFile(filepath.Join(dir, ".axisor.yaml"))
	if err != nil {
		return err
	}
	found := regexp.MustCompile(`url: "(postgres://[^"]+)"`).FindSubmatch(raw)
	if found == nil {
		return errors.New("no database.url in .axisor.yaml")
	}
	url, file := string(found[1]), filepath.Join(dir, "users.csv")
	if err := generate(file, rows); err != nil {
		return err
	}
	empty := func() error {
		_, _, err := b.run(ctx, psql, url, "-X", "-q", "-c", `SET client_min_messages = error; TRUNCATE "User" CASCADE; TRUNCATE "AuditLog"`, "-c", "CHECKPOINT")
		return err
	}
	var ours, theirs []time.Duration
	peak := int64(0)
	for range rounds {
		if err := empty(); err != nil {
			return err
		}
		took, rss, err := b.run(ctx, program, "user", "import", file, "-o", "json")
		if err != nil {
			return err
		}
		ours, peak = append(ours, took), max(peak, rss)
		if err := empty(); err != nil {
			return err
		}
		took, _, err = b.run(ctx, psql, url, "-X", "-q", "-c", `\copy "User" (`+header+`) FROM '`+file+`' CSV HEADER`)
		if err != nil {
			return err
		}
		theirs = append(theirs, took)
	}
	a, z := median(ours), median(theirs)
	fmt.Printf("%d users with ready bcrypt hashes, %d rounds taking turns, medians\n\n", rows, rounds)
	fmt.Printf("axisor user import  %6.2f s  %8.0f rows/s  best %8.0f rows/s  peak RSS %d MB\n", a.Seconds(), float64(rows)/a.Seconds(), float64(rows)/slices.Min(ours).Seconds(), peak>>10)
	fmt.Printf("psql \\copy          %6.2f s  %8.0f rows/s  best %8.0f rows/s\n", z.Seconds(), float64(rows)/z.Seconds(), float64(rows)/slices.Min(theirs).Seconds())
	fmt.Printf("ratio               %6.2fx of the time of the bare copy\n", a.Seconds()/z.Seconds())
	return nil
}

func median(d []time.Duration) time.Duration {
	d = slices.Sorted(slices.Values(d))
	return d[len(d)/2]
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

type bed struct{ dir string }

// run returns the time a program took and its peak memory in KiB.
func (b bed) run(ctx context.Context, program string, args ...string) (time.Duration, int64, error) {
	c := exec.CommandContext(ctx, program, args...)
	var errw bytes.Buffer
	c.Dir, c.Stderr = b.dir, &errw
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.dir, "AXISOR_PG_BIN=" + os.Getenv("AXISOR_PG_BIN")}
	begin := time.Now()
	if err := c.Run(); err != nil {
		return 0, 0, fmt.Errorf("%s: %w\n%s", filepath.Base(program), err, errw.String())
	}
	rss := int64(0)
	if u, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		rss = u.Maxrss
	}
	return time.Since(begin), rss, nil
}
