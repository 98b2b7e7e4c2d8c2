package admin

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"

	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// What an import does with a user who exists.
const (
	OnConflictFail   = "fail"
	OnConflictSkip   = "skip"
	OnConflictUpdate = "update"
)

// Sizes of a batch. Hashing takes a quarter of a second a password, so a batch with passwords is small: what is
// lost when the import is killed should be seconds.
const (
	importAction = "user.import"
	importBatch  = 5000
	hashedBatch  = 50
	heavyBatch   = 1 << 20 // bytes of text
	importTries  = 3
	reasonInUse  = "the username belongs to another user"
	reasonIDUsed = "the id belongs to another user"
)

// Rejected is a row that did not get in, and why.
type Rejected struct {
	Row    ImportRow
	Reason string
}

// ImportOptions say how rows come in.
type ImportOptions struct {
	OnConflict string
	Source     string               // name of the file, for the audit trail
	Reject     func(Rejected) error // told of each rejected row
	// Changed is told of the ids of users who were created or updated, a batch at a time, when that is certain; nil is nobody.
	Changed  func(ids []string) error
	Progress func(rows int64) // told of rows that are dealt with
}

// ImportResult counts what became of the rows.
type ImportResult struct {
	Read, Created, Updated, Unchanged, Skipped, Rejected int64
	DryRun                                               bool
}

// ImportUsers brings rows in, batch by batch: each batch is a transaction with its audit rows, so an import that is
// killed leaves whole batches and can be run again with OnConflictSkip. A dry run is one transaction around all.
// A row that is wrong is rejected and does not stop the others; with OnConflictFail a user who exists does.
func (s *Service) ImportUsers(ctx context.Context, mode Mode, rows iter.Seq2[ImportRow, error], o ImportOptions) (ImportResult, error) {
	im := &importer{s: s, mode: mode, o: o, result: ImportResult{DryRun: mode.DryRun}}
	var err error
	if mode.DryRun {
		err = s.writeIn(ctx, mode, s.db.PinnedTransaction, func(t *txn) error {
			return im.run(ctx, rows, func(b []candidate) error {
				if err := im.hash(ctx, t.db, b); err != nil {
					return err
				}
				ids, err := im.put(ctx, t, b)
				if err != nil {
					return err
				}
				return im.changed(ids)
			})
		})
	} else {
		err = im.run(ctx, rows, func(b []candidate) error { return im.commit(ctx, b) })
	}
	return im.result, err
}

type importer struct {
	s      *Service
	mode   Mode
	o      ImportOptions
	result ImportResult
}

