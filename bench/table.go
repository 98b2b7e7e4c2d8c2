package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/axisor/axisor/bench/internal/harness"
	"github.com/axisor/axisor/internal/pgserver"
)

func table(out io.Writer, rows []harness.Row) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.ToUpper(strings.Join(harness.Headers(), "\t")))
	for _, r := range rows {
		fmt.Fprintln(w, strings.Join(r.Cells(), "\t"))
	}
	return w.Flush()
}

// machine is where the numbers come from. It names no host and no folder.
type machine struct {
	cpu, postgres, goVersion, axisor, node string
	cores                                  int
	memory                                 string
	size                                   string
	took                                   time.Duration
	date                                   time.Time
}

func about(ctx context.Context, program string) (machine, error) {
	bin, err := pgserver.Find(ctx)
	if err != nil {
		return machine{}, err
	}
	return machine{
		cpu: field("/proc/cpuinfo", "model name"), cores: runtime.NumCPU(), memory: memory(), goVersion: runtime.Version(),
		postgres: says(ctx, bin.Path("postgres"), "--version"), node: says(ctx, "node", "--version"),
		axisor: says(ctx, program, "version", "-o", "json", "--jq", ".version"), date: time.Now().UTC(),
	}, nil
}

// says is the first line a program prints, "" when there is none.
func says(ctx context.Context, argv ...string) string {
	out, err := exec.CommandContext(ctx, argv[0], argv[1:]...).Output()
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimSpace(line)
}

// field reads the first value of a name in a file of /proc, "" elsewhere.
func field(path, name string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func memory() string {
	var kib int64
	if _, err := fmt.Sscan(field("/proc/meminfo", "MemTotal"), &kib); err != nil {
		return ""
	}
	return fmt.Sprintf("%d GB", (kib+1<<19)>>20)
}

const page = `# Benchmarks

Written by ` + "`make bench`" + `; do not edit. Run it yourself: ` + "`make bench SIZE=small`" + ` takes a few minutes, ` + "`make bench`" + ` (full size)
less than twenty. Each claim is also a command of its own, for instance ` + "`go run ./bench/backup -size small`" + `. Nothing of this gates
a release, and CI does not run it.

%s

## How to read it

- **ratio** is what axisor needs, divided by what the rival needs for the same thing in the same run on the same machine: 0.5 is half, 2 is
  double. Smaller is better. Milliseconds of one machine say nothing about another; ratios mostly do.
- Both take turns, in another order each time, so that a busy moment hits both. The ratio is the **median of the ratios of the turns**, n is
  how many there were, and the **spread** is their middle half (first to third quartile). Times are medians of whole processes, start to exit,
  unless the claim says otherwise; the first turns, which only warm the caches, are not counted where a run is short.
- **goal** is what was promised; "–" marks rows that promise nothing and are there to be known.
- The server is a private PostgreSQL with durability on (` + "`fsync`" + `), reached over its local socket.
- "psql as in PATH" is what a person types. On Debian that is a script that looks for the real program, so "the program itself" is the harder
  rival, and both are shown.
- ` + "`\\copy`" + ` is the floor of an import: it checks nothing, tells nobody which line is wrong, and leaves no audit trail.
- The bound of the guard run is what the latency of the exchange alone takes: no program can be faster.

## Where

%s
`

func markdown(rows []harness.Row, m machine) string {
	var t, where strings.Builder
	line := func(cells []string) {
		for i := range cells {
			cells[i] = strings.ReplaceAll(cells[i], "|", `\|`)
		}
		t.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	line(harness.Headers())
	t.WriteString("|---|---:|---|---:|---:|---|---|---:|---|---|\n")
	for _, r := range rows {
		line(r.Cells())
	}
	for _, fact := range [][2]string{
		{"date", m.date.Format("2006-01-02 15:04 MST")},
		{"axisor", m.axisor},
		{"size", fmt.Sprintf("%s, took %s", m.size, m.took.Round(time.Second))},
		{"processor", fmt.Sprintf("%s, %d cores", m.cpu, m.cores)},
		{"memory", m.memory},
		{"system", runtime.GOOS + "/" + runtime.GOARCH},
		{"PostgreSQL", m.postgres},
		{"Go", m.goVersion},
		{"Node.js", m.node},
	} {
		if fact[1] != "" {
			fmt.Fprintf(&where, "- %s: %s\n", fact[0], fact[1])
		}
	}
	return fmt.Sprintf(page, strings.TrimSpace(t.String()), strings.TrimSpace(where.String()))
}
