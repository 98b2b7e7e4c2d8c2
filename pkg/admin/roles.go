package admin

import (
	"context"

	"github.com/axisor/axisor/pkg/store"
)

// RolesChange is what making the roles did.
type RolesChange struct {
	Before, After []store.Role
	DryRun        bool
}

// CreateRoles makes the roles of row security and of support and sets their grants to exactly what they need.
func (s *Service) CreateRoles(ctx context.Context, mode Mode) (RolesChange, error) {
	out := RolesChange{DryRun: mode.DryRun}
	err := s.write(ctx, mode, func(t *txn) error {
		var err error
		if out.Before, err = t.db.Roles(ctx); err != nil {
			return err
		}
		if err := t.db.EnsureRoles(ctx); err != nil {
			return err
		}
		if out.After, err = t.db.Roles(ctx); err != nil {
			return err
		}
		if err := t.security(ctx, "ROLES_GRANTED", nil, true, nil); err != nil {
			return err
		}
		return t.audit(ctx, "db.roles.create", "db", "roles", nil, roleFacts(out.Before), roleFacts(out.After))
	})
	return out, err
}

func roleFacts(roles []store.Role) map[string]any {
	facts := map[string]any{}
	for _, r := range roles {
		facts[r.Name] = map[string]any{"exists": r.Exists, "readable_columns": r.Columns}
	}
	return facts
}
