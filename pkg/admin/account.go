package admin

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

// maxAccountName keeps names readable in a table; the column has no limit.
const maxAccountName = 100

// Sealer encrypts the values of a credentials object one by one.
type Sealer interface {
	EncryptFields(at crypto.Place, fields map[string]secret.Secret) (map[string]string, error)
	Inspect(at crypto.Place, column []byte) []crypto.Value
}

// CreateAccountInput describes a new exchange account.
type CreateAccountInput struct {
	User     string // id, e-mail or username
	Exchange string // slug, name or id
	Name     string
	Fields   map[string]secret.Secret // by field_name of the exchange's credential types
	// Activate makes it the user's active account and switches the others off.
	Activate bool
	// OverrideLimit allows more accounts than the plan does. The audit row says so.
	OverrideLimit bool
	// NewKey allows an encryption key that opens nothing that is stored.
	NewKey bool
}

// CreateAccount adds an account with encrypted credentials. A user has at most
// one active account over all exchanges, and at most as many as the plan allows.
func (s *Service) CreateAccount(ctx context.Context, mode Mode, in CreateAccountInput, sealer Sealer) (Change[store.Account], error) {
	none := Change[store.Account]{}
	if err := CheckAccountName(in.Name); err != nil {
		return none, err
	}
	u, err := s.db.FindUser(ctx, in.User)
	if err != nil {
		return none, err
	}
	e, err := s.db.FindExchange(ctx, in.Exchange)
	if err != nil {
		return none, err
	}
	if e.IsActive != nil && !*e.IsActive {
		return none, &ConflictError{
			Kind: "exchange", Field: "is_active", Existing: e.ID,
			Message: fmt.Sprintf("exchange %q is not active", e.Slug), Hint: "axisor exchange enable " + e.Slug,
		}
	}
	types, err := s.db.CredentialTypes(ctx, e.ID)
	if err != nil {
		return none, err
	}
	if in.Fields, err = normalFields(types, in.Fields); err != nil {
		return none, err
	}
	if err := checkFields(e, types, in.Fields, nil); err != nil {
		return none, err
	}
	if !in.NewKey {
		if err := s.checkKey(ctx, sealer); err != nil {
			return none, err
		}
	}
	app, err := s.db.Application(ctx)
	if err != nil {
		return none, err
	}
	// The id is made here and not by the database, because a value may be bound to it.
	id := newID()
	sealed, err := sealer.EncryptFields(AccountPlace(id, u.ID), spelled(types, in.Fields, nil, app)) // slow by design, so not while holding a lock
	if err != nil {
		return none, err
	}
	credentials, err := models.NewJSON(sealed)
	if err != nil {
		return none, err
	}
	change := Change[store.Account]{Status: words.Created, DryRun: mode.DryRun}
	err = s.write(ctx, mode, func(t *txn) error {
		row := models.UserExchangeAccounts{
			ID: id, UserID: u.ID, ExchangeID: e.ID, AccountName: in.Name, Credentials: credentials, IsActive: in.Activate,
			CreatedAt: t.now, UpdatedAt: t.now,
		}
		change.After, err = t.createAccount(ctx, in, e, &row)
		return err
	})
	if err != nil {
		return none, err
	}
	return change, nil
}

