// Command backup measures `axisor backup` against `pg_dump -Fc` and against the design document's script, in
// turns on one database in the same run, and prints ratios: seconds of a busy machine say nothing by themselves.
// With -kills it instead ends the program at random moments of backup, prune, restore and copy, and then proves
// that every listed backup restores and that nothing is left behind.
//
//	go run ./bench/backup -mb 1000
//	go run ./bench/backup -mb 20 -kills 100
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/axisor/axisor/internal/pgserver"
)

type options struct {
	program    string
	mb, rounds int
	kills      int
	seed       uint64
}

func main() {
	var o options
	flag.StringVar(&o.program, "axisor", "bin/axisor", "program to measure")
	flag.IntVar(&o.mb, "mb", 1000, "size of the data, in megabytes of rows")
	flag.IntVar(&o.rounds, "rounds", 3, "rounds; medians of the ratios are printed")
	flag.IntVar(&o.kills, "kills", 0, "end the program this often at random moments, and check what is left")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of the random moments")
	flag.Parse()
	if err := bench(context.Background(), o); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// field is where the measuring takes place.
type field struct {
	options

	dir    string
	server *pgserver.Server
	bin    pgserver.Binaries
	env    []string
}

func bench(ctx context.Context, o options) (err error) {
	if o.program, err = filepath.Abs(o.program); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "axisor-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	f := &field{options: o, dir: dir}
	if f.bin, err = pgserver.Find(ctx); err != nil {
		return err
	}
	if f.server, err = pgserver.Start(ctx, pgserver.Options{Dir: filepath.Join(dir, "server"), Binaries: f.bin}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.server.Stop(context.WithoutCancel(ctx))) }()
	f.env = append(os.Environ(), "DATABASE_URL="+f.server.URL("postgres").Reveal(), "AXISOR_BACKUP_DIRECTORY="+filepath.Join(dir, "repo"),
		"PGHOST="+f.server.SocketDir(), "PGUSER=postgres", "PGDATABASE=postgres", "ENCRYPTION_KEY=bench-key-that-protects-nothing-000000")
	if err := f.fill(ctx); err != nil {
		return err
	}
	if o.kills > 0 {
		return f.killRounds(ctx)
	}
	return f.compare(ctx)
}

// fill makes trades: prices, times and hashes compress like those of a real log.
func (f *field) fill(ctx context.Context) error {
	const perRow = 330 // bytes on the server's disk
	rows := f.mb * 1_000_000 / perRow
	fmt.Printf("filling %d MB (%d trades)\n", f.mb, rows)
	if out, err := f.command(ctx, f.program, "migrate", "up", "-q").CombinedOutput(); err != nil {
		return fmt.Errorf("migrate: %w: %s", err, out)
	}
	sql := fmt.Sprintf(`CREATE TABLE trade_bench AS SELECT md5(i::text)::uuid AS id, md5((i %% 997)::text)::uuid AS user_id, i AS seq,
		(ARRAY['buy','sell','close'])[1 + i %% 3] AS action, round((60000 + 5000 * sin(i / 1000.0) + random() * 40)::numeric, 2) AS price,
		(random() * 100000)::int AS amount, round((random() * 20 - 10)::numeric, 4) AS pnl, now() - make_interval(secs => i) AS created_at,
		repeat(md5((i / 7)::text), 3) || 'order filled at market' AS note FROM generate_series(1, %d) i; ANALYZE trade_bench; CHECKPOINT`, rows)
	cmd := f.command(ctx, f.bin.Path("psql"), "-qX", "-v", "ON_ERROR_STOP=1", "-c", sql)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("fill: %w: %s", err, out)
	}
	return nil
}

func (f *field) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, program, args...)
	c.Env, c.Dir = f.env, f.dir
	return c
}

// cost is what one backup took.
type cost struct {
	wall, cpu time.Duration
	bytes     int64
	memory    int64   // of the program itself, at its peak
	growth    float64 // peak of the second half of the run by that of the first: 1 is flat
}

// contestants are run in turns. Each writes to a place of its own and must leave its file.
func (f *field) contestants() map[string]func(context.Context) (cost, error) {
	dump := f.bin.Path("pg_dump")
	return map[string]func(context.Context) (cost, error){
		"axisor": func(ctx context.Context) (cost, error) {
			return f.measure(ctx, filepath.Join(f.dir, "repo", "*.dump.zst"), f.program, "backup", "create", "-q", "--no-prune")
		},
		"pg_dump -Fc": func(ctx context.Context) (cost, error) {
			return f.measure(ctx, filepath.Join(f.dir, "plain.dump"), dump, "-Fc", "-f", filepath.Join(f.dir, "plain.dump"))
		},
		"design script": func(ctx context.Context) (cost, error) {
			file := filepath.Join(f.dir, "seed.sql")
			script := fmt.Sprintf("%s --clean --no-owner --no-acl --format=custom --file=%s && gzip -f %s", dump, file, file)
			return f.measure(ctx, file+".gz", "sh", "-c", script)
		},
	}
}

