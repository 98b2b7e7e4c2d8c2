package pgserver

import "syscall"

// dieWithParent makes a server end at once, its own way, when its owner is killed.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGQUIT }
