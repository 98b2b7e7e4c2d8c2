package store

import (
	"context"
	"io"
)

// oldestFirst is the order of exports that are read from the beginning.
const oldestFirst = "created_at, id"

// CopyPayments writes payments as csv, oldest first.
func (d *DB) CopyPayments(ctx context.Context, w io.Writer, f PaymentFilter, o CSV) (int64, error) {
	own := func(name string, kind cellKind) csvColumn { return csvColumn{name, `"Payment".` + name, kind} }
	return d.copyCSV(ctx, w, csvSource{
		what: "payments", from: `"Payment" ` + paymentJoins, where: f.conditions(),
		order: `"Payment".created_at, "Payment".id`,
		columns: []csvColumn{
			own("id", cellText), own("user_id", cellText),
			{"user_email", "u.email", cellText},
			own("amount_sats", cellAsIs),
			// The web application's other word for paid, as models.PaymentStatus reads it.
			{"status", `CASE "Payment".status WHEN 'completed' THEN 'paid' ELSE "Payment".status END`, cellText},
			own("plan_type", cellAsIs), own("description", cellText), own("payment_method", cellText), own("payment_hash", cellText),
			own("lightning_invoice", cellText),
			// Whoever has the preimage of an invoice before it is paid can take the money on its way.
			{"preimage", `CASE WHEN "Payment".status IN ('paid', 'completed', 'refunded') THEN "Payment".preimage END`, cellText},
			own("expiry_seconds", cellAsIs), own("amount", cellAsIs),
			{"evidence", "s.source", cellText},
			{"late", "s.late::text", cellAsIs},
			{"duplicate_of", "s.duplicate_of", cellText},
			own("expires_at", cellTime), own("paid_at", cellTime), own("created_at", cellTime), own("updated_at", cellTime),
		},
	}, o)
}

// CopyUsers writes users as csv, oldest first, without secrets.
func (d *DB) CopyUsers(ctx context.Context, w io.Writer, f UserFilter, o CSV) (int64, error) {
	return d.copyCSV(ctx, w, csvSource{
		what: "users", from: `"User"`, where: f.conditions(d.Now()), order: oldestFirst,
		columns: []csvColumn{
			{"id", "id", cellText},
			{"email", "email", cellText},
			{"username", "username", cellText},
			{"plan_type", "plan_type", cellAsIs},
			{"is_active", "is_active::text", cellAsIs},
			{"email_verified", "email_verified::text", cellAsIs},
			{"two_factor_enabled", "two_factor_enabled::text", cellAsIs},
			{"login_attempts", "login_attempts", cellAsIs},
			{"locked_until", "locked_until", cellTime},
			{"last_login_at", "last_login_at", cellTime},
			{"last_login_ip", "last_login_ip", cellText},
			{"social_provider", "social_provider", cellText},
			{"preferences", "preferences", cellJSON},
			{"created_at", "created_at", cellTime},
			{"updated_at", "updated_at", cellTime},
		},
	}, o)
}

// CopyAudit writes changes as csv, oldest first.
func (d *DB) CopyAudit(ctx context.Context, w io.Writer, f AuditFilter, o CSV) (int64, error) {
	return d.copyCSV(ctx, w, csvSource{
		what: "audit entries", from: `"AuditLog"`, where: f.conditions(), order: oldestFirst,
		columns: []csvColumn{
			{"id", "id", cellText},
			{"user_id", "user_id", cellText},
			{"action", "action", cellText},
			{"resource", "resource", cellText},
			{"resource_id", "resource_id", cellText},
			{"old_values", "old_values", cellJSON},
			{"new_values", "new_values", cellJSON},
			{"ip_address", "ip_address", cellText},
			{"user_agent", "user_agent", cellText},
			{"severity", "severity", cellText},
			{"details", "details", cellJSON},
			{"created_at", "created_at", cellTime},
		},
	}, o)
}

// CopySecurityAudit writes security events as csv, oldest first.
func (d *DB) CopySecurityAudit(ctx context.Context, w io.Writer, f SecurityAuditFilter, o CSV) (int64, error) {
	return d.copyCSV(ctx, w, csvSource{
		what: "security events", from: `"SecurityAuditLog"`, where: f.conditions(), order: oldestFirst,
		columns: []csvColumn{
			{"id", "id", cellText},
			{"user_id", "user_id", cellText},
			{"action", "action", cellText},
			{"resource", "resource", cellText},
			{"ip_address", "ip_address", cellText},
			{"user_agent", "user_agent", cellText},
			{"success", "success::text", cellAsIs},
			{"details", "details", cellJSON},
			{"created_at", "created_at", cellTime},
		},
	}, o)
}
