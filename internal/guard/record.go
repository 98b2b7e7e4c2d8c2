package guard

import (
	"context"

	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// Record is what the database knows of one user's guard.
type Record struct {
	Config  *models.MarginGuardConfig // nil: the user has none
	Setting models.GuardSetting
	Off     *string // why the guard is switched off, for everybody or for the user
	Last    []models.GuardIntent
	Open    []models.GuardIntent // additions without a known outcome
	Ended   []models.GuardEvent
}

// ReadRecord reads it, with at most so many of the last additions and ends.
func ReadRecord(ctx context.Context, db *store.DB, userID string, recent int) (r Record, err error) {
	if r.Config, err = db.GuardConfig(ctx, userID); err != nil {
		return r, err
	}
	if r.Config != nil {
		if r.Setting, err = db.GuardSetting(ctx, userID); err != nil {
			return r, err
		}
	}
	for _, who := range []string{"", userID} {
		control, err := db.GuardControl(ctx, who)
		if err != nil {
			return r, err
		}
		if control.Disabled && r.Off == nil {
			r.Off = new(models.Deref(control.Reason))
		}
	}
	for i, err := range db.ListGuardIntents(ctx, store.GuardIntentFilter{UserID: userID}, store.Page{Limit: recent}).Items {
		if err != nil {
			return r, err
		}
		r.Last = append(r.Last, i)
	}
	for _, state := range []models.GuardState{models.GuardUnknown, models.GuardSent, models.GuardPlanned} {
		for i, err := range db.ListGuardIntents(ctx, store.GuardIntentFilter{UserID: userID, State: state}, store.Page{All: true}).Items {
			if err != nil {
				return r, err
			}
			r.Open = append(r.Open, i)
		}
	}
	r.Ended, err = db.GuardEnds(ctx, userID, recent)
	return r, err
}
