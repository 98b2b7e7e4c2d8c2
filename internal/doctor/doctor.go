// Package doctor looks at an installation from the outside in: configuration, database, schema, keys, tools,
// backups, exchange, and rows that should not be there. It owns the list of checks, what each of them finds, and
// the repairs that cannot hurt; it changes nothing unless Repair is called, prints nothing and knows no command.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/migrate"
	"github.com/axisor/axisor/pkg/store"
)

// Level says how a check ended.
type Level string

// The levels. Skip means that a check could not run because something it needs is broken; that something
// has a check of its own.
const (
	OK   Level = "ok"
	Warn Level = "warn"
	Fail Level = "fail"
	Skip Level = "skip"
)

// Result is what one check found.
type Result struct {
	Name    string
	Title   string
	Level   Level
	Finding string
	Fix     string // the command that repairs it, or shows more; "" when there is nothing to do
	repair  repair
}

// Installation is what the checks look at. The functions are called lazily, so that a broken part is the
// problem of the checks that need it.
type Installation struct {
	Config  func() (*config.Loaded, error)
	DB      func() (*store.DB, error)
	Keyring func(context.Context) (*crypto.Keyring, error)
	Tools   backup.Finder
	HTTP    *http.Client // nil: the default
	Logger  *slog.Logger
	Now     func() time.Time
	Dir     string // what relative paths of the configuration are relative to
	Version string
	// All makes the check of the key open every stored credential instead of the newest, however long that takes.
	All bool
	// Admin and Expire write for Repair: the one who leaves audit rows, and the way payments expire.
	Admin  func(context.Context) (*admin.Service, error)
	Expire func(ctx context.Context, dryRun bool) (int, error)
	Reason string
	// Timeout bounds each check; 0 means ten seconds.
	Timeout time.Duration
	// SlotKeeps is from how many bytes of write-ahead log on a replication slot that nobody reads is told; 0 means 256 MB.
	SlotKeeps int64
	// IdleFor is from when on a session that is idle in a transaction is told; 0 means five minutes.
	IdleFor time.Duration
}

const (
	defaultTimeout   = 10 * time.Second
	defaultSlotKeeps = 256 << 20
	defaultIdleFor   = 5 * time.Minute
)

// check is one row of the table. Its function fills in level, finding and fix; an error is a failed check.
type check struct {
	name, title string
	run         func(*visit, context.Context) (Result, error)
}

// checks are in the order of the report: the first broken thing explains the later ones.
func checks() []check {
	return []check{
		{"config", "configuration", (*visit).config},
		{"files", "secrets closed to others", (*visit).files},
		{"database", "database reachable", (*visit).database},
		{"schema", "schema version and drift", (*visit).schema},
		{"rows_visible", "rows visible to this role", (*visit).rowsVisible},
		{"row_security", "row security", (*visit).rowSecurity},
		{"references", "references between rows of users", (*visit).references},
		{"reference_rows", "reference rows", (*visit).referenceRows},
		{"statistics", "statistics of the planner", (*visit).statistics},
		{"encryption_key", "encryption key opens stored credentials", (*visit).encryptionKey},
		{"exchange", "exchange reachable, clock", (*visit).exchange},
		{"pg_dump", "backup programs", (*visit).tools},
		{"backup", "newest backup", (*visit).backup},
		{"free_space", "room for backups", (*visit).freeSpace},
		{"wal_archive", "archive of the log", (*visit).archive},
		{"guard", "margin guard", (*visit).guard},
		{"monitors", "one monitor adds margin", (*visit).monitors},
		{"active_accounts", "one active account per user", (*visit).activeAccounts},
		{"payments", "pending payments", (*visit).payments},
		{"payment_rows", "payments that contradict themselves", (*visit).paymentRows},
		{"automation_rows", "automations and settings that contradict themselves", (*visit).automationRows},
		{"exchanges", "exchanges", (*visit).exchanges},
		{"server", "settings and sessions that hurt", (*visit).server},
		{"paid_plans", "plans that were paid", (*visit).paidPlans},
		{"plan_limits", "limits of plans", (*visit).limits},
		{"emails", "addresses by case", (*visit).emails},
	}
}

