package guard

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/store"
)

// metricsMode lets a collector of another account read the file: it holds
// numbers, and nothing of a single user.
const metricsMode = 0o644

// writeMetrics replaces the metrics file. The old one stays readable until the
// new one is complete.
func (g *Guard) writeMetrics(ctx context.Context, r marginguard.Result, failure error) error {
	path := g.o.Alerts.MetricsFile
	if path == "" {
		return nil
	}
	health, err := g.o.DB.GuardHealth(ctx)
	if err != nil {
		return err
	}
	return replace(path, Metrics(r, failure, health))
}

// Metrics is a run in the text format of Prometheus.
func Metrics(r marginguard.Result, failure error, h store.GuardHealth) []byte {
	var b bytes.Buffer
	gauge := func(name, help string, v float64) {
		name = "axisor_guard_" + name
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s gauge\n%s %s\n", name, help, name, name, strconv.FormatFloat(v, 'f', -1, 64))
	}
	seconds := func(t time.Time) float64 { return math.Round(float64(t.UnixMilli())) / 1000 }
	success := 1.0
	if failure != nil {
		success = 0
	}
	gauge("last_run_success", "Whether the last run came to its end.", success)
	gauge("last_run_timestamp_seconds", "When the last run started.", seconds(r.StartedAt))
	if h.LastFinished != nil && h.LastFinished.FinishedAt != nil {
		gauge("last_success_timestamp_seconds", "When a run last came to its end.", seconds(*h.LastFinished.FinishedAt))
	}
	if !r.FinishedAt.IsZero() {
		gauge("last_run_duration_seconds", "How long the last run took.", r.FinishedAt.Sub(r.StartedAt).Seconds())
	}
	gauge("last_run_price", "The market price that the last run saw.", r.Price)
	gauge("last_run_users", "Users looked at.", float64(r.Users))
	gauge("last_run_positions", "Positions looked at.", float64(r.Positions))
	gauge("last_run_triggered", "Positions in danger.", float64(r.Triggered))
	gauge("last_run_added", "Additions made.", float64(r.Added))
	gauge("last_run_added_sats", "Sats added.", float64(r.AddedSats))
	gauge("last_run_skipped", "Positions in danger to which nothing was added.", float64(r.Skipped))
	gauge("last_run_failed", "Users and additions that failed.", float64(r.Failed))
	gauge("last_run_unknown", "Additions without a known outcome.", float64(r.Unknown))
	gauge("open_intents", "Additions whose outcome is not known, of all runs.", float64(h.OpenIntents))
	gauge("open_breakers", "Circuit breakers that are open.", float64(h.OpenBreakers))
	gauge("pending_notices", "Alerts that wait for delivery.", float64(h.PendingNotices))
	gauge("active_configs", "Users with an active configuration.", float64(h.ActiveConfigs))
	disabled := 0.0
	if h.Control.Disabled {
		disabled = 1
	}
	gauge("disabled", "Whether the guard is switched off for everybody.", disabled)
	return b.Bytes()
}

func replace(path string, text []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("write metrics: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
			err = fmt.Errorf("write metrics: %w", err)
		}
	}()
	_, err = f.Write(text)
	if err == nil {
		err = f.Chmod(metricsMode)
	}
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}
