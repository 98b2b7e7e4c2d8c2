package guard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// Classify sorts what a run can end with; nil when it is none of these.
func Classify(err error) *clierr.Error {
	var off *marginguard.DisabledError
	var market *marginguard.MarketError
	var held *store.GuardLockedError
	var breaker *BreakerError
	var surge *marginguard.SurgeError
	var sealed *marginguard.SealedError
	switch {
	case errors.As(err, &off):
		return clierr.New(clierr.Conflict, "guard_disabled", off.Error(), `axisor guard enable --reason "…"`)
	case errors.As(err, &breaker) && breaker.Scope == store.BreakerHost:
		return clierr.New(clierr.Unavailable, "guard_breaker_open", breaker.Error(),
			"axisor guard breaker list", "the next run after that tries again")
	case errors.As(err, &breaker), errors.As(err, &surge):
		return clierr.New(clierr.Conflict, "guard_breaker_open", err.Error(),
			"axisor guard preview shows what is in danger", "axisor guard run --allow-surge, when the market really fell that much")
	case errors.As(err, &sealed):
		return clierr.New(clierr.Denied, "wrong_encryption_key", sealed.Error(),
			"is this the ENCRYPTION_KEY they were stored with? older keys go into encryption.previous_keys", "axisor credential check")
	case errors.As(err, &held):
		return clierr.New(clierr.Locked, "guard_running", held.Error(),
			"wait for it to end; a run that died has freed the lock already")
	case errors.As(err, &market):
		return clierr.New(clierr.Unavailable, "exchange_unusable", market.Error(),
			"nothing is sent on such data; run again when the exchange is back", "axisor config show --origins tells which exchange is asked")
	}
	return nil
}

// Unserved is the error of a run that ended and did not serve everybody: the kill switch stopped it on its way, or
// something failed; nil when it served all.
func Unserved(ctx context.Context, db *store.DB, r marginguard.Result) error {
	if !r.Unserved() {
		return nil
	}
	if !r.DryRun && slices.ContainsFunc(r.Items, func(i marginguard.Item) bool { return i.Obstacle == marginguard.ObstacleOff }) {
		control, err := db.GuardControl(ctx, "")
		if err != nil {
			return err
		}
		if control.Disabled {
			return &marginguard.DisabledError{Reason: models.Deref(control.Reason)}
		}
	}
	return clierr.New(clierr.Partial, "guard_partial",
		fmt.Sprintf("%d failed, %d unknown, %d left without protection, of %d users", r.Failed, r.Unknown, r.LeftAlone, r.Users),
		"axisor guard run -o json tells for each of them why", "unknown additions are looked at first by the next run")
}

// Defective is the error of a list of which something could not be read, after what could be read was printed.
func Defective(defects ...string) error {
	if len(defects) == 0 {
		return nil
	}
	return clierr.New(clierr.Partial, "guard_row_unreadable", "something stored cannot be read, and is shown empty: "+strings.Join(defects, "; "),
		"correct the rows in the database")
}

// NoTargets says why a run for one user, called ref, found nobody; "" when that cannot be told.
func NoTargets(ctx context.Context, db *store.DB, userID, ref string) string {
	c, err := db.GuardConfig(ctx, userID)
	switch {
	case err != nil:
		return ""
	case c == nil:
		return "this user has no guard configuration; next: axisor guard config enable " + ref
	case !c.IsActive:
		return "the user's guard configuration is not active; next: axisor guard config enable " + ref
	}
	return "the user is not active or has no active account on lnmarkets; next: axisor account list --user " + ref
}
