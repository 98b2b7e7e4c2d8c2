// Package lightningsim is a simulated Lightning node that speaks the interfaces
// of LND and LNbits over one set of invoices, for tests and for the development
// environment. Its invoices are real BOLT 11 texts signed by a key of its own;
// nothing is sent anywhere. Faults can be ordered, because what matters about a
// node is how it fails.
//
// It must not know payments, plans or databases.
package lightningsim

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
)

// Keys that the simulator accepts. They are public and worth nothing.
const (
	Macaroon  = "0201036c6e6473696d"
	LNbitsKey = "lightning-simulator-invoice-key"
)

// The states of an invoice, in LND's words.
const (
	Open      = "OPEN"
	Accepted  = "ACCEPTED"
	Settled   = "SETTLED"
	Cancelled = "CANCELED"
)

// Options configure a simulator.
type Options struct {
	Prefix    string // of invoices; lnbc when empty
	Now       func() time.Time
	StateFile string // where key and invoices are kept; "" forgets them
}

// Invoice is one invoice of the node.
type Invoice struct {
	Hash          [32]byte  `json:"hash"`
	Preimage      [32]byte  `json:"preimage"`
	Request       string    `json:"request"`
	Memo          string    `json:"memo"`
	AmountMsat    int64     `json:"amount_msat"`
	CreatedAt     time.Time `json:"created_at"`
	ExpirySeconds int64     `json:"expiry_seconds"`
	State         string    `json:"state"`
	SettledAt     time.Time `json:"settled_at"`
	PaidMsat      int64     `json:"paid_msat"`
	Index         int64     `json:"index"` // from 1, in the order of creation
}

// Sim is a simulated node. It is safe for concurrent use.
type Sim struct {
	o   Options
	key *secp256k1.PrivateKey

	mu       sync.Mutex
	invoices []*Invoice
	byHash   map[string]*Invoice
	faults   []Fault
	requests int
	creates  int
}

// Fault is how the node fails one request.
type Fault struct {
	// Path limits the fault to requests whose path contains it.
	Path string
	// Status is answered instead of working, when not 0.
	Status int
	// Body goes with the status.
	Body string
	// Cut ends the connection without an answer, after the work was done.
	Cut bool
	// Times is how many requests it hits; 0 is every one from now on.
	Times int
	hits  int
}

// New makes a node without invoices, or continues the one of the state file.
func New(o Options) (*Sim, error) {
	if o.Now == nil {
		return nil, errors.New("lightning simulator: the clock is missing")
	}
	if o.Prefix == "" {
		o.Prefix = "lnbc"
	}
	key, err := secp256k1.GeneratePrivateKey()
	if err != nil {
		return nil, err
	}
	s := &Sim{o: o, key: key, byHash: map[string]*Invoice{}}
	if err := s.load(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s, s.save()
}

// NodeID is the public key that signs the invoices, in hex.
func (s *Sim) NodeID() string { return hex.EncodeToString(s.key.PubKey().SerializeCompressed()) }

// Add makes an invoice. amountMsat 0 lets the payer choose.
func (s *Sim) Add(amountMsat int64, memo string, expiry time.Duration) (Invoice, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := &Invoice{
		Memo: memo, AmountMsat: amountMsat, CreatedAt: s.o.Now().UTC().Truncate(time.Second), ExpirySeconds: int64(expiry / time.Second),
		State: Open, Index: int64(len(s.invoices) + 1),
	}
	var secret [32]byte
	_, _ = rand.Read(v.Preimage[:]) // never fails
	_, _ = rand.Read(secret[:])
	v.Hash = sha256.Sum256(v.Preimage[:])
	var err error
	v.Request, err = encode(s.key, terms{
		prefix: s.o.Prefix, amountMsat: amountMsat, timestamp: v.CreatedAt.Unix(), hash: v.Hash, secret: secret,
		description: memo, expiry: v.ExpirySeconds,
	})
	if err != nil {
		return Invoice{}, fmt.Errorf("make invoice: %w", err)
	}
	s.invoices = append(s.invoices, v)
	s.byHash[hex.EncodeToString(v.Hash[:])] = v
	return *v, s.save()
}

// Settle makes the node have received an amount for an invoice; 0 is the
// invoice's own.
func (s *Sim) Settle(hash string, at time.Time, paidMsat int64) error {
	return s.change(hash, func(v *Invoice) {
		if paidMsat == 0 {
			paidMsat = v.AmountMsat
		}
		v.State, v.SettledAt, v.PaidMsat = Settled, at.UTC().Truncate(time.Second), paidMsat
	})
}

// Set puts an invoice into a state.
func (s *Sim) Set(hash, state string) error {
	return s.change(hash, func(v *Invoice) { v.State = state })
}

func (s *Sim) change(hash string, fn func(*Invoice)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.byHash[hash]
	if v == nil {
		return fmt.Errorf("no invoice %s", hash)
	}
	fn(v)
	return s.save()
}

// Get reads an invoice.
func (s *Sim) Get(hash string) (Invoice, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.byHash[hash]
	if v == nil {
		return Invoice{}, false
	}
	return *v, true
}

// All reads every invoice, the oldest first.
func (s *Sim) All() []Invoice {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Invoice, len(s.invoices))
	for i, v := range s.invoices {
		out[i] = *v
	}
	return out
}

// Fail orders a fault. Faults are tried in the order in which they were ordered.
func (s *Sim) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, f)
}

// Heal takes all faults back.
func (s *Sim) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Counts are the requests that arrived, and those among them that made an invoice.
func (s *Sim) Counts() (requests, creates int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests, s.creates
}
