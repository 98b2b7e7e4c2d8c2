package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/axisor/axisor/pkg/models"
)

// SealedTable is one of the two tables that hold encrypted credentials.
type SealedTable string

// The tables that hold encrypted credentials.
const (
	SealedAccounts    SealedTable = "UserExchangeAccounts"
	SealedCredentials SealedTable = "UserExchangeCredentials"
)

// SealedTables lists both.
func SealedTables() []SealedTable { return []SealedTable{SealedAccounts, SealedCredentials} }

// Sealed is the credentials column of one row, as it is stored.
type Sealed struct {
	Table       SealedTable
	ID          string
	UserID      string
	Credentials models.JSON
}

// sealedPage bounds the memory of a scan: rows are fetched in pages of this size.
const sealedPage = 1000

// ScanSealed streams the stored credentials of a table in the order of their ids,
// which is the order of a rotation. No transaction is held while the consumer works.
func (d *DB) ScanSealed(ctx context.Context, table SealedTable) iter.Seq2[[]Sealed, error] {
	return func(yield func([]Sealed, error) bool) {
		after := ""
		for {
			page, err := d.sealed(ctx, table, `id > ? ORDER BY id LIMIT ?`, after, sealedPage)
			if err != nil {
				yield(nil, err)
				return
			}
			if len(page) == 0 || !yield(page, nil) || len(page) < sealedPage {
				return
			}
			after = page[len(page)-1].ID
		}
	}
}

// SealedRows reads some rows again; those that are gone are left out.
func (d *DB) SealedRows(ctx context.Context, table SealedTable, ids []string) ([]Sealed, error) {
	return d.sealed(ctx, table, `id = ANY(?::text[]) ORDER BY id`, models.Texts(ids))
}

// LockSealed is SealedRows inside a transaction that is about to change the row:
// nobody else changes it until the end.
func (d *DB) LockSealed(ctx context.Context, table SealedTable, id string) (Sealed, error) {
	rows, err := d.sealed(ctx, table, `id = ? FOR UPDATE`, id)
	if err == nil && len(rows) == 0 {
		err = &NotFoundError{Kind: table.kind(), Ref: id}
	}
	if err != nil {
		return Sealed{}, err
	}
	return rows[0], nil
}

func (t SealedTable) kind() string {
	if t == SealedAccounts {
		return "account"
	}
	return "credential"
}

func (d *DB) sealed(ctx context.Context, table SealedTable, where string, args ...any) (out []Sealed, err error) {
	rows, err := d.Gorm(ctx).Raw(`SELECT id, user_id, credentials FROM `+quoted(string(table))+` WHERE `+where, args...).Rows()
	if err != nil {
		return nil, fmt.Errorf("read credentials: %w", d.translate(ctx, err))
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		r := Sealed{Table: table}
		if err := rows.Scan(&r.ID, &r.UserID, &r.Credentials); err != nil {
			return nil, fmt.Errorf("read credentials: %w", d.translate(ctx, err))
		}
		out = append(out, r)
	}
	return out, d.translate(ctx, rows.Err())
}

// Replacement is new content for one credentials column.
type Replacement struct {
	ID       string
	Old, New models.JSON
}

// ReplaceSealed writes new values over old ones, and only where the old ones are
// still there: a row that somebody changed in the meantime keeps their values. It
// returns the ids of the rows it changed. The rows are locked in the order of
// their ids first, so that two writers of many rows do not stop each other.
func (d *DB) ReplaceSealed(ctx context.Context, table SealedTable, all []Replacement, at time.Time) ([]string, error) {
	ids, old, now := make(models.Texts, len(all)), make(models.Texts, len(all)), make(models.Texts, len(all))
	for i, r := range all {
		ids[i], old[i], now[i] = r.ID, string(r.Old), string(r.New)
	}
	name := quoted(string(table))
	if err := d.Gorm(ctx).Exec(`SELECT 1 FROM `+name+` WHERE id = ANY(?::text[]) ORDER BY id FOR UPDATE`, ids).Error; err != nil {
		return nil, fmt.Errorf("lock credentials: %w", err)
	}
	var changed []string
	err := d.Gorm(ctx).Raw(`
		UPDATE `+name+` t SET credentials = v.new::jsonb, updated_at = ?
		FROM (SELECT unnest(?::text[]) AS id, unnest(?::text[]) AS old, unnest(?::text[]) AS new) v
		WHERE t.id = v.id AND t.credentials = v.old::jsonb RETURNING t.id`, at.UTC(), ids, old, now).Scan(&changed).Error
	if err != nil {
		return nil, fmt.Errorf("replace credentials: %w", err)
	}
	return changed, nil
}

// SetTested records what a test found out.
func (d *DB) SetTested(ctx context.Context, table SealedTable, id string, verified bool, at time.Time) error {
	done := d.Gorm(ctx).Table(string(table)).Where("id = ?", id).Updates(map[string]any{
		"is_verified": verified, "last_test": at.UTC(), "updated_at": at.UTC(),
	})
	return touched(done, table.kind(), id)
}

// rotated is the action of the security event that every rotation leaves at its end. Its details tell whether anything
// was left undone; they are also what is remembered of it.
const rotated = "KEY_ROTATION"

// lastRotation is the newest of those events that says something: a rotation to v2 that left something undone changes
// nothing about what is opened. idx_security_audit_user_action finds them.
const lastRotation = `SELECT id, success, details FROM "SecurityAuditLog" WHERE user_id IS NULL AND action = ?
	AND (success OR details->>'format' <> 'v2') ORDER BY created_at DESC, id LIMIT 1`

// AllBound reports whether a rotation to v2 has left nothing, and none to another format began since: from then on a value of another format was
// put there by somebody else. Pruning the audit trail keeps the last rotation.
func (d *DB) AllBound(ctx context.Context) (bool, error) {
	var bound bool
	err := d.Gorm(ctx).Raw(`SELECT COALESCE((SELECT success AND details->>'format' = 'v2' FROM (`+lastRotation+`) last), false)`, rotated).Scan(&bound).Error
	if err != nil {
		return false, fmt.Errorf("read the last rotation of keys: %w", d.translate(ctx, err))
	}
	return bound, nil
}

// CountSealed counts the rows of both tables.
func (d *DB) CountSealed(ctx context.Context) (int64, error) {
	var n int64
	err := d.Gorm(ctx).Raw(`SELECT (SELECT count(*) FROM "UserExchangeAccounts") + (SELECT count(*) FROM "UserExchangeCredentials")`).Scan(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count credentials: %w", err)
	}
	return n, nil
}