// run collects batches and hands them on, the next one being read while the last is written.
func (im *importer) run(ctx context.Context, rows iter.Seq2[ImportRow, error], put func([]candidate) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type message struct {
		batch    []candidate
		rejected []Rejected
		err      error
	}
	ch := make(chan message) // a batch may be one row of many megabytes: no more than two of them are held
	go func() {
		defer close(ch)
		send := func(m message) bool {
			select {
			case ch <- m:
				return true
			case <-ctx.Done():
				return false
			}
		}
		b := newGroup()
		for row, err := range rows {
			if err != nil {
				if len(b.rows)+len(b.rejected) > 0 && !send(message{batch: b.rows, rejected: b.rejected}) {
					return
				}
				send(message{err: err})
				return
			}
			c, err := im.s.candidate(row)
			if len(b.rejected) >= importBatch || b.bytes >= heavyBatch || err == nil && b.full(c) {
				if !send(message{batch: b.rows, rejected: b.rejected}) {
					return
				}
				b = newGroup()
			}
			b.bytes += row.size()
			if err != nil {
				b.rejected = append(b.rejected, Rejected{row, err.Error()})
				continue
			}
			b.add(c)
		}
		send(message{batch: b.rows, rejected: b.rejected})
	}()
	for m := range ch {
		if m.err != nil {
			return m.err
		}
		for _, r := range m.rejected {
			if err := im.reject(r); err != nil {
				return err
			}
		}
		if len(m.batch) == 0 {
			continue
		}
		if err := put(m.batch); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (im *importer) reject(r Rejected) error {
	im.result.Read++
	im.result.Rejected++
	im.progress(1)
	if im.o.Reject != nil {
		return im.o.Reject(r)
	}
	return nil
}

func (im *importer) progress(n int) {
	if im.o.Progress != nil {
		im.o.Progress(int64(n))
	}
}

// importGroup is a run of rows no two of which are the same person, so that a later row meets the earlier as one that
// exists, wherever the border between batches falls.
type importGroup struct {
	rows     []candidate
	rejected []Rejected
	hashed   int
	bytes    int
	seen     map[string]bool
}

func newGroup() *importGroup { return &importGroup{seen: map[string]bool{}} }

func (b *importGroup) full(c candidate) bool {
	return len(b.rows) >= importBatch || b.hashed >= hashedBatch || b.seen["e:"+c.row.Email] || b.seen["u:"+c.row.Username] ||
		c.row.ID != nil && b.seen["i:"+*c.row.ID]
}

func (b *importGroup) add(c candidate) {
	b.rows = append(b.rows, c)
	b.seen["e:"+c.row.Email], b.seen["u:"+c.row.Username] = true, true
	if c.row.ID != nil {
		b.seen["i:"+*c.row.ID] = true
	}
	if !c.password.IsZero() {
		b.hashed++
	}
}

// errImportRaced means that another writer added one of our users between looking and inserting.
var errImportRaced = errors.New("another writer added some of the same users")

// commit writes one batch in a transaction of its own.
func (im *importer) commit(ctx context.Context, b []candidate) error {
	if err := im.hash(ctx, im.s.db, b); err != nil {
		return err
	}
	before := im.result
	for try := 1; ; try++ {
		var ids []string
		err := im.s.writeIn(ctx, im.mode, im.s.db.PinnedTransaction, func(t *txn) (err error) {
			ids, err = im.put(ctx, t, b)
			return err
		})
		if err == nil {
			return im.changed(ids)
		}
		if !errors.Is(err, errImportRaced) || try == importTries {
			return err
		}
		im.result = before
	}
}

func (im *importer) changed(ids []string) error {
	if im.o.Changed == nil || len(ids) == 0 {
		return nil
	}
	return im.o.Changed(ids)
}

// put stages, sorts out conflicts and writes one batch. It returns the ids of whom it created or updated.
func (im *importer) put(ctx context.Context, t *txn, b []candidate) ([]string, error) {
	rows := make([]store.ImportedUser, len(b))
	for i := range b {
		rows[i] = b[i].stamped(t.now)
	}
	met, err := t.db.StageUsers(ctx, rows)
	if err != nil {
		return nil, err
	}
	same, rejected, err := im.sort(b, met)
	if err != nil {
		return nil, err
	}
	details, err := t.details(map[string]any{"by": importAction, "source": im.o.Source})
	if err != nil {
		return nil, err
	}
	ids, err := t.db.InsertStaged(ctx, details, t.now)
	if err != nil {
		return nil, err
	}
	if err := t.db.AdmitUsers(ctx, ids, t.now); err != nil {
		return nil, err
	}
	created := int64(len(ids))
	if created != int64(len(b)-len(met)) {
		return nil, errImportRaced
	}
	if im.o.OnConflict == OnConflictUpdate && same > 0 {
		updated, err := im.update(ctx, t)
		if err != nil {
			return nil, err
		}
		ids = append(ids, updated...)
	}
	updated := int64(len(ids)) - created
	if err := im.record(ctx, t, b, created, updated); err != nil {
		return nil, err
	}
	im.result.Read += int64(len(b)) - int64(len(rejected))
	im.result.Created += created
	im.result.Updated += updated
	if im.o.OnConflict == OnConflictUpdate {
		im.result.Unchanged += same - updated
	} else {
		im.result.Skipped += same
	}
	im.progress(len(b) - len(rejected))
	for _, r := range rejected {
		if err := im.reject(r); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// sort tells the staged rows that meet somebody apart: how many are the very user, and which are refused.
func (im *importer) sort(b []candidate, met []store.StagedRow) (same int64, rejected []Rejected, err error) {
	byLine := make(map[int64]candidate, len(met))
	if len(met) > 0 {
		for _, c := range b {
			byLine[c.row.Line] = c
		}
	}
	for _, m := range met {
		c := byLine[m.Line]
		switch {
		case im.o.OnConflict == OnConflictFail:
			return 0, nil, im.conflict(c, m.State)
		case m.State == store.StagedSame:
			same++
		case m.State == store.StagedUsername:
			rejected = append(rejected, Rejected{c.from, reasonInUse})
		default:
			rejected = append(rejected, Rejected{c.from, reasonIDUsed})
		}
	}
	return same, rejected, nil
}

// update changes the users who exist, and leaves the trail that the same change of one user leaves: an audit row with
// what was before, the security events, and no session that was opened with an old password.
func (im *importer) update(ctx context.Context, t *txn) ([]string, error) {
	users, err := t.db.UpdateStaged(ctx, t.now)
	if err != nil {
		return nil, err
	}
	var ids, relogin []string
	for _, u := range users {
		ids = append(ids, u.After.ID)
		if models.Deref(u.Before.PasswordHash) != models.Deref(u.After.PasswordHash) {
			relogin = append(relogin, u.After.ID)
		}
	}
	ended, err := t.endSessions(ctx, relogin...)
	if err != nil {
		return nil, err
	}
	if err := t.follow(ctx, importAction, users...); err != nil {
		return nil, err
	}
	exceeded, err := t.overLimits(ctx, users)
	if err != nil {
		return nil, err
	}
	audits := make([]models.AuditLog, len(users))
	var events []models.SecurityAuditLog
	for i, u := range users {
		facts := map[string]any{"by": importAction, "source": im.o.Source}
		values := UserValues(u.After)
		if slices.Contains(relogin, u.After.ID) {
			values["sessions_revoked"], facts["sessions_revoked"] = ended[u.After.ID], ended[u.After.ID]
		}
		if audits[i], err = t.auditRow(importAction, "user", u.After.ID, &u.After.ID, UserValues(u.Before), values); err != nil {
			return nil, err
		}
		if audits[i].Details, err = t.details(map[string]any{"source": im.o.Source}); err != nil {
			return nil, err
		}
		for _, event := range eventsOf(u.Before, u.After) {
			all := maps.Clone(facts)
			maps.Copy(all, event.facts)
			if event.action == planChanged {
				maps.Copy(all, planFacts(u.Before.PlanType, u.After.PlanType, exceeded[u.After.ID]))
			}
			row, err := t.securityRow(event.action, &u.After.ID, true, all)
			if err != nil {
				return nil, err
			}
			events = append(events, row)
		}
	}
	if err := t.db.CreateSecurityAudits(ctx, events); err != nil {
		return nil, err
	}
	return ids, t.db.CreateAudits(ctx, audits)
}

// record leaves one audit row for the batch; users who existed and were changed have rows of their own.
func (im *importer) record(ctx context.Context, t *txn, b []candidate, created, updated int64) error {
	if created+updated == 0 {
		return nil
	}
	passwords := 0
	for _, c := range b {
		if c.row.PasswordHash != nil {
			passwords++
		}
	}
	facts := map[string]any{
		"source": im.o.Source, "first_line": b[0].row.Line, "last_line": b[len(b)-1].row.Line, "created": created, "updated": updated, "passwords": passwords,
	}
	return t.audit(ctx, importAction, "user", "*", nil, nil, facts)
}
