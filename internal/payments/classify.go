package payments

import (
	"errors"
	"fmt"
	"slices"

	"github.com/axisor/axisor/pkg/bolt11"
	"github.com/axisor/axisor/pkg/lightning"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// Class says how a payment and its invoice at the node relate.
type Class string

// The classes.
const (
	Agreed        Class = "ok"
	Settle        Class = "settle"           // pending here, paid at the node
	Late          Class = "late"             // expired here or paid after the expiry, paid at the node
	Expire        Class = "expire"           // pending here, cancelled at the node
	PaidNotAtNode Class = "paid_unconfirmed" // paid here, and the node has no money for it
	FailedButPaid Class = "failed_but_paid"  // given up here, paid at the node
	AmountShort   Class = "amount_short"
	AmountOver    Class = "amount_over"
	SharedHash    Class = "duplicate_hash" // several payments for one paid invoice
	HashForm      Class = "hash_not_normal"
	NodeOnly      Class = "node_only"   // paid at the node, and no payment here
	Foreign       Class = "foreign"     // paid at the node for something else, as an operator said
	NotAtNode     Class = "not_at_node" // pending here, unknown there: made by another provider
	Unknown       Class = "unknown"     // the node could not be asked
)

// Safe reports whether a difference may be put right without a person: the node
// is certain, and nobody loses anything.
func (c Class) Safe() bool { return c == Settle || c == Late || c == Expire }

// Item is one comparison.
type Item struct {
	Class   Class
	Payment *store.Payment     // nil for NodeOnly and Foreign
	Invoice *lightning.Invoice // nil when the node has none, or was not asked
	Applied bool
	Detail  string
}

// classify compares a payment with what the node said about it.
func classify(p store.Payment, v *lightning.Invoice, err error) Item {
	item := Item{Class: Agreed, Payment: &p, Invoice: v}
	status := p.Status.Canonical()
	// A decision that an operator took on purpose, with a reason, is not a claim.
	claimed := status == models.PaymentPaid && (p.Source == nil || *p.Source != models.SourceForced)
	switch {
	case errors.Is(err, lightning.ErrNotFound):
		switch {
		case claimed:
			item.Class, item.Detail = PaidNotAtNode, "the node has no such invoice"
		case status == models.PaymentPending:
			item.Class, item.Detail = NotAtNode, "the node has no such invoice"
		}
	case err != nil:
		item.Class, item.Detail = Unknown, err.Error()
	case v.State == lightning.Settled:
		item.Class, item.Detail = settled(p, v)
	case claimed:
		item.Class, item.Detail = PaidNotAtNode, "the node says "+string(v.State)
	case v.State == lightning.Cancelled && status == models.PaymentPending:
		item.Class = Expire
	}
	if item.Class == Agreed && err == nil && models.Deref(p.PaymentHash) != v.PaymentHash {
		item.Class, item.Detail = HashForm, "want "+v.PaymentHash
	}
	return item
}

// settled is the class of a payment whose invoice the node was paid for.
func settled(p store.Payment, v *lightning.Invoice) (Class, string) {
	if v.ReceivedMsat == nil {
		return Unknown, "the node does not say how much it received"
	}
	status, want, got := p.Status.Canonical(), int64(p.AmountSats)*1000, *v.ReceivedMsat
	forced := p.Source != nil && *p.Source == models.SourceForced
	amounts := fmt.Sprintf("%d msat received, %d expected", got, want)
	switch {
	case status == models.PaymentRefunded || status == models.PaymentPaid && forced:
		return Agreed, ""
	case got < want:
		return AmountShort, amounts
	case status == models.PaymentPaid:
		return Agreed, ""
	case status == models.PaymentFailed:
		return FailedButPaid, amounts
	case got > want:
		return AmountOver, amounts
	case status == models.PaymentExpired, p.ExpiresAt != nil && v.SettledAt.After(*p.ExpiresAt):
		return Late, ""
	case status == models.PaymentPending:
		return Settle, ""
	default:
		return Unknown, "the payment is in the unknown state " + string(p.Status)
	}
}

// shared keeps one received amount from settling two payments. Beside one that the money is counted for, one that was
// given up is settled business.
func shared(item Item, rows []store.Payment) Item {
	counted := slices.ContainsFunc(rows, func(p store.Payment) bool {
		s := p.Status.Canonical()
		return p.ID != item.Payment.ID && (s == models.PaymentPaid || s == models.PaymentRefunded)
	})
	switch s := item.Payment.Status; {
	case counted && (s == models.PaymentFailed || s == models.PaymentExpired):
		item.Class, item.Detail = Agreed, ""
	case item.Class.Safe():
		item.Class, item.Detail = SharedHash, fmt.Sprintf("%d payments have this invoice", len(rows))
	}
	return item
}

// HashOf is the payment hash by which a node knows a payment: the row's, or that
// of the invoice in it.
func HashOf(p store.Payment) (string, error) {
	if h := store.NormalHash(models.Deref(p.PaymentHash)); store.IsHash(h) {
		return h, nil
	}
	v, err := bolt11.Decode(bolt11.Normal(p.LightningInvoice))
	if err != nil {
		return "", errors.New("it has no payment hash to ask for")
	}
	return v.Hash(), nil
}
