// Command axisor administers the Axisor trading platform.
package main

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/axisor/axisor/cmd"
)

func main() {
	collectLater()
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	os.Exit(cmd.Main(context.Background(), cmd.Process{
		Args: os.Args[1:], Env: os.Environ(), Dir: dir, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Exit: os.Exit,
	}))
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
