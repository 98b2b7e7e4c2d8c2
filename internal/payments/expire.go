package payments

import (
	"context"
	"errors"
	"time"

	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/lightning"
	"github.com/axisor/axisor/pkg/store"
)

// expireChunk is how many overdue payments are asked about before they expire.
const expireChunk = 500

// Expirer makes overdue payments expired.
type Expirer struct {
	DB      *store.DB
	Service *admin.Service
	Backend lightning.Backend // nil: nobody is asked
	Mode    admin.Mode
	Before  time.Time
}

// Expired is what became of the overdue payments.
type Expired struct {
	Payments []store.Payment
	Paid     []store.Payment // kept: the node has, or holds, the money
	Unknown  []store.Payment // kept: the node could not be asked
}

// Run expires what is overdue. With a node, an invoice that was paid meanwhile is
// left for reconcile, and one that cannot be asked about stays pending.
func (e *Expirer) Run(ctx context.Context) (Expired, error) {
	var out Expired
	keep := func(rows []store.Payment) { out.Payments = append(out.Payments, rows...) }
	if e.Backend == nil {
		return out, e.Service.ExpirePayments(ctx, e.Mode, e.Before, nil, keep)
	}
	var ids []string
	flush := func() error {
		if len(ids) == 0 {
			return nil
		}
		err := e.Service.ExpirePayments(ctx, e.Mode, e.Before, ids, keep)
		ids = ids[:0]
		return err
	}
	silent := 0
	for p, err := range e.DB.ListPayments(ctx, store.PaymentFilter{OverdueAt: e.Before}, store.Page{All: true, Sort: "created_at"}).Items {
		if err != nil {
			return out, err
		}
		if silent >= givingUp {
			out.Unknown = append(out.Unknown, p)
			continue
		}
		switch verdict := e.ask(ctx, p); {
		case ctx.Err() != nil:
			return out, ctx.Err()
		case verdict == lightning.Settled, verdict == lightning.Accepted:
			silent = 0
			out.Paid = append(out.Paid, p)
		case verdict == "":
			silent++
			out.Unknown = append(out.Unknown, p)
		default:
			silent = 0
			ids = append(ids, p.ID)
		}
		if len(ids) == expireChunk {
			if err := flush(); err != nil {
				return out, err
			}
		}
	}
	return out, flush()
}

// ask returns the state at the node; "" when that is not known. An invoice that
// the node never had cannot be paid there.
func (e *Expirer) ask(ctx context.Context, p store.Payment) lightning.State {
	hash, err := HashOf(p)
	if err != nil {
		return lightning.Cancelled
	}
	v, err := e.Backend.Lookup(ctx, hash)
	switch {
	case errors.Is(err, lightning.ErrNotFound):
		return lightning.Cancelled
	case err != nil:
		return ""
	}
	return v.State
}
