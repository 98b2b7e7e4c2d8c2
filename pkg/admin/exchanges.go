package admin

import (
	"context"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

const (
	slugPattern  = `^[a-z0-9]+(-[a-z0-9]+)*$`
	fieldPattern = `^[A-Za-z][A-Za-z0-9_]*$`
	maxLabel     = 100
)

// ExchangeInput is a new exchange, or a change of one: nil fields keep what is.
// An empty optional text clears it.
type ExchangeInput struct {
	Name, Slug                                *string
	Description, Website, LogoURL, APIVersion *string
	Active                                    *bool
	// IfNotExists makes it no error when an exchange with this slug exists already.
	IfNotExists bool
}

// Check validates the input without a database.
func (in ExchangeInput) Check() error {
	if in.Slug != nil && !regexp.MustCompile(slugPattern).MatchString(*in.Slug) {
		return &InputError{
			Field: "slug", Value: *in.Slug, Rule: "it must consist of lower-case letters, digits and single dashes between them",
		}
	}
	if in.Name != nil {
		if err := checkLabel("name", *in.Name); err != nil {
			return err
		}
	}
	for field, text := range map[string]*string{"website": in.Website, "logo_url": in.LogoURL} {
		if text == nil || *text == "" {
			continue
		}
		if u, err := url.Parse(*text); err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
			return &InputError{Field: field, Value: *text, Rule: "it must be an address such as https://example.com"}
		}
	}
	return nil
}

func checkLabel(field, text string) error {
	bad := func(rule string) error { return &InputError{Field: field, Value: text, Rule: rule} }
	switch {
	case strings.TrimSpace(text) == "":
		return bad("it must not be empty")
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return bad("it contains unprintable characters")
	case strings.TrimSpace(text) != text:
		return bad("it begins or ends with a space")
	case utf8.RuneCountInString(text) > maxLabel:
		return bad(fmt.Sprintf("it has more than %d characters", maxLabel))
	}
	return nil
}

func (in ExchangeInput) apply(e *models.Exchange) {
	if in.Name != nil {
		e.Name = *in.Name
	}
	if in.Slug != nil {
		e.Slug = *in.Slug
	}
	for to, from := range map[**string]*string{
		&e.Description: in.Description, &e.Website: in.Website, &e.LogoURL: in.LogoURL, &e.APIVersion: in.APIVersion,
	} {
		if from != nil {
			*to = nil
			if *from != "" {
				*to = from
			}
		}
	}
	if in.Active != nil {
		e.IsActive = in.Active
	}
}

// CreateExchange adds an exchange. Its credential types are added one by one.
func (s *Service) CreateExchange(ctx context.Context, mode Mode, in ExchangeInput) (Change[models.Exchange], error) {
	none := Change[models.Exchange]{}
	if in.Slug == nil || in.Name == nil {
		return none, &InputError{Field: "slug", Rule: "slug and name are needed"}
	}
	if err := in.Check(); err != nil {
		return none, err
	}
	change := Change[models.Exchange]{Status: words.Created, DryRun: mode.DryRun}
	err := s.write(ctx, mode, func(t *txn) error {
		if err := t.db.LockKey(ctx, "exchange"); err != nil {
			return err
		}
		holder, err := t.exchangeTaken(ctx, *in.Slug, *in.Name, "")
		if err != nil {
			return err
		}
		if holder != nil {
			if in.IfNotExists && holder.Slug == *in.Slug {
				change.Status, change.Before, change.After = words.AlreadyExists, holder, holder
				return nil
			}
			return exchangeConflict(*holder, *in.Slug)
		}
		row := models.Exchange{IsActive: new(true), CreatedAt: t.now, UpdatedAt: t.now}
		in.apply(&row)
		if err := t.db.CreateExchange(ctx, &row); err != nil {
			return err
		}
		change.After = &row
		return t.audit(ctx, "exchange.create", "exchange", row.ID, nil, nil, ExchangeValues(row))
	})
	if err != nil {
		return none, err
	}
	return change, nil
}

// exchangeTaken finds another exchange with the slug or the name. LN Markets is
// one exchange under both of its slugs.
func (t *txn) exchangeTaken(ctx context.Context, slug, name, exceptID string) (*models.Exchange, error) {
	all, err := t.db.ListExchanges(ctx, store.ExchangeFilter{}, store.Page{All: true}).Collect()
	if err != nil {
		return nil, err
	}
	flat := func(s string) string { return strings.ToLower(strings.ReplaceAll(s, "-", "")) }
	for i := range all {
		if all[i].ID != exceptID && (flat(all[i].Slug) == flat(slug) || strings.EqualFold(all[i].Name, name)) {
			return &all[i], nil
		}
	}
	return nil, nil
}

