package verb

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/store"
)

// Subject is what the verbs of a noun are about: rows R, shown as views V.
type Subject[R, V any] struct {
	Desc     func() output.Desc
	Find     func(db *store.DB, ctx context.Context, ref string) (R, error) // a method of the store
	View     func(R) V
	Views    func(ctx context.Context, db *store.DB) (func(R) V, error) // instead of View, for views that take a look-up first
	Owner    func(*V) *output.Ref                                       // the user whose name tables show; nil: none
	Complete func(*app.App) flags.Names                                 // words for the argument; nil: none
	// Name is how sentences call one of them: the %s of Done, Would and Already.
	Name func(R) string
}

func (s Subject[R, V]) views(ctx context.Context, db *store.DB) (func(R) V, error) {
	if s.Views != nil {
		return s.Views(ctx, db)
	}
	return s.View, nil
}

func (s Subject[R, V]) names(a *app.App) flags.Names {
	if s.Complete == nil {
		return nil
	}
	return s.Complete(a)
}

// Show builds the verb that shows one of them, for a person as write does it; nil: the fields below each other.
func (s Subject[R, V]) Show(a *app.App, w Words, write func(V, *output.Doc)) *cobra.Command {
	return Command{
		Words: w, Aliases: []string{"get"}, Effect: flags.Read, Fields: output.Fields[V](), Complete: s.names(a),
		Run: func(ctx context.Context, call *Call) error {
			db, err := call.DB(ctx)
			if err != nil {
				return err
			}
			row, err := s.Find(db, ctx, call.Args[0])
			if err != nil {
				return err
			}
			view, err := s.views(ctx, db)
			if err != nil {
				return err
			}
			v := view(row)
			if write == nil {
				return output.One(call.Print, s.Desc(), v, nil)
			}
			return output.One(call.Print, s.Desc(), v, func(d *output.Doc) { write(v, d) })
		},
	}.Build(a)
}
