package payments

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/bolt11"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// Finding is one disagreement of a row with its own invoice, or with other rows.
type Finding struct {
	Payment  store.Payment
	Kind     string // stable word: amount_mismatch, hash_not_normal, …
	Expected string
	Found    string
}

// Examine compares a payment with the invoice in it. now is not looked at: an
// overdue payment is late, not wrong.
func Examine(p store.Payment, rules admin.InvoiceRules) []Finding {
	e := examiner{p: p}
	if !p.Status.Canonical().Valid() {
		e.add("status_unknown", "pending, paid, expired, failed or refunded", string(p.Status))
	}
	paid := p.Status.Canonical() == models.PaymentPaid
	if paid && p.PaidAt == nil {
		e.add("paid_at_missing", "the time of payment", "")
	}
	hash := e.hash()
	if v, err := bolt11.Decode(bolt11.Normal(p.LightningInvoice)); err != nil {
		class := "unreadable"
		var refused *bolt11.Error
		if errors.As(err, &refused) {
			class = string(refused.Class)
		}
		e.add("invoice_invalid", "a BOLT 11 invoice", class)
	} else {
		e.compare(v, hash, rules)
		hash = v.Hash()
	}
	if p.Preimage != nil && *p.Preimage != "" && hash != "" {
		raw, err := hex.DecodeString(store.NormalHash(*p.Preimage))
		sum := sha256.Sum256(raw)
		if err != nil || hex.EncodeToString(sum[:]) != hash {
			e.add("preimage_mismatch", "a preimage of "+hash, "another one")
		}
	}
	return e.found
}

type examiner struct {
	p     store.Payment
	found []Finding
}

func (e *examiner) add(kind, expected, found string) {
	e.found = append(e.found, Finding{Payment: e.p, Kind: kind, Expected: expected, Found: found})
}

// hash checks the form of the row's hash and returns it normalised.
func (e *examiner) hash() string {
	if e.p.PaymentHash == nil || *e.p.PaymentHash == "" {
		e.add("hash_missing", "a payment hash", "")
		return ""
	}
	raw := *e.p.PaymentHash
	normal := store.NormalHash(raw)
	if normal != raw || !store.IsHash(normal) {
		want := "64 hex digits"
		if store.IsHash(normal) {
			want = normal
		}
		e.add("hash_not_normal", want, raw)
	}
	return normal
}

// compare looks at what the row and the invoice both say.
func (e *examiner) compare(v *bolt11.Invoice, hash string, rules admin.InvoiceRules) {
	p := e.p
	if v.AmountMsat != nil && *v.AmountMsat != int64(p.AmountSats)*1000 {
		e.add("amount_mismatch", strconv.FormatInt(*v.AmountMsat, 10)+" msat", fmt.Sprintf("%d sats", p.AmountSats))
	}
	if hash != "" && hash != v.Hash() {
		e.add("hash_mismatch", v.Hash(), hash)
	}
	switch at := v.ExpiresAt(); {
	case p.ExpiresAt == nil:
		e.add("expiry_missing", at.Format(time.RFC3339), "")
	case p.ExpiresAt.Sub(at).Abs() > admin.InvoiceSlack:
		e.add("expiry_mismatch", at.Format(time.RFC3339), p.ExpiresAt.UTC().Format(time.RFC3339))
	}
	if rules.Network != "" && v.Network != rules.Network {
		e.add("wrong_network", string(rules.Network), string(v.Network))
	}
	if payee := hex.EncodeToString(v.Payee[:]); rules.NodeID != "" && !strings.EqualFold(rules.NodeID, payee) {
		e.add("wrong_payee", rules.NodeID, payee)
	}
	if p.PaidAt != nil && admin.PaidBeforeInvoice(v, *p.PaidAt) {
		e.add("paid_before_invoice", "after "+v.Timestamp.Format(time.RFC3339), p.PaidAt.UTC().Format(time.RFC3339))
	}
}

// Duplicates tells of every payment that shares its hash with another: the ids of
// the others. It reads the whole table.
func Duplicates(ctx context.Context, db *store.DB) (map[string]string, error) {
	twins, err := db.DuplicateHashes(ctx)
	if err != nil {
		return nil, err
	}
	others := map[string]string{}
	for _, t := range twins {
		addOthers(others, t.IDs)
	}
	return others, nil
}

// DuplicatesOf is Duplicates for one payment.
func DuplicatesOf(ctx context.Context, db *store.DB, p store.Payment) (map[string]string, error) {
	if p.PaymentHash == nil {
		return nil, nil
	}
	rows, err := db.PaymentsByHash(ctx, store.NormalHash(*p.PaymentHash))
	if err != nil || len(rows) < 2 {
		return nil, err
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	others := map[string]string{}
	addOthers(others, ids)
	return others, nil
}

func addOthers(others map[string]string, ids []string) {
	for i, id := range ids {
		rest := append(append([]string{}, ids[:i]...), ids[i+1:]...)
		others[id] = strings.Join(rest, ", ")
	}
}
