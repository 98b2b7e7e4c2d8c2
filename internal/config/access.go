package config

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/axisor/axisor/pkg/ownfile"
)

// checkAccess refuses a file that gives a secret away.
func (d *document) checkAccess(info fs.FileInfo) Errors {
	if !ownfile.Exposed(info) {
		return nil
	}
	for _, layer := range d.values() {
		for _, k := range Keys() {
			raw, ok := layer[k.Name]
			if !ok || !k.Secret() {
				continue
			}
			if v, rule := k.convert(raw); rule != "" || k.holdsSecret(v) {
				return Errors{accessError(d.path, k.Name, "is in a file that others can open", info.Mode().Perm())}
			}
		}
	}
	return nil
}

func accessError(path, key, rule string, mode fs.FileMode) *Error {
	return &Error{Source: path, Key: key, Rule: fmt.Sprintf("%s (mode %04o)", rule, mode), Hint: "chmod 600 " + path}
}

// untrusted says in the words of this package why a file counts for nothing, or cannot be read.
func untrusted(path, key string, err error) *Error {
	var p *ownfile.UntrustedError
	if errors.As(err, &p) {
		return &Error{Source: path, Key: key, Rule: p.Rule, Hint: p.Hint}
	}
	return &Error{Source: path, Key: key, Rule: "cannot be read", Err: reason(err)}
}

func isNotDir(err error) bool { return errors.Is(err, syscall.ENOTDIR) }
