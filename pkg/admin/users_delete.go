package admin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// AnonymousID is what a removed person's trades and payments stay linked to. Whoever knows the old id can compute
// it, for instance to answer a question about an old invoice; it does not lead back.
func AnonymousID(userID string) string {
	sum := sha256.Sum256([]byte(userID))
	return "anon-" + hex.EncodeToString(sum[:16])
}

// Removal is what deleting a user does, or would do.
type Removal struct {
	User    models.User
	NewID   string // of what stays when anonymised
	Effects []store.Effect
	Status  string
	DryRun  bool
}

// UserEffects plans the removal of a user without changing anything.
func (s *Service) UserEffects(ctx context.Context, ref string, anonymize bool) (Removal, error) {
	u, err := s.db.FindUser(ctx, ref)
	if err != nil {
		return Removal{}, err
	}
	out := Removal{User: u, Status: words.Deleted, DryRun: true}
	if out.Effects, err = s.db.UserEffects(ctx, u.ID); err != nil {
		return out, err
	}
	if anonymize {
		out.NewID = AnonymousID(u.ID)
		out.Effects = anonymousEffects(out.Effects)
		return out, nil
	}
	return out, blocked(u, out.Effects)
}

// blocked returns the conflict when rows stand in the way. They are looked for before the attempt, because the
// server would name only the first.
func blocked(u models.User, effects []store.Effect) error {
	var in []string
	for _, e := range effects {
		if e.Action == store.EffectBlocks {
			in = append(in, fmt.Sprintf("%s.%s (%d)", e.Table, e.Column, e.Rows))
		}
	}
	if len(in) == 0 {
		return nil
	}
	return &ConflictError{
		Kind: "user", Code: "user_in_use", Existing: u.ID,
		Message: fmt.Sprintf("user %s cannot be deleted: rows in %s refer to it and forbid it", u.Email, strings.Join(in, ", ")),
		Hint:    "move or delete those rows, or keep the trail and remove the person with --anonymize",
	}
}

// anonymousEffects turns the effects of a deletion into those of an anonymisation.
func anonymousEffects(all []store.Effect) []store.Effect {
	personal := map[string]bool{}
	for _, t := range store.PersonalTables() {
		personal[t] = true
	}
	var out []store.Effect
	for _, e := range all {
		switch {
		case e.Table == "AuditLog" || e.Table == "SecurityAuditLog":
			e.Action = "scrubbed"
		case !personal[e.Table] && e.Action != store.EffectUnlinked:
			e.Action = "kept"
		}
		out = append(out, e)
	}
	return out
}

// DeleteUser deletes a user and, through the foreign keys, what belongs to it.
func (s *Service) DeleteUser(ctx context.Context, mode Mode, ref string) (Removal, error) {
	out := Removal{Status: words.Deleted, DryRun: mode.DryRun}
	err := s.write(ctx, mode, func(t *txn) error {
		u, err := t.lockUser(ctx, ref)
		if err != nil {
			return err
		}
		out.User = u
		if out.Effects, err = t.db.UserEffects(ctx, u.ID); err != nil {
			return err
		}
		if err := blocked(u, out.Effects); err != nil {
			return err
		}
		if err := t.db.DeleteUser(ctx, u.ID); err != nil {
			return err
		}
		// The user is gone, so the rows cannot point to it; resource_id does.
		facts := map[string]any{"effects": effectValues(out.Effects)}
		if err := t.security(ctx, "USER_DELETED", nil, true, map[string]any{"user_id": u.ID}); err != nil {
			return err
		}
		return t.audit(ctx, "user.delete", "user", u.ID, nil, UserValues(u), facts)
	})
	return out, err
}

// AnonymizeUser removes a person and keeps trades and payments: the user becomes a nameless, disabled row under a
// hash of its id, and settings, credentials, sessions and everything else personal is deleted.
func (s *Service) AnonymizeUser(ctx context.Context, mode Mode, ref string) (Removal, error) {
	out := Removal{Status: "anonymized", DryRun: mode.DryRun}
	err := s.write(ctx, mode, func(t *txn) error {
		u, err := t.lockUser(ctx, ref)
		if err != nil {
			return err
		}
		out.User, out.NewID = u, AnonymousID(u.ID)
		effects, err := t.db.UserEffects(ctx, u.ID)
		if err != nil {
			return err
		}
		out.Effects = anonymousEffects(effects)
		for _, table := range store.PersonalTables() {
			if _, err := t.db.DeletePersonal(ctx, table, u.ID); err != nil {
				return err
			}
		}
		if _, err := t.db.ScrubAudit(ctx, u.ID, out.NewID); err != nil {
			return err
		}
		if err := t.db.ReplaceUser(ctx, u.ID, out.NewID, t.nobody(ctx, out.NewID)); err != nil {
			return err
		}
		facts := map[string]any{"effects": effectValues(out.Effects)}
		if err := t.security(ctx, "USER_ANONYMIZED", &out.NewID, true, nil); err != nil {
			return err
		}
		return t.audit(ctx, "user.anonymize", "user", out.NewID, &out.NewID, nil, facts)
	})
	return out, err
}

// nobody is the state of a user without a person: every column that may be empty is.
func (t *txn) nobody(ctx context.Context, id string) map[string]any {
	set := map[string]any{}
	names, err := t.db.UserNullable(ctx)
	if err != nil { // the transaction is broken and the next statement says so
		return set
	}
	for _, name := range names {
		set[name] = nil
	}
	set["email"], set["username"] = id+"@deleted.invalid", id
	set["is_active"], set["updated_at"] = false, t.now
	return set
}

func (t *txn) lockUser(ctx context.Context, ref string) (models.User, error) {
	found, err := t.db.FindUser(ctx, ref)
	if err != nil {
		return found, err
	}
	return t.db.UserByID(ctx, found.ID, true)
}

func effectValues(all []store.Effect) []map[string]any {
	out := make([]map[string]any, 0, len(all))
	for _, e := range all {
		out = append(out, map[string]any{"table": e.Table, "column": e.Column, "action": e.Action, "rows": e.Rows})
	}
	return out
}
