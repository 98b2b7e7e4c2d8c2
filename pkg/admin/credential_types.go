package admin

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// FieldTypes are the kinds of fields that forms know.
func FieldTypes() []string { return []string{"text", "password", "email", "url"} }

// CredentialTypeInput is a new field of an exchange's credentials.
type CredentialTypeInput struct {
	Exchange    string
	FieldName   string
	Name        string // label; the field name when empty
	FieldType   string
	Optional    bool
	Description string
	// Order is its place in forms; nil puts it behind the others.
	Order *int32
}

// AddCredentialType adds a field to an exchange's credentials.
func (s *Service) AddCredentialType(ctx context.Context, mode Mode, in CredentialTypeInput) (Change[models.ExchangeCredentialType], error) {
	none := Change[models.ExchangeCredentialType]{}
	if !regexp.MustCompile(fieldPattern).MatchString(in.FieldName) || crypto.IsClearField(in.FieldName) {
		return none, &InputError{
			Field: "field_name", Value: in.FieldName, Rule: "it must be letters, digits and underscores, as in api_key, and not the network flag",
		}
	}
	if in.Name == "" {
		in.Name = in.FieldName
	}
	if err := checkLabel("name", in.Name); err != nil {
		return none, err
	}
	if in.FieldType == "" {
		in.FieldType = "text"
	}
	if !slices.Contains(FieldTypes(), in.FieldType) {
		return none, &InputError{Field: "field_type", Value: in.FieldType, Rule: "use one of " + strings.Join(FieldTypes(), ", ")}
	}
	found, err := s.db.FindExchange(ctx, in.Exchange)
	if err != nil {
		return none, err
	}
	change := Change[models.ExchangeCredentialType]{Status: words.Created, DryRun: mode.DryRun}
	err = s.write(ctx, mode, func(t *txn) error {
		e, err := t.db.ExchangeByID(ctx, found.ID)
		if err != nil {
			return err
		}
		types, err := t.db.CredentialTypes(ctx, e.ID)
		if err != nil {
			return err
		}
		order := int32(1)
		for _, c := range types {
			order = max(order, c.Order+1)
			// Two fields that differ in spelling alone could not be told apart in what is stored.
			if crypto.FieldKey(c.FieldName) == crypto.FieldKey(in.FieldName) {
				return &ConflictError{Kind: "credential_type", Field: "field_name", Value: c.FieldName, Existing: c.ID}
			}
		}
		if in.Order != nil {
			order = *in.Order
		}
		row := models.ExchangeCredentialType{
			ExchangeID: e.ID, Name: in.Name, FieldName: in.FieldName, FieldType: in.FieldType, IsRequired: new(!in.Optional),
			Order: order, CreatedAt: t.now, UpdatedAt: t.now,
		}
		if in.Description != "" {
			row.Description = &in.Description
		}
		if err := t.db.CreateCredentialType(ctx, &row); err != nil {
			return err
		}
		change.After = &row
		return t.audit(ctx, "exchange.credential_type.add", "exchange", e.ID, nil, nil, CredentialTypeValues(row))
	})
	if err != nil {
		return none, err
	}
	return change, nil
}

// RemoveCredentialType removes a field from an exchange's credentials. Values that
// are stored stay.
func (s *Service) RemoveCredentialType(ctx context.Context, mode Mode, exchange, field string) (Change[models.ExchangeCredentialType], error) {
	none := Change[models.ExchangeCredentialType]{}
	found, err := s.db.FindExchange(ctx, exchange)
	if err != nil {
		return none, err
	}
	change := Change[models.ExchangeCredentialType]{Status: words.Deleted, DryRun: mode.DryRun}
	err = s.write(ctx, mode, func(t *txn) error {
		e, err := t.db.ExchangeByID(ctx, found.ID)
		if err != nil {
			return err
		}
		types, err := t.db.CredentialTypes(ctx, e.ID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(types, func(c models.ExchangeCredentialType) bool {
			return c.ID == field || crypto.FieldKey(c.FieldName) == crypto.FieldKey(field)
		})
		if i < 0 {
			missing := &store.NotFoundError{Kind: "credential_type", Ref: field}
			for _, c := range types {
				missing.Near = append(missing.Near, c.FieldName)
			}
			return missing
		}
		change.Before = &types[i]
		if err := t.db.DeleteCredentialType(ctx, types[i].ID); err != nil {
			return err
		}
		return t.audit(ctx, "exchange.credential_type.remove", "exchange", e.ID, nil, CredentialTypeValues(types[i]), nil)
	})
	if err != nil {
		return none, err
	}
	return change, nil
}

// CredentialTypeValues is a field definition as audit rows record it.
func CredentialTypeValues(c models.ExchangeCredentialType) map[string]any {
	return map[string]any{
		"id": c.ID, "field_name": c.FieldName, "name": c.Name, "field_type": c.FieldType,
		"is_required": c.IsRequired == nil || *c.IsRequired, "order": c.Order,
	}
}
