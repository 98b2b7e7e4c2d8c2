package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"log/slog"
	"maps"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"

	"github.com/axisor/axisor/pkg/namespace"
	"github.com/axisor/axisor/pkg/secret"
)

// Defaults of the pool and of every session.
const (
	DefaultMaxConnections = 20
	DefaultPoolTimeout    = 10 * time.Second
	DefaultConnectTimeout = 60 * time.Second
	// DefaultLockTimeout ends a wait behind someone's lock instead of queueing
	// up everybody else behind us.
	DefaultLockTimeout = 30 * time.Second
	// DefaultIdleTransactionTimeout frees the locks of a process that hangs.
	DefaultIdleTransactionTimeout = 5 * time.Minute
)

// Options say how to open a database. Zero values mean the defaults; what
// stands in the URL beats both.
type Options struct {
	URL              secret.Secret
	MaxConnections   int
	PoolTimeout      time.Duration
	ConnectTimeout   time.Duration
	StatementTimeout time.Duration // 0 means none
	Logger           *slog.Logger
	AppName          string
	Now              func() time.Time // for created_at and updated_at
}

// DB is a database, or a transaction on it inside Transaction.
type DB struct {
	*core
	g    *gorm.DB
	inTx bool
	// pinned is the connection of a PinnedTransaction.
	pinned *sql.Conn
}

type core struct {
	pool  *sql.DB
	conns gorm.ConnPool   // pool, as gorm uses it
	names namespace.Names // of our own schemas
	// place is names with the schema of the shared tables, once it is known.
	place       *atomic.Pointer[namespace.Names]
	target      Target
	slots       chan struct{}
	poolTimeout time.Duration
	local       []string // SET LOCAL commands for transactions behind a pooler
	log         *slog.Logger
	narrow      bool // the role may not read columns that hold secrets
	fenced      bool // a session of AsUser: nothing may run outside of its transaction
}

// Open prepares a database. It never connects: the first query does.
func Open(o Options) (*DB, error) {
	target, err := ParseURL(o.URL.Reveal())
	if err != nil {
		return nil, err
	}
	limit := first(target.MaxConnections, o.MaxConnections, DefaultMaxConnections)
	c := &core{
		target:      target,
		place:       &atomic.Pointer[namespace.Names]{},
		slots:       make(chan struct{}, limit),
		poolTimeout: first(target.PoolTimeout, o.PoolTimeout, DefaultPoolTimeout),
		narrow:      target.supportLogin(),
		log:         cmp.Or(o.Logger, slog.New(slog.DiscardHandler)),
	}
	cfg, err := c.config(o)
	if err != nil {
		return nil, err
	}
	now := o.Now
	if now == nil {
		now = time.Now
	}
	c.pool = sql.OpenDB(connector{stdlib.GetConnector(*cfg, stdlib.OptionAfterConnect(connected(now)), stdlib.OptionShouldPing(idle(now))), c})
	c.names = namespace.Of(cfg.RuntimeParams["search_path"])
	c.conns = c.named(c.pool)
	c.pool.SetMaxOpenConns(limit)
	// As many idle as open: with the default of two, a busy pool throws its
	// connections away and spends its time reconnecting.
	c.pool.SetMaxIdleConns(limit)
	c.pool.SetConnMaxIdleTime(time.Minute)
	g, err := gorm.Open(quietDialector{&postgres.Dialector{Config: &postgres.Config{Conn: c.conns}}}, &gorm.Config{
		TranslateError: true, SkipDefaultTransaction: true, QueryFields: true, DisableAutomaticPing: true,
		// The server keeps microseconds.
		NowFunc: func() time.Time { return now().UTC().Truncate(time.Microsecond) },
		Logger:  newLogger(o.Logger),
	})
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := c.hook(g); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return &DB{core: c, g: g}, nil
}

// config turns the target into a connection configuration with the session
// parameters every connection of ours has.
func (c *core) config(o Options) (*pgx.ConnConfig, error) {
	cfg, err := pgx.ParseConfig(c.target.URL().Reveal())
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrURL, parseReason(err))
	}
	cfg.ConnectTimeout = first(c.target.ConnectTimeout, o.ConnectTimeout, DefaultConnectTimeout)
	set := map[string]string{
		"application_name": o.AppName,
		// DEFAULT CURRENT_TIMESTAMP and now() follow the session's zone.
		"timezone": "UTC",
	}
	if o.AppName == "" {
		set["application_name"] = "axisor"
	}
	limits := map[string]time.Duration{
		"statement_timeout":                   o.StatementTimeout,
		"lock_timeout":                        DefaultLockTimeout,
		"idle_in_transaction_session_timeout": DefaultIdleTransactionTimeout,
	}
	for name, limit := range limits {
		value := strconv.FormatInt(limit.Milliseconds(), 10)
		if _, asked := c.target.Settings[name]; asked || limit == 0 {
			continue
		}
		if c.target.Pooler { // it refuses them at connect, and SET would leak into other sessions
			c.local = append(c.local, "SET LOCAL "+name+" = "+value)
			continue
		}
		set[name] = value
	}
	if c.target.Schema != "" {
		set["search_path"] = `"` + strings.ReplaceAll(c.target.Schema, `"`, `""`) + `"`
	}
	maps.Copy(set, c.target.Settings)
	for k, v := range set {
		if _, asked := cfg.RuntimeParams[k]; !asked || k == "timezone" {
			cfg.RuntimeParams[k] = v
		}
	}
	if c.target.Pooler { // prepared statements do not survive a change of the server behind it
		cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	}
	return cfg, nil
}

func first[T comparable](values ...T) T {
	var zero T
	for _, v := range values {
		if v != zero {
			return v
		}
	}
	return zero
}

// Close closes the pool. It does nothing inside a transaction.
func (d *DB) Close() error {
	if d.inTx {
		return nil
	}
	return d.pool.Close()
}

// Gorm is gorm bound to a context, for the queries of this package and tests.
func (d *DB) Gorm(ctx context.Context) *gorm.DB { return d.g.WithContext(ctx) }

// connector says in our words why a connection could not be made, also to those
// who use the pool directly.
type connector struct {
	driver.Connector
	c *core
}

// Connect implements driver.Connector.
func (k connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := k.Connector.Connect(ctx)
	return conn, k.c.translate(ctx, err)
}

// SQL is the pool as database/sql knows it, for the migrator and for catalogs. It has no wait limit, errors of its
// statements are the server's own, and the tables in them are where the search path says.
func (d *DB) SQL() *sql.DB { return d.pool }

// URL is the address in libpq's form, without Prisma's parameters.
func (d *DB) URL() secret.Secret { return d.target.URL() }

// Target is the address, understood.
func (d *DB) Target() Target { return d.target }

// Now is the store's clock, in UTC and in the server's precision.
func (d *DB) Now() time.Time { return d.g.NowFunc() }

// Ping asks the server for a sign of life.
func (d *DB) Ping(ctx context.Context) error {
	if d.inTx {
		return d.Gorm(ctx).Exec("SELECT 1").Error
	}
	return d.translate(ctx, d.slot(ctx, func() error { return d.pool.PingContext(ctx) }))
}
