package admin

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// edit is what a use case wants to change about a user that it has looked at.
type edit struct {
	set   map[string]any // columns; empty means that the user is that way already
	facts map[string]any // beside the user's own values in the audit row, and in the security events
}

// changeUser runs one change of one user: find, lock, decide, write, audit. Nothing is written, not even an audit
// row, when there is nothing to change.
func (s *Service) changeUser(
	ctx context.Context, mode Mode, ref, action string, decide func(*txn, models.User) (edit, error),
) (Change[models.User], error) {
	change := Change[models.User]{Status: words.Updated, DryRun: mode.DryRun}
	err := s.write(ctx, mode, func(t *txn) error {
		found, err := t.db.FindUser(ctx, ref)
		if err != nil {
			return err
		}
		changed, err := t.changeUser(ctx, found.ID, action, decide)
		changed.DryRun = mode.DryRun
		change = changed
		return err
	})
	return change, err
}

func (t *txn) changeUser(
	ctx context.Context, id, action string, decide func(*txn, models.User) (edit, error),
) (Change[models.User], error) {
	change := Change[models.User]{Status: words.Updated}
	before, err := t.db.UserByID(ctx, id, true)
	if err != nil {
		return change, err
	}
	e, err := decide(t, before)
	if err != nil {
		return change, err
	}
	change.Before, change.After = &before, &before
	if len(e.set) == 0 {
		change.Status = words.Unchanged
		return change, nil
	}
	set := maps.Clone(e.set)
	set["updated_at"] = t.now
	if err := t.db.UpdateUser(ctx, id, set); err != nil {
		return change, err
	}
	after, err := t.db.UserByID(ctx, id, false)
	if err != nil {
		return change, err
	}
	change.After = &after
	if err := t.follow(ctx, action, store.UpdatedUser{Before: before, After: after}); err != nil {
		return change, err
	}
	values := UserValues(after)
	maps.Copy(values, e.facts)
	for _, event := range eventsOf(before, after) {
		facts := map[string]any{"by": action}
		maps.Copy(facts, event.facts)
		maps.Copy(facts, e.facts)
		if err := t.security(ctx, event.action, &id, true, facts); err != nil {
			return change, err
		}
	}
	return change, t.audit(ctx, action, "user", id, &id, UserValues(before), values)
}

// UpdateUserInput is a change of a user's profile; nil fields keep what is.
type UpdateUserInput struct {
	User     string
	Email    *string
	Username *string
	// Preferences replaces them; an empty value removes them.
	Preferences *models.JSON
	// EmailVerified says that the new address needs no verification. Otherwise a new address is unverified.
	EmailVerified bool
}

// Check validates the input without a database and returns it in stored form.
func (in UpdateUserInput) Check() (UpdateUserInput, error) {
	if in.Email != nil {
		email, err := normalEmail(*in.Email)
		if err != nil {
			return in, err
		}
		in.Email = &email
	}
	if in.Username != nil {
		if err := checkUsername(*in.Username); err != nil {
			return in, err
		}
	}
	if in.Preferences != nil {
		return in, checkPreferences(*in.Preferences)
	}
	return in, nil
}

// UpdateUser changes a user's profile. A new e-mail address counts as unverified, and a link that was mailed to the
// old one stops working.
func (s *Service) UpdateUser(ctx context.Context, mode Mode, in UpdateUserInput) (Change[models.User], error) {
	in, err := in.Check()
	if err != nil {
		return Change[models.User]{}, err
	}
	return s.changeUser(ctx, mode, in.User, "user.update", func(t *txn, u models.User) (edit, error) {
		e := edit{set: map[string]any{}}
		newEmail := in.Email != nil && *in.Email != u.Email
		if newEmail {
			if err := t.db.LockKey(ctx, "user:"+*in.Email); err != nil {
				return e, err
			}
			e.set["email"] = *in.Email
			if !strings.EqualFold(*in.Email, u.Email) {
				e.set["email_verified"] = in.EmailVerified
				e.set["email_verification_token"] = nil
				e.set["password_reset_token"] = nil
			}
		}
		newName := in.Username != nil && *in.Username != u.Username
		if newName {
			e.set["username"] = *in.Username
		}
		if in.Preferences != nil && !sameJSON(*in.Preferences, u.Preferences) {
			e.set["preferences"] = *in.Preferences
		}
		if !newEmail && !newName {
			return e, nil
		}
		return e, t.free(ctx, u, in)
	})
}

// free returns the conflict when the new e-mail or username belongs to somebody else.
func (t *txn) free(ctx context.Context, u models.User, in UpdateUserInput) error {
	email, name := models.Deref(in.Email), models.Deref(in.Username)
	found, err := t.db.UsersLike(ctx, email, name)
	if err != nil {
		return err
	}
	for _, other := range found {
		if other.ID == u.ID {
			continue
		}
		c := &ConflictError{Kind: "user", Field: "email", Value: email, Existing: other.ID, Hint: "axisor user show " + other.ID}
		if other.Username == name {
			c.Field, c.Value = "username", name
		}
		return c
	}
	return nil
}

func sameJSON(a, b models.JSON) bool {
	x, errA := values(a)
	y, errB := values(b)
	return errA == nil && errB == nil && string(x) == string(y)
}

// SetUsersActive switches users on or off, all of them or, when one does not exist, none. Switching off can end
// their sessions too.
func (s *Service) SetUsersActive(ctx context.Context, mode Mode, refs []string, active, endSessions bool) ([]Change[models.User], error) {
	action := "user.enable"
	if !active {
		action = "user.disable"
	}
	var changes []Change[models.User]
	err := s.write(ctx, mode, func(t *txn) error {
		changes = nil
		var ids []string
		for _, ref := range refs {
			u, err := t.db.FindUser(ctx, ref)
			if err != nil {
				return err
			}
			if !slices.Contains(ids, u.ID) {
				ids = append(ids, u.ID)
			}
		}
		for _, id := range slices.Sorted(slices.Values(ids)) { // one order for everybody, so that no two runs wait for each other
			c, err := t.changeUser(ctx, id, action, func(t *txn, u models.User) (edit, error) {
				if u.Active() == active {
					return edit{}, nil
				}
				e := edit{set: map[string]any{"is_active": active}}
				if !endSessions {
					return e, nil
				}
				n, err := t.endSessions(ctx, u.ID)
				e.facts = map[string]any{"sessions_revoked": n[u.ID]}
				return e, err
			})
			if err != nil {
				return err
			}
			c.DryRun = mode.DryRun
			changes = append(changes, c)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return changes, nil
}
