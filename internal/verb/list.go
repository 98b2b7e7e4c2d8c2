package verb

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/store"
)

// List lists rows R of a noun.
type List[R any] struct {
	Words

	Sort []string // fields of --sort
	// Filter adds the flags that narrow the list and returns the query that reads them.
	Filter func(a *app.App, c *cobra.Command) Query[R]
}

// Query begins to read a page of rows. It looks at its flags before it uses the database.
type Query[R any] func(ctx context.Context, db *store.DB, page store.Page) (store.List[R], error)

// Filter adds flags to a command and returns what reads them as a filter of the store.
type Filter[F any] func(a *app.App, c *cobra.Command) func(ctx context.Context, db *store.DB) (F, error)

// Filtered is List.Filter for a noun whose export has the same filter.
func Filtered[F, R any](filter Filter[F], list func(*store.DB, context.Context, F, store.Page) store.List[R]) func(*app.App, *cobra.Command) Query[R] {
	return func(a *app.App, c *cobra.Command) Query[R] {
		resolve := filter(a, c)
		return func(ctx context.Context, db *store.DB, page store.Page) (store.List[R], error) {
			f, err := resolve(ctx, db)
			if err != nil {
				return store.List[R]{}, err
			}
			return list(db, ctx, f, page), nil
		}
	}
}

// List builds the verb that lists them.
func (s Subject[R, V]) List(a *app.App, l List[R]) *cobra.Command {
	var page flags.Page
	var query Query[R]
	if l.Use == "" {
		l.Use = "list"
	}
	return Command{
		Words: l.Words, Aliases: []string{"ls"}, Effect: flags.Read, Fields: output.Fields[V](),
		Flags: func(c *cobra.Command) {
			query = l.Filter(a, c)
			page.Register(c, l.Sort...)
		},
		Check: func(*Call) error { return page.Validate(l.Sort...) },
		Run: func(ctx context.Context, call *Call) error {
			db, err := call.DB(ctx)
			if err != nil {
				return err
			}
			list, err := query(ctx, db, store.Page(page))
			if err != nil {
				return err
			}
			view, err := s.views(ctx, db)
			if err != nil {
				return err
			}
			items := output.Map(list.Items, view)
			if s.Owner != nil {
				items = app.Owned(ctx, call.Print, db, list.Items, view, s.Owner)
			}
			return output.List(call.Print, s.Desc(), items, list.Next)
		},
	}.Build(a)
}

// UserFlag is the flag --user of lists.
type UserFlag struct{ ref string }

// Register adds the flag; what says what it narrows to, as in "only those of this `USER`".
func (u *UserFlag) Register(a *app.App, c *cobra.Command, what string) {
	c.Flags().StringVar(&u.ref, "user", "", what)
	flags.CompleteLive(c, "user", a.UserNames)
}

// ID finds the user; "" when the flag was not given.
func (u *UserFlag) ID(ctx context.Context, a *app.App) (string, error) { return a.UserID(ctx, u.ref) }
