package store

import (
	"context"
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
	Actor      string // the operator that the details name, exact
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
	return auditLogs().run(ctx, d, p, func(q *gorm.DB) *gorm.DB { return filtered(q, f.conditions()) })
}

// conditions are the filter as SQL.
func (f AuditFilter) conditions() []condition {
	out := append(f.Created.conditions("created_at"), actionIs(f.Action)...)
	for column, value := range map[string]string{"user_id": f.UserID, "resource": f.Resource, "resource_id": f.ResourceID} {
		if value != "" {
			out = append(out, condition{column + " = ?", []any{value}})
		}
	}
	if f.Actor != "" {
		out = append(out, condition{"details->>'actor' = ?", []any{f.Actor}})
	}
	return out
}

// AuditByID reads one change.
func (d *DB) AuditByID(ctx context.Context, id string) (models.AuditLog, error) {
	return byID[models.AuditLog](ctx, d, AuditIDs, id)
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
	return securityLogs().run(ctx, d, p, func(q *gorm.DB) *gorm.DB { return filtered(q, f.conditions()) })
}

// conditions are the filter as SQL. A plan that changed had two names in earlier versions; either finds both.
func (f SecurityAuditFilter) conditions() []condition {
	out := f.Created.conditions("created_at")
	if f.Action == "PLAN_CHANGED" || f.Action == "PLAN_CHANGE" {
		out = append(out, condition{sql: "action IN ('PLAN_CHANGED', 'PLAN_CHANGE')"})
	} else {
		out = append(out, actionIs(f.Action)...)
	}
	if f.UserID != "" {
		out = append(out, condition{"user_id = ?", []any{f.UserID}})
	}
	if f.Success != nil && !*f.Success {
		out = append(out, condition{sql: "success = false"}) // a literal, for the partial index
	} else if f.Success != nil {
		out = append(out, condition{sql: "success = true"})
	}
	return out
}

// CreateSecurityAudit writes one security event.
func (d *DB) CreateSecurityAudit(ctx context.Context, row *models.SecurityAuditLog) error {
	if err := d.Gorm(ctx).Create(row).Error; err != nil {
		return fmt.Errorf("write security event: %w", err)
	}
	return nil
}

// CreateSecurityAudits writes many security events at once.
func (d *DB) CreateSecurityAudits(ctx context.Context, rows []models.SecurityAuditLog) error {
	if len(rows) == 0 {
		return nil
	}
	if err := d.Gorm(ctx).CreateInBatches(rows, 500).Error; err != nil {
		return fmt.Errorf("write security events: %w", err)
	}
	return nil
}

// actionIs is an action, or with a dot at its end all that begin with it.
func actionIs(action string) []condition {
	switch {
	case action == "":
		return nil
	case action[len(action)-1] == '.':
		return []condition{{"starts_with(action, ?)", []any{action}}}
	default:
		return []condition{{"action = ?", []any{action}}}
	}
}
