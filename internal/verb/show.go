// Package verb builds the verbs that are alike under several nouns, so that each noun says only what is its own. It
// knows no noun.
package verb

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/store"
)

// ShowSpec says what `show ID` of a noun shows: rows R as views V.
type ShowSpec[R, V any] struct {
	Short   string
	Long    string
	Example string // one invocation, without the indentation
	More    string // further invocations
	Desc    func() output.Desc
	Find    func(db *store.DB, ctx context.Context, id string) (R, error) // a method of the store
	View    func(R) V
	Write   func(V, *output.Doc) // nil: the fields below each other
}

// Show builds `show ID`.
func Show[R, V any](a *app.App, s ShowSpec[R, V]) *cobra.Command {
	c := &cobra.Command{
		Use:     "show ID",
		Aliases: []string{"get"},
		Short:   s.Short,
		Long:    s.Long,
		Example: "  " + s.Example + s.More,
		Args:    flags.Exactly(s.Example, "ID"),
		RunE:    func(c *cobra.Command, args []string) error { return s.run(c.Context(), a, args[0]) },
	}
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[V]())
	return c
}

func (s ShowSpec[R, V]) run(ctx context.Context, a *app.App, id string) error {
	p, err := a.Printer()
	if err != nil {
		return err
	}
	db, err := a.DB(ctx)
	if err != nil {
		return err
	}
	row, err := s.Find(db, ctx, id)
	if err != nil {
		return err
	}
	v := s.View(row)
	if s.Write == nil {
		return output.One(p, s.Desc(), v, nil)
	}
	return output.One(p, s.Desc(), v, func(d *output.Doc) { s.Write(v, d) })
}
