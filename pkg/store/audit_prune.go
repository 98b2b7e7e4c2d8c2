package store

import (
	"context"
	"fmt"
	"time"

	"github.com/axisor/axisor/pkg/models"
)

// OldAudit counts what is older than a time.
type OldAudit struct {
	Audit    int64
	Security int64
}

// Total counts all of them.
func (o OldAudit) Total() int64 { return o.Audit + o.Security }

// CountAuditBefore counts the rows of both audit tables that are older than a time.
func (d *DB) CountAuditBefore(ctx context.Context, before time.Time) (OldAudit, error) {
	var n OldAudit
	err := d.Gorm(ctx).Raw(`SELECT (SELECT count(*) FROM "AuditLog" WHERE created_at < @before) AS audit,
		(SELECT count(*) FROM "SecurityAuditLog" WHERE created_at < @before) AS security`, map[string]any{"before": before.UTC()}).Scan(&n).Error
	if err != nil {
		return n, fmt.Errorf("count old audit entries: %w", err)
	}
	return n, nil
}

// DeleteAuditBefore deletes the rows of both audit tables that are older than a time.
func (d *DB) DeleteAuditBefore(ctx context.Context, before time.Time) (OldAudit, error) {
	var n OldAudit
	for table, count := range map[any]*int64{&models.AuditLog{}: &n.Audit, &models.SecurityAuditLog{}: &n.Security} {
		r := d.Gorm(ctx).Where("created_at < ?", before.UTC()).Delete(table)
		if r.Error != nil {
			return n, fmt.Errorf("delete old audit entries: %w", r.Error)
		}
		*count = r.RowsAffected
	}
	return n, nil
}
