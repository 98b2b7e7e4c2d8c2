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

	Sort     []string    // fields of --sort
	Complete flags.Names // words for the argument; nil: there is none
	// Check looks at flags and arguments before anything is opened.
	Check func(call *Call) error
	// Filter adds the flags that narrow the list and returns the query that reads them.
	Filter func(a *app.App, c *cobra.Command) Query[R]
	// Print prints another list where a flag asks for one, and says whether it did; nil: there is no such flag.
	Print func(ctx context.Context, call *Call, db *store.DB, list store.List[R]) (done bool, err error)
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
		Words: l.Words, Aliases: []string{"ls"}, Fields: output.Fields[V](), Complete: l.Complete,
		Flags: func(c *cobra.Command) {
			query = l.Filter(a, c)
			page.Register(c, l.Sort...)
		},
		Check: func(call *Call) error {
			if err := page.Validate(l.Sort...); err != nil || l.Check == nil {
				return err
			}
			return l.Check(call)
		},
		Run: func(ctx context.Context, call *Call) error {
			db, err := call.DB(ctx)
			if err != nil {
				return err
			}
			list, err := query(ctx, db, store.Page(page))
			if err != nil {
				return err
			}
			if l.Print != nil {
				if done, err := l.Print(ctx, call, db, list); done || err != nil {
					return err
				}
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
