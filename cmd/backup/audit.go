package backup

import (
	"context"
	"errors"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/store"
)

// audit leaves a trail of what was done to the backups. A server that takes no writes, such
// as the standby that backups are best made from, has no trail to write to; everything else
// that fails is for the caller to report, and never undoes what was done.
func audit(ctx context.Context, a *app.App, action, id string, facts any) error {
	svc, err := a.Admin(ctx)
	if err == nil {
		err = svc.Event(ctx, admin.Mode{Reason: a.Globals.Reason}, action, "backup", id, facts)
	}
	if errors.Is(err, store.ErrReadOnly) {
		a.Log().Info("server is read-only, nothing written into the audit trail", "action", action)
		return nil
	}
	return err
}
