package backup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/pkg/backup"
)

const pingTimeout = 10 * time.Second

// notifier tells others about a run: hooks, a monitoring address, a metrics file. Only the hook
// before a backup can stop it; whatever else fails here never undoes a good backup.
type notifier struct {
	app *app.App
	p   *output.Printer
	cfg config.Backup
}

// begin runs the hook and says that a run starts.
func (n notifier) begin(ctx context.Context) error {
	if err := n.hook(ctx, n.cfg.PreHook); err != nil {
		return clierr.New(clierr.Tool, "hook_failed", "backup.pre_hook failed, no backup was made: "+err.Error()).WithCause(err)
	}
	n.ping(ctx, "/start")
	return nil
}

// end says how the run went. It returns the failure of the hook, for the caller to report.
func (n notifier) end(ctx context.Context, repo *backup.Repository, id, file string, failure error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Minute) // also after an interrupt
	defer cancel()
	status, step := "ok", ""
	if failure != nil {
		status, step = "failed", "/fail"
	}
	n.ping(ctx, step)
	if err := n.metrics(repo, failure != nil); err != nil {
		warn(n.p, "metrics not written: "+err.Error())
	}
	return n.hook(ctx, n.cfg.PostHook, "AXISOR_BACKUP_STATUS="+status, "AXISOR_BACKUP_ID="+id, "AXISOR_BACKUP_FILE="+file)
}

// hook runs a program as it is configured: no shell reads it, and no secret of ours is in its
// environment.
func (n notifier) hook(ctx context.Context, argv []string, env ...string) error {
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

func (n notifier) ping(ctx context.Context, step string) {
	if n.cfg.PingURL == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(n.cfg.PingURL, "/")+step, http.NoBody)
	if err == nil {
		var answer *http.Response
		if answer, err = http.DefaultClient.Do(r); err == nil {
			answer.Body.Close()
			if answer.StatusCode >= http.StatusBadRequest {
				err = errors.New(answer.Status)
			}
		}
	}
	if err != nil {
		// The address may hold a token: its error is not repeated.
		warn(n.p, "backup.ping_url could not be called")
		n.app.Log().Debug("ping failed", "step", step)
	}
}

func (n notifier) metrics(repo *backup.Repository, failed bool) error {
	if n.cfg.MetricsFile == "" {
		return nil
	}
	s, err := repo.Status()
	if err != nil {
		return err
	}
	path := absolute(n.app, n.cfg.MetricsFile)
	f, err := os.CreateTemp(filepath.Dir(path), ".axisor_backup_*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(s.Metrics(failed))
	if err := errors.Join(err, f.Chmod(0o644), f.Close()); err != nil { // for the exporter's account
		return err
	}
	return os.Rename(f.Name(), path)
}
