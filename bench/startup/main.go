// Command startup times what every invocation pays before it does anything: help, version and completion beside an empty
// Go program built in the same run, which is the least that a process costs here, and beside psql; and how large it is.
package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/axisor/axisor/bench/internal/bed"
)

func main() {
	o := bed.Flags()
	o.NoServer = true
	bed.Main(o, run)
}

func run(ctx context.Context, b *bed.Bed) error {
	empty, err := build(ctx, b)
	if err != nil {
		return err
	}
	samples, err := bed.Turns(ctx, 2, b.Pick(3, 41, 101),
		b.Command("help", b.Program, "--help"),
		b.Command("version", b.Program, "version"),
		b.Command("completion", b.Program, "__complete", "user", ""),
		b.Command("empty", empty),
		b.Command("psql", b.Bin.Path("psql"), "--version"),
	)
	if err != nil {
		return err
	}
	const goal = 3
	for i, claim := range []string{"axisor --help", "axisor version", "completion of axisor user …"} {
		row := bed.Row{Claim: claim, Rival: "an empty Go program", Unit: "ms", Goal: goal}.Against(samples[i], samples[3], bed.Milliseconds)
		if err := b.Emit(row); err != nil {
			return err
		}
	}
	if err := b.Emit(bed.Row{Claim: "axisor version", Rival: "psql --version", Unit: "ms"}.Against(samples[1], samples[4], bed.Milliseconds)); err != nil {
		return err
	}
	info, err := os.Stat(b.Program)
	if err != nil {
		return err
	}
	size, limit := []bed.Sample{{Size: info.Size()}}, []bed.Sample{{Size: 45 << 20}}
	return b.Emit(bed.Row{Claim: "size of the program", Rival: "the limit", Unit: "MB", Goal: 1}.Against(size, limit, bed.Megabytes))
}

// build builds a program that does nothing, the way ours is built.
func build(ctx context.Context, b *bed.Bed) (string, error) {
	dir := filepath.Join(b.Dir, "empty")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	for name, text := range map[string]string{"go.mod": "module empty\n\ngo 1.26\n", "main.go": "package main\n\nfunc main() {}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	env := b.Env
	defer func() { b.Env = env }()
	b.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=")
	out := filepath.Join(b.Dir, "empty-program")
	_, err := b.Time(ctx, "go", "build", "-C", dir, "-buildvcs=false", "-ldflags", "-s -w", "-o", out, ".")
	return out, err
}
