package admin

import (
	"context"
	"time"

	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// SessionsChange is what revoking did.
type SessionsChange struct {
	User    models.User
	Revoked []string // ids
	DryRun  bool
}

// RevokeSessions ends sessions of a user: those with the given ids or, with none given, all, which also ends what
// the web application keeps outside of the sessions' table.
func (s *Service) RevokeSessions(ctx context.Context, mode Mode, ref string, ids []string) (SessionsChange, error) {
	out := SessionsChange{DryRun: mode.DryRun}
	err := s.write(ctx, mode, func(t *txn) error {
		u, err := t.db.FindUser(ctx, ref)
		if err != nil {
			return err
		}
		out.User = u
		if len(ids) > 0 {
			out.Revoked, err = t.revoke(ctx, u.ID, ids)
		} else {
			out.Revoked, err = t.revokeAll(ctx, u.ID)
		}
		if err != nil {
			return err
		}
		facts := map[string]any{"revoked": len(out.Revoked), "all": len(ids) == 0, "session_ids": out.Revoked}
		if len(ids) > 0 && len(out.Revoked) == 0 {
			return nil // they were over already
		}
		if err := t.security(ctx, "SESSIONS_REVOKED", &u.ID, true, facts); err != nil {
			return err
		}
		return t.audit(ctx, "session.revoke", "user", u.ID, &u.ID, nil, facts)
	})
	return out, err
}

// revoke ends the sessions of a user with the given ids, or beginnings of ids.
func (t *txn) revoke(ctx context.Context, userID string, refs []string) ([]string, error) {
	ids, err := t.db.WholeIDs(ctx, store.SessionIDs, refs)
	if err != nil {
		return nil, err
	}
	known, err := t.db.SessionsByID(ctx, userID, ids)
	if err != nil {
		return nil, err
	}
	if err := allKnown(ids, known); err != nil {
		return nil, err
	}
	return t.db.RevokeSessions(ctx, userID, ids, t.now)
}

// revokeAll ends every session of a user; errUnchanged says that there was none.
func (t *txn) revokeAll(ctx context.Context, userID string) ([]string, error) {
	revoked, err := t.db.RevokeSessions(ctx, userID, nil, t.now)
	if err != nil {
		return nil, err
	}
	ended, err := t.db.EndAppSessions(ctx, userID)
	if err != nil {
		return nil, err
	}
	if !ended && len(revoked) == 0 {
		return nil, errUnchanged
	}
	return revoked, nil
}

func allKnown(ids []string, known []models.RefreshToken) error {
	for _, id := range ids {
		found := false
		for _, s := range known {
			found = found || s.ID == id
		}
		if !found {
			return &NotFoundError{Kind: "session", Ref: id}
		}
	}
	return nil
}

// PruneSessions deletes sessions that have been expired or revoked for at least the given time.
func (s *Service) PruneSessions(ctx context.Context, mode Mode, olderThan time.Duration) (store.Pruned, error) {
	var out store.Pruned
	err := s.write(ctx, mode, func(t *txn) error {
		cutoff := t.now.Add(-olderThan)
		var err error
		if out, err = t.db.PruneSessions(ctx, cutoff); err != nil {
			return err
		}
		if out.Expired+out.Revoked == 0 {
			return nil
		}
		return t.audit(ctx, "session.prune", "session", "*", nil, nil, map[string]any{
			"expired": out.Expired, "revoked": out.Revoked, "before": cutoff,
		})
	})
	return out, err
}