// Run makes every check, all at once, and reports them in their fixed order.
func Run(ctx context.Context, in Installation) []Result {
	if in.Timeout <= 0 {
		in.Timeout = defaultTimeout
	}
	v := &visit{in: in}
	// Before the checks start, because they all want it at once and loading is not made for that.
	loaded, err := in.Config()
	v.in.Config = func() (*config.Loaded, error) { return loaded, err }
	v.probe = sync.OnceValues(func() (*store.DB, error) { return v.connect(ctx) })
	v.head = sync.OnceValue(func() error { return v.compareVersion(ctx) })
	all := checks()
	results := make([]Result, len(all))
	var wg sync.WaitGroup
	for i, c := range all {
		wg.Go(func() { results[i] = v.one(ctx, c) })
	}
	wg.Wait()
	return results
}

// visit is one run of the checks and what they share.
type visit struct {
	in    Installation
	probe func() (*store.DB, error) // connects once for all checks
	head  func() error              // compares the schema version once for all checks
}

// errSkip wraps the reason why a check cannot run.
var errSkip = errors.New("skipped")

func skip(reason string) error { return fmt.Errorf("%w: %s", errSkip, reason) }

func (v *visit) one(ctx context.Context, c check) (r Result) {
	if !v.in.All || c.name != "encryption_key" {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, v.in.Timeout)
		defer cancel()
	}
	// A check that breaks must not take the others with it: they are what the operator came for.
	defer func() {
		if broken := recover(); broken != nil {
			r = Result{Name: c.name, Title: c.title, Level: Fail, Finding: fmt.Sprintf("the check itself broke: %v", broken)}
		}
	}()
	r, err := c.run(v, ctx)
	r.Name, r.Title = c.name, c.title
	switch {
	case errors.Is(err, errSkip):
		r.Level, r.Finding = Skip, err.Error()[len(errSkip.Error())+2:]
	case errors.Is(ctx.Err(), context.DeadlineExceeded) && err != nil:
		r.Level, r.Finding = Fail, fmt.Sprintf("no answer within %s", v.in.Timeout)
	case err != nil:
		r.Level, r.Finding = Fail, err.Error()
	}
	return r
}

// connect opens the database and waits for a sign of life.
func (v *visit) connect(ctx context.Context) (*store.DB, error) {
	db, err := v.in.DB()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, v.in.Timeout)
	defer cancel()
	return db, db.Ping(ctx)
}

func (v *visit) compareVersion(ctx context.Context) error {
	m, err := v.migrator()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, v.in.Timeout)
	defer cancel()
	return m.Check(ctx)
}

// reachable gives the database, or a reason to skip.
func (v *visit) reachable() (*store.DB, error) {
	db, err := v.probe()
	if err != nil {
		return nil, skip("needs the database")
	}
	return db, nil
}

// migrated gives a database whose tables are the ones this program knows, or a reason to skip.
func (v *visit) migrated() (*store.DB, error) {
	db, err := v.reachable()
	if err != nil {
		return nil, err
	}
	if v.head() != nil {
		return nil, skip("needs the schema")
	}
	return db, nil
}

func (v *visit) migrator() (*migrate.Migrator, error) {
	db, err := v.reachable()
	if err != nil {
		return nil, err
	}
	return migrate.New(db.SQL(), migrate.Options{Logger: v.in.Logger, Sessions: db.Target().Sessions, Now: v.in.Now})
}

// settings gives the configuration, or a reason to skip.
func (v *visit) settings() (*config.Config, error) {
	l, err := v.in.Config()
	if err != nil {
		return nil, skip("needs the configuration")
	}
	return l.Config, nil
}

func (v *visit) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(v.in.Dir, p)
}

func good(format string, args ...any) Result {
	return Result{Level: OK, Finding: fmt.Sprintf(format, args...)}
}

func warn(fix, format string, args ...any) Result {
	return Result{Level: Warn, Finding: fmt.Sprintf(format, args...), Fix: fix}
}

func fail(fix, format string, args ...any) Result {
	return Result{Level: Fail, Finding: fmt.Sprintf(format, args...), Fix: fix}
}

// ago says how long ago something was, in the largest unit that fits.
func ago(d time.Duration) string {
	for _, u := range []struct {
		span time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if n := int(d / u.span); n > 0 {
			return words.Count(n, u.name) + " ago"
		}
	}
	return "just now"
}
