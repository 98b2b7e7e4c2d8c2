package app

import (
	"context"

	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/store"
)

// OwnersPage is how many rows of a list are looked up together.
const OwnersPage = 200

// NameOwners fills in the usernames of the users that views refer to by id, with one query.
func NameOwners[V any](ctx context.Context, db *store.DB, views []V, owner func(*V) *output.Ref) error {
	ids, seen := []string{}, map[string]bool{}
	for i := range views {
		if id := owner(&views[i]).ID; !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	names, err := db.Usernames(ctx, ids)
	for i := range views {
		r := owner(&views[i])
		r.Name = names[r.ID]
	}
	return err
}
