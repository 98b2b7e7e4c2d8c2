package app

import (
	"context"
	"iter"

	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/store"
)

// ownersPage is how many rows of a list are looked up together.
const ownersPage = 200

// Owned turns rows into views and, where people read them, finds out the names of the users that they refer to by id.
// A view without a user has a nil owner.
func Owned[R, V any](
	ctx context.Context, p *output.Printer, db *store.DB, rows iter.Seq2[R, error], view func(R) V, owner func(*V) *output.Ref,
) iter.Seq2[V, error] {
	if p.Machine() {
		return output.Map(rows, view)
	}
	return output.Paged(rows, ownersPage, func(page []R) ([]V, error) {
		views := make([]V, len(page))
		var ids []string
		for i, row := range page {
			views[i] = view(row)
			if r := owner(&views[i]); r != nil {
				ids = append(ids, r.ID)
			}
		}
		names, err := db.Usernames(ctx, ids)
		for i := range views {
			if r := owner(&views[i]); r != nil {
				r.Name = names[r.ID]
			}
		}
		return views, err
	})
}
