package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/axisor/axisor/pkg/models"
)

// AuditFilter narrows a list of changes.
type AuditFilter struct {
	UserID     string
	Action     string // exact, or a prefix ending in a dot such as user.
	Resource   string
	ResourceID string
	Created    TimeRange
}

func auditLogs() listing[models.AuditLog] {
	type a = models.AuditLog
	return listing[a]{
		table: "AuditLog", order: "-created_at", id: func(r *a) string { return r.ID },
		sorts: map[string]sortKey[a]{
			"created_at": byTime("created_at", func(r *a) time.Time { return r.CreatedAt }),
			"action":     byText("action", func(r *a) string { return r.Action }),
			"resource":   byTextNull("resource", func(r *a) *string { return r.Resource }),
		},
	}
}

// ListAudit lists changes, newest first unless asked otherwise. Rows of a user
// who was deleted have lost their UserID; they are found by Resource "user" and
// ResourceID.
func (d *DB) ListAudit(ctx context.Context, f AuditFilter, p Page) List[models.AuditLog] {
	return auditLogs().run(ctx, d, p, func(q *gorm.DB) *gorm.DB {
		q = f.Created.on(q, "created_at")
		if f.UserID != "" {
			q = q.Where("user_id = ?", f.UserID)
		}
		if f.Resource != "" {
			q = q.Where("resource = ?", f.Resource)
		}
		if f.ResourceID != "" {
			q = q.Where("resource_id = ?", f.ResourceID)
		}
		return whereAction(q, f.Action)
	})
}

// AuditByID reads one change.
func (d *DB) AuditByID(ctx context.Context, id string) (models.AuditLog, error) {
	var row models.AuditLog
	err := d.Gorm(ctx).Where("id = ?", id).Take(&row).Error
	if errors.Is(err, ErrNotFound) {
		return row, &NotFoundError{Kind: "audit entry", Ref: id}
	}
	if err != nil {
		return row, fmt.Errorf("read audit entry: %w", err)
	}
	return row, nil
}

// CreateAudit writes one change. It belongs into the change's transaction.
func (d *DB) CreateAudit(ctx context.Context, row *models.AuditLog) error {
	if err := d.Gorm(ctx).Create(row).Error; err != nil {
		return fmt.Errorf("write audit entry: %w", err)
	}
	return nil
}

// CreateAudits inserts many audit entries at once.
func (d *DB) CreateAudits(ctx context.Context, rows []models.AuditLog) error {
	if len(rows) == 0 {
		return nil
	}
	if err := d.Gorm(ctx).CreateInBatches(rows, 500).Error; err != nil {
		return fmt.Errorf("write audit entries: %w", err)
	}
	return nil
}

// SecurityAuditFilter narrows a list of security events.
type SecurityAuditFilter struct {
	UserID  string
	Action  string
	Success *bool
	Created TimeRange
}

func securityLogs() listing[models.SecurityAuditLog] {
	type a = models.SecurityAuditLog
	return listing[a]{
		table: "SecurityAuditLog", order: "-created_at", id: func(r *a) string { return r.ID },
		sorts: map[string]sortKey[a]{
			"created_at": byTime("created_at", func(r *a) time.Time { return r.CreatedAt }),
			"action":     byText("action", func(r *a) string { return r.Action }),
		},
	}
}

// ListSecurityAudit lists security events, newest first unless asked otherwise.
func (d *DB) ListSecurityAudit(ctx context.Context, f SecurityAuditFilter, p Page) List[models.SecurityAuditLog] {
	return securityLogs().run(ctx, d, p, func(q *gorm.DB) *gorm.DB {
		q = f.Created.on(q, "created_at")
		if f.UserID != "" {
			q = q.Where("user_id = ?", f.UserID)
		}
		if f.Success != nil && !*f.Success {
			q = q.Where("success = false") // a literal, for the partial index
		} else if f.Success != nil {
			q = q.Where("success = true")
		}
		return whereAction(q, f.Action)
	})
}

// CreateSecurityAudit writes one security event.
func (d *DB) CreateSecurityAudit(ctx context.Context, row *models.SecurityAuditLog) error {
	if err := d.Gorm(ctx).Create(row).Error; err != nil {
		return fmt.Errorf("write security event: %w", err)
	}
	return nil
}

func whereAction(q *gorm.DB, action string) *gorm.DB {
	switch {
	case action == "":
		return q
	case action[len(action)-1] == '.':
		return q.Where("starts_with(action, ?)", action)
	default:
		return q.Where("action = ?", action)
	}
}
