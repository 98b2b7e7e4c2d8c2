package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/exactjson"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

// SetCredentialInput is what to store for a user and an exchange.
type SetCredentialInput struct {
	User     string // id, e-mail or username
	Exchange string // slug, name or id
	Fields   map[string]secret.Secret
	// NewKey allows an encryption key that opens nothing that is stored.
	NewKey bool
}

// SetCredential stores a user's credentials of one exchange, or changes the given
// fields of those that are there. Fields that exist keep their spelling; see spelled for new ones. What is stored counts as untested.
func (s *Service) SetCredential(ctx context.Context, mode Mode, in SetCredentialInput, sealer Sealer) (Change[store.Credential], error) {
	none := Change[store.Credential]{}
	u, err := s.db.FindUser(ctx, in.User)
	if err != nil {
		return none, err
	}
	e, types, fields, err := s.credentialFields(ctx, in.Exchange, in.Fields)
	if err != nil {
		return none, err
	}
	if !in.NewKey {
		if err := s.checkKey(ctx, sealer); err != nil {
			return none, err
		}
	}
	change := Change[store.Credential]{Status: words.Created, DryRun: mode.DryRun}
	err = s.write(ctx, mode, func(t *txn) error {
		// The locked user row makes two writers of one user's first credentials wait for each other.
		if _, err := t.db.UserByID(ctx, u.ID, true); err != nil {
			return err
		}
		before, err := t.db.CredentialOf(ctx, u.ID, e.ID)
		if err != nil {
			return err
		}
		id, action, old := newID(), "credential.create", any(nil)
		if before != nil {
			id, action, old = before.ID, "credential.update", CredentialValues(*before)
			change.Before, change.Status = before, words.Updated
		}
		column, err := t.merged(ctx, id, before != nil, types, e, fields, CredentialPlace(id, u.ID), sealer)
		if err != nil {
			return err
		}
		if before == nil {
			err = t.db.CreateCredential(ctx, &models.UserExchangeCredentials{
				ID: id, UserID: u.ID, ExchangeID: e.ID, Credentials: column, IsActive: new(true), CreatedAt: t.now, UpdatedAt: t.now,
			})
		} else {
			err = t.db.SetCredentialValues(ctx, id, column, t.now)
		}
		if err != nil {
			return err
		}
		after, err := t.db.CredentialByID(ctx, id)
		if err != nil {
			return err
		}
		change.After = &after
		values := CredentialValues(after)
		values["set"] = slices.Sorted(maps.Keys(fields))
		return t.audit(ctx, action, "credential", id, &u.ID, old, values)
	})
	if err != nil {
		return none, err
	}
	return change, nil
}

// credentialFields finds an exchange and puts given fields into its field names.
func (s *Service) credentialFields(ctx context.Context, exchange string, given map[string]secret.Secret) (
	models.Exchange, []models.ExchangeCredentialType, map[string]secret.Secret, error,
) {
	e, err := s.db.FindExchange(ctx, exchange)
	if err != nil {
		return e, nil, nil, err
	}
	types, err := s.db.CredentialTypes(ctx, e.ID)
	if err != nil {
		return e, nil, nil, err
	}
	fields, err := normalFields(types, given)
	return e, types, fields, err
}

// normalFields puts every spelling of a field into its field name.
func normalFields(types []models.ExchangeCredentialType, given map[string]secret.Secret) (map[string]secret.Secret, error) {
	byKey := map[string]string{}
	for _, c := range types {
		byKey[crypto.FieldKey(c.Name)] = c.FieldName
	}
	for _, c := range types { // a field name beats another field's label
		byKey[crypto.FieldKey(c.FieldName)] = c.FieldName
	}
	out := make(map[string]secret.Secret, len(given))
	for _, name := range slices.Sorted(maps.Keys(given)) {
		field := name
		if known, ok := byKey[crypto.FieldKey(name)]; ok && !crypto.IsClearField(name) {
			field = known
		}
		if _, twice := out[field]; twice {
			return nil, &InputError{Field: "credentials", Rule: "field " + field + " is given twice, in two spellings"}
		}
		out[field] = given[name]
	}
	return out, nil
}