func (f *field) measure(ctx context.Context, result, program string, args ...string) (cost, error) {
	old, err := filepath.Glob(result)
	if err != nil {
		return cost{}, err
	}
	for _, path := range old {
		stem := strings.TrimSuffix(path, ".dump.zst")
		all, err := filepath.Glob(stem + "*")
		if err != nil {
			return cost{}, err
		}
		for _, path := range all {
			if err := os.Remove(path); err != nil {
				return cost{}, err
			}
		}
	}
	c := f.command(ctx, program, args...)
	var said strings.Builder
	c.Stderr = &said
	began := time.Now()
	if err := c.Start(); err != nil {
		return cost{}, err
	}
	stop, seen := make(chan struct{}), make(chan []int64)
	go func() { seen <- watchMemory(c.Process.Pid, stop) }()
	err = c.Wait()
	took := cost{wall: time.Since(began)}
	close(stop)
	took.memory, took.growth = flatness(<-seen)
	if err != nil {
		return took, fmt.Errorf("%s: %w: %s", program, err, said.String())
	}
	took.cpu = c.ProcessState.UserTime() + c.ProcessState.SystemTime() // children included
	files, err := filepath.Glob(result)
	if err != nil || len(files) != 1 {
		return took, errors.Join(err, fmt.Errorf("%d results of %s", len(files), program))
	}
	info, err := os.Stat(files[0])
	if err != nil {
		return took, err
	}
	took.bytes = info.Size()
	return took, nil
}

// watchMemory samples the resident memory of a process until told to stop.
func watchMemory(pid int, stop <-chan struct{}) []int64 {
	var seen []int64
	for {
		text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
		if _, after, ok := strings.Cut(string(text), "VmRSS:"); err == nil && ok {
			if n, err := strconv.ParseInt(strings.Fields(after)[0], 10, 64); err == nil {
				seen = append(seen, n<<10)
			}
		}
		select {
		case <-stop:
			return seen
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// flatness gives the peak, and how much higher it is in the second half of the run than in the first.
func flatness(seen []int64) (peak int64, growth float64) {
	if len(seen) < 4 {
		return slices.Max(append(seen, 0)), 1
	}
	early, late := slices.Max(seen[:len(seen)/2]), slices.Max(seen[len(seen)/2:])
	return max(early, late), float64(late) / float64(early)
}

// compare runs the rounds and prints ratios to axisor's rivals.
func (f *field) compare(ctx context.Context) error {
	names := []string{"axisor", "pg_dump -Fc", "design script"}
	runs := f.contestants()
	took := map[string][]cost{}
	for round := range f.rounds {
		for i := range names { // another order each round
			name := names[(i+round)%len(names)]
			c, err := runs[name](ctx)
			if err != nil {
				return err
			}
			took[name] = append(took[name], c)
			fmt.Printf("round %d  %-14s wall %6.1fs  cpu %6.1fs  %6.1f MiB  memory %5.1f MiB, later/earlier %.2f\n", round+1, name, c.wall.Seconds(), c.cpu.Seconds(), mib(c.bytes), mib(c.memory), c.growth)
		}
	}
	ratios := map[string]ratio3{}
	for _, rival := range names[1:] {
		ratio := func(get func(cost) float64) float64 {
			var list []float64
			for i, own := range took["axisor"] {
				list = append(list, get(own)/get(took[rival][i]))
			}
			slices.Sort(list)
			return list[len(list)/2]
		}
		r := ratio3{ratio(func(c cost) float64 { return c.wall.Seconds() }), ratio(func(c cost) float64 { return c.cpu.Seconds() }), ratio(func(c cost) float64 { return float64(c.bytes) })}
		ratios[rival] = r
		fmt.Printf("axisor / %-14s wall %.2f  cpu %.2f  size %.2f\n", rival, r.wall, r.cpu, r.size)
	}
	peak, growth := int64(0), 0.0
	for _, c := range took["axisor"] {
		peak, growth = max(peak, c.memory), max(growth, c.growth)
	}
	r := ratios["pg_dump -Fc"]
	for _, g := range []struct {
		what       string
		have, most float64
	}{
		{"cpu / pg_dump -Fc", r.cpu, 0.5},
		{"wall / pg_dump -Fc", r.wall, 0.6},
		{"size / pg_dump -Fc", r.size, 0.96},
		{"peak memory, MiB", mib(peak), 64},
		{"memory, later/earlier half", growth, 1.15},
	} {
		verdict := "met"
		if g.have > g.most {
			verdict = "MISSED"
		}
		fmt.Printf("goal %-28s %6.2f, at most %5.2f: %s\n", g.what, g.have, g.most, verdict)
	}
	return nil
}

// ratio3 are the ratios to a rival.
type ratio3 struct{ wall, cpu, size float64 }

func mib(n int64) float64 { return float64(n) / (1 << 20) }
