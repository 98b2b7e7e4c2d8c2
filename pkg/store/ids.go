package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/axisor/axisor/pkg/namespace"
)

// An id may be shortened to a beginning of at least shortestID characters. A whole uuid is the beginning of nothing else.
const (
	shortestID = 8
	wholeID    = 36
)

// IDKind says what an id belongs to, in the word that messages and error codes have for it.
type IDKind string

// The kinds of things that commands take an id of.
const (
	UserIDs        IDKind = "user"
	AccountIDs     IDKind = "account"
	CredentialIDs  IDKind = "credential"
	AutomationIDs  IDKind = "automation"
	PaymentIDs     IDKind = "payment"
	TradeIDs       IDKind = "trade"
	AuditIDs       IDKind = "audit_entry"
	ReportIDs      IDKind = "report"
	SimulationIDs  IDKind = "simulation"
	SessionIDs     IDKind = "session"
	GuardRunIDs    IDKind = "guard_run"
	GuardIntentIDs IDKind = "guard_intent"
	BreakerIDs     IDKind = "guard_breaker"
)

// table is where the rows are.
func (k IDKind) table() string {
	switch k {
	case UserIDs:
		return "User"
	case AccountIDs:
		return "UserExchangeAccounts"
	case CredentialIDs:
		return "UserExchangeCredentials"
	case AutomationIDs:
		return "Automation"
	case PaymentIDs:
		return "Payment"
	case TradeIDs:
		return "TradeLog"
	case AuditIDs:
		return "AuditLog"
	case ReportIDs:
		return "BacktestReport"
	case SimulationIDs:
		return "Simulation"
	case SessionIDs:
		return "RefreshToken"
	}
	return string(k) // tables of our own
}

func (k IDKind) words() string { return strings.ReplaceAll(string(k), "_", " ") }

// WholeID completes the beginning of an id. An id that exists, and what no id begins with, comes back as it is; a
// beginning of several is an *AmbiguousError that names them.
func (d *DB) WholeID(ctx context.Context, of IDKind, ref string) (string, error) {
	if !beginning(ref) {
		return ref, nil
	}
	if idLike(ref) {
		ref = strings.ToLower(ref)
	}
	var ids []string
	// A range, because a prefix alone cannot use an index that is in the collation of the database.
	err := d.Gorm(ctx).Raw(`SELECT id FROM `+namespace.Table(of.table())+` WHERE id >= @id AND id <= @id || @top AND starts_with(id, @id)
		ORDER BY id LIMIT 6`, map[string]any{"id": ref, "top": top}).Scan(&ids).Error
	switch {
	case err != nil:
		return "", fmt.Errorf("find %s: %w", of.words(), err)
	case len(ids) == 0:
		return ref, nil
	case len(ids) == 1 || ids[0] == ref:
		return ids[0], nil
	}
	if len(ids) == 6 {
		ids[5] = "…"
	}
	return "", &AmbiguousError{Kind: string(of), Ref: ref, Candidates: ids, Beginning: true}
}

// StoredID is WholeID for a filter: an id of no row is a *NotFoundError, because a list of nothing would look like an
// answer. No id stays none.
func (d *DB) StoredID(ctx context.Context, of IDKind, ref string) (string, error) {
	if ref == "" {
		return "", nil
	}
	id, err := d.WholeID(ctx, of, ref)
	if err != nil {
		return "", err
	}
	var found bool
	if err := d.Gorm(ctx).Raw(`SELECT EXISTS (SELECT 1 FROM `+namespace.Table(of.table())+` WHERE id = ?)`, id).Scan(&found).Error; err != nil {
		return "", fmt.Errorf("find %s: %w", of.words(), err)
	}
	if !found {
		return "", &NotFoundError{Kind: string(of), Ref: ref}
	}
	return id, nil
}

// WholeIDs completes each of several; none stay none.
func (d *DB) WholeIDs(ctx context.Context, of IDKind, refs []string) ([]string, error) {
	ids := slices.Clone(refs)
	for i := range ids {
		var err error
		if ids[i], err = d.WholeID(ctx, of, ids[i]); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// beginning reports whether a text may be meant as the beginning of an id.
func beginning(ref string) bool {
	const letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-"
	return len(ref) >= shortestID && len(ref) < wholeID && strings.Trim(ref, letters) == ""
}

// byBeginning reads by an id, and where there is none by the one that begins so.
func byBeginning[T any](ctx context.Context, d *DB, of IDKind, ref string, read func(id string) (T, error)) (T, error) {
	row, err := read(ref)
	if !errors.Is(err, ErrNotFound) {
		return row, err
	}
	id, wider := d.WholeID(ctx, of, ref)
	if wider != nil {
		return row, wider
	}
	if id == ref {
		return row, err
	}
	return read(id)
}
