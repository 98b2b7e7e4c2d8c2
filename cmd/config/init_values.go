package config

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/axisor/axisor/internal/cli/prompt"
	"github.com/axisor/axisor/internal/config"
)

// maxInput is more than any connection URL needs.
const maxInput = 64 << 10

// values collects the settings from flags and, on a terminal, from answers, and checks them.
func (o *initOptions) values(ctx context.Context, file string) (map[string]string, error) {
	raw, err := o.databaseURL()
	if err != nil {
		return nil, err
	}
	backups, _ := config.LookupKey("backup.directory")
	network, _ := config.LookupKey("lnmarkets.network")
	answers := map[string]*string{
		"database.url": &raw, "encryption.key_file": &o.keyFile, "backup.directory": &o.backups, "lnmarkets.network": &o.network,
	}
	password := ""
	var fields []prompt.Field
	if raw == "" {
		raw = "postgres://axisor@localhost:5432/axisor"
		if !o.canAsk() {
			raw = "" // nothing is proposed to a script
		}
		fields = append(fields,
			prompt.Field{
				Title: "Database URL", Description: "without the password", Value: &raw,
				Flag: "--database-url-file", Validate: check("database.url"),
			})
		if o.canAsk() {
			fields = append(fields, prompt.Field{
				Title: "Database password", Description: "empty: none, or PGPASSFILE", Value: &password, Secret: true,
				Flag: "--database-url-file",
			})
		}
	}
	propose := func(value *string, proposal string, field prompt.Field) {
		if *value == "" {
			*value = proposal
			field.Value = value
			if o.canAsk() {
				fields = append(fields, field)
			}
		}
	}
	propose(&o.keyFile, besides(file), prompt.Field{
		Title: "File of the encryption key", Description: "made with a new random key when it does not exist",
		Flag: "--key-file", Validate: check("encryption.key_file"),
	})
	propose(&o.backups, backups.Default, prompt.Field{
		Title: "Directory for backups", Flag: "--backup-directory", Validate: check("backup.directory"),
	})
	propose(&o.network, network.Default, prompt.Field{Title: "LN Markets network", Options: network.Enum, Flag: "--network"})
	if err := o.ask(ctx, fields...); err != nil {
		return nil, err
	}
	raw = withPassword(raw, password)
	values := map[string]string{}
	for _, k := range config.Keys() {
		value, ok := answers[k.Name]
		if !ok {
			continue
		}
		if err := check(k.Name)(*value); err != nil {
			return nil, err
		}
		values[k.Name] = *value
	}
	for _, name := range []string{"encryption.key_file", "backup.directory"} {
		values[name] = config.Absolute(values[name], o.app.Dir, o.app.Env)
	}
	return values, nil
}

// databaseURL reads the URL from its file, stdin or the global flag.
func (o *initOptions) databaseURL() (string, error) {
	if o.urlFile == "" {
		return o.app.Globals.DatabaseURL, nil
	}
	source, in := "standard input", o.app.Streams.In
	if o.urlFile != "-" {
		source = config.Absolute(o.urlFile, o.app.Dir, o.app.Env)
		f, err := os.Open(source)
		if err != nil {
			return "", &config.Error{Source: source, Key: "database.url", Rule: "cannot be read", Err: cause(err)}
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, maxInput))
	if err != nil {
		return "", &config.Error{Source: source, Key: "database.url", Rule: "cannot be read", Err: cause(err)}
	}
	text := strings.TrimSpace(string(data))
	if text == "" || strings.ContainsAny(text, "\r\n") {
		return "", &config.Error{Source: source, Key: "database.url", Rule: "must be one line with the connection URL"}
	}
	return text, nil
}

// check measures an answer by the rules of its key.
func check(name string) func(string) error {
	return func(text string) error {
		k, _ := config.LookupKey(name)
		if strings.TrimSpace(text) == "" {
			return &config.Error{Key: name, Rule: "must not be empty"}
		}
		return k.Validate(text)
	}
}

// withPassword puts a password into a URL that has a user and no password.
func withPassword(raw, password string) string {
	u, err := url.Parse(raw)
	if err != nil || password == "" {
		return raw
	}
	u.User = url.UserPassword(u.User.Username(), password)
	return u.String()
}

// besides is the proposed key file: next to the configuration and hidden when that is hidden.
func besides(file string) string {
	name := "encryption.key"
	if strings.HasPrefix(filepath.Base(file), ".") {
		name = ".axisor.key"
	}
	return filepath.Join(filepath.Dir(file), name)
}

// needsKey reports whether the key file has to be made. One that is there must be usable.
func needsKey(path string) (bool, error) {
	if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
		return true, nil
	}
	s, err := config.ReadSecretFile(path, "encryption.key_file")
	if err != nil {
		return false, err
	}
	k, _ := config.LookupKey("encryption.key")
	if err := k.Validate(s.Reveal()); err != nil {
		var e *config.Error
		if errors.As(err, &e) {
			e.Source = path
		}
		return false, err
	}
	return false, nil
}

// randomKey is one line of 44 characters from 32 random bytes.
func randomKey() []byte {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails: the runtime ends the program instead
	return []byte(base64.StdEncoding.EncodeToString(raw) + "\n")
}

// cause strips what the message already says.
func cause(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
