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

// BeatGuardWorker stores a sign of life: how the last round went, and whether
// there was one.
func (d *DB) BeatGuardWorker(ctx context.Context, id string, users int, failure error, finished bool, at time.Time) error {
	set := map[string]any{"beat_at": at, "users": users, "error": nil}
	switch {
	case failure != nil:
		set["error"] = failure.Error()
	case finished:
		set["finished_at"] = at
	}
	return d.Gorm(ctx).Model(&models.GuardWorker{}).Where("id = ?", id).Updates(set).Error
}

// CountGuardWorkers counts the processes of a kind that were heard of since.
func (d *DB) CountGuardWorkers(ctx context.Context, kind string, since time.Time) (int, error) {
	var n int64
	err := d.Gorm(ctx).Model(&models.GuardWorker{}).Where("kind = ? AND stopped_at IS NULL AND beat_at BETWEEN ? AND ?", kind, since, d.ahead()).Count(&n).Error
	return int(n), err
}

// StopGuardWorker stores that a process has ended in good order.
func (d *DB) StopGuardWorker(ctx context.Context, id string, at time.Time) error {
	return d.Gorm(ctx).Model(&models.GuardWorker{}).Where("id = ?", id).Update("stopped_at", at).Error
}
