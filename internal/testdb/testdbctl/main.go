// Command testdbctl stops and deletes the private cluster that tests share.
// It is a helper of the Makefile and is not part of the released binary.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/axisor/axisor/internal/testdb"
)

func main() {
	if len(os.Args) != 2 || os.Args[1] != "stop" {
		fmt.Fprintln(os.Stderr, "usage: testdbctl stop")
		os.Exit(2)
	}
	if err := testdb.Stop(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