// spelled puts fields into the names under which they are stored: in the spelling that is there already, by FieldKey; else by
// their label for the web application, whose trading code reads no other, and by their field name elsewhere.
func spelled(types []models.ExchangeCredentialType, fields map[string]secret.Secret, there map[string]string, app bool) map[string]secret.Secret {
	labels := map[string]string{}
	for _, c := range types {
		labels[c.FieldName] = c.Name
	}
	out := make(map[string]secret.Secret, len(fields))
	for name, value := range fields {
		label := labels[name]
		switch {
		case there[crypto.FieldKey(name)] != "":
			name = there[crypto.FieldKey(name)]
		case there[crypto.FieldKey(label)] != "":
			name = there[crypto.FieldKey(label)]
		case app && label != "":
			name = label
		}
		out[name] = value
	}
	return out
}

// merged makes the new content of a row: what is stored, with the given fields
// encrypted in their stored spelling.
func (t *txn) merged(
	ctx context.Context, id string, exists bool, types []models.ExchangeCredentialType, e models.Exchange,
	fields map[string]secret.Secret, at crypto.Place, sealer Sealer,
) (models.JSON, error) {
	stored := map[string]json.RawMessage{}
	if exists {
		row, err := t.db.LockSealed(ctx, store.SealedCredentials, id)
		if err != nil {
			return nil, err
		}
		if exactjson.Unmarshal(row.Credentials, &stored) != nil || stored == nil { // one text for the whole object: replaced
			stored = map[string]json.RawMessage{}
		}
	}
	spelling := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(stored)) {
		if _, taken := spelling[crypto.FieldKey(name)]; !taken {
			spelling[crypto.FieldKey(name)] = name
		}
	}
	if err := checkFields(e, types, fields, spelling); err != nil {
		return nil, err
	}
	app, err := t.db.Application(ctx)
	if err != nil {
		return nil, err
	}
	sealed, err := sealer.EncryptFields(at, spelled(types, fields, spelling, app))
	if err != nil {
		return nil, err
	}
	for name, text := range sealed {
		if stored[name], err = json.Marshal(text); err != nil {
			return nil, fmt.Errorf("encode credentials: %w", err)
		}
	}
	return models.NewJSON(stored)
}

// SwitchCredential makes credentials active or inactive.
func (s *Service) SwitchCredential(ctx context.Context, mode Mode, id string, active bool) (Change[store.Credential], error) {
	none := Change[store.Credential]{}
	change := Change[store.Credential]{Status: words.Updated, DryRun: mode.DryRun}
	err := s.write(ctx, mode, func(t *txn) error {
		if _, err := t.db.LockSealed(ctx, store.SealedCredentials, id); err != nil {
			return err
		}
		before, err := t.db.CredentialByID(ctx, id)
		if err != nil {
			return err
		}
		change.Before, change.After = &before, &before
		if (before.IsActive == nil || *before.IsActive) == active {
			change.Status = words.Unchanged
			return nil
		}
		if err := t.db.SetCredentialActive(ctx, id, active, t.now); err != nil {
			return err
		}
		after, err := t.db.CredentialByID(ctx, id)
		if err != nil {
			return err
		}
		change.After = &after
		action := "credential.enable"
		if !active {
			action = "credential.disable"
		}
		return t.audit(ctx, action, "credential", id, &after.UserID, CredentialValues(before), CredentialValues(after))
	})
	if err != nil {
		return none, err
	}
	return change, nil
}

// DeleteCredential removes credentials.
func (s *Service) DeleteCredential(ctx context.Context, mode Mode, id string) (Change[store.Credential], error) {
	none := Change[store.Credential]{}
	change := Change[store.Credential]{Status: words.Deleted, DryRun: mode.DryRun}
	err := s.write(ctx, mode, func(t *txn) error {
		before, err := t.db.CredentialByID(ctx, id)
		if err != nil {
			return err
		}
		change.Before = &before
		if err := t.db.DeleteCredential(ctx, id); err != nil {
			return err
		}
		return t.audit(ctx, "credential.delete", "credential", id, &before.UserID, CredentialValues(before), nil)
	})
	if err != nil {
		return none, err
	}
	return change, nil
}

// CredentialValues is a row as audit rows record it: field names, no values.
func CredentialValues(c store.Credential) map[string]any {
	return map[string]any{
		"id": c.ID, "user_id": c.UserID, "exchange": c.ExchangeSlug, "fields": []string(c.Fields),
		"is_active": c.IsActive == nil || *c.IsActive, "is_verified": c.IsVerified,
	}
}
