package config

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/axisor/axisor/internal/wholefile"
)

// KeyFileFor is the proposed key file of a configuration file: beside it, and hidden when that is hidden.
func KeyFileFor(file string) string {
	name := "encryption.key"
	if strings.HasPrefix(filepath.Base(file), ".") {
		name = ".axisor.key"
	}
	return filepath.Join(filepath.Dir(file), name)
}

// NeedsKey reports whether a key file has to be made; "" is none. One that is there must be usable: the error is an *Error.
func NeedsKey(path string) (bool, error) {
	if path == "" { // a program prints it
		return false, nil
	}
	if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
		return true, nil
	}
	s, err := ReadSecretFile(path, "encryption.key_file")
	if err != nil {
		return false, err
	}
	k, _ := LookupKey("encryption.key")
	if err := k.Validate(s.Reveal()); err != nil {
		var e *Error
		if errors.As(err, &e) {
			e.Source = path
		}
		return false, err
	}
	return false, nil
}

// WriteFirst writes a first configuration of mode 0600 with these values, and with newKey a random key into the file that
// encryption.key_file names. The key comes first: a configuration that names a missing key is worse than a key that nothing
// names. Without force a configuration that is there is wholefile.ErrExists; an existing key is never replaced.
func WriteFirst(file string, values map[string]string, newKey, force bool) error {
	keyFile := values["encryption.key_file"]
	dirs := []string{filepath.Dir(file)}
	if keyFile != "" {
		dirs = append(dirs, filepath.Dir(keyFile))
	}
	for _, dir := range dirs {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return &Error{Source: dir, Rule: "cannot be made", Err: err}
		}
	}
	if newKey {
		if err := wholefile.Write(keyFile, randomKey(), false); err != nil {
			return &Error{Source: keyFile, Rule: "cannot be written", Err: err}
		}
	}
	err := wholefile.Write(file, Render(values), force)
	if err == nil {
		return nil
	}
	if newKey {
		err = errors.Join(err, os.Remove(keyFile)) // nobody has used it yet
	}
	if errors.Is(err, wholefile.ErrExists) {
		return err
	}
	return &Error{Source: file, Rule: "cannot be written", Err: err}
}

// randomKey is one line of 44 characters from 32 random bytes.
func randomKey() []byte {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails: the runtime ends the program instead
	return []byte(base64.StdEncoding.EncodeToString(raw) + "\n")
}
