package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/axisor/axisor/pkg/models"
)

// OldAudit counts what is older than a time.
type OldAudit struct {
	Audit    int64
	Security int64
}

// Total counts all of them.
func (o OldAudit) Total() int64 { return o.Audit + o.Security }

// notLastRotation keeps what AllBound reads.
const notLastRotation = `id <> COALESCE((SELECT id FROM (` + lastRotation + `) last), '')`

// CountAuditBefore counts the rows of both audit tables that are older than a time.
func (d *DB) CountAuditBefore(ctx context.Context, before time.Time) (OldAudit, error) {
	var n OldAudit
	err := d.Gorm(ctx).Raw(`SELECT (SELECT count(*) FROM "AuditLog" WHERE created_at < ?) AS audit,
		(SELECT count(*) FROM "SecurityAuditLog" WHERE created_at < ? AND `+notLastRotation+`) AS security`, before.UTC(), before.UTC(), rotated).Scan(&n).Error
	if err != nil {
		return n, fmt.Errorf("count old audit entries: %w", err)
	}
	return n, nil
}

// DeleteAuditBefore deletes the rows of both audit tables that are older than a time.
func (d *DB) DeleteAuditBefore(ctx context.Context, before time.Time) (OldAudit, error) {
	var n OldAudit
	old := d.Gorm(ctx).Where("created_at < ?", before.UTC()).Session(&gorm.Session{})
	for _, t := range []struct {
		rows  *gorm.DB
		table any
		count *int64
	}{{old, &models.AuditLog{}, &n.Audit}, {old.Where(notLastRotation, rotated), &models.SecurityAuditLog{}, &n.Security}} {
		r := t.rows.Delete(t.table)
		if r.Error != nil {
			return n, fmt.Errorf("delete old audit entries: %w", r.Error)
		}
		*t.count = r.RowsAffected
	}
	return n, nil
}