func (t *txn) createAccount(ctx context.Context, in CreateAccountInput, e models.Exchange, row *models.UserExchangeAccounts) (*store.Account, error) {
	// The locked user row makes additions for one user wait for each other, so that
	// counting, naming and activating hold until the end.
	u, err := t.db.UserByID(ctx, row.UserID, true)
	if err != nil {
		return nil, err
	}
	if !u.Active() {
		return nil, &ConflictError{
			Kind: "user", Field: "is_active", Existing: u.ID,
			Message: fmt.Sprintf("user %s is not active", u.Email), Hint: "axisor user enable " + u.Email,
		}
	}
	existing, err := t.db.AccountsOf(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	for _, a := range existing {
		if a.ExchangeID == e.ID && strings.EqualFold(a.AccountName, in.Name) {
			return nil, &ConflictError{
				Kind: "account", Field: "account_name", Value: a.AccountName, Existing: a.ID,
				Message: fmt.Sprintf("%s already has an account %q on %s", u.Email, a.AccountName, e.Slug),
				Hint:    "choose another --name; see: axisor account list --user " + u.Email,
			}
		}
	}
	over, err := t.overAccountLimit(ctx, u, len(existing))
	if err != nil {
		return nil, err
	}
	if over != nil && !in.OverrideLimit {
		return nil, over
	}
	if err := t.db.CreateAccount(ctx, row); err != nil {
		return nil, err
	}
	var off []string
	if in.Activate {
		if off, err = t.db.DeactivateAccounts(ctx, u.ID, row.ID, t.now); err != nil {
			return nil, err
		}
	}
	after, err := t.db.AccountByID(ctx, row.ID)
	if err != nil {
		return nil, err
	}
	values := AccountValues(after)
	if len(off) > 0 {
		values["deactivated"] = off
	}
	if over != nil {
		values["limit_overridden"] = over.Message
	}
	return &after, t.audit(ctx, "account.create", "account", after.ID, &u.ID, nil, values)
}

// overAccountLimit returns what stands against one more account, or nil.
func (t *txn) overAccountLimit(ctx context.Context, u models.User, have int) (*ConflictError, error) {
	limits, _, err := t.db.LimitsOfPlan(ctx, string(u.PlanType))
	if err != nil {
		return nil, err
	}
	most := models.Deref(limits.MaxExchangeAccounts)
	if most == models.Unlimited || have < int(most) {
		return nil, nil
	}
	return &ConflictError{
		Kind: "account", Field: "max_exchange_accounts",
		Message: fmt.Sprintf("plan %s allows %d exchange accounts and %s has %d", u.PlanType, most, u.Email, have),
		Hint:    "change the plan, or add --override-limit (the audit trail records it)",
	}, nil
}

// CheckAccountName tells whether a name would be accepted; for prompts.
func CheckAccountName(name string) error {
	bad := func(rule string) error { return &InputError{Field: "account_name", Value: name, Rule: rule} }
	n := utf8.RuneCountInString(name)
	switch {
	case n == 0:
		return bad("it must not be empty")
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return bad("it contains unprintable characters")
	case strings.TrimSpace(name) != name:
		return bad("it begins or ends with a space")
	case n > maxAccountName:
		return bad(fmt.Sprintf("it has more than %d characters", maxAccountName))
	}
	return nil
}

// checkFields compares credentials with what the exchange asks for. stored has the
// keys of fields that are there already. Values never enter an error.
func checkFields(
	e models.Exchange, types []models.ExchangeCredentialType, fields map[string]secret.Secret, stored map[string]string,
) error {
	if len(types) == 0 {
		return &ConflictError{
			Kind: "exchange", Field: "credential_types", Existing: e.ID,
			Message: fmt.Sprintf("exchange %q has no credential fields defined", e.Slug), Hint: "axisor exchange credential-type add " + e.Slug + " api_key --name 'API Key'",
		}
	}
	var names, missing, unknown []string
	for _, c := range types {
		names = append(names, c.FieldName)
		required := c.IsRequired == nil || *c.IsRequired
		given, isGiven := fields[c.FieldName]
		_, isStored := stored[crypto.FieldKey(c.FieldName)]
		if !isStored {
			_, isStored = stored[crypto.FieldKey(c.Name)]
		}
		if required && (isGiven || !isStored) && strings.TrimSpace(given.Reveal()) == "" {
			missing = append(missing, c.FieldName)
		}
	}
	hint := fmt.Sprintf("%s takes: %s", e.Slug, strings.Join(names, ", "))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if crypto.IsClearField(name) {
			if v := fields[name].Reveal(); v != "true" && v != "false" {
				return &InputError{Field: name, Rule: "it must be true or false"}
			}
		} else if !slices.Contains(names, name) {
			unknown = append(unknown, name)
		}
	}
	switch {
	case len(unknown) > 0:
		return &InputError{Field: "credentials", Rule: "unknown field " + strings.Join(unknown, ", "), Hint: hint}
	case len(missing) > 0:
		return &InputError{Field: "credentials", Rule: "missing required field " + strings.Join(missing, ", "), Hint: hint}
	}
	return nil
}

// AccountValues is an account as audit rows record it: field names, no values.
func AccountValues(a store.Account) map[string]any {
	return map[string]any{
		"id": a.ID, "user_id": a.UserID, "exchange": a.ExchangeSlug, "account_name": a.AccountName,
		"fields": []string(a.Fields), "is_active": a.IsActive, "is_verified": a.IsVerified,
	}
}
