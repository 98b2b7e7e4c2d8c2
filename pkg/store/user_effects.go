package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/axisor/axisor/pkg/namespace"
)

// What happens to rows that refer to something that is deleted.
const (
	EffectDeleted  = "deleted"
	EffectUnlinked = "unlinked"
	EffectBlocks   = "blocks"
)

// Effect is what deleting a user does to the rows of one table.
type Effect struct {
	Table  string
	Column string // the column that refers
	Action string // deleted, unlinked or blocks
	Rows   int64
}

// reference is a foreign key from one table to another's id.
type reference struct {
	Table   string
	Name    string // as statements name it, with its schema where that is needed
	Column  string
	Delete  string // confdeltype: c cascade, n set null, d set default, a no action, r restrict
	NotNull bool
}

// action says what the key does when the row it refers to goes. SET NULL on a column that cannot be NULL is an
// error at that moment, which is why it blocks.
func (r reference) action() string {
	switch {
	case r.Delete == "c":
		return EffectDeleted
	case r.Delete == "n" && !r.NotNull:
		return EffectUnlinked
	default:
		return EffectBlocks
	}
}

func (d *DB) referencesTo(ctx context.Context, name string) ([]reference, error) {
	var refs []reference
	err := d.Gorm(ctx).Raw(`SELECT r.relname AS "table", r.oid::regclass::text AS name, a.attname AS "column", c.confdeltype::text AS "delete", a.attnotnull AS not_null
		FROM pg_constraint c
		JOIN pg_class r ON r.oid = c.conrelid
		JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
		WHERE c.contype = 'f' AND c.confrelid = ?::regclass AND cardinality(c.conkey) = 1
		ORDER BY r.relname, a.attname`, name).Scan(&refs).Error
	return refs, err
}

// UserEffects counts, per table, what deleting a user would do. It reads the foreign keys of the live database,
// so tables that only the web application knows are part of the answer. Tables without a row are left out.
func (d *DB) UserEffects(ctx context.Context, userID string) ([]Effect, error) {
	direct, err := d.referencesTo(ctx, quoted("User"))
	if err != nil {
		return nil, fmt.Errorf("read what refers to users: %w", err)
	}
	var all []Effect
	count := func(r reference, where string, args ...any) error {
		var rows int64
		sql := "SELECT count(*) FROM " + r.Name + " WHERE " + where
		if err := d.Gorm(ctx).Raw(sql, args...).Scan(&rows).Error; err != nil {
			return fmt.Errorf("count %s: %w", r.Table, err)
		}
		if rows > 0 {
			all = append(all, Effect{Table: r.Table, Column: r.Column, Action: r.action(), Rows: rows})
		}
		return nil
	}
	owned := map[string]string{} // tables whose rows go with the user, by the column that says so
	for _, r := range direct {
		if err := count(r, quoted(r.Column)+" = ?", userID); err != nil {
			return nil, err
		}
		if r.action() == EffectDeleted {
			owned[r.Table] = r.Column
		}
	}
	for _, r := range direct {
		if r.action() != EffectDeleted {
			continue
		}
		second, err := d.referencesTo(ctx, r.Name)
		if err != nil {
			return nil, fmt.Errorf("read what refers to %s: %w", r.Table, err)
		}
		for _, s := range second {
			where := quoted(s.Column) + " IN (SELECT id FROM " + r.Name + " WHERE " + quoted(r.Column) + " = ?)"
			args := []any{userID}
			if column, gone := owned[s.Table]; gone { // counted already, and no obstacle when they go at the same time
				where += " AND " + quoted(column) + " <> ?"
				args = append(args, userID)
			}
			if err := count(s, where, args...); err != nil {
				return nil, err
			}
		}
	}
	order := []string{EffectBlocks, EffectDeleted, EffectUnlinked}
	slices.SortStableFunc(all, func(a, b Effect) int {
		return slices.Index(order, a.Action) - slices.Index(order, b.Action)
	})
	return all, nil
}

// PersonalTables are deleted with a person whose trades and payments stay: they hold settings, secrets or ways to
// reach the person. Automations go before the accounts they point to.
func PersonalTables() []string {
	return []string{
		"RefreshToken", "Automation", "MarginGuardConfig", "UserExchangeCredentials", "UserExchangeAccounts", "Notification",
		"BacktestReport", "Simulation", "guard_control",
	}
}

// DeletePersonal deletes a user's rows in one of PersonalTables.
func (d *DB) DeletePersonal(ctx context.Context, table, userID string) (int64, error) {
	if !slices.Contains(PersonalTables(), table) {
		return 0, fmt.Errorf("delete rows of a user: %s holds more than personal data", table)
	}
	r := d.Gorm(ctx).Exec("DELETE FROM "+namespace.Table(table)+" WHERE user_id = ?", userID)
	if r.Error != nil {
		return 0, fmt.Errorf("delete rows of a user in %s: %w", table, r.Error)
	}
	return r.RowsAffected, nil
}

// scrubbed are the names under which audit rows hold what tells who a person is.
const scrubbed = `ARRAY['email','username','social_provider','preferences','last_login_ip','ip_address','user_agent','id','user_id']`

// ScrubAudit removes a person from both audit tables: addresses, devices, and the values that name the person.
// What was done, when and by whom stays, under the new id.
func (d *DB) ScrubAudit(ctx context.Context, userID, newID string) (int64, error) {
	strip := func(column string) string {
		return column + ` = CASE jsonb_typeof(` + column + `) WHEN 'object' THEN ` + column + ` - ` + scrubbed + ` ELSE NULL END`
	}
	first := d.Gorm(ctx).Exec(`UPDATE "AuditLog" SET ip_address = NULL, user_agent = NULL, `+strip("old_values")+`, `+strip("new_values")+`, `+
		strip("details")+`, resource_id = CASE WHEN resource_id = ? THEN ? ELSE resource_id END
		WHERE user_id = ? OR (resource = 'user' AND resource_id = ?)`, userID, newID, userID, userID)
	if first.Error != nil {
		return 0, fmt.Errorf("remove a person from the audit trail: %w", first.Error)
	}
	second := d.Gorm(ctx).Exec(`UPDATE "SecurityAuditLog" SET ip_address = NULL, user_agent = NULL, `+strip("details")+` WHERE user_id = ?`, userID)
	if second.Error != nil {
		return 0, fmt.Errorf("remove a person from the security log: %w", second.Error)
	}
	return first.RowsAffected + second.RowsAffected, nil
}
