package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/lnmarkets"
	"github.com/axisor/axisor/pkg/migrate"
	"github.com/axisor/axisor/pkg/pgdirect"
	"github.com/axisor/axisor/pkg/store"
)

const (
	// The guard refuses to run when the clocks are further apart than the second of these.
	clockWarn, clockFail = 5 * time.Second, 25 * time.Second
	// A daily backup with two hours of slack; a week without one is no accident any more.
	backupWarn, backupFail = 26 * time.Hour, 7 * 24 * time.Hour
)

func (v *visit) config(context.Context) (Result, error) {
	l, err := v.in.Config()
	if err != nil {
		return brokenConfig(err), nil
	}
	if len(l.Warnings) > 0 {
		return warn("axisor config show", "%s", strings.Join(l.Warnings, "; ")), nil
	}
	if l.File == "" {
		return good("no file; environment and defaults"), nil
	}
	info, err := os.Stat(l.File)
	if err != nil {
		return Result{}, err
	}
	return good("%s (mode %04o)", l.File, info.Mode().Perm()), nil
}

// brokenConfig is a configuration that cannot be loaded. A file that others can open is refused when it holds a
// secret; closing it is all there is to do.
func brokenConfig(err error) Result {
	fix := "axisor config validate"
	var e *config.Error
	if errors.As(err, &e) && e.Hint == "chmod 600 "+e.Source {
		return fail("chmod 600 "+word(e.Source), "%s", err).with(chmod(e.Source, 0o600))
	}
	return fail(fix, "%s", err)
}

func (v *visit) database(ctx context.Context) (Result, error) {
	cfg, err := v.settings()
	if err != nil {
		return Result{}, err
	}
	began := v.in.Now()
	db, err := v.probe()
	switch {
	case err != nil && cfg.Database.URL.IsZero():
		return fail("axisor config init", "%s", err), nil
	case errors.Is(err, pgdirect.ErrPooler):
		return fail("axisor config show database.url", "%s; add pgbouncer=true to its parameters, or give the address of PostgreSQL itself", err), nil
	case err != nil:
		return fail("axisor config show database.url", "%s", err), nil
	}
	took := v.in.Now().Sub(began)
	major, version, err := serverVersion(ctx, db)
	if err != nil {
		return Result{}, err
	}
	if pooler, err := db.ThroughPooler(ctx); err == nil && pooler && !db.Target().Pooler {
		return warn("axisor config show database.url", "a pooler is in between, and the address does not say so: add pgbouncer=true to its parameters"), nil
	}
	if db.Target().Weak {
		return warn("axisor config show database.url", "the way to %s may be in clear text: its address allows that; use sslmode=verify-full with sslrootcert", db.Target().Host), nil
	}
	support, ended := serverSupport(major, version, v.in.Now())
	if ended {
		return warn("see docs/upgrading.md", "%s", support), nil
	}
	return good("%s at %s, answered in %s", support, db.Target(), took.Round(time.Millisecond)), nil
}

func serverVersion(ctx context.Context, db *store.DB) (major int, version string, err error) {
	var number string
	err = db.Queries().QueryRowContext(ctx, `SELECT current_setting('server_version_num'), current_setting('server_version')`).Scan(&number, &version)
	if err != nil {
		return 0, "", err
	}
	n, err := strconv.Atoi(number)
	version, _, _ = strings.Cut(version, " ")
	return n / 10000, version, err
}

func (v *visit) schema(ctx context.Context) (Result, error) {
	m, err := v.migrator()
	if err != nil {
		return Result{}, err
	}
	if err := v.head(); err != nil {
		fix := "axisor migrate up"
		switch {
		case errors.Is(err, migrate.ErrSchemaNew):
			fix = "axisor version"
		case errors.Is(err, migrate.ErrUnadopted):
			fix = "axisor migrate baseline --dry-run"
		case errors.Is(err, migrate.ErrHidden):
			fix = "axisor migrate verify"
		}
		return fail(fix, "%s", err), nil
	}
	findings, err := m.Verify(ctx)
	if err != nil {
		return Result{}, err
	}
	var extra, broken, noted []string
	for _, f := range findings {
		switch f.Problem {
		case migrate.Noted:
			noted = append(noted, f.Object)
		case migrate.Extra:
			extra = append(extra, f.Object)
		default:
			broken = append(broken, f.Object+" "+f.Problem)
		}
	}
	switch {
	case len(broken) > 0:
		return fail("axisor migrate verify --fix --yes", "version %d, but %s", m.Head(), some(broken)).with(buildIndexes(m, findings)), nil
	case len(extra) > 0:
		return warn("axisor migrate verify", "version %d, with something on top: %s", m.Head(), some(extra)), nil
	}
	shared, own, err := m.Schemas(ctx)
	if err != nil {
		return Result{}, err
	}
	told := ""
	if len(noted) > 0 {
		told = fmt.Sprintf("; axisor migrate verify notes rights of others: %s", some(noted))
	}
	return good("version %d, no drift; shared tables in %s, axisor's own in %s%s", m.Head(), shared, own, told), nil
}

