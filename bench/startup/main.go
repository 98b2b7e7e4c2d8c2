// Command startup times what every invocation pays before it does anything: help, version and completion beside an empty
// Go program built in the same run, which is the least that a process costs here, beside one that has the libraries
// chosen for axisor and does nothing with them, and beside psql; and how large it is.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/axisor/axisor/bench/internal/harness"
)

func main() {
	o := harness.Flags()
	o.NoServer = true
	harness.Main(o, run)
}

func run(ctx context.Context, b *harness.Harness) error {
	empty, err := build(ctx, b, "empty", []byte("module empty\n\ngo 1.26\n"), nil)
	if err != nil {
		return err
	}
	libraries, err := buildLibraries(ctx, b)
	if err != nil {
		return err
	}
	samples, err := harness.Turns(ctx, 2, b.Pick(3, 41, 101),
		b.Command("help", b.Program, "--help"),
		b.Command("version", b.Program, "version"),
		b.Command("completion", b.Program, "__complete", "user", ""),
		b.Command("empty", empty),
		b.Command("psql", b.Bin.Path("psql"), "--version"),
		b.Command("libraries", libraries),
	)
	if err != nil {
		return err
	}
	const goal = 3
	for i, claim := range []string{"axisor --help", "axisor version", "completion of axisor user …"} {
		row := harness.Row{Claim: claim, Rival: "an empty Go program", Unit: "ms", Goal: goal}.Against(samples[i], samples[3], harness.Milliseconds)
		floor := harness.Row{Claim: claim, Rival: "a Go program with the same libraries", Unit: "ms"}.Against(samples[i], samples[5], harness.Milliseconds)
		if err := errors.Join(b.Emit(row), b.Emit(floor)); err != nil {
			return err
		}
	}
	if err := b.Emit(harness.Row{Claim: "axisor version", Rival: "psql --version", Unit: "ms"}.Against(samples[1], samples[4], harness.Milliseconds)); err != nil {
		return err
	}
	info, err := os.Stat(b.Program)
	if err != nil {
		return err
	}
	size, limit := []harness.Sample{{Size: info.Size()}}, []harness.Sample{{Size: 45 << 20}}
	return b.Emit(harness.Row{Claim: "size of the program", Rival: "the limit", Unit: "MB", Goal: 1}.Against(size, limit, harness.Megabytes))
}

// chosen are the libraries that axisor is to be made of, and those that its storage and its queue need.
func chosen() []string {
	return []string{
		"github.com/charmbracelet/huh", "github.com/minio/minio-go/v7", "github.com/olekukonko/tablewriter",
		"github.com/riverqueue/river/riverdriver/riverdatabasesql", "github.com/spf13/cobra", "github.com/spf13/viper",
		"golang.org/x/term", "gorm.io/driver/postgres", "gorm.io/gorm",
	}
}

// buildLibraries builds a program that has the libraries, in our versions, and does nothing.
func buildLibraries(ctx context.Context, b *harness.Harness) (string, error) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		return "", err
	}
	sums, err := os.ReadFile("go.sum")
	if err != nil {
		return "", err
	}
	_, rest, _ := bytes.Cut(mod, []byte("\n"))
	return build(ctx, b, "libraries", append([]byte("module libraries\n"), rest...), sums, chosen()...)
}

// build builds a program that does nothing, the way ours is built.
func build(ctx context.Context, b *harness.Harness, name string, mod, sums []byte, imports ...string) (string, error) {
	dir := filepath.Join(b.Dir, name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	var program bytes.Buffer
	program.WriteString("package main\n\n")
	for _, path := range imports {
		fmt.Fprintf(&program, "import _ %q\n", path)
	}
	program.WriteString("\nfunc main() {}\n")
	for file, text := range map[string][]byte{"go.mod": mod, "go.sum": sums, "main.go": program.Bytes()} {
		if err := os.WriteFile(filepath.Join(dir, file), text, 0o600); err != nil {
			return "", err
		}
	}
	env := b.Env
	defer func() { b.Env = env }()
	b.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=-mod=mod")
	out := filepath.Join(b.Dir, name+"-program")
	_, err := b.Time(ctx, "go", "build", "-C", dir, "-buildvcs=false", "-trimpath", "-ldflags", "-s -w", "-o", out, ".")
	return out, err
}
