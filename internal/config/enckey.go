package config

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/axisor/axisor/pkg/ownfile"
	"github.com/axisor/axisor/pkg/secret"
)

// keyCommandTimeout is long enough to type a passphrase into an agent's window.
const keyCommandTimeout = 60 * time.Second

// EncryptionKey returns the key of stored credentials from wherever it is
// configured. It reads a file or runs a program at the first call only, so that
// commands which need no key never ask for it. Without a key it returns ErrNoKey.
func (ld *Loaded) EncryptionKey(ctx context.Context) (secret.Secret, error) {
	ld.mu.Lock()
	defer ld.mu.Unlock()
	if !ld.key.IsZero() {
		return ld.key, nil
	}
	e := &ld.Config.Encryption
	var key secret.Secret
	var err error
	switch {
	case !e.Key.IsZero():
		key = e.Key
	case e.KeyFile != "":
		key, err = ReadSecretFile(e.KeyFile, keyKeyFile)
		err = cmp.Or(err, badKey(e.KeyFile, keyKeyFile, key))
	case len(e.KeyCommand) > 0:
		key, err = ld.runKeyCommand(ctx, e.KeyCommand)
	default:
		return secret.Secret{}, ErrNoKey
	}
	if err != nil {
		return secret.Secret{}, err
	}
	ld.key = key
	return key, nil
}

// badKey applies the rule of encryption.key to a key from elsewhere. It
// has nothing to say about no key, which is another error.
func badKey(source, key string, s secret.Secret) error {
	if rule := goodKey(s); rule != "" {
		return &Error{Source: source, Key: key, Rule: rule, Hint: makeKey}
	}
	return nil
}

// ReadSecretFile reads a secret of one line from the file of a setting, like ReadPrivateFile. Line ends at the end are dropped.
func ReadSecretFile(path, key string) (secret.Secret, error) {
	data, err := ReadPrivateFile(path, key)
	if err != nil {
		return secret.Secret{}, err
	}
	return oneLine(path, key, data)
}

// ReadPrivateFile reads the secret that a setting names. It must belong to this user or root, and nobody else may be
// able to open or replace it. The key names the setting in errors.
func ReadPrivateFile(path, key string) ([]byte, error) {
	data, _, err := readOwn(path, true)
	if err != nil {
		return nil, untrusted(path, key, err)
	}
	return data, nil
}

// ReadPublicFile reads what a setting names and everybody may read, such as a certificate, and nobody else may change.
func ReadPublicFile(path, key string) ([]byte, error) {
	data, _, err := readOwn(path, false)
	if err != nil {
		return nil, untrusted(path, key, err)
	}
	return data, nil
}

// ReadPrivateInput reads a secret that somebody hands over in a file, and refuses one that others can open. Whose it is
// does not matter. Errors are *ownfile.UntrustedError and those of the file system.
func ReadPrivateInput(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err // a file of the command, not of the configuration
	}
	data, info, err := readLimited(f)
	if err != nil {
		return nil, err
	}
	if info.Mode().IsRegular() && ownfile.Exposed(info) { // a pipe of the shell has no such mode
		return nil, ownfile.ExposedError(path, info)
	}
	return data, nil
}

// oneLine turns the content of a file or the output of a program into a secret.
func oneLine(source, key string, data []byte) (secret.Secret, error) {
	text := strings.TrimRight(string(data), "\r\n")
	rule := ""
	switch {
	case text == "":
		rule = "gives nothing"
	case strings.ContainsAny(text, "\r\n"):
		rule = "gives more than one line"
	case !utf8.ValidString(text):
		rule = "gives bytes that are not text"
	}
	if rule != "" {
		return secret.Secret{}, &Error{Source: source, Key: key, Rule: rule, Hint: "it must hold the secret on one line and nothing else"}
	}
	return secret.New(text), nil
}

// runKeyCommand runs the program without a shell. What it writes, on either
// stream, goes into no message: password managers print more than one expects.
func (ld *Loaded) runKeyCommand(ctx context.Context, argv []string) (secret.Secret, error) {
	source := ld.Origins[keyKeyCommand].String()
	fail := func(rule string, err error) (secret.Secret, error) {
		return secret.Secret{}, &Error{
			Source: source, Key: keyKeyCommand, Rule: rule, Value: argv[0], Err: err,
			Hint: "run the command by hand to see what it says",
		}
	}
	path, err := lookPath(argv[0], ld.dir, ld.env)
	if err != nil {
		return fail("program not found", nil)
	}
	ctx, cancel := context.WithTimeout(ctx, keyCommandTimeout)
	defer cancel()
	var stdout bytes.Buffer
	cmd := exec.CommandContext(ctx, path, argv[1:]...)
	cmd.Env, cmd.Dir, cmd.Stdout = ld.env, ld.dir, &stdout
	cmd.WaitDelay = 2 * time.Second // a grandchild that keeps the pipe open must not hold us
	if err := cmd.Run(); err != nil {
		var exit *exec.ExitError
		switch {
		case errors.Is(ctx.Err(), context.DeadlineExceeded):
			return fail(fmt.Sprintf("did not finish in %s", keyCommandTimeout), ctx.Err())
		case ctx.Err() != nil:
			return secret.Secret{}, ctx.Err()
		case errors.As(err, &exit):
			return fail("failed", errors.New(exit.String()))
		}
		return fail("could not be run", reason(err))
	}
	key, err := oneLine(source, keyKeyCommand, stdout.Bytes())
	if err = cmp.Or(err, badKey(source, keyKeyCommand, key)); err != nil {
		return secret.Secret{}, err
	}
	return key, nil
}

// TryKeyCommand runs a command line of encryption.key_command to see that it prints a key.
func TryKeyCommand(ctx context.Context, line, dir string, env []string) error {
	k, _ := LookupKey(keyKeyCommand)
	value, rule := k.parse(line)
	argv, ok := value.([]string)
	if rule != "" || !ok || len(argv) == 0 {
		return &Error{Key: keyKeyCommand, Rule: cmp.Or(rule, "must name a program")}
	}
	_, err := (&Loaded{env: env, dir: dir, Origins: map[string]Origin{}}).runKeyCommand(ctx, argv)
	return err
}

// lookPath finds a program with the PATH that was passed in. os/exec would use
// the one of the process.
func lookPath(name, dir string, env []string) (string, error) {
	candidates := []string{absolute(name, dir, "")}
	if !strings.Contains(name, "/") {
		candidates = nil
		for _, d := range filepath.SplitList(envMap(env)["PATH"]) {
			if filepath.IsAbs(d) {
				candidates = append(candidates, filepath.Join(d, name))
			}
		}
	}
	for _, c := range candidates {
		if info, err := os.Stat(c); err == nil && !info.IsDir() && info.Mode().Perm()&0o111 != 0 {
			return c, nil
		}
	}
	return "", exec.ErrNotFound
}
