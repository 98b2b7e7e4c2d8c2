// Command axisor administers the Axisor trading platform.
package main

import (
	"context"
	"os"

	"github.com/axisor/axisor/cmd"
)

func main() {
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	os.Exit(cmd.Main(context.Background(), cmd.Process{
		Args: os.Args[1:], Env: os.Environ(), Dir: dir, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	}))
}
