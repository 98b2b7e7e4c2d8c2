package guard

import (
	"context"

	"github.com/axisor/axisor/internal/monitor"
	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/store"
)

// monitor is who is told about runs.
func (g *Guard) monitor() monitor.Monitor {
	return monitor.Monitor{
		Job: "guard", PingURL: g.o.Alerts.PingURL, File: g.o.Alerts.MetricsFile, Agent: "axisor/" + g.o.Version,
		HTTP: g.o.Alerts.HTTP, Log: g.o.Log, Now: g.o.Now,
	}
}

// protection are the numbers of "guard status".
func protection(m *monitor.Metrics, p store.GuardProtection) {
	m.Gauge("wanting_users", "Users with an active configuration.", float64(p.Wanting))
	m.Gauge("protected_users", "Those of them who have the protection they want.", float64(p.Protected))
	m.Gauge("guarded_positions", "Positions that the latest looks saw.", float64(p.Positions))
	m.Gauge("unprotected_positions", "Positions in danger that were left there.", float64(p.Unprotected))
	m.Gauge("problems", "Reasons why a user or a position is not protected.", float64(p.ProblemCount))
}

// writeMetrics replaces the metrics file.
func (g *Guard) writeMetrics(ctx context.Context, r marginguard.Result, failure error) {
	started := r.StartedAt
	if started.IsZero() { // it was held back
		started = g.o.Now()
	}
	g.monitor().Write(ctx, started, r.FinishedAt, failure, func(m *monitor.Metrics) error {
		health, err := g.o.DB.GuardHealth(ctx)
		if err != nil {
			return err
		}
		p, err := g.o.DB.GuardProtection(ctx, g.o.Now().UTC().Add(-store.GuardUnseen))
		if err == nil {
			numbers(m, r, health)
			protection(m, p)
		}
		return err
	})
}

// numbers are those of a run, and of what waits for somebody.
func numbers(m *monitor.Metrics, r marginguard.Result, h store.GuardHealth) {
	if h.LastRound != nil {
		m.Time("last_success_timestamp_seconds", "When a run last came to its end.", h.LastRound)
	}
	if h.Surge != nil {
		m.Time("last_surge_timestamp_seconds", "When a run last added, or wanted to add, far more than runs used to.", &h.Surge.UpdatedAt)
	}
	m.Gauge("last_run_price", "The market price that the last run saw.", r.Price)
	m.Count("last_run_users", "Users looked at.", r.Users)
	m.Count("last_run_positions", "Positions looked at.", r.Positions)
	m.Count("last_run_triggered", "Positions in danger.", r.Triggered)
	m.Count("last_run_added", "Additions made.", r.Added)
	m.Gauge("last_run_added_sats", "Sats added.", float64(r.AddedSats))
	m.Count("last_run_skipped", "Positions in danger to which nothing was added.", r.Skipped)
	m.Count("last_run_failed", "Users and additions that failed.", r.Failed)
	m.Count("last_run_unknown", "Additions without a known outcome.", r.Unknown)
	m.Gauge("open_intents", "Additions whose outcome is not known, of all runs.", float64(h.OpenIntents))
	m.Gauge("open_breakers", "Circuit breakers that are open.", float64(h.OpenBreakers))
	m.Gauge("pending_notices", "Alerts that wait for delivery.", float64(h.PendingNotices))
	m.Gauge("active_configs", "Users with an active configuration.", float64(h.ActiveConfigs))
	m.Bool("disabled", "Whether the guard is switched off for everybody.", h.Control.Disabled)
}
