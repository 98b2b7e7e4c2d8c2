package backups

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/internal/monitor"
	"github.com/axisor/axisor/pkg/backup"
)

// notifier tells others about a run: hooks, a monitoring address, a metrics file. Only the hook
// before a backup can stop it; whatever else fails here never undoes a good backup.
type notifier struct {
	app *app.App
	cfg config.Backup
	to  monitor.Monitor
	run *monitor.Run
}

// begin runs the hook and says that a run starts.
func (n *notifier) begin(ctx context.Context) error {
	if err := n.hook(ctx, n.cfg.PreHook); err != nil {
		return clierr.New(clierr.Tool, "hook_failed", "backup.pre_hook failed, no backup was made: "+err.Error()).WithCause(err)
	}
	n.run = n.to.Begin(ctx)
	return nil
}

// end says how the run went. It returns the failure of the hook, for the caller to report.
func (n *notifier) end(ctx context.Context, repo *backup.Repository, id, file string, failure error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Minute) // also after an interrupt
	defer cancel()
	status := "ok"
	if failure != nil {
		status = "failed"
	}
	if !errors.Is(failure, backup.ErrLocked) { // the other run tells how it went
		n.run.End(ctx, failure, "backup "+id, func(m *monitor.Metrics) error {
			s, err := repo.Status()
			if err == nil {
				numbers(m, s)
			}
			return err
		})
	}
	return n.hook(ctx, n.cfg.PostHook, "AXISOR_BACKUP_STATUS="+status, "AXISOR_BACKUP_ID="+id, "AXISOR_BACKUP_FILE="+file)
}

// hook runs a program as it is configured: no shell reads it, and no secret of ours is in its
// environment.
func (n *notifier) hook(ctx context.Context, argv []string, env ...string) error {
	if len(argv) == 0 {
		return nil
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...) //nolint:gosec // the operator's own program
	cmd.Dir, cmd.WaitDelay = n.app.Dir, time.Second
	cmd.Env = append(slices.Clone(env), "PATH="+n.app.Getenv("PATH"), "HOME="+n.app.Getenv("HOME"), "LANG=C")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(argv[0]), err, strings.TrimSpace(string(out[:min(len(out), 500)])))
	}
	return nil
}

// numbers are what monitoring needs to know about the repository.
func numbers(m *monitor.Metrics, s backup.Status) {
	m.Count("stored", "Backups in the repository.", s.Dumps)
	m.Count("bad", "Backups that cannot be relied on.", s.Bad)
	if s.Newest != nil {
		made := s.Newest.Manifest
		m.Time("last_success_timestamp_seconds", "When the newest good backup was made.", &made.FinishedAt)
		m.Gauge("last_bytes", "Stored size of the newest good backup.", float64(made.Bytes()))
		m.Gauge("last_seconds", "How long it took.", made.FinishedAt.Sub(made.StartedAt).Seconds())
	}
	if s.Proven != nil {
		m.Time("last_proven_timestamp_seconds", "When a backup was last restored as a test.", &s.Proven.Manifest.LastGood(backup.LevelDeep).At)
	}
	for _, c := range s.Clusters {
		m.Time("first_recoverable_timestamp_seconds", "First point in time that can be recovered.", c.FirstTime, "cluster", c.System)
	}
	for _, c := range s.Clusters {
		m.Time("last_recoverable_timestamp_seconds", "Last archived transaction that can be recovered.", c.LastTime, "cluster", c.System)
	}
	for _, c := range s.Clusters {
		m.Count("log_holes", "Holes in the archived log.", c.Holes, "cluster", c.System)
	}
}
