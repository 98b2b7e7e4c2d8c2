// Command axisor administers the Axisor trading platform.
package main

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"slices"

	"github.com/axisor/axisor/cmd"
)

func main() {
	collectLater()
	holdLittle(os.Args)
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	os.Exit(cmd.Main(context.Background(), cmd.Process{
		Args: os.Args[1:], Env: os.Environ(), Dir: dir, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Exit: os.Exit,
	}))
}

// holdLittle makes the collector work harder where a command takes in whatever file it is given: it needs the memory of
// a row of 16 MB in a few forms, and without this as much again for what is not collected yet. Who says GOMEMLIMIT means it.
func holdLittle(args []string) {
	if slices.Contains(args, "import") && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(40 << 20)
	}
}

// collectLater lets the heap grow to 16 MB before the first garbage collection, which most invocations never reach;
// Go's own first one, at 4 MB, would fall into the making of the command tree and double its time. From the first
// collection on, the ordinary pace holds, so that long work needs no more memory than before.
func collectLater() {
	if os.Getenv("GOGC") != "" {
		return
	}
	const first = 400 // percent of Go's 4 MB
	normal := debug.SetGCPercent(first)
	runtime.AddCleanup(new([32]byte), func(percent int) { debug.SetGCPercent(percent) }, normal)
}
