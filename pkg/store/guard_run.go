package store

import (
	"context"
	"time"

	"github.com/axisor/axisor/pkg/models"
)

// StartGuardRun stores a run that has begun.
func (d *DB) StartGuardRun(ctx context.Context, run models.GuardRun) (models.GuardRun, error) {
	run.State = models.GuardRunRunning
	err := d.Gorm(ctx).Create(&run).Error
	return run, err
}

// FinishGuardRun stores how a run ended, with the notices about it.
func (d *DB) FinishGuardRun(ctx context.Context, run models.GuardRun, notices []models.GuardNotice) error {
	return d.Transaction(ctx, func(tx *DB) error {
		if err := tx.finishGuardRun(ctx, run); err != nil {
			return err
		}
		return tx.AddGuardNotices(ctx, notices)
	})
}

func (d *DB) finishGuardRun(ctx context.Context, run models.GuardRun) error {
	done := d.Gorm(ctx).Model(&models.GuardRun{}).
		Where("id = ? AND state = 'running'", run.ID).
		Updates(map[string]any{
			"state": run.State, "users": run.Users, "positions": run.Positions, "triggered": run.Triggered,
			"added": run.Added, "added_sats": run.AddedSats, "skipped": run.Skipped, "failed": run.Failed,
			"unknown": run.Unknown, "error": run.Error, "finished_at": run.FinishedAt,
		})
	return done.Error
}

// CloseDeadGuardRuns marks runs that started before a moment and never ended. It
// must be called while holding the lock of the run, when none of them can be
// under way.
func (d *DB) CloseDeadGuardRuns(ctx context.Context, before, now time.Time) error {
	return d.Gorm(ctx).Model(&models.GuardRun{}).
		Where("state = 'running' AND started_at <= ?", before).
		Updates(map[string]any{
			"state": models.GuardRunInterrupted, "finished_at": now, "error": "the process ended without finishing the run",
		}).Error
}
