package config

import (
	"context"
	"net/url"
	"strings"

	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/prompt"
	"github.com/axisor/axisor/internal/config"
)

// values collects the settings from flags and, on a terminal, from answers, and checks them.
func (o *initOptions) values(ctx context.Context, p *output.Printer, file string) (map[string]string, error) {
	raw, err := o.database(ctx, p)
	if err != nil {
		return nil, err
	}
	if !o.offline {
		if err := o.checks.tools(ctx, o); err != nil {
			p.Warn("%s; backups need it", err)
		} else {
			p.Notice("found %s", *o.checks.PgDump)
		}
	}
	if err := o.encryption(ctx, file); err != nil {
		return nil, err
	}
	if err := o.rest(ctx); err != nil {
		return nil, err
	}
	values := map[string]string{}
	for name, value := range map[string]string{
		"database.url": raw, keyFileKey: o.keyFile, keyCommandKey: o.keyCommand, "backup.directory": o.backups, "lnmarkets.network": o.network,
	} {
		if value == "" && (name == keyFileKey || name == keyCommandKey) {
			continue // the key is in the other one
		}
		if err := check(name)(value); err != nil {
			return nil, err
		}
		values[name] = value
	}
	for _, name := range []string{keyFileKey, "backup.directory"} {
		if values[name] != "" {
			values[name] = o.app.Path(values[name])
		}
	}
	return values, nil
}

// Keys of the two places of the encryption key.
const (
	keyFileKey    = "encryption.key_file"
	keyCommandKey = "encryption.key_command"
)

// database finds the address and tries it, until it answers or the person wants it anyway.
func (o *initOptions) database(ctx context.Context, p *output.Printer) (string, error) {
	raw, err := o.databaseURL(ctx)
	if err != nil {
		return "", err
	}
	given := raw != ""
	if !given && o.canAsk() { // nothing is proposed to a script
		raw = "postgres://axisor@localhost:5432/axisor"
	}
	for {
		full := raw
		if !given {
			password := ""
			fields := []prompt.Field{{
				Title: "Database URL", Description: "without the password", Value: &raw,
				Flag: "--database-url-file", Validate: check("database.url"),
			}}
			if o.canAsk() {
				fields = append(fields, prompt.Field{
					Title: "Database password", Description: "empty: none, or PGPASSFILE", Value: &password, Secret: true,
					Flag: "--database-url-file",
				})
			}
			if err := o.ask(ctx, fields...); err != nil {
				return "", err
			}
			full = withPassword(raw, password)
		}
		if err := check("database.url")(full); err != nil {
			return "", err
		}
		if o.offline {
			return full, nil
		}
		o.checks.connect(ctx, o, full)
		o.checks.say(p)
		if o.checks.ConnectionError == nil || given || !o.canAsk() {
			return full, nil
		}
		if again, err := o.again(ctx); err != nil || !again {
			return full, err
		}
	}
}

const (
	inFile     = "in a file of its own (made with a new random key when there is none)"
	fromOutput = "a program prints it (pass, vault, a cloud's secret manager)"
)

// encryption finds out where the key of stored credentials is.
func (o *initOptions) encryption(ctx context.Context, file string) error {
	if o.keyFile == "" && o.keyCommand == "" && o.canAsk() {
		choice, command := inFile, ""
		path := config.KeyFileFor(file)
		if err := o.ask(ctx, prompt.Field{Title: "Where is the key of stored credentials?", Options: []string{inFile, fromOutput}, Value: &choice, Flag: "--key-file"}); err != nil {
			return err
		}
		field := prompt.Field{Title: "File of the encryption key", Value: &path, Flag: "--key-file", Validate: check(keyFileKey)}
		if choice == fromOutput {
			field = prompt.Field{
				Title: "Program that prints the key", Description: "run without a shell, such as: pass show axisor/encryption-key",
				Value: &command, Flag: "--key-command", Validate: check(keyCommandKey),
			}
			path = ""
		}
		if err := o.ask(ctx, field); err != nil {
			return err
		}
		o.keyFile, o.keyCommand = path, command
	}
	if o.keyCommand == "" && o.keyFile == "" {
		o.keyFile = config.KeyFileFor(file)
	}
	if o.keyCommand == "" || o.offline {
		return nil
	}
	return config.TryKeyCommand(ctx, o.keyCommand, o.app.Dir, o.app.Env)
}

// rest asks for what has a good default.
func (o *initOptions) rest(ctx context.Context) error {
	backups, _ := config.LookupKey("backup.directory")
	network, _ := config.LookupKey("lnmarkets.network")
	var fields []prompt.Field
	propose := func(value *string, proposal string, field prompt.Field) {
		if *value != "" {
			return
		}
		*value, field.Value = proposal, value
		if o.canAsk() {
			fields = append(fields, field)
		}
	}
	propose(&o.backups, backups.Default, prompt.Field{
		Title: "Directory for backups", Flag: "--backup-directory", Validate: check("backup.directory"),
	})
	propose(&o.network, network.Default, prompt.Field{Title: "LN Markets network", Options: network.Enum, Flag: "--network"})
	return o.ask(ctx, fields...)
}

// databaseURL reads the URL from its file, stdin or the global flag.
func (o *initOptions) databaseURL(ctx context.Context) (string, error) {
	if o.urlFile == "" {
		return o.app.Globals.DatabaseURL, nil
	}
	source := "@" + o.urlFile
	if o.urlFile == "-" {
		source = "-"
	}
	data, err := o.app.ReadArg(ctx, "--database-url-file", source)
	if err != nil {
		return "", err
	}
	text := strings.TrimSpace(string(data))
	if text == "" || strings.ContainsAny(text, "\r\n") {
		return "", &config.Error{Source: o.urlFile, Key: "database.url", Rule: "must be one line with the connection URL"}
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
