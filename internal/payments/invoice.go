package payments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/bolt11"
	"github.com/axisor/axisor/pkg/lightning"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// ErrInvoiceUnknown means that the node was asked for an invoice and did not say
// whether it made one. The intent stays open, and the next try looks for it.
var ErrInvoiceUnknown = errors.New("whether the node made the invoice is not known")

// ErrInvoiceBusy means that another run is asking for an invoice for this user.
var ErrInvoiceBusy = errors.New("an invoice for this user is being made")

// Maker makes invoices at a node and records them as payments.
//
// Node and database cannot be changed in one step, so the order is: intent row,
// node, payment row. The intent's description carries a word of its own. After a
// crash or a lost answer, the next run for the user asks the node for an invoice
// with that description: it is recorded when it is there, and the intent is given
// up when it is not and no request can be on its way any more. Nobody sees an
// invoice before its payment row is written, so one that is left at the node is
// never paid.
type Maker struct {
	DB      *store.DB
	Service *admin.Service
	Backend lightning.Backend
	Rules   admin.InvoiceRules
	Mode    admin.Mode
	Timeout time.Duration // longest wait for one answer of the node
	Now     func() time.Time
}

// Make makes an invoice. In a dry run nothing is asked of the node and the
// payment has no invoice. Recovered says that an earlier try had made it.
func (m *Maker) Make(ctx context.Context, in admin.InvoiceInput) (change admin.Change[store.Payment], recovered bool, err error) {
	in.Backend = m.Backend.Name()
	for range 2 { // the second time an earlier intent is out of the way
		plan, err := m.Service.PlanInvoice(ctx, m.Mode, in)
		switch {
		case err != nil:
			return change, false, err
		case plan.Pending != nil:
			return admin.Change[store.Payment]{Status: words.AlreadyExists, DryRun: m.Mode.DryRun, After: plan.Pending}, false, nil
		case m.Mode.DryRun:
			return m.preview(plan, in), false, nil
		case !plan.Earlier:
			change, err := m.ask(ctx, plan.Intent)
			return change, false, err
		}
		change, found, err := m.recover(ctx, plan.Intent)
		if err != nil {
			return change, false, err
		}
		if found && string(plan.Intent.PlanType) == in.Plan && (in.AmountSats == 0 || in.AmountSats == int64(plan.Intent.AmountSats)) {
			return change, true, nil
		}
	}
	return change, false, ErrInvoiceBusy
}

// preview is what a dry run shows.
func (m *Maker) preview(plan admin.IntentPlan, in admin.InvoiceInput) admin.Change[store.Payment] {
	now := m.Now().UTC()
	i := plan.Intent
	return admin.Change[store.Payment]{Status: words.Created, DryRun: true, After: &store.Payment{
		Payment: models.Payment{
			UserID: i.UserID, AmountSats: i.AmountSats, Status: models.PaymentPending, PlanType: i.PlanType, Description: &i.Description,
			PaymentMethod: new("lightning"), ExpiresAt: new(now.Add(in.Expiry)), ExpirySeconds: &i.ExpirySeconds, CreatedAt: now, UpdatedAt: now,
		},
		UserEmail: plan.User.Email,
	}}
}

// ask sends the request, once.
func (m *Maker) ask(ctx context.Context, intent models.PaymentIntent) (admin.Change[store.Payment], error) {
	none := admin.Change[store.Payment]{}
	v, err := m.Backend.Create(ctx, lightning.Request{
		AmountSats: int64(intent.AmountSats), Memo: intent.Description, Expiry: time.Duration(intent.ExpirySeconds) * time.Second,
	})
	// What follows a request must be written down even when the operator has lost patience.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), m.Timeout)
	defer cancel()
	switch {
	case errors.Is(err, lightning.ErrRefused), errors.Is(err, lightning.ErrDenied):
		return none, errors.Join(err, m.Service.CloseIntent(ctx, m.Mode, intent, models.IntentRefused, err.Error()))
	case err != nil:
		return none, fmt.Errorf("%w: %w", ErrInvoiceUnknown, err)
	}
	return m.record(ctx, intent, v)
}

// record writes the payment of an invoice that the node has. One that does not
// say what was asked for is never handed out.
func (m *Maker) record(ctx context.Context, intent models.PaymentIntent, v lightning.Invoice) (admin.Change[store.Payment], error) {
	none := admin.Change[store.Payment]{}
	if err := agrees(intent, v); err != nil {
		return none, errors.Join(err, m.Service.CloseIntent(ctx, m.Mode, intent, models.IntentRefused, err.Error()))
	}
	change, err := m.Service.CreatePayment(ctx, m.Mode, admin.CreatePaymentInput{
		User: intent.UserID, Plan: string(intent.PlanType), Invoice: v.PaymentRequest, AmountSats: int64(intent.AmountSats),
		Rules: m.Rules, IfNotExists: true, Intent: intent.ID,
	})
	if errors.Is(err, store.ErrInvalid) { // another network or node than the configured: no later try can make it right
		err = errors.Join(err, m.Service.CloseIntent(ctx, m.Mode, intent, models.IntentRefused, err.Error()))
	}
	return change, err
}

func agrees(intent models.PaymentIntent, v lightning.Invoice) error {
	d, err := bolt11.Decode(v.PaymentRequest)
	if err != nil {
		return fmt.Errorf("the node's invoice cannot be used: %w", err)
	}
	sats, whole := d.Sats()
	if !whole || sats != int64(intent.AmountSats) || d.Hash() != v.PaymentHash || models.Deref(d.Description) != intent.Description {
		return fmt.Errorf("the node's invoice %s is not the one that was asked for: %w", v.PaymentHash, lightning.ErrRefused)
	}
	return nil
}

// recover deals with an intent that an earlier run left open.
func (m *Maker) recover(ctx context.Context, intent models.PaymentIntent) (change admin.Change[store.Payment], found bool, err error) {
	if intent.Backend != m.Backend.Name() {
		return change, false, fmt.Errorf("%w: %s was asked before, and %s is asked now", ErrInvoiceUnknown, intent.Backend, m.Backend.Name())
	}
	v, err := m.search(ctx, intent)
	switch {
	case err != nil:
		return change, false, fmt.Errorf("%w: %w", ErrInvoiceUnknown, err)
	case v != nil && v.CreatedAt.Add(time.Duration(intent.ExpirySeconds)*time.Second).After(m.Now()):
		change, err = m.record(ctx, intent, *v)
		return change, err == nil, err
	case v == nil && m.Now().Sub(intent.CreatedAt) < 2*m.Timeout:
		return change, false, ErrInvoiceBusy // its request may still be on its way
	}
	reason := "the node does not have it"
	if v != nil {
		reason = "it expired before anybody saw it"
	}
	return change, false, m.Service.CloseIntent(ctx, m.Mode, intent, models.IntentAbandoned, reason)
}

// search looks for the invoice of an intent by its description.
func (m *Maker) search(ctx context.Context, intent models.PaymentIntent) (*lightning.Invoice, error) {
	// The mark never passes an invoice that is open, so the search need not begin before it.
	mark, err := m.DB.ReconcileMark(ctx, m.Backend.Name(), m.Backend.Address())
	if err != nil {
		return nil, err
	}
	for v, err := range m.Backend.Invoices(ctx, mark) {
		if err != nil {
			return nil, err
		}
		if v.Memo == intent.Description {
			return &v, nil
		}
	}
	return nil, nil
}
