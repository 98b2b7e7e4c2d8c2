package admin

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// Actions of a rotation in the audit trail.
const (
	actionRekey      = "credential.rekey"
	actionRekeyBatch = "credential.rekey.batch"
	securityRekey    = "KEY_ROTATION"
)

// rekeyTries is how often a row that somebody keeps changing is tried again.
const rekeyTries = 5

// summaryTimeout bounds the writing of the summary after an interruption.
const summaryTimeout = 5 * time.Second

// RekeyInput says how stored credentials are encrypted again.
type RekeyInput struct {
	// Keys hold the current key, in which format to write, and the keys to read with.
	Keys *crypto.Keyring
	// Progress is told of every row that is done; nil for nobody.
	Progress func(rows int64)
	// AcceptUnbound also seals for a row what nothing proves to be that row's: values of the formats before v2 and clear
	// text. It matters when v2 is written, whose values say for good whose they are.
	AcceptUnbound bool
}

// RekeyResult counts what a rotation found and did.
type RekeyResult struct {
	KeyID  string
	Format crypto.Format
	Rows   int64 // rows looked at
	Values int64 // values looked at
	Sealed int64 // values encrypted again, or to be encrypted in a dry run
	// RowsChanged counts the rows written.
	RowsChanged int64
	// States counts the values as they were found.
	States map[crypto.State]int64
	// Left counts values that do not open and were left as they are.
	Left int64
	// Unbound counts those of Left that would open, and that nothing proves to be their row's.
	Unbound int64
	// Busy counts rows that were changed by others each time they were tried.
	Busy int64
	// Failed are rows with values that were left, at most failedShown of them.
	Failed []RekeyFailure
}

// failedShown bounds the memory for rows that could not be done.
const failedShown = 100

// RekeyFailure is a value that was left as it is.
type RekeyFailure struct {
	Table store.SealedTable
	ID    string
	Field string
	State crypto.State
	// Unbound is a value that would open; see RekeyResult.
	Unbound bool
}

// Rekey encrypts every stored credential again that is not under the current key
// in the format that is written now. It can be killed at any moment and started
// again: each batch is one transaction with its own audit row, and what is done is
// recognised. Rows that somebody changes meanwhile keep the values of that change
// and are done with those. What does not open is left.
func (s *Service) Rekey(ctx context.Context, mode Mode, in RekeyInput) (RekeyResult, error) {
	id, err := in.Keys.KeyID() // also derives the key before the first row is read
	if err != nil {
		return RekeyResult{}, err
	}
	if err := s.db.DirectOrNamed(ctx); err != nil {
		return RekeyResult{}, err
	}
	foreign := s.checkKey(ctx, in.Keys)
	if foreign != nil && !errors.Is(foreign, ErrForeignKey) {
		return RekeyResult{}, foreign
	}
	switch {
	case in.AcceptUnbound:
		in.Keys = in.Keys.Accepting()
	case foreign != nil: // it is clear text alone that would be sealed, under a key that is not this database's
		in.Keys = in.Keys.Accepting(in.Keys.Format())
	case in.Keys.Format() == crypto.FormatV2:
		in.Keys = in.Keys.Accepting(crypto.FormatV2)
	}
	r := &rekey{s: s, mode: mode, in: in, out: RekeyResult{
		KeyID: id, Format: in.Keys.Format(), States: map[crypto.State]int64{},
	}}
	if err := r.reopen(ctx); err != nil {
		return r.out, err
	}
	for _, table := range store.SealedTables() {
		if err = r.table(ctx, table); err != nil {
			break
		}
	}
	if mode.DryRun {
		return r.out, err
	}
	// The summary is written after an interruption, too: what was done is done.
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), summaryTimeout)
	defer cancel()
	return r.out, errors.Join(err, r.summary(last, err))
}

type rekey struct {
	s    *Service
	mode Mode
	in   RekeyInput
	out  RekeyResult
}

// batch is a page of rows with what they become.
type batch struct {
	rows   []store.Sealed
	sealed []crypto.Resealed
	err    error
}

// table reads and encrypts the next page while the one before is written.
func (r *rekey) table(ctx context.Context, table store.SealedTable) error {
	ctx, cancel := context.WithCancel(ctx)
	pages := make(chan batch, 1)
	var reader sync.WaitGroup
	reader.Go(func() {
		defer close(pages)
		for rows, err := range r.s.db.ScanSealed(ctx, table) {
			b := batch{rows: rows, err: err}
			if err == nil {
				b.sealed, b.err = r.reseal(rows)
			}
			select {
			case pages <- b:
			case <-ctx.Done():
				return
			}
		}
	})
	defer reader.Wait()
	defer cancel()
	for b := range pages {
		if b.err != nil {
			return b.err
		}
		if err := r.write(ctx, table, b, 1); err != nil {
			return err
		}
		if r.in.Progress != nil {
			r.in.Progress(int64(len(b.rows)))
		}
	}
	return ctx.Err()
}

