package app

import (
	"context"

	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/pkg/store"
)

// errAsUser refuses what no user's own session can do: writing, and opening credentials.
var errAsUser = clierr.Usagef("--as-user reads the rows of one user; this command needs more than that").
	WithHint("run it without --as-user")

// userSession is the database as the user of --as-user sees it. Who that is, is looked up before, as the login
// that is configured.
func (a *App) userSession(ctx context.Context) (*store.DB, error) {
	if a.session != nil {
		return a.session, nil
	}
	db, err := a.open()
	if err != nil {
		return nil, err
	}
	u, err := db.FindUser(ctx, a.Globals.AsUser)
	if err != nil {
		return nil, err
	}
	session, end, err := db.AsUser(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	a.session = session
	a.OnClose(end)
	return session, nil
}
