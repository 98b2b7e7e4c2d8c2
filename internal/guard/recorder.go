package guard

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/models"
)

// recorder keeps the history of runs and the lock that lets one run at a time.
type recorder struct{ *Guard }

// Lock implements marginguard.Locker.
func (r recorder) Lock(ctx context.Context) (func(), error) {
	release, err := r.o.DB.LockGuardRun(ctx, r.label("run"))
	if err != nil {
		return nil, err
	}
	// A run that was killed could not say so; now it is certain that it is over.
	if err := r.o.DB.CloseDeadGuardRuns(ctx, r.o.Now().UTC(), r.o.Now().UTC()); err != nil {
		release()
		return nil, err
	}
	r.started(ctx)
	return release, nil
}

// StartRun implements marginguard.Recorder.
func (r recorder) StartRun(ctx context.Context, run marginguard.Run) (string, error) {
	id := uuid.NewString()
	return id, r.store(ctx, id, run)
}

func (r recorder) store(ctx context.Context, id string, run marginguard.Run) error {
	pid := int32(r.o.PID)
	row := models.GuardRun{
		ID: id, Reading: string(run.Reading), Actor: &r.o.Actor, Host: &r.o.Host, PID: &pid, Version: &r.o.Version,
		Price: &run.Price, StartedAt: run.StartedAt,
	}
	if run.UserID != "" {
		row.OnlyUserID = &run.UserID
	}
	_, err := r.o.DB.StartGuardRun(ctx, row)
	return err
}

// FinishRun implements marginguard.Recorder.
func (r recorder) FinishRun(ctx context.Context, id string, result marginguard.Result, failure error) error {
	row := models.GuardRun{
		ID: id, State: models.GuardRunFinished, Users: int32(result.Users), Positions: int32(result.Positions),
		Triggered: int32(result.Triggered), Added: int32(result.Added), AddedSats: result.AddedSats,
		Skipped: int32(result.Skipped), Failed: int32(result.Failed), Unknown: int32(result.Unknown),
		FinishedAt: &result.FinishedAt,
	}
	if failure != nil {
		row.State = models.GuardRunFailed
		if errors.Is(failure, context.Canceled) {
			row.State = models.GuardRunInterrupted
		}
		text := failure.Error()
		row.Error = &text
	}
	notices, err := runNotices(id, result, failure)
	if err != nil {
		return err
	}
	return r.o.DB.FinishGuardRun(ctx, row, notices)
}
