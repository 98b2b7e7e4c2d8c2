package config

import (
	"slices"
	"strings"

	"github.com/axisor/axisor/pkg/secret"
)

// Kind is the form of a key's value.
type Kind string

// The kinds of value.
const (
	KindText     Kind = "text"
	KindSecret   Kind = "secret"
	KindInteger  Kind = "integer"
	KindNumber   Kind = "number"
	KindDuration Kind = "duration"
	KindEnum     Kind = "enum"
	KindPath     Kind = "path"
	KindURL      Kind = "url"
	KindList     Kind = "list"
	KindSecrets  Kind = "secrets"
	KindCommand  Kind = "command"
)

// Key describes one setting. The table returned by Keys is the only list of
// settings in the program: parsing, environment names, `config show`, completion
// and the reference are made from it.
type Key struct {
	Name    string   // section.name
	Kind    Kind     // form of the value
	Default string   // as it would be written in the environment; "" is none
	Enum    []string // allowed values of KindEnum
	Flag    string   // the global flag, without dashes, if there is one
	Generic string   // a variable of other programs that is read too
	Summary string   // one line for people

	field func(*Config) any
	rule  func(any) string // the broken rule, or ""
}

// Env returns the environment variable of the key.
func (k Key) Env() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(k.Name, ".", "_"))
}

// Secret reports whether the value must never be shown.
func (k Key) Secret() bool { return k.Kind == KindSecret || k.Kind == KindSecrets }

// runs reports whether the value is a program with arguments, which may be secrets.
func (k Key) runs() bool { return k.Kind == KindCommand || strings.HasSuffix(k.Name, "_hook") }

const envPrefix = "AXISOR_"

// KeyFormat is the key whose default depends on the database.
const KeyFormat = "encryption.format"

// Names of keys that the code itself refers to.
const (
	keyDatabaseURL    = "database.url"
	keyConnectTimeout = "database.connect_timeout"
	keyKey            = "encryption.key"
	keyKeyFile        = "encryption.key_file"
	keyKeyCommand     = "encryption.key_command"
	keyPreviousKeys   = "encryption.previous_keys"
	keyAccept         = "encryption.accept"
	keyBaseURL        = "lnmarkets.base_url"
	keyNetwork        = "lnmarkets.network"
	keyAlertURL       = "guard.alert_url"
	keyActor          = "audit.actor"
)

// Keys returns the table of settings in the order of the example file.
func Keys() []Key {
	return slices.Concat(databaseKeys(), encryptionKeys(), lnmarketsKeys(), guardKeys(), backupKeys(), paymentsKeys(), doctorKeys(), passwordKeys(), otherKeys())
}

// LookupKey returns the key of that name.
func LookupKey(name string) (Key, bool) {
	for _, k := range Keys() {
		if k.Name == name {
			return k, true
		}
	}
	return Key{}, false
}

func databaseKeys() []Key {
	return []Key{
		{
			Name: keyDatabaseURL, Kind: KindSecret, Flag: "database-url", Generic: "DATABASE_URL", rule: databaseURL,
			Summary: "connection URL of PostgreSQL; Prisma's form is understood",
			field:   func(c *Config) any { return &c.Database.URL },
		},
		{
			Name: "database.max_connections", Kind: KindInteger, Default: "20", rule: between(1, 1000),
			Summary: "most connections open at once",
			field:   func(c *Config) any { return &c.Database.MaxConnections },
		},
		{
			Name: "database.pool_timeout", Kind: KindDuration, Default: "10s", rule: positive,
			Summary: "how long to wait for a free connection",
			field:   func(c *Config) any { return &c.Database.PoolTimeout },
		},
		{
			Name: keyConnectTimeout, Kind: KindDuration, Default: "60s", rule: positive,
			Summary: "how long to wait for the server to accept a connection (10s on a terminal)",
			field:   func(c *Config) any { return &c.Database.ConnectTimeout },
		},
		{
			Name: "database.statement_timeout", Kind: KindDuration, Default: "0s", rule: notNegative,
			Summary: "longest run of one statement; 0 is no limit",
			field:   func(c *Config) any { return &c.Database.StatementTimeout },
		},
	}
}

