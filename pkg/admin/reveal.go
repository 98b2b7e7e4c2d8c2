package admin

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

// Opener decrypts a stored credentials object.
type Opener interface {
	DecryptJSON(at crypto.Place, column []byte) (map[string]secret.Secret, error)
}

// Revealed is one value in clear, with where it is stored.
type Revealed struct {
	Credential store.Credential
	Field      string // as it is spelled there
	Value      secret.Secret
}

// actionReveal is the security event of a reveal.
const actionReveal = "CREDENTIAL_REVEALED"

// RevealCredential decrypts one field. That it was done, or tried, is in the audit
// trail before the value is returned; without the trail there is no value.
func (s *Service) RevealCredential(ctx context.Context, mode Mode, id, field string, keys Opener) (Revealed, error) {
	var out Revealed
	var failure error
	err := s.write(ctx, mode, func(t *txn) error {
		c, err := t.db.CredentialByID(ctx, id)
		if err != nil {
			return err
		}
		row, err := t.db.LockSealed(ctx, store.SealedCredentials, id)
		if err != nil {
			return err
		}
		out.Credential = c
		fields, err := keys.DecryptJSON(CredentialPlace(row.ID, row.UserID), row.Credentials)
		if err != nil {
			failure = fmt.Errorf("open credentials %s: %w", id, err)
		} else if out.Field, out.Value, err = pick(fields, field); err != nil {
			return err
		}
		facts := map[string]any{"credential_id": id, "exchange": c.ExchangeSlug, "field": field}
		if err := t.security(ctx, actionReveal, &c.UserID, failure == nil, facts); err != nil {
			return err
		}
		return t.audit(ctx, "credential.reveal", "credential", id, &c.UserID, nil, map[string]any{
			"exchange": c.ExchangeSlug, "field": field, "success": failure == nil,
		})
	})
	if err == nil {
		err = failure
	}
	if err != nil {
		return Revealed{}, err
	}
	return out, nil
}

// pick finds a field in any spelling.
func pick(fields map[string]secret.Secret, field string) (string, secret.Secret, error) {
	names := slices.Sorted(maps.Keys(fields))
	for _, name := range names {
		if name == field {
			return name, fields[name], nil
		}
	}
	for _, name := range names {
		if crypto.FieldKey(name) == crypto.FieldKey(field) {
			return name, fields[name], nil
		}
	}
	return "", secret.Secret{}, &InputError{
		Field: "field", Value: field, Rule: "there is no such field", Hint: "stored are: " + strings.Join(names, ", "),
	}
}