// some lists the first few of many.
func some(list []string) string {
	const shown = 3
	if len(list) <= shown {
		return strings.Join(list, ", ")
	}
	return strings.Join(list[:shown], ", ") + " and " + strconv.Itoa(len(list)-shown) + " more"
}

func (v *visit) exchange(ctx context.Context) (Result, error) {
	cfg, err := v.settings()
	if err != nil {
		return Result{}, err
	}
	client, err := lnmarkets.New(lnmarkets.Options{
		BaseURL: cfg.LNMarkets.BaseURL, Network: cfg.LNMarkets.Network, HTTP: v.in.HTTP, Timeout: v.in.Timeout / 2,
		Now: v.in.Now, Retries: -1, Logger: v.in.Logger, Version: v.in.Version,
	})
	if err != nil {
		return Result{}, err
	}
	clock, err := client.Time(ctx)
	if err != nil {
		return fail("axisor config show lnmarkets.base_url", "%s: %s", client.BaseURL(), err), nil
	}
	offset := clock.Offset.Round(time.Millisecond)
	switch {
	case offset.Abs() > clockFail:
		return fail("timedatectl set-ntp true", "the clock differs from the exchange's by %s; signed calls are refused", offset), nil
	case offset.Abs() > clockWarn:
		return warn("timedatectl set-ntp true", "the clock differs from the exchange's by %s", offset), nil
	}
	if db, err := v.migrated(); err == nil {
		var version string
		row := db.Queries().QueryRowContext(ctx, `SELECT COALESCE(max(api_version), '') FROM "Exchange" WHERE `+store.IsLNMarkets)
		if err := row.Scan(&version); err != nil {
			return Result{}, err
		}
		if version != "" && version != "v3" {
			return warn("axisor exchange update lnmarkets --api-version v3", "reachable, but the database says api_version %q and this program speaks v3", version), nil
		}
	}
	return good("%s answers, clock differs by %s", client.BaseURL(), offset), nil
}

func (v *visit) tools(ctx context.Context) (Result, error) {
	major := 0
	if db, err := v.reachable(); err == nil {
		if major, _, err = serverVersion(ctx, db); err != nil {
			return Result{}, err
		}
	}
	set, err := v.in.Tools.Find(ctx, major)
	if err != nil {
		fix := "apt-get install postgresql-client"
		if errors.Is(err, backup.ErrToolTooOld) {
			fix += "-" + strconv.Itoa(major)
		}
		return fail(fix, "%s", err), nil
	}
	if holes := set.Version.Warning(); holes != "" {
		return warn(fmt.Sprintf("apt-get install --only-upgrade postgresql-client-%d", set.Version.Major), "%s", holes), nil
	}
	if major == 0 {
		return good("pg_dump %s; the server's version is unknown", set.Version), nil
	}
	return good("pg_dump %s for server %d", set.Version, major), nil
}

func (v *visit) backup(ctx context.Context) (Result, error) {
	repo, err := v.repository(ctx)
	if err != nil {
		return Result{}, err
	}
	entries, err := repo.List()
	if err != nil {
		return fail("axisor config show backup.directory", "%s", err), nil
	}
	if len(entries) == 0 {
		return warn("axisor backup", "none in %s", repo.Directory()), nil
	}
	newest := entries[0]
	if newest.State != backup.StateGood || newest.Manifest == nil {
		return fail("axisor backup", "%s is %s: %s", newest.ID, newest.State, newest.Problem), nil
	}
	age := v.in.Now().Sub(newest.Manifest.StartedAt)
	switch {
	case age > backupFail:
		return fail("axisor backup", "%s, made %s", newest.ID, ago(age)), nil
	case age > backupWarn:
		return warn("axisor backup", "%s, made %s", newest.ID, ago(age)), nil
	}
	checked := newest.Manifest.Verifications
	if len(checked) == 0 {
		return warn("axisor backup verify "+newest.ID, "%s, made %s, never verified", newest.ID, ago(age)), nil
	}
	proof := "none proven by a test restore yet: axisor backup verify latest --deep"
	if _, proven := backup.Newest(entries); proven != nil {
		proof = fmt.Sprintf("newest proven by a test restore: %s, made %s", proven.ID, ago(v.in.Now().Sub(proven.Manifest.StartedAt)))
	}
	return good("%s, made %s, verified (%s); %s", newest.ID, ago(age), checked[len(checked)-1].Level, proof), nil
}
