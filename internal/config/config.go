// Package config owns the settings of the program: the table of keys, the files,
// environment variables and flags they come from, which of these wins, and the
// rules each value must satisfy. The result is one typed Config and the origin of
// every value in it.
//
// It is the only package that knows viper. It must not know commands, the
// database driver or the exchange client, and it never reads the process
// environment or the working directory itself: both are passed in.
package config

import (
	"time"

	"github.com/axisor/axisor/pkg/secret"
)

// Config is every setting, parsed and checked. The fields are named after the
// keys: Database.MaxConnections is database.max_connections.
type Config struct {
	Database   Database
	Encryption Encryption
	LNMarkets  LNMarkets
	Guard      Guard
	Backup     Backup
	Payments   Payments
	Doctor     Doctor
	Password   Password
	Audit      Audit
	Output     Output
}

// Database is where the data lives and how patient the program is with it.
type Database struct {
	URL              secret.Secret
	MaxConnections   int
	PoolTimeout      time.Duration
	ConnectTimeout   time.Duration
	StatementTimeout time.Duration // 0 is no limit
}

// Encryption is where the key of stored credentials comes from. At most one of
// Key, KeyFile and KeyCommand is set; Loaded.EncryptionKey resolves it.
type Encryption struct {
	Key          secret.Secret
	KeyFile      string
	KeyCommand   []string
	PreviousKeys []secret.Secret
	Format       string
	// Accept are the formats of stored values that are opened; empty is the default, which depends on what is stored.
	Accept []string
}

// LNMarkets is how the exchange is reached.
type LNMarkets struct {
	BaseURL    string // ends without a slash and includes the version, as in …/v3
	Network    string
	Timeout    time.Duration
	StreamURL  string
	LimitScope string
	PrivateRPS float64
	PublicRPS  float64
}

// Guard is the behaviour and the caps of the margin guard. A cap of 0 is no cap,
// except MaxSatsPerPositionDay, where 0 is the entry margin of the position.
type Guard struct {
	Reading               string
	Concurrency           int
	Cooldown              time.Duration
	MaxSatsPerRun         int64
	MaxSatsPerUserDay     int64
	MaxSatsPerPositionDay int64
	MaxBalanceShare       float64
	MinAddSats            int64
	Surge                 string // tell or stop
	SurgeFactor           float64
	WarnAt                float64
	PriceSource           string
	AlertURL              string
	AlertSecretFile       string
	Monitor
}

// Backup is where backups go and how long they stay.
type Backup struct {
	Directory     string
	RetentionDays int
	KeepLast      int
	KeepDaily     int
	KeepWeekly    int
	KeepMonthly   int
	Compression   string
	Recipients    []string
	Targets       []string
	DumpFlags     []string

	SigningKeyFile string // manifests are signed with it

	PreHook  []string
	PostHook []string
	Monitor
}

// Payments is where Lightning payments come in.
type Payments struct {
	Backend         string // none, lnd or lnbits
	Network         string
	NodeID          string
	Expiry          time.Duration
	Timeout         time.Duration
	LNDURL          string
	LNDMacaroonFile string
	LNDTLSCertFile  string
	LNbitsURL       string
	LNbitsKeyFile   string
	Monitor
}

// Monitor is who is told about the runs of a job.
type Monitor struct {
	PingURL     string // may hold a token; never shown whole
	MetricsFile string
}

// Doctor is how the examination of the installation reports.
type Doctor struct{ Monitor }

// Password is what new passwords must satisfy.
type Password struct {
	MinLength int
	Require   []string // PasswordClasses
}

// PasswordClasses are the kinds of characters that password.require may name.
func PasswordClasses() []string { return []string{"lower", "upper", "digit", "special"} }

// Audit is who is written into the audit trail.
type Audit struct {
	Actor string
}

// Output is how results are shown.
type Output struct {
	Format string
	Color  string
}

// Level is one of the places a value can come from.
type Level string

// The levels, weakest first. Unused marks a value that was set and lost against
// an alternative of another key.
const (
	LevelDefault     Level = "default"
	LevelFile        Level = "file"
	LevelProfile     Level = "profile"
	LevelEnvironment Level = "environment"
	LevelFlag        Level = "flag"
	LevelUnused      Level = "unused"
)

// Origin says where a value came from: the level, and the file, profile, variable
// or flag on that level.
type Origin struct {
	Level Level
	Name  string
}

// String returns the origin in words.
func (o Origin) String() string {
	if o.Name == "" {
		return string(o.Level)
	}
	return string(o.Level) + " " + o.Name
}
