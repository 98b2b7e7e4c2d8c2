package admin

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/store"
)

// ActivateAccount makes an account the user's active one and switches all others
// of the user off, on every exchange, in one transaction.
func (s *Service) ActivateAccount(ctx context.Context, mode Mode, ref string) (Change[store.Account], error) {
	return s.changeAccount(ctx, mode, ref, func(t *txn, before store.Account) (string, map[string]any, error) {
		off, err := t.db.DeactivateAccounts(ctx, before.UserID, before.ID, t.now)
		if err != nil {
			return "", nil, err
		}
		if before.IsActive && len(off) == 0 {
			return "", nil, nil
		}
		var extra map[string]any
		if len(off) > 0 {
			extra = map[string]any{"deactivated": off}
		}
		return "account.activate", extra, t.db.UpdateAccount(ctx, before.ID, before.AccountName, true, t.now)
	})
}

// DeactivateAccount switches an account off. The user may have no active account then.
func (s *Service) DeactivateAccount(ctx context.Context, mode Mode, ref string) (Change[store.Account], error) {
	return s.changeAccount(ctx, mode, ref, func(t *txn, before store.Account) (string, map[string]any, error) {
		if !before.IsActive {
			return "", nil, nil
		}
		return "account.deactivate", nil, t.db.UpdateAccount(ctx, before.ID, before.AccountName, false, t.now)
	})
}

// RenameAccount gives an account another name, unique for the user on its exchange.
func (s *Service) RenameAccount(ctx context.Context, mode Mode, ref, name string) (Change[store.Account], error) {
	if err := CheckAccountName(name); err != nil {
		return Change[store.Account]{}, err
	}
	return s.changeAccount(ctx, mode, ref, func(t *txn, before store.Account) (string, map[string]any, error) {
		if before.AccountName == name {
			return "", nil, nil
		}
		all, err := t.db.AccountsOf(ctx, before.UserID)
		if err != nil {
			return "", nil, err
		}
		for _, a := range all {
			if a.ID != before.ID && a.ExchangeID == before.ExchangeID && strings.EqualFold(a.AccountName, name) {
				return "", nil, &ConflictError{
					Kind: "account", Field: "account_name", Value: a.AccountName, Existing: a.ID,
					Message: fmt.Sprintf("the user already has an account %q on %s", a.AccountName, a.ExchangeSlug),
					Hint:    "choose another name",
				}
			}
		}
		return "account.rename", nil, t.db.UpdateAccount(ctx, before.ID, name, before.IsActive, t.now)
	})
}

// changeAccount runs one change of an account. The user's row is locked, so that
// changes of one user's accounts follow each other. A change that names no action
// changed nothing.
func (s *Service) changeAccount(
	ctx context.Context, mode Mode, ref string, fn func(*txn, store.Account) (action string, extra map[string]any, err error),
) (Change[store.Account], error) {
	none := Change[store.Account]{}
	found, err := s.db.FindAccount(ctx, ref)
	if err != nil {
		return none, err
	}
	change := Change[store.Account]{Status: words.Updated, DryRun: mode.DryRun}
	err = s.write(ctx, mode, func(t *txn) error {
		before, err := t.lockAccount(ctx, found.ID)
		if err != nil {
			return err
		}
		change.Before = &before
		action, extra, err := fn(t, before)
		if err != nil {
			return err
		}
		if action == "" {
			change.Status, change.After = words.Unchanged, &before
			return nil
		}
		after, err := t.db.AccountByID(ctx, before.ID)
		if err != nil {
			return err
		}
		change.After = &after
		values := AccountValues(after)
		maps.Copy(values, extra)
		return t.audit(ctx, action, "account", after.ID, &after.UserID, AccountValues(before), values)
	})
	if err != nil {
		return none, err
	}
	return change, nil
}

// lockAccount locks the owner of an account and reads the account then.
func (t *txn) lockAccount(ctx context.Context, id string) (store.Account, error) {
	a, err := t.db.AccountByID(ctx, id)
	if err != nil {
		return a, err
	}
	if _, err := t.db.UserByID(ctx, a.UserID, true); err != nil {
		return a, err
	}
	return t.db.AccountByID(ctx, id)
}

// DeleteAccount removes an account with its credentials. An account that an
// automation refers to, even an inactive one, stays.
func (s *Service) DeleteAccount(ctx context.Context, mode Mode, ref string) (Change[store.Account], error) {
	none := Change[store.Account]{}
	found, err := s.db.FindAccount(ctx, ref)
	if err != nil {
		return none, err
	}
	change := Change[store.Account]{Status: words.Deleted, DryRun: mode.DryRun}
	err = s.write(ctx, mode, func(t *txn) error {
		before, err := t.lockAccount(ctx, found.ID)
		if err != nil {
			return err
		}
		change.Before = &before
		used, err := t.db.AutomationsOn(ctx, before.ID)
		if err != nil {
			return err
		}
		if used > 0 {
			return &ConflictError{
				Kind: "account", Code: "account_in_use", Field: "automations", Existing: before.ID,
				Message: fmt.Sprintf("account %q is used by %d automations", before.AccountName, used),
				Hint:    "delete them first, or only switch the account off: axisor account deactivate " + before.ID,
			}
		}
		if err := t.db.DeleteAccount(ctx, before.ID); err != nil {
			return err
		}
		return t.audit(ctx, "account.delete", "account", before.ID, &before.UserID, AccountValues(before), nil)
	})
	if err != nil {
		return none, err
	}
	return change, nil
}

// KeepOldestActive leaves the oldest of a user's active accounts active and
// switches the others off: the repair of several active accounts. It returns the
// account that stays and the ids of the others.
func (s *Service) KeepOldestActive(ctx context.Context, mode Mode, userID string) (kept string, off []string, err error) {
	err = s.write(ctx, mode, func(t *txn) error {
		if _, err := t.db.UserByID(ctx, userID, true); err != nil {
			return err
		}
		all, err := t.db.AccountsOf(ctx, userID) // the oldest first
		if err != nil {
			return err
		}
		for _, a := range all {
			if a.IsActive {
				kept = a.ID
				break
			}
		}
		if kept == "" {
			return nil
		}
		if off, err = t.db.DeactivateAccounts(ctx, userID, kept, t.now); err != nil || len(off) == 0 {
			return err
		}
		return t.audit(ctx, "account.repair", "account", kept, &userID, nil, map[string]any{"kept": kept, "deactivated": off})
	})
	return kept, off, err
}
