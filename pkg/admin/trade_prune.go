package admin

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/axisor/axisor/pkg/store"
)

// PruneBatch is how many trade logs are deleted in one transaction: few enough that nobody waits long for a row, and
// that an interruption takes little back.
const PruneBatch = 10_000

const pruneLockTimeout = 5 * time.Second

// PruneTradesInput says which trade logs go.
type PruneTradesInput struct {
	Before time.Time // executed before
	// Backup names the backup that holds them, which was begun at Since. Without one, the mode needs a reason.
	Backup string
	Since  time.Time
	Batch  int // 0 means PruneBatch
	// LockTimeout is how long a batch waits for rows that somebody holds, or for another prune; 0 means five seconds.
	LockTimeout time.Duration
	// Progress is told of every batch; nil for nobody.
	Progress func(rows int64)
}

// TradesPruned is what a prune did.
type TradesPruned struct {
	Rows    int64
	Batches int64
}

// PruneTrades deletes old trade logs, the oldest first, in batches of one transaction and one audit row each. It can
// be stopped at any moment and run again. What came in after the backup was begun stays.
func (s *Service) PruneTrades(ctx context.Context, mode Mode, in PruneTradesInput) (TradesPruned, error) {
	var done TradesPruned
	if in.Backup == "" && mode.Reason == "" {
		return done, &InputError{Field: "reason", Rule: "is needed to delete trade logs without a backup", Hint: "add --reason TEXT"}
	}
	if mode.DryRun {
		old, err := s.db.CountTradesBefore(ctx, in.Before)
		return TradesPruned{Rows: old.Rows}, err
	}
	if err := s.db.DirectOrNamed(ctx); err != nil {
		return done, err
	}
	in.Batch, in.LockTimeout = cmp.Or(in.Batch, PruneBatch), cmp.Or(in.LockTimeout, pruneLockTimeout)
	var err error
	for from := (time.Time{}); err == nil; {
		var n int64
		n, from, err = s.pruneTrades(ctx, mode, in, from)
		if err != nil {
			break
		}
		if n > 0 {
			done.Rows, done.Batches = done.Rows+n, done.Batches+1
			if in.Progress != nil {
				in.Progress(n)
			}
		}
		if n < int64(in.Batch) {
			break
		}
		err = ctx.Err()
	}
	if done.Rows == 0 {
		return done, err
	}
	// What was deleted is deleted, also when the run was interrupted.
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), summaryTimeout)
	defer cancel()
	return done, errors.Join(err, s.write(last, mode, func(t *txn) error {
		facts := in.facts(done.Rows)
		facts["batches"], facts["complete"] = done.Batches, err == nil
		return t.audit(last, "trade.prune", "trade", "*", nil, nil, facts)
	}))
}

func (s *Service) pruneTrades(ctx context.Context, mode Mode, in PruneTradesInput, from time.Time) (n int64, next time.Time, err error) {
	batch := store.TradeBatch{Before: in.Before, From: from, Limit: in.Batch}
	if in.Backup != "" {
		batch.Created = &in.Since
	}
	err = s.write(ctx, mode, func(t *txn) error {
		if in.Backup != "" {
			last, err := t.db.LastTradeImport(ctx)
			if err != nil {
				return err
			}
			if last != nil && !last.Before(in.Since) {
				return &ConflictError{
					Kind: "trade", Code: "backup_too_old", Message: "trade logs were imported after the backup " + in.Backup + " was begun",
					Hint: "axisor backup, and run this again",
				}
			}
		}
		var err error
		if n, next, err = t.db.DeleteTrades(ctx, batch, in.LockTimeout); err != nil || n == 0 {
			return err
		}
		return t.audit(ctx, "trade.prune.batch", "trade", "*", nil, nil, in.facts(n))
	})
	return n, next, err
}

func (in *PruneTradesInput) facts(rows int64) map[string]any {
	facts := map[string]any{"executed_before": in.Before, "rows": rows, "backup": nil}
	if in.Backup != "" {
		facts["backup"] = in.Backup
	}
	return facts
}
