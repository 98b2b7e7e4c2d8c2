package store

import (
	"context"
	"fmt"
	"time"

	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/namespace"
)

// Application reports whether the shared tables are the web application's own, in its naming. Some values are spelled there
// as it reads them.
func (d *DB) Application(ctx context.Context) (bool, error) {
	names, err := d.settle(func(query string, args ...any) scanner { return d.conns.QueryRowContext(ctx, query, args...) })
	if err != nil {
		return false, d.translate(ctx, err)
	}
	return names.App, nil
}

// PlanStep is a change of one user's plan.
type PlanStep struct {
	UserID   string
	From, To models.PlanType
}

// SetPlanOf changes a user's plan because of a payment, and what follows from that.
func (d *DB) SetPlanOf(ctx context.Context, step PlanStep, reason string, now time.Time) error {
	if _, err := d.step(ctx, `UPDATE "User" SET plan_type = ?, updated_at = ? WHERE id = ?`, step.To, now.UTC(), step.UserID); err != nil {
		return err
	}
	return d.RecordPlans(ctx, []PlanStep{step}, reason, now)
}

// RecordPlans keeps in step what the web application has of its users' plans: its history gets a row for each change, and
// its entitlements follow. A database without those tables needs nothing.
func (d *DB) RecordPlans(ctx context.Context, steps []PlanStep, reason string, now time.Time) error {
	if len(steps) == 0 {
		return nil
	}
	there, err := d.applicationTables(ctx)
	if err != nil {
		return err
	}
	var users, from, to models.Texts
	for _, s := range steps {
		users, from, to = append(users, s.UserID), append(from, string(s.From)), append(to, string(s.To))
	}
	args := map[string]any{"users": users, "from": from, "to": to, "reason": reason, "now": now.UTC()}
	const of = ` FROM unnest(CAST(@users AS text[]), CAST(@from AS text[]), CAST(@to AS text[])) AS s (id, was, becomes)`
	var statements []string
	if t := there["user_upgrade_history"]; t != "" {
		// The application references a user as the author, and no operator is one.
		statements = append(statements, `INSERT INTO `+t+` (id, user_id, old_plan, new_plan, reason, effective_date, upgraded_by, created_at, updated_at)
			SELECT gen_random_uuid()::text, s.id, s.was, s.becomes, @reason, @now, s.id, @now, @now`+of)
	}
	if t := there["user_entitlements"]; t != "" {
		statements = append(statements, `UPDATE `+t+` e SET plan = upper(s.becomes), feature_set = s.becomes, updated_at = @now`+of+` WHERE e.user_id = s.id`)
	}
	return d.follow(ctx, statements, args)
}

// AdmitUsers does what the web application does once an address is verified, for those of the users whose address is: the
// account is active, and there are entitlements. Who is not verified gets the latter alone, as somebody who tries.
func (d *DB) AdmitUsers(ctx context.Context, ids []string, now time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	there, err := d.applicationTables(ctx)
	if err != nil {
		return err
	}
	status, err := d.userColumn(ctx, "account_status")
	if err != nil {
		return err
	}
	var statements []string
	if status {
		statements = append(statements, `UPDATE "User" SET account_status = 'active'
			WHERE id = ANY(CAST(@users AS text[])) AND email_verified AND account_status = 'pending_verification'`)
	}
	if t := there["user_entitlements"]; t != "" {
		statements = append(statements, `INSERT INTO `+t+` (id, user_id, plan, feature_set, demo_mode, created_at, updated_at)
			SELECT gen_random_uuid()::text, id, upper(plan_type::text), plan_type::text, email_verified IS NOT TRUE, @now, @now
			FROM "User" WHERE id = ANY(CAST(@users AS text[]))
			ON CONFLICT (user_id) DO UPDATE SET demo_mode = EXCLUDED.demo_mode, updated_at = EXCLUDED.updated_at`)
	}
	return d.follow(ctx, statements, map[string]any{"users": models.Texts(ids), "now": now.UTC()})
}

func (d *DB) follow(ctx context.Context, statements []string, args map[string]any) error {
	for _, sql := range statements {
		if err := d.Gorm(ctx).Exec(sql, args).Error; err != nil {
			return fmt.Errorf("keep the web application's tables in step: %w", err)
		}
	}
	return nil
}

// applicationTables are those tables of the web application that are there and follow from changes of ours, by name, as
// statements name them.
func (d *DB) applicationTables(ctx context.Context) (map[string]string, error) {
	var found []struct{ Name, SQL string }
	err := d.Gorm(ctx).Raw(`SELECT c.relname AS name, format('%I.%I', n.nspname, c.relname) AS sql
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE n.oid = ` + namespace.SharedSchema + ` AND c.relkind IN ('r', 'p') AND c.relname IN ('user_upgrade_history', 'user_entitlements')`).
		Scan(&found).Error
	if err != nil {
		return nil, fmt.Errorf("look for the web application's tables: %w", err)
	}
	out := map[string]string{}
	for _, f := range found {
		out[f.Name] = f.SQL
	}
	return out, nil
}

// userColumn reports whether "User" has a column that not every database has.
func (d *DB) userColumn(ctx context.Context, name string) (there bool, err error) {
	err = d.Gorm(ctx).Raw(`SELECT EXISTS (SELECT FROM pg_catalog.pg_attribute
		WHERE attrelid = '"User"'::regclass AND attname = ? AND NOT attisdropped)`, name).Scan(&there).Error
	if err != nil {
		err = fmt.Errorf("look for column %s: %w", name, err)
	}
	return there, err
}
