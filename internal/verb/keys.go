package verb

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/store"
)

// KeysSpec says what `list` shows of one of the two stores of exchange keys: rows R as views V.
type KeysSpec[R, V any] struct {
	Short    string
	Long     string
	Example  string
	Sortable []string
	Desc     func() output.Desc
	List     func(*store.DB, context.Context, store.AccountFilter, store.Page) store.List[R]
	View     func(R) V
}

type keysOptions struct {
	page     flags.Page
	active   flags.Active
	created  flags.Range
	user     string
	exchange string
}

// Keys builds `list`.
func Keys[R, V any](a *app.App, s KeysSpec[R, V]) *cobra.Command {
	o := &keysOptions{}
	c := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   s.Short,
		Long:    s.Long + "\n\nExit codes: 0, 2, 3 when the user or exchange does not exist, 10, 11, 12.",
		Example: s.Example,
		Args:    flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := errors.Join(o.page.Validate(s.Sortable...), o.active.Validate()); err != nil {
				return err
			}
			return s.run(c.Context(), a, o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.user, "user", "", "only of this `USER` (id, e-mail or username)")
	f.StringVar(&o.exchange, "exchange", "", "only on the exchange with this `SLUG`")
	o.active.Register(c)
	o.created.Register(c)
	o.page.Register(c, s.Sortable...)
	flags.CompleteLive(c, "user", a.UserNames)
	flags.CompleteLive(c, "exchange", a.ExchangeNames)
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[V]())
	return c
}

func (s KeysSpec[R, V]) run(ctx context.Context, a *app.App, o *keysOptions) error {
	p, err := a.Printer()
	if err != nil {
		return err
	}
	filter := store.AccountFilter{Active: o.active.Value()}
	if filter.Created, err = a.TimeRange(&o.created); err != nil {
		return err
	}
	db, err := a.DB(ctx)
	if err != nil {
		return err
	}
	if filter.UserID, err = a.UserID(ctx, o.user); err != nil {
		return err
	}
	if o.exchange != "" {
		e, err := db.FindExchange(ctx, o.exchange)
		if err != nil {
			return err
		}
		filter.ExchangeID = e.ID
	}
	list := s.List(db, ctx, filter, store.Page(o.page))
	return output.List(p, s.Desc(), output.Map(list.Items, s.View), list.Next)
}
