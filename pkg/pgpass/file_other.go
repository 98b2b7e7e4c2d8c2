//go:build !linux

package pgpass

import "os/exec"

func file() (passFile, error) { return temporary() }

func (p passFile) nameFor(*exec.Cmd) string { return p.Name() }
