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
	Count   int
	Paid    []string // ids, kept: the node has the money
	Held    int      // kept: the node holds the money, and may still give it back
	Unknown int      // kept: the node could not be asked
}

// Run expires what is overdue, and hands what it expired to each. With a node, an
// invoice that was paid meanwhile is left for reconcile, and one that cannot be
// asked about stays pending.
func (e *Expirer) Run(ctx context.Context, each func([]store.Payment)) (Expired, error) {
	out := Expired{Paid: []string{}}
	done := func(rows []store.Payment) {
		out.Count += len(rows)
		each(rows)
	}
	if e.Backend == nil {
		err := e.Service.ExpirePayments(ctx, e.Mode, e.Before, nil, done)
		return out, err
	}
	var ids []string
	flush := func() error {
		if len(ids) == 0 {
			return nil
		}
		err := e.Service.ExpirePayments(ctx, e.Mode, e.Before, ids, done)
		ids = ids[:0]
		return err
	}
	silent := 0
	for p, err := range e.DB.ListPayments(ctx, store.PaymentFilter{OverdueAt: e.Before}, store.Page{All: true, Sort: "created_at"}).Items {
		if err != nil {
			return out, err
		}
		if silent >= givingUp {
			out.Unknown++
			continue
		}
		switch verdict := e.ask(ctx, p); {
		case ctx.Err() != nil:
			return out, ctx.Err()
		case verdict == lightning.Settled:
			silent = 0
			out.Paid = append(out.Paid, p.ID)
		case verdict == lightning.Accepted:
			silent = 0
			out.Held++
		case verdict == "":
			silent++
			out.Unknown++
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
	err := flush()
	return out, err
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
