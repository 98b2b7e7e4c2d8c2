package verb

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/pkg/store"
)

// KeysList lists one of the two stores of exchange keys.
type KeysList[R any] struct {
	Words

	Sort []string
	Rows func(*store.DB, context.Context, store.AccountFilter, store.Page) store.List[R]
}

// Keys builds `list`.
func Keys[R, V any](a *app.App, s Subject[R, V], k KeysList[R]) *cobra.Command {
	k.Exits = exits.Database(exits.NotFound("no such user or exchange"))
	return s.List(a, List[R]{Words: k.Words, Sort: k.Sort, Filter: func(a *app.App, c *cobra.Command) Query[R] {
		var (
			active   flags.Active
			created  flags.Range
			user     UserFlag
			exchange string
		)
		user.Register(a, c, "only of this `USER` (id, e-mail or username)")
		c.Flags().StringVar(&exchange, "exchange", "", "only on the exchange with this `SLUG`")
		flags.CompleteLive(c, "exchange", a.ExchangeNames)
		active.Register(c)
		created.Register(c)
		return func(ctx context.Context, db *store.DB, page store.Page) (list store.List[R], err error) {
			var filter store.AccountFilter
			if filter.Active, err = active.Chosen(); err != nil {
				return list, err
			}
			if filter.Created, err = a.TimeRange(&created); err != nil {
				return list, err
			}
			if filter.UserID, err = user.ID(ctx, a); err != nil {
				return list, err
			}
			if exchange != "" {
				e, err := db.FindExchange(ctx, exchange)
				if err != nil {
					return list, err
				}
				filter.ExchangeID = e.ID
			}
			return k.Rows(db, ctx, filter, page), nil
		}
	}})
}
