package verb

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/pkg/store"
)

// ActivityList lists things that users made in the web application.
type ActivityList[R any] struct {
	Noun     string // in the plural, as in "reports"
	Examples []string
	TypeFlag string // the flag that narrows by kind, and what it says
	TypeHelp string
	Status   string // the values of --status; empty: there is no such flag
	Enabled  bool   // offer --active and --inactive
	Sort     []string
	Rows     func(*store.DB, context.Context, store.ActivityFilter, store.Page) store.List[R]
}

// Activity builds `list`.
func Activity[R, V any](a *app.App, s Subject[R, V], l ActivityList[R]) *cobra.Command {
	words := Words{Short: "List " + l.Noun + ", newest first", Examples: l.Examples, Exits: exits.Database(exits.NotFound("no such user"))}
	return s.List(a, List[R]{Words: words, Sort: l.Sort, Filter: func(a *app.App, c *cobra.Command) Query[R] {
		var (
			span   flags.Range
			user   UserFlag
			active flags.Active
			filter store.ActivityFilter
		)
		user.Register(a, c, "only those of this `USER`")
		c.Flags().StringVar(&filter.Type, l.TypeFlag, "", l.TypeHelp)
		if l.Status != "" {
			c.Flags().StringVar(&filter.Status, "status", "", "only with this `STATUS`: "+l.Status)
		}
		if l.Enabled {
			active.Register(c)
		}
		span.Register(c)
		return func(ctx context.Context, db *store.DB, page store.Page) (list store.List[R], err error) {
			if filter.Enabled, err = active.Chosen(); err != nil {
				return list, err
			}
			if filter.Created, err = a.TimeRange(&span); err != nil {
				return list, err
			}
			if filter.UserID, err = user.ID(ctx, a); err != nil {
				return list, err
			}
			return l.Rows(db, ctx, filter, page), nil
		}
	}})
}
