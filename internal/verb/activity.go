package verb

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/store"
)

// ActivitySpec says what `list` shows of things that users made in the web application: rows R as views V.
type ActivitySpec[R, V any] struct {
	Noun     string // in the plural, as in "reports"
	Example  string
	TypeFlag string // the flag that narrows by kind, and what it says
	TypeHelp string
	Status   string // the values of --status; empty: there is no such flag
	Enabled  bool   // offer --active and --inactive
	Sortable []string
	Desc     func() output.Desc
	List     func(*store.DB, context.Context, store.ActivityFilter, store.Page) store.List[R]
	View     func(R) V
}

type activityOptions struct {
	page   flags.Page
	span   flags.Range
	user   string
	filter store.ActivityFilter
	active flags.Active
}

// Activity builds `list`.
func Activity[R, V any](a *app.App, s ActivitySpec[R, V]) *cobra.Command {
	o := &activityOptions{}
	title := "List " + s.Noun + ", newest first"
	c := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   title,
		Long:    title + ".\n\nExit codes: 0, 2, 3 (no such user), 10, 11, 12.",
		Example: s.Example,
		Args:    flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.page.Validate(s.Sortable...); err != nil {
				return err
			}
			if err := o.active.Validate(); err != nil {
				return err
			}
			return s.run(c.Context(), a, o)
		},
	}
	o.page.Register(c, s.Sortable...)
	c.Flags().StringVar(&o.user, "user", "", "only those of this `USER`")
	c.Flags().StringVar(&o.filter.Type, s.TypeFlag, "", s.TypeHelp)
	if s.Status != "" {
		c.Flags().StringVar(&o.filter.Status, "status", "", "only with this `STATUS`: "+s.Status)
	}
	if s.Enabled {
		o.active.Register(c)
	}
	o.span.Register(c)
	flags.CompleteLive(c, "user", a.UserNames)
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[V]())
	return c
}

func (s ActivitySpec[R, V]) run(ctx context.Context, a *app.App, o *activityOptions) error {
	p, err := a.Printer()
	if err != nil {
		return err
	}
	f := o.filter
	if f.Created, err = a.TimeRange(&o.span); err != nil {
		return err
	}
	db, err := a.DB(ctx)
	if err != nil {
		return err
	}
	if f.UserID, err = a.UserID(ctx, o.user); err != nil {
		return err
	}
	f.Enabled = o.active.Value()
	list := s.List(db, ctx, f, store.Page(o.page))
	return output.List(p, s.Desc(), output.Map(list.Items, s.View), list.Next)
}
