package app

import (
	"context"
	"time"

	"github.com/axisor/axisor/pkg/store"
)

// completionTime bounds how long a shell waits for words. A slow or dead database gives none.
const completionTime = 300 * time.Millisecond

// UserNames completes e-mails and usernames.
func (a *App) UserNames(ctx context.Context, prefix string) []string {
	return a.words(ctx, func(ctx context.Context, db *store.DB) ([]string, error) { return db.CompleteUsers(ctx, prefix) })
}

// PlanNames completes plan slugs.
func (a *App) PlanNames(ctx context.Context, _ string) []string {
	return a.words(ctx, func(ctx context.Context, db *store.DB) ([]string, error) { return db.CompletePlans(ctx) })
}

// ExchangeNames completes exchange slugs.
func (a *App) ExchangeNames(ctx context.Context, _ string) []string {
	return a.words(ctx, func(ctx context.Context, db *store.DB) ([]string, error) { return db.CompleteExchanges(ctx) })
}

// AccountNames completes accounts as USER/NAME.
func (a *App) AccountNames(ctx context.Context, prefix string) []string {
	return a.words(ctx, func(ctx context.Context, db *store.DB) ([]string, error) { return db.CompleteAccounts(ctx, prefix) })
}

// words runs a completion query; whatever goes wrong gives no words and prints nothing.
func (a *App) words(ctx context.Context, query func(context.Context, *store.DB) ([]string, error)) []string {
	if ctx == nil { // cobra completes without a context when the program was not started through ExecuteContext
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, completionTime)
	defer cancel()
	db, err := a.RawDB()
	if err != nil {
		return nil
	}
	found, err := query(ctx, db)
	if err != nil {
		return nil
	}
	return found
}
