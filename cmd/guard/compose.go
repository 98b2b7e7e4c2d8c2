package guard

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/pkg/lnmarkets"
	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// escape is the share of the threshold below which a position is too near to liquidation to wait for the end of
// a cool-down.
const escape = 0.5

// opening says what a guard is opened for.
type opening struct {
	// reading, when not empty, replaces the configured one.
	reading string
	// readOnly is a guard that changes no row in any table, not even a rate limit's.
	readOnly bool
	// follows is a guard that runs all the time and may listen to the price.
	follows bool
	// monitor replaces who is configured to be told.
	monitor flags.Monitor
}

// open puts the guard together from the configuration.
func open(ctx context.Context, a *app.App, how opening) (*guard.Guard, error) {
	cfg, err := a.Config()
	if err != nil {
		return nil, err
	}
	reading := how.reading
	if reading == "" {
		reading = cfg.Guard.Reading
	}
	meaning, err := marginguard.ParseReading(reading)
	if err != nil {
		return nil, clierr.Usagef("%s", err.Error())
	}
	db, err := a.DB(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.CheckSchema(ctx); err != nil {
		return nil, err
	}
	keys, err := a.Keyring(ctx)
	if err != nil {
		return nil, err
	}
	alerts, err := alertsOf(a, cfg.Guard, how.monitor)
	if err != nil {
		return nil, err
	}
	follow := ""
	if cfg.Guard.PriceSource == "stream" && how.follows {
		if follow, err = lnmarkets.StreamURL(cfg.LNMarkets.Network, cfg.LNMarkets.BaseURL, cfg.LNMarkets.StreamURL); err != nil {
			return nil, clierr.New(clierr.Config, "stream_url_unknown", err.Error(), "set lnmarkets.stream_url, or guard.price_source: ticker")
		}
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return guard.New(guard.Options{
		DB: db, Keyring: keys,
		BaseURL: cfg.LNMarkets.BaseURL, Network: cfg.LNMarkets.Network, Timeout: cfg.LNMarkets.Timeout,
		PrivateRPS: cfg.LNMarkets.PrivateRPS, PublicRPS: cfg.LNMarkets.PublicRPS,
		LimitPerKey: cfg.LNMarkets.LimitScope == "key",
		Reading:     meaning, Concurrency: cfg.Guard.Concurrency,
		Caps: capsOf(cfg.Guard), StreamURL: follow, SurgeFactor: cfg.Guard.SurgeFactor, SurgeStops: cfg.Guard.Surge == "stop", WarnAt: cfg.Guard.WarnAt,
		Actor: a.Actor(), Host: host, Version: a.Build.Version, PID: os.Getpid(), Now: a.Now, Log: a.Log(),
		Alerts: alerts, ReadOnly: how.readOnly,
	})
}

// capsOf are the operator's limits.
func capsOf(cfg config.Guard) marginguard.Caps {
	return marginguard.Caps{
		PositionDaySats: cfg.MaxSatsPerPositionDay, UserDaySats: cfg.MaxSatsPerUserDay, BalanceShare: cfg.MaxBalanceShare,
		MinAddSats: cfg.MinAddSats, Cooldown: cfg.Cooldown, CooldownEscape: escape,
	}
}

// alertsOf reads who is to be told, with the secret that signs alerts.
func alertsOf(a *app.App, cfg config.Guard, f flags.Monitor) (guard.Alerts, error) {
	told, err := a.MonitorSettings("guard", f, cfg.Monitor)
	out := guard.Alerts{URL: cfg.AlertURL, PingURL: told.PingURL, MetricsFile: told.MetricsFile}
	if err != nil || cfg.AlertSecretFile == "" {
		return out, err
	}
	out.Secret, err = config.ReadSecretFile(cfg.AlertSecretFile, "guard.alert_secret_file")
	return out, err
}

// dryRun asks for everything there is to know, and changes nothing.
func dryRun(userID string) guard.Request {
	return guard.Request{Request: marginguard.Request{UserID: userID, DryRun: true, Everything: true}}
}

// classify sorts what a run can end with.
func classify(err error) error {
	var off *marginguard.DisabledError
	var market *marginguard.MarketError
	var held *store.GuardLockedError
	var breaker *guard.BreakerError
	var surge *marginguard.SurgeError
	var sealed *marginguard.SealedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &off):
		return clierr.New(clierr.Conflict, "guard_disabled", off.Error(), `axisor guard enable --reason "…"`).WithCause(err)
	case errors.As(err, &breaker) && breaker.Scope == store.BreakerHost:
		return clierr.New(clierr.Unavailable, "guard_breaker_open", breaker.Error(),
			"axisor guard breaker list", "the next run after that tries again").WithCause(err)
	case errors.As(err, &breaker), errors.As(err, &surge):
		return clierr.New(clierr.Conflict, "guard_breaker_open", err.Error(),
			"axisor guard preview shows what is in danger", "axisor guard run --allow-surge, when the market really fell that much").WithCause(err)
	case errors.As(err, &sealed):
		return clierr.New(clierr.Denied, "wrong_encryption_key", sealed.Error(),
			"is this the ENCRYPTION_KEY they were stored with? older keys go into encryption.previous_keys", "axisor credential check").WithCause(err)
	case errors.As(err, &held):
		return clierr.New(clierr.Locked, "guard_running", held.Error(),
			"wait for it to end; a run that died has freed the lock already").WithCause(err)
	case errors.As(err, &market):
		return clierr.New(clierr.Unavailable, "exchange_unusable", market.Error(),
			"nothing is sent on such data; run again when the exchange is back", "axisor config show --origins tells which exchange is asked").WithCause(err)
	}
	return err
}

// findUser returns the id of a user named on the command line; none gives "".
func findUser(ctx context.Context, a *app.App, ref string) (string, error) {
	if ref == "" {
		return "", nil
	}
	db, err := a.DB(ctx)
	if err != nil {
		return "", err
	}
	u, err := db.FindUser(ctx, ref)
	return u.ID, err
}

// names finds the usernames of the users in a result.
func names(ctx context.Context, a *app.App, items []marginguard.Item) (map[string]string, error) {
	db, err := a.DB(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(items))
	for n, i := range items {
		ids[n] = i.UserID
	}
	return db.Usernames(ctx, ids)
}

// noTargets explains why a run named for one user found nobody.
func noTargets(ctx context.Context, a *app.App, userID, ref string) string {
	db, err := a.DB(ctx)
	if err != nil {
		return ""
	}
	c, err := db.GuardConfig(ctx, userID)
	switch {
	case err != nil:
		return ""
	case c == nil:
		return "this user has no guard configuration; next: axisor guard config enable " + ref
	case !c.IsActive:
		return "the user's guard configuration is not active; next: axisor guard config enable " + ref
	}
	return "the user is not active or has no active account on lnmarkets; next: axisor account list --user " + ref
}

// defective is the error of a list of which something could not be read, after what
// could be read was printed.
func defective(defects []string) error {
	if len(defects) == 0 {
		return nil
	}
	return clierr.New(clierr.Partial, "guard_row_unreadable", "something stored cannot be read, and is shown empty: "+strings.Join(defects, "; "),
		"correct the rows in the database")
}

// modes are the words of --mode.
func modes() []string {
	return []string{string(models.GuardGlobal), string(models.GuardUnit), string(models.GuardIndividual)}
}

// readings are the words of --reading.
func readings() []string {
	var words []string
	for _, r := range marginguard.Readings() {
		words = append(words, string(r))
	}
	return words
}
