// Command bench times axisor's start-up and reads beside psql doing the same, in the same run on the same machine,
// because a number of milliseconds says nothing without one. `make bench` runs it; it makes a development
// environment of its own in a temporary folder and deletes it afterwards.
//
// The pairs take turns, so that a busy moment of the machine hits both alike, and medians are compared.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

func main() {
	program := flag.String("axisor", "bin/axisor", "program to time")
	// Debian's /usr/bin/psql is a script that looks for the real one: timing it would flatter us.
	psql := flag.String("psql", "psql", "psql to time it beside")
	runs := flag.Int("runs", 21, "runs of each command")
	users := flag.Int("users", 2000, "users in the database")
	flag.Parse()
	if err := bench(context.Background(), *program, *psql, *runs, *users); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// pair is one thing done by both programs.
type pair struct {
	name         string
	axisor, psql []string
}

func pairs() []pair {
	sql := func(text string) []string { return []string{"-X", "-A", "-c", text} }
	return []pair{
		{"help", []string{"--help"}, []string{"--help"}},
		{"version", []string{"version"}, []string{"--version"}},
		{"3 rows", []string{"exchange", "list"}, sql(`SELECT * FROM "Exchange" ORDER BY slug LIMIT 50`)},
		{"50 users", []string{"user", "list"}, sql(`SELECT * FROM "User" ORDER BY created_at DESC, id DESC LIMIT 50`)},
		{"all users, csv", []string{"user", "list", "--all", "-o", "csv"}, sql(`COPY (SELECT * FROM "User" ORDER BY created_at, id) TO STDOUT CSV HEADER`)},
	}
}

func bench(ctx context.Context, program, psql string, runs, users int) (err error) {
	program, err = filepath.Abs(program)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "axisor-bench-*")
	if err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o711); err != nil { // as root the database runs as another account
		return err
	}
	b := &bed{dir: dir, program: program, psql: psql}
	defer func() {
		_, downErr := b.run(ctx, program, "dev", "down", "--purge", "--yes")
		err = errors.Join(err, downErr, os.RemoveAll(dir))
	}()
	for _, args := range [][]string{{"dev", "up"}, {"migrate", "up"}, {"dev", "seed", "--users", fmt.Sprint(users)}} {
		if _, err := b.run(ctx, program, args...); err != nil {
			return err
		}
	}
	if err := b.readURL(); err != nil {
		return err
	}
	fmt.Printf("%d runs each, taking turns; %d users in the database; medians\n\n", runs, users)
	fmt.Printf("%-16s %10s %10s %8s\n", "", "axisor", "psql", "ratio")
	for _, p := range pairs() {
		ours, theirs, err := b.compare(ctx, p, runs)
		if err != nil {
			return err
		}
		fmt.Printf("%-16s %7.1f ms %7.1f ms %7.2fx\n", p.name, ms(ours), ms(theirs), float64(ours)/float64(theirs))
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// bed is the environment both programs run in.
type bed struct {
	dir, program, psql string
	env                []string
}

// compare times both programs in turn and returns the medians. The first turn warms the caches and is not counted.
func (b *bed) compare(ctx context.Context, p pair, runs int) (ours, theirs time.Duration, err error) {
	var a, z []time.Duration
	for i := range runs + 1 {
		took, err := b.run(ctx, b.program, p.axisor...)
		if err != nil {
			return 0, 0, err
		}
		tookZ, err := b.run(ctx, b.psql, p.psql...)
		if err != nil {
			return 0, 0, err
		}
		if i > 0 {
			a, z = append(a, took), append(z, tookZ)
		}
	}
	return median(a), median(z), nil
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

func (b *bed) run(ctx context.Context, program string, args ...string) (time.Duration, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	var out, errw bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = b.dir, &out, &errw
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.dir, "AXISOR_PG_BIN=" + os.Getenv("AXISOR_PG_BIN")}, b.env...)
	begin := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("%s %s: %w\n%s", filepath.Base(program), strings.Join(args, " "), err, errw.String())
	}
	return time.Since(begin), nil
}

// readURL takes the database's address for psql from the configuration that `dev up` wrote.
func (b *bed) readURL() error {
	raw, err := os.ReadFile(filepath.Join(b.dir, ".axisor.yaml"))
	if err != nil {
		return err
	}
	found := regexp.MustCompile(`url: "(postgres://[^"]+)"`).FindSubmatch(raw)
	if found == nil {
		return errors.New("no database.url in .axisor.yaml")
	}
	u, err := url.Parse(string(found[1]))
	if err != nil {
		return err
	}
	password, _ := u.User.Password()
	b.env = []string{
		"PGHOST=" + u.Hostname(), "PGPORT=" + u.Port(), "PGUSER=" + u.User.Username(), "PGPASSWORD=" + password,
		"PGDATABASE=" + strings.TrimPrefix(u.Path, "/"),
	}
	return nil
}
