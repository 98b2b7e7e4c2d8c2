package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/axisor/axisor/pkg/models"
)

const redacted = "[redacted]"

// secretKeys are names whose values never enter an audit row. The use cases
// leave them out themselves; this is the second net.
func secretKey(name string) bool {
	switch name {
	case "password", "password_hash", "two_factor_secret", "two_factor_backup_codes", "token", "credentials",
		"email_verification_token", "password_reset_token", "preimage", "encryption_key", "api_key", "api_secret",
		"passphrase":
		return true
	}
	return false
}

// audit writes the row of one change into its transaction. userID is the
// affected user while that user exists; old and new are nil where there is no
// state before or after.
func (t *txn) audit(ctx context.Context, action, resource, resourceID string, userID *string, old, new any) error {
	row, err := t.auditRow(action, resource, resourceID, userID, old, new)
	if err != nil {
		return err
	}
	return t.db.CreateAudit(ctx, &row)
}

// auditRow makes the row without writing it, for changes of many things at once.
func (t *txn) auditRow(action, resource, resourceID string, userID *string, old, new any) (models.AuditLog, error) {
	none := models.AuditLog{}
	before, err := values(old)
	if err != nil {
		return none, err
	}
	after, err := values(new)
	if err != nil {
		return none, err
	}
	details, err := t.details(nil)
	if err != nil {
		return none, err
	}
	return models.AuditLog{
		UserID: userID, Action: action, Resource: &resource, ResourceID: &resourceID,
		OldValues: before, NewValues: after, Severity: models.SeverityInfo, Details: details, CreatedAt: t.now,
	}, nil
}

// security writes a security event beside the audit row. Actions are in upper
// snake case, as the web application writes them.
func (t *txn) security(ctx context.Context, action string, userID *string, success bool, details map[string]any) error {
	row, err := t.securityRow(action, userID, success, details)
	if err != nil {
		return err
	}
	return t.db.CreateSecurityAudit(ctx, &row)
}

// securityRow makes the event without writing it, for changes of many things at once.
func (t *txn) securityRow(action string, userID *string, success bool, details map[string]any) (models.SecurityAuditLog, error) {
	all, err := t.details(details)
	return models.SecurityAuditLog{UserID: userID, Action: action, Success: &success, Details: all, CreatedAt: t.now}, err
}

// details says who acted. The operator is no row of "User", so the columns for
// a user cannot hold that.
func (t *txn) details(extra map[string]any) (models.JSON, error) {
	o := t.s.opts
	d := map[string]any{"actor": o.Actor, "host": o.Host, "reason": nil, "version": o.Version}
	if t.mode.Reason != "" {
		d["reason"] = t.mode.Reason
	}
	if o.Profile != "" {
		d["profile"] = o.Profile
	}
	maps.Copy(d, extra)
	return values(d)
}

// values encodes a state without secrets. Nil gives NULL.
func values(v any) (models.JSON, error) {
	if v == nil {
		return nil, nil
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode audit values: %w", err)
	}
	var tree any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber() // sats and ids stay as they are
	if err := dec.Decode(&tree); err != nil {
		return nil, fmt.Errorf("encode audit values: %w", err)
	}
	return models.NewJSON(clean(tree))
}

func clean(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k, inner := range x {
			if secretKey(k) && inner != nil {
				x[k] = redacted
			} else {
				x[k] = clean(inner)
			}
		}
	case []any:
		for i := range x {
			x[i] = clean(x[i])
		}
	}
	return v
}

// Redact hides values under names of secrets in audit JSON that someone else
// wrote. What cannot be read is hidden whole.
func Redact(j models.JSON) models.JSON {
	safe, err := values(j)
	if err != nil {
		return models.JSON(`"` + redacted + `"`)
	}
	return safe
}
