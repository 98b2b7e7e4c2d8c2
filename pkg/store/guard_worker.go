package store

import (
	"context"
	"time"

	"github.com/axisor/axisor/pkg/models"
)

// workersKept is how long a process that guarded is remembered.
const workersKept = 7 * 24 * time.Hour

// StartGuardWorker stores a process that begins to guard.
func (d *DB) StartGuardWorker(ctx context.Context, w models.GuardWorker) (models.GuardWorker, error) {
	err := d.Gorm(ctx).Where("beat_at < ?", w.BeatAt.Add(-workersKept)).Delete(&models.GuardWorker{}).Error
	if err == nil {
		err = d.Gorm(ctx).Create(&w).Error
	}
	return w, err
}

// BeatGuardWorker stores a sign of life: how the last round went.
func (d *DB) BeatGuardWorker(ctx context.Context, id string, users int, failure error, at time.Time) error {
	set := map[string]any{"beat_at": at, "users": users, "error": nil}
	if failure != nil {
		set["error"] = failure.Error()
	} else {
		set["finished_at"] = at
	}
	return d.Gorm(ctx).Model(&models.GuardWorker{}).Where("id = ?", id).Updates(set).Error
}

// StopGuardWorker stores that a process has ended in good order.
func (d *DB) StopGuardWorker(ctx context.Context, id string, at time.Time) error {
	return d.Gorm(ctx).Model(&models.GuardWorker{}).Where("id = ?", id).Update("stopped_at", at).Error
}