func encryptionKeys() []Key {
	return []Key{
		{
			Name: keyKey, Kind: KindSecret, Generic: "ENCRYPTION_KEY", rule: goodKey,
			Summary: "key of stored credentials, at least 32 characters; prefer key_file or key_command",
			field:   func(c *Config) any { return &c.Encryption.Key },
		},
		{
			Name: keyKeyFile, Kind: KindPath,
			Summary: "file that holds the key, readable by its owner only",
			field:   func(c *Config) any { return &c.Encryption.KeyFile },
		},
		{
			Name: keyKeyCommand, Kind: KindCommand,
			Summary: "program that prints the key, run without a shell",
			field:   func(c *Config) any { return &c.Encryption.KeyCommand },
		},
		{
			Name: keyPreviousKeys, Kind: KindSecrets, rule: longKeys,
			Summary: "older keys that still open stored credentials",
			field:   func(c *Config) any { return &c.Encryption.PreviousKeys },
		},
		{
			Name: KeyFormat, Kind: KindEnum, Default: "seed", Enum: []string{"seed", "v2", "app-cbc"},
			Summary: "text format of newly encrypted values; default in a database of the web application: app-cbc, which it reads",
			field:   func(c *Config) any { return &c.Encryption.Format },
		},
		{
			Name: keyAccept, Kind: KindList, rule: storedFormats,
			Summary: "formats of stored values that are still opened; default: all, and v2 alone once rekey to it is through",
			field:   func(c *Config) any { return &c.Encryption.Accept },
		},
	}
}

func lnmarketsKeys() []Key {
	return []Key{
		{
			Name: keyBaseURL, Kind: KindURL, rule: safeURL,
			Summary: "address of the API with its version, such as https://api.lnmarkets.com/v3; default: the network's",
			field:   func(c *Config) any { return &c.LNMarkets.BaseURL },
		},
		{
			Name: "lnmarkets.stream_url", Kind: KindURL, rule: safeStream,
			Summary: "address of the Stream API, such as wss://stream.lnmarkets.com/v1; default: the one that belongs to base_url",
			field:   func(c *Config) any { return &c.LNMarkets.StreamURL },
		},
		{
			Name: keyNetwork, Kind: KindEnum, Default: "mainnet", Enum: []string{"mainnet", "signet", "testnet4"},
			Summary: "which network's address to use when base_url is not set",
			field:   func(c *Config) any { return &c.LNMarkets.Network },
		},
		{
			Name: "lnmarkets.timeout", Kind: KindDuration, Default: "20s", rule: positive,
			Summary: "longest wait for one answer of the exchange",
			field:   func(c *Config) any { return &c.LNMarkets.Timeout },
		},
		{
			Name: "lnmarkets.limit_scope", Kind: KindEnum, Default: "ip", Enum: []string{"ip", "key"},
			Summary: "what the exchange counts requests by",
			field:   func(c *Config) any { return &c.LNMarkets.LimitScope },
		},
		{
			Name: "lnmarkets.private_rps", Kind: KindNumber, Default: "5", rule: numberOver(0, 1000),
			Summary: "authenticated requests per second",
			field:   func(c *Config) any { return &c.LNMarkets.PrivateRPS },
		},
		{
			Name: "lnmarkets.public_rps", Kind: KindNumber, Default: "1", rule: numberOver(0, 1000),
			Summary: "public requests per second",
			field:   func(c *Config) any { return &c.LNMarkets.PublicRPS },
		},
	}
}

func passwordKeys() []Key {
	return []Key{
		{
			Name: "password.min_length", Kind: KindInteger, Default: "8", rule: between(1, 72),
			Summary: "fewest characters of a new password; bcrypt reads 72 bytes at most",
			field:   func(c *Config) any { return &c.Password.MinLength },
		},
		{
			Name: "password.require", Kind: KindList, Default: "lower,upper,digit,special", rule: passwordClasses,
			Summary: "kinds of characters a new password must have: lower, upper, digit, special; an empty list requires none",
			field:   func(c *Config) any { return &c.Password.Require },
		},
	}
}

func otherKeys() []Key {
	return []Key{
		{
			Name: keyActor, Kind: KindText,
			Summary: "who is written into the audit trail; default: the OS user",
			field:   func(c *Config) any { return &c.Audit.Actor },
		},
		{
			Name: "output.format", Kind: KindEnum, Default: "table", Flag: "output",
			Enum:    []string{"table", "json", "jsonl", "csv", "yaml"},
			Summary: "form of results",
			field:   func(c *Config) any { return &c.Output.Format },
		},
		{
			Name: "output.color", Kind: KindEnum, Default: "auto", Flag: "no-color",
			Enum:    []string{"auto", "always", "never"},
			Summary: "colour in tables and messages",
			field:   func(c *Config) any { return &c.Output.Color },
		},
	}
}

// holdsSecret reports whether a parsed value is secret, for the check of the
// file's permissions. A database URL without a password is not.
func (k Key) holdsSecret(v any) bool {
	switch v := v.(type) {
	case secret.Secret:
		return !v.IsZero() && (k.Name != keyDatabaseURL || hasPassword(v.Reveal()))
	case []secret.Secret:
		return len(v) > 0
	}
	return false
}

// Validate measures a text against the rules of the key, for forms and flags. The
// error never carries the value of a secret.
func (k Key) Validate(text string) error {
	if _, rule := k.parse(text); rule != "" {
		return &Error{Key: k.Name, Rule: rule, Value: k.shown(text)}
	}
	return nil
}
