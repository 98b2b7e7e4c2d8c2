// Package pgpass hands a password to a client program of PostgreSQL. Its environment can be read by every process of the
// same user, and ends in core files and crash reports; a password file (PGPASSFILE) that nobody else can open does not.
package pgpass

import (
	"errors"
	"os"
	"os/exec"
	"strings"
)

// ErrLineBreak is returned for a password that has no form in a password file.
var ErrLineBreak = errors.New("the database password contains a line break, which the client programs of PostgreSQL cannot be given: change it")

// Give makes a command that has not been started find its password: for every server, database and user, since a program
// is started for one of them. It sets PGPASSFILE and may add to ExtraFiles. The caller calls done when the command has
// ended, or was not started.
func Give(cmd *exec.Cmd, password string) (done func(), err error) {
	if password == "" {
		return func() {}, nil
	}
	if strings.ContainsAny(password, "\r\n\x00") {
		return nil, ErrLineBreak
	}
	f, err := file()
	if err != nil {
		return nil, err
	}
	if _, err = f.WriteString("*:*:*:*:" + strings.NewReplacer(`\`, `\\`, ":", `\:`).Replace(password) + "\n"); err != nil {
		return nil, errors.Join(err, f.close())
	}
	cmd.Env = append(cmd.Env, "PGPASSFILE="+f.nameFor(cmd))
	return func() { _ = f.close() }, nil
}

// passFile is the file, open.
type passFile struct {
	*os.File

	kept bool // it has a name, and has to be removed
}

// temporary is a file with a name, for systems that cannot do without.
func temporary() (passFile, error) {
	f, err := os.CreateTemp("", "axisor-pass-*") // 0600
	return passFile{f, true}, err
}

func (p passFile) close() error {
	err := p.Close()
	if p.kept {
		err = errors.Join(err, os.Remove(p.Name()))
	}
	return err
}
