package guard

import (
	"context"
	"os"

	"github.com/spf13/cobra"

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
	monitoring, err := a.MonitorSettings("guard", f, cfg.Monitor)
	out := guard.Alerts{URL: cfg.AlertURL, PingURL: monitoring.PingURL, MetricsFile: monitoring.MetricsFile}
	if err != nil || cfg.AlertSecretFile == "" {
		return out, err
	}
	out.Secret, err = config.ReadSecretFile(cfg.AlertSecretFile, "guard.alert_secret_file")
	return out, err
}

// dryRun asks for everything there is to know, and changes nothing.
func dryRun(ctx context.Context, a *app.App, reading flags.Enum, userID string) (marginguard.Result, error) {
	g, err := open(ctx, a, opening{reading: reading.String(), readOnly: true})
	if err != nil {
		return marginguard.Result{}, err
	}
	r, err := g.Run(ctx, guard.Request{Request: marginguard.Request{UserID: userID, DryRun: true, Everything: true}})
	return r, err
}

// names finds the usernames of the users in a result.
func names(ctx context.Context, db *store.DB, items []marginguard.Item) (map[string]string, error) {
	ids := make([]string, len(items))
	for n, i := range items {
		ids[n] = i.UserID
	}
	return db.Usernames(ctx, ids)
}

// modes are the words of --mode.
func modes() []string {
	return []string{string(models.GuardGlobal), string(models.GuardUnit), string(models.GuardIndividual)}
}

// readingFlag adds --reading.
func readingFlag(c *cobra.Command, reading *flags.Enum) {
	var words []string
	for _, r := range marginguard.Readings() {
		words = append(words, string(r))
	}
	flags.RegisterEnum(c, reading, "reading", "", "what a threshold means (default: guard.reading)", words...)
}
