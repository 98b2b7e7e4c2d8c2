package admin

import (
	"context"
	"errors"
	"fmt"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// SeedReference inserts those rows of the design that are missing and without which nothing works: plans with limits,
// the exchange with the fields of its credentials, and the automation types. What is there, under its slug or its
// name, is left as it is. It returns what it inserted, in words.
func (s *Service) SeedReference(ctx context.Context, mode Mode) ([]string, error) {
	var added []string
	err := s.write(ctx, mode, func(t *txn) error {
		added = nil
		plans, err := t.seedPlans(ctx)
		if err != nil {
			return err
		}
		for _, p := range plans {
			if p.Status != words.Unchanged {
				added = append(added, "plan "+p.Plan.Slug)
			}
		}
		more, err := t.seedExchange(ctx)
		if err != nil {
			return err
		}
		types, err := t.seedAutomationTypes(ctx)
		added = append(append(added, more...), types...)
		return err
	})
	return added, err
}

func (t *txn) seedExchange(ctx context.Context) ([]string, error) {
	var added []string
	e := models.Exchange{
		Name: "LN Markets", Slug: "lnmarkets", Website: new("https://lnmarkets.com"), APIVersion: new("v3"),
		CreatedAt: t.now, UpdatedAt: t.now,
	}
	is := false
	known, err := t.db.FindExchange(ctx, e.Slug) // also as ln-markets
	switch {
	case err == nil:
		e = known
	case !errors.Is(err, store.ErrNotFound):
		return nil, err
	default:
		if is, err = store.InsertMissing(ctx, t.db, &e); err == nil && !is {
			err = fmt.Errorf("the name %q belongs to another exchange", e.Name)
		}
		if err != nil {
			return nil, err
		}
	}
	if is {
		added = append(added, "exchange "+e.Slug)
		if err := t.audit(ctx, "exchange.create", "exchange", e.ID, nil, nil, ExchangeValues(e)); err != nil {
			return nil, err
		}
	}
	for i, f := range []struct{ name, field, kind string }{
		{"API Key", "api_key", "text"}, {"API Secret", "api_secret", "password"}, {"Passphrase", "passphrase", "password"},
	} {
		row := models.ExchangeCredentialType{
			ExchangeID: e.ID, Name: f.name, FieldName: f.field, FieldType: f.kind, IsRequired: new(true), Order: int32(i + 1),
			CreatedAt: t.now, UpdatedAt: t.now,
		}
		if is, err = store.InsertMissing(ctx, t.db, &row); err != nil {
			return nil, err
		}
		if !is {
			continue
		}
		added = append(added, "credential field "+f.field)
		if err := t.audit(ctx, "exchange.credential_type.add", "exchange", e.ID, nil, nil, CredentialTypeValues(row)); err != nil {
			return nil, err
		}
	}
	return added, nil
}

func (t *txn) seedAutomationTypes(ctx context.Context) ([]string, error) {
	var added []string
	for slug, name := range map[string]string{
		"margin_guard": "Margin Guard", "tp_sl": "Take Profit / Stop Loss", "auto_entry": "Automatic Entries",
	} {
		row := models.AutomationType{Name: name, Slug: slug, CreatedAt: t.now, UpdatedAt: t.now}
		is, err := store.InsertMissing(ctx, t.db, &row)
		if err != nil {
			return nil, err
		}
		if !is {
			continue
		}
		added = append(added, "automation type "+slug)
		if err := t.audit(ctx, "automation_type.create", "automation_type", row.ID, nil, nil, map[string]any{"slug": slug, "name": name}); err != nil {
			return nil, err
		}
	}
	return added, nil
}
