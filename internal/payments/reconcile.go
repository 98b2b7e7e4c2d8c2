package payments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/lightning"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// Reconciler compares payments with the invoices of a node.
type Reconciler struct {
	DB      *store.DB
	Service *admin.Service // writes; nil when nothing is to be applied
	Backend lightning.Backend
	Mode    admin.Mode
	// Since limits the payments that are in a final state; pending ones are always compared.
	Since time.Time
	// UserID limits the comparison to the payments of one user: each is looked up, the node's list is not read, and the
	// mark stays where it is. Empty is everybody.
	UserID string
	Now    func() time.Time
	// AllowDowngrade is passed on to settlements.
	AllowDowngrade bool
	// Rescan reads the node's list from its beginning, not from the mark.
	Rescan bool
	// Foreign also reports what was called foreign at this node.
	Foreign bool
	// Compared is told of every payment when all is done with it; an error ends the run. Nil is nobody.
	Compared func() error

	seen    map[string]bool // ids of payments that were compared, and hashes of invoices without a payment
	ignored string          // the hash that Ignore was told last
	held    int64           // the smallest mark of an invoice that must be read again; 0 is none
	silent  int             // failures in a row
	summary Summary
	each    func(Item) error
}

// Summary counts the outcome of a comparison.
type Summary struct {
	Counts  map[Class]int
	Applied int
	Open    int // differences that remain
	Unknown int
}

// givingUp is after how many failures in a row the node is not asked any more.
const givingUp = 3

// Run compares every invoice of the node since the last mark, then every payment
// that was not among them. Differences are handed to each; agreement is only
// counted. With a service, the safe differences are put right, and the mark moves
// up to the first invoice that is still in doubt: what is not resolved is found again.
func (r *Reconciler) Run(ctx context.Context, each func(Item) error) (Summary, error) {
	r.seen, r.each, r.held = map[string]bool{}, each, 0
	r.summary = Summary{Counts: map[Class]int{}}
	if r.UserID != "" {
		return r.summary, r.rows(ctx)
	}
	mark, err := r.DB.ReconcileMark(ctx, r.Backend.Name(), r.Backend.Address())
	if err != nil {
		return r.summary, err
	}
	from := max(0, mark-1) // LNbits counts in seconds: another invoice may have been made in the mark's own
	if r.Rescan {
		from = 0
	}
	last, err := r.node(ctx, from)
	if err != nil {
		return r.summary, err
	}
	if err := r.rows(ctx); err != nil {
		return r.summary, err
	}
	if err := r.foreign(ctx); err != nil {
		return r.summary, err
	}
	next := max(last, mark)
	if r.held > 0 {
		next = min(next, r.held-1)
	}
	if r.Service != nil && r.summary.Unknown == 0 && next > mark {
		err = r.Service.SetReconcileMark(ctx, r.Mode, r.Backend.Name(), r.Backend.Address(), next)
	}
	return r.summary, err
}

// node compares the node's invoices and returns the greatest mark among them.
func (r *Reconciler) node(ctx context.Context, from int64) (last int64, err error) {
	const page = 100
	last = from
	var batch []lightning.Invoice
	for v, err := range r.Backend.Invoices(ctx, from) {
		if err != nil {
			return last, err
		}
		last = max(last, v.Mark)
		undecided := v.State == lightning.Open || v.State == lightning.Accepted
		if undecided && v.CreatedAt.After(r.Now().Add(-forgotten)) {
			r.hold(v)
		}
		if batch = append(batch, v); len(batch) < page {
			continue
		}
		if err := r.page(ctx, batch); err != nil {
			return last, err
		}
		batch = nil // what was reported points into it
	}
	return last, r.page(ctx, batch)
}

// hold keeps the mark before an invoice, so that the next run reads it again.
func (r *Reconciler) hold(v lightning.Invoice) {
	if r.held == 0 || v.Mark < r.held {
		r.held = v.Mark
	}
}

// forgotten is after how long an unpaid invoice no longer holds the mark back.
// LNbits keeps them for ever; the payment of such a row is still looked up.
const forgotten = 30 * 24 * time.Hour

func (r *Reconciler) page(ctx context.Context, batch []lightning.Invoice) error {
	if len(batch) == 0 {
		return nil
	}
	hashes := make([]string, len(batch))
	for i, v := range batch {
		hashes[i] = v.PaymentHash
	}
	found, err := r.DB.PaymentsByHash(ctx, hashes...)
	if err != nil {
		return err
	}
	foreign, err := r.DB.ForeignHashes(ctx, hashes)
	if err != nil {
		return err
	}
	foreign[r.ignored] = true
	byHash := map[string][]store.Payment{}
	for _, p := range found {
		h := store.NormalHash(models.Deref(p.PaymentHash))
		byHash[h] = append(byHash[h], p)
	}
	for i := range batch {
		rows := byHash[batch[i].PaymentHash]
		if len(rows) == 0 {
			// A list that grows while it is read brings an invoice twice.
			if key := "hash:" + batch[i].PaymentHash; batch[i].State == lightning.Settled && !r.seen[key] && !foreign[batch[i].PaymentHash] {
				r.seen[key] = true
				if err := r.report(Item{Class: NodeOnly, Invoice: &batch[i]}); err != nil {
					return err
				}
			}
			continue
		}
		for j := range rows {
			if r.seen[rows[j].ID] {
				continue
			}
			r.seen[rows[j].ID] = true
			item := classify(rows[j], &batch[i], nil)
			if len(rows) > 1 && batch[i].State == lightning.Settled {
				item = shared(item, rows)
			}
			if err := r.handle(ctx, item); err != nil {
				return err
			}
		}
	}
	return nil
}

