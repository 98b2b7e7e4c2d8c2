package admin

import (
	"context"
	"iter"

	"github.com/axisor/axisor/pkg/store"
)

// ImportTradesInput is a file of trade logs.
type ImportTradesInput struct {
	Source string // its name, for the audit trail
	Rows   iter.Seq2[store.TradeRow, error]
	Dedupe bool
	Derive func(*store.TradeRow)
	Reject func(store.TradeRow, string) error
	// Inserted is told of the ids of new rows, before they are committed; nil is nobody.
	Inserted func(ids []string) error
}

// ImportTrades takes trade logs in, all of them in one transaction. Rows that are there already are skipped; rows
// that refer to nothing are told and left out.
func (s *Service) ImportTrades(ctx context.Context, mode Mode, in ImportTradesInput) (store.TradeImported, error) {
	var done store.TradeImported
	err := s.writeIn(ctx, mode, s.db.PinnedTransaction, func(t *txn) error {
		var err error
		done, err = t.db.ImportTrades(ctx, in.Rows, store.TradeImport{Now: t.now, Dedupe: in.Dedupe, Derive: in.Derive, Reject: in.Reject, Inserted: in.Inserted})
		if err != nil || done.Inserted == 0 {
			return err
		}
		return t.audit(ctx, "trade.import", "trade", in.Source, nil, nil, map[string]any{
			"source": in.Source, "read": done.Read, "inserted": done.Inserted, "skipped": done.Skipped, "rejected": done.Rejected,
			// Rows may say that they are old: pruning has to know since when they are here.
			"ended_at": s.opts.Now().UTC(),
		})
	})
	return done, err
}