// reseal encrypts a page on all processors.
func (r *rekey) reseal(rows []store.Sealed) ([]crypto.Resealed, error) {
	out, errs := make([]crypto.Resealed, len(rows)), make([]error, len(rows))
	n := max(1, min(runtime.GOMAXPROCS(0), len(rows)))
	var workers sync.WaitGroup
	for w := range n {
		workers.Go(func() {
			for i := w; i < len(rows); i += n {
				at := crypto.Place{Table: string(rows[i].Table), Row: rows[i].ID, User: rows[i].UserID}
				out[i], errs[i] = r.in.Keys.Reseal(at, rows[i].Credentials)
				if errs[i] != nil {
					errs[i] = fmt.Errorf("encrypt %s %s: %w", rows[i].Table, rows[i].ID, errs[i])
				}
			}
		})
	}
	workers.Wait()
	return out, errors.Join(errs...)
}

// write stores the new values of one batch in a transaction and tries again with
// the rows that were changed since they were read.
func (r *rekey) write(ctx context.Context, table store.SealedTable, b batch, try int) error {
	var todo []store.Replacement
	values := map[string]int{}
	for i, row := range b.rows {
		if b.sealed[i].Column != nil {
			todo = append(todo, store.Replacement{ID: row.ID, Old: row.Credentials, New: models.JSON(b.sealed[i].Column)})
			values[row.ID] = b.sealed[i].Sealed
		}
	}
	if len(todo) == 0 || r.mode.DryRun {
		r.count(b, nil)
		return nil
	}
	var changed []string
	err := r.s.write(ctx, r.mode, func(t *txn) error {
		var err error
		if changed, err = t.db.ReplaceSealed(ctx, table, todo, t.now); err != nil || len(changed) == 0 {
			return err
		}
		sealed := 0
		for _, id := range changed {
			sealed += values[id]
		}
		return t.audit(ctx, actionRekeyBatch, "credential", string(table), nil, nil, map[string]any{
			"table": table, "rows": len(changed), "values": sealed, "key_id": r.out.KeyID, "format": r.out.Format,
			"first_id": todo[0].ID, "last_id": todo[len(todo)-1].ID,
		})
	})
	if err != nil {
		return err
	}
	done := make(map[string]bool, len(changed))
	for _, id := range changed {
		done[id] = true
	}
	var missed []string
	for _, t := range todo {
		if !done[t.ID] {
			missed = append(missed, t.ID)
		}
	}
	r.count(b, missed)
	if len(missed) == 0 {
		return nil
	}
	if try == rekeyTries {
		r.out.Busy += int64(len(missed))
		return nil
	}
	again := batch{}
	if again.rows, err = r.s.db.SealedRows(ctx, table, missed); err != nil { // deleted rows are gone for good
		return err
	}
	if again.sealed, err = r.reseal(again.rows); err != nil {
		return err
	}
	return r.write(ctx, table, again, try+1)
}

// count adds a batch to the result, without the rows that are tried again.
func (r *rekey) count(b batch, without []string) {
	for i, row := range b.rows {
		if slices.Contains(without, row.ID) {
			continue
		}
		r.out.Rows++
		r.out.Sealed += int64(b.sealed[i].Sealed)
		if b.sealed[i].Column != nil {
			r.out.RowsChanged++
		}
		for _, v := range b.sealed[i].Values {
			r.out.Values++
			r.out.States[v.State]++
			if !v.Left() {
				continue
			}
			r.out.Left++
			if v.Unbound() {
				r.out.Unbound++
			}
			if len(r.out.Failed) < failedShown {
				r.out.Failed = append(r.out.Failed, RekeyFailure{Table: row.Table, ID: row.ID, Field: v.Field, State: v.State, Unbound: v.Unbound()})
			}
		}
	}
}

// reopen ends the rule that only v2 is opened, before a value is written that would be closed by it.
func (r *rekey) reopen(ctx context.Context) error {
	if r.mode.DryRun || r.out.Format == crypto.FormatV2 {
		return nil
	}
	bound, err := r.s.db.AllBound(ctx)
	if err != nil || !bound {
		return err
	}
	return r.summary(ctx, errors.New("it only begins"))
}

// summary leaves what the whole rotation did in both audit tables.
func (r *rekey) summary(ctx context.Context, failure error) error {
	states := map[string]int64{}
	for _, state := range slices.Sorted(maps.Keys(r.out.States)) {
		states[string(state)] = r.out.States[state]
	}
	facts := map[string]any{
		"key_id": r.out.KeyID, "format": r.out.Format, "rows": r.out.Rows, "rows_changed": r.out.RowsChanged,
		"values": r.out.Values, "values_encrypted": r.out.Sealed, "left": r.out.Left, "busy": r.out.Busy, "found": states,
		"complete": failure == nil,
	}
	return r.s.write(ctx, r.mode, func(t *txn) error {
		if err := t.audit(ctx, actionRekey, "credential", r.out.KeyID, nil, nil, facts); err != nil {
			return err
		}
		return t.security(ctx, securityRekey, nil, failure == nil && r.out.Left == 0 && r.out.Busy == 0, facts)
	})
}