func exchangeConflict(holder models.Exchange, slug string) error {
	c := &ConflictError{Kind: "exchange", Field: "name", Value: holder.Name, Existing: holder.ID, Hint: "axisor exchange show " + holder.Slug}
	if strings.EqualFold(strings.ReplaceAll(holder.Slug, "-", ""), strings.ReplaceAll(slug, "-", "")) {
		c.Field, c.Value = "slug", holder.Slug
	}
	return c
}

// UpdateExchange changes an exchange.
func (s *Service) UpdateExchange(ctx context.Context, mode Mode, ref string, in ExchangeInput) (Change[models.Exchange], error) {
	none := Change[models.Exchange]{}
	if err := in.Check(); err != nil {
		return none, err
	}
	found, err := s.db.FindExchange(ctx, ref)
	if err != nil {
		return none, err
	}
	change := Change[models.Exchange]{Status: words.Updated, DryRun: mode.DryRun}
	err = s.write(ctx, mode, func(t *txn) error {
		if err := t.db.LockKey(ctx, "exchange"); err != nil {
			return err
		}
		before, err := t.db.ExchangeByID(ctx, found.ID)
		if err != nil {
			return err
		}
		row := before
		in.apply(&row)
		change.Before, change.After = &before, &row
		if reflect.DeepEqual(ExchangeValues(before), ExchangeValues(row)) {
			change.Status = words.Unchanged
			return nil
		}
		holder, err := t.exchangeTaken(ctx, row.Slug, row.Name, row.ID)
		if err != nil {
			return err
		}
		if holder != nil && (in.Slug != nil || in.Name != nil) {
			return exchangeConflict(*holder, row.Slug)
		}
		row.UpdatedAt = t.now
		if err := t.db.UpdateExchange(ctx, row); err != nil {
			return err
		}
		return t.audit(ctx, "exchange."+in.verb(), "exchange", row.ID, nil, ExchangeValues(before), ExchangeValues(row))
	})
	if err != nil {
		return none, err
	}
	return change, nil
}

// verb names a pure switch by its own word.
func (in ExchangeInput) verb() string {
	switch {
	case in.Active == nil || in.Name != nil || in.Slug != nil || in.Description != nil || in.Website != nil || in.LogoURL != nil || in.APIVersion != nil:
		return "update"
	case *in.Active:
		return "enable"
	}
	return "disable"
}

// DeleteExchange removes an exchange that nobody has accounts or credentials on.
// The database would delete those with it, so they are refused here.
func (s *Service) DeleteExchange(ctx context.Context, mode Mode, ref string) (Change[models.Exchange], store.ExchangeUse, error) {
	none := Change[models.Exchange]{}
	found, err := s.db.FindExchange(ctx, ref)
	if err != nil {
		return none, store.ExchangeUse{}, err
	}
	change := Change[models.Exchange]{Status: words.Deleted, DryRun: mode.DryRun}
	var use store.ExchangeUse
	err = s.write(ctx, mode, func(t *txn) error {
		before, err := t.db.ExchangeByID(ctx, found.ID) // the lock keeps new accounts out
		if err != nil {
			return err
		}
		change.Before = &before
		if use, err = t.db.UseOfExchange(ctx, before.ID); err != nil {
			return err
		}
		if use.Accounts+use.Credentials > 0 {
			return &ConflictError{
				Kind: "exchange", Code: "exchange_in_use", Field: "accounts", Existing: before.ID,
				Message: fmt.Sprintf("exchange %q has %d accounts and %d credentials of users", before.Slug, use.Accounts, use.Credentials),
				Hint:    "axisor exchange disable " + before.Slug + " keeps them and stops new ones",
			}
		}
		if err := t.db.DeleteExchange(ctx, before.ID); err != nil {
			return err
		}
		return t.audit(ctx, "exchange.delete", "exchange", before.ID, nil, ExchangeValues(before), nil)
	})
	if err != nil {
		return none, use, err
	}
	return change, use, nil
}

// ExchangeValues is an exchange as audit rows record it.
func ExchangeValues(e models.Exchange) map[string]any {
	return map[string]any{
		"id": e.ID, "name": e.Name, "slug": e.Slug, "description": models.Deref(e.Description), "website": models.Deref(e.Website),
		"logo_url": models.Deref(e.LogoURL), "is_active": e.IsActive == nil || *e.IsActive, "api_version": models.Deref(e.APIVersion),
	}
}
