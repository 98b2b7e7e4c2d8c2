package app

import (
	"context"

	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// TimeRange resolves --since and --until for a list.
func (a *App) TimeRange(r *flags.Range) (store.TimeRange, error) {
	since, until, err := r.Resolve(a.Now())
	if err != nil {
		return store.TimeRange{}, err
	}
	return store.TimeRange{Since: models.Deref(since), Until: models.Deref(until)}, nil
}

// UserID finds the user that a filter names by id, e-mail or username; no name gives no filter.
func (a *App) UserID(ctx context.Context, ref string) (string, error) {
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
