//go:build unix && !linux

package pgserver

import "syscall"

// dieWithParent has no such signal here: a server whose owner was killed stays until it is stopped.
func dieWithParent(*syscall.SysProcAttr) {}
