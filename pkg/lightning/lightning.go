// Package lightning asks Lightning nodes about invoices: LND through its REST
// interface, and LNbits. It owns the wire: addresses, keys, timeouts, decoding,
// and telling "the node says no" from "nobody knows".
//
// It must not know payments, plans or databases. It makes invoices and looks
// them up; it sends no money.
//
// A node that cannot be asked says nothing about a payment: every failure but
// ErrNotFound and ErrRefused leaves the question open.
package lightning

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/axisor/axisor/pkg/secret"
)

// Sentinels, for errors.Is.
var (
	// ErrOptions is a backend that cannot be configured like this.
	ErrOptions = errors.New("invalid lightning backend options")
	// ErrNotFound means that the node was asked and has no such invoice.
	ErrNotFound = errors.New("the node has no such invoice")
	// ErrRefused means that the node has certainly not done what was asked.
	ErrRefused = errors.New("the node refused")
	// ErrDenied is ErrRefused because the key is wrong or lacks a right.
	ErrDenied = errors.New("the node refused the key")
	// ErrUnavailable means that the node did not answer, or not as its interface says.
	ErrUnavailable = errors.New("the node is unavailable")
)

// State is what a node says about an invoice.
type State string

// The states.
const (
	Open      State = "open"      // not paid; may be expired
	Accepted  State = "accepted"  // money is held, not taken: not paid
	Settled   State = "settled"   // paid
	Cancelled State = "cancelled" // can no longer be paid
)

// Invoice is an invoice as its node knows it.
type Invoice struct {
	PaymentHash    string // hex
	PaymentRequest string
	Memo           string
	State          State
	AmountMsat     int64
	ReceivedMsat   *int64 // nil when the node does not say
	CreatedAt      time.Time
	SettledAt      time.Time     // zero when unknown
	Preimage       secret.Secret // of a settled invoice, hex; a node also has those of unpaid ones, which stay there
	// Mark orders the invoices of a node: see Backend.Invoices.
	Mark int64
}

// Request describes a new invoice.
type Request struct {
	AmountSats int64
	Memo       string
	Expiry     time.Duration
}

// Backend is a node that receives payments.
type Backend interface {
	// Name is lnd or lnbits.
	Name() string
	// Address tells one node from another.
	Address() string
	// Lookup asks for one invoice by its payment hash in hex.
	Lookup(ctx context.Context, hash string) (Invoice, error)
	// Create makes an invoice. It is sent once: after an error that is neither
	// ErrRefused nor ErrDenied the invoice may exist.
	Create(ctx context.Context, r Request) (Invoice, error)
	// Invoices lists the incoming invoices whose mark is greater than this one; 0
	// lists all. The order is the node's, and an invoice may come twice.
	Invoices(ctx context.Context, after int64) iter.Seq2[Invoice, error]
}

// DefaultTimeout bounds one request.
const DefaultTimeout = 20 * time.Second