// rows looks up the payments that the node's list did not bring.
func (r *Reconciler) rows(ctx context.Context) error {
	for _, f := range []store.PaymentFilter{
		{UserID: r.UserID, Status: models.PaymentPending},
		{UserID: r.UserID, Created: store.TimeRange{Since: r.Since}},
	} {
		for p, err := range r.DB.ListPayments(ctx, f, store.Page{All: true, Sort: "created_at"}).Items {
			if err != nil {
				return err
			}
			if r.seen[p.ID] {
				continue
			}
			r.seen[p.ID] = true
			item, err := r.alone(ctx, r.lookup(ctx, p))
			if err != nil {
				return err
			}
			if err := r.handle(ctx, item); err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	}
	return nil
}

// alone looks whether other payments have the hash of an invoice that was paid: it pays one of them.
func (r *Reconciler) alone(ctx context.Context, item Item) (Item, error) {
	if item.Invoice == nil || item.Class == Agreed || item.Invoice.State != lightning.Settled {
		return item, nil
	}
	rows, err := r.DB.PaymentsByHash(ctx, item.Invoice.PaymentHash)
	if err == nil && len(rows) > 1 {
		item = shared(item, rows)
	}
	return item, err
}

func (r *Reconciler) lookup(ctx context.Context, p store.Payment) Item {
	hash, err := HashOf(p)
	if err != nil {
		return Item{Class: Unknown, Payment: &p, Detail: err.Error()}
	}
	if r.silent >= givingUp {
		return Item{Class: Unknown, Payment: &p, Detail: "not asked: the node did not answer before"}
	}
	v, err := r.Backend.Lookup(ctx, hash)
	if err == nil || errors.Is(err, lightning.ErrNotFound) || errors.Is(err, lightning.ErrRefused) {
		r.silent = 0
	} else {
		r.silent++
	}
	if err != nil {
		return classify(p, nil, err)
	}
	return classify(p, &v, nil)
}

// handle applies what is safe and reports the rest.
func (r *Reconciler) handle(ctx context.Context, item Item) error {
	if item.Class.Safe() && r.Service != nil {
		if err := r.apply(ctx, &item); err != nil {
			if ctx.Err() != nil {
				return err
			}
			item.Detail = err.Error() // one payment's trouble does not stop the others
		}
	}
	return r.report(item)
}

func (r *Reconciler) apply(ctx context.Context, item *Item) error {
	mode := r.Mode
	if mode.Reason == "" {
		mode.Reason = fmt.Sprintf("reconcile: %s says %s", r.Backend.Name(), item.Invoice.State)
	}
	if item.Class == Expire {
		if _, err := r.Service.ExpirePayment(ctx, mode, item.Payment.ID); err != nil {
			return err
		}
	} else {
		in := admin.SettleInput{
			Source: models.SourceNode, Preimage: item.Invoice.Preimage.Reveal(), PaidAt: r.paidAt(item), Backend: r.Backend.Name(),
			ReceivedMsat: item.Invoice.ReceivedMsat, Late: item.Class == Late, AllowDowngrade: r.AllowDowngrade,
		}
		if _, err := r.Service.SettlePayment(ctx, mode, item.Payment.ID, in); err != nil {
			return err
		}
	}
	item.Applied = true
	return nil
}

// paidAt is the node's time of payment. One before the invoice is as good as none,
// and a node that says none has still not taken money for an expired invoice.
func (r *Reconciler) paidAt(item *Item) time.Time {
	at := item.Invoice.SettledAt
	if at.Before(item.Invoice.CreatedAt.Add(-admin.InvoiceSlack)) {
		at = time.Time{}
	}
	if end := item.Payment.ExpiresAt; at.IsZero() && end != nil && end.Before(r.Now()) {
		return *end
	}
	return at
}

func (r *Reconciler) report(item Item) error {
	r.summary.Counts[item.Class]++
	switch {
	case item.Applied && !r.Mode.DryRun:
		r.summary.Applied++
	case item.Class == Unknown:
		r.summary.Unknown++
	case item.Class != Agreed && item.Class != NotAtNode && item.Class != Foreign:
		r.summary.Open++
		// The spelling of a hash leaves no money in doubt.
		if item.Invoice != nil && item.Class != HashForm {
			r.hold(*item.Invoice)
		}
	}
	if item.Class != Agreed {
		if err := r.each(item); err != nil {
			return err
		}
	}
	if r.Compared == nil {
		return nil
	}
	return r.Compared()
}
