// Command bench runs every benchmark, prints one table of ratios and writes it to docs/benchmarks.md. `make bench` calls
// it; each benchmark is a command of its own as well, for instance `go run ./bench/backup -size small`.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/axisor/axisor/bench/internal/harness"
)

// order is how the benchmarks follow each other in the table.
func order() []string {
	return []string{"startup", "reads", "prisma", "userlist", "userimport", "trades", "backup", "rekey", "guard", "migrate"}
}

func main() {
	var c collector
	only := flag.String("only", "", "these benchmarks only, with commas: "+strings.Join(order(), ","))
	flag.StringVar(&c.program, "axisor", "bin/axisor", "program to time")
	flag.StringVar(&c.size, "size", harness.Full, "smoke, small or full")
	flag.StringVar(&c.file, "write", "", "write the table as Markdown to this file")
	flag.Parse()
	c.names = order()
	if *only != "" {
		c.names = strings.Split(*only, ",")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := c.run(ctx, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

type collector struct {
	program, size, file string
	names               []string
	flags               []string // for building the benchmarks
}

// run builds the benchmarks, runs one after the other, and shows what they found. One that fails does not keep the others
// from running, but the table is not written without it.
func (c *collector) run(ctx context.Context, out, progress io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "axisor-bench-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	build := append([]string{"build", "-o", dir + string(filepath.Separator)}, c.flags...)
	for _, name := range c.names {
		if !slices.Contains(order(), name) {
			return fmt.Errorf("no benchmark %q; there are %s", name, strings.Join(order(), ", "))
		}
		build = append(build, "./bench/"+name)
	}
	var said bytes.Buffer
	compiler := exec.CommandContext(ctx, "go", build...)
	compiler.Stderr = &said
	if err := compiler.Run(); err != nil {
		return fmt.Errorf("build the benchmarks: %w: %s", err, said.String())
	}
	began := time.Now()
	var rows []harness.Row
	var failed error
	for _, name := range c.names {
		at := time.Now()
		found, err := c.one(ctx, filepath.Join(dir, name), progress)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", name, err))
		}
		rows = append(rows, found...)
		fmt.Fprintf(progress, "%-12s %d claims, %s\n", name, len(found), time.Since(at).Round(time.Second))
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	fmt.Fprintln(out)
	if err := table(out, rows); err != nil {
		return errors.Join(failed, err)
	}
	if failed != nil || c.file == "" {
		return failed
	}
	m, err := about(ctx, c.program)
	if err != nil {
		return err
	}
	m.size, m.took = c.size, time.Since(began)
	return os.WriteFile(c.file, []byte(markdown(rows, m)), 0o644)
}

// one runs a benchmark and reads its rows.
func (c *collector) one(ctx context.Context, program string, progress io.Writer) (rows []harness.Row, err error) {
	cmd := exec.CommandContext(ctx, program, "-json", "-axisor", c.program, "-size", c.size)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // so that it stops its server
	cmd.Stderr = progress
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	for lines := bufio.NewScanner(pipe); lines.Scan(); {
		var r harness.Row
		if bad := json.Unmarshal(lines.Bytes(), &r); bad != nil {
			err = errors.Join(err, fmt.Errorf("not a row: %q", lines.Text()))
			continue
		}
		rows = append(rows, r)
	}
	err = errors.Join(err, cmd.Wait())
	if err == nil && len(rows) == 0 {
		err = errors.New("it measured nothing")
	}
	return rows, err
}
