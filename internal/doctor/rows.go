package doctor

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/axisor/axisor/pkg/crypto"
)

const (
	// sample is how many stored credentials are opened; deriving a key is slow, opening is not.
	sample = 50
	// The guard runs every few seconds or minutes; an addition is settled within seconds.
	guardQuiet, intentStale = 15 * time.Minute, 10 * time.Minute
)

// rowsVisible: row security shows a role without rights no rows and no error, and every other check would
// then find nothing wrong.
func (v *visit) rowsVisible(ctx context.Context) (Result, error) {
	db, err := v.migrated()
	if err != nil {
		return Result{}, err
	}
	var hidden bool
	var role string
	err = db.SQL().QueryRowContext(ctx, `SELECT row_security_active('"User"'), current_user`).Scan(&hidden, &role)
	if err != nil {
		return Result{}, err
	}
	if hidden {
		return fail("connect as the owner of the tables, or as an administrator: ALTER ROLE "+role+" BYPASSRLS",
			"row security applies to the role %q: it does not see the rows of users", role), nil
	}
	return good("the role %q sees all rows", role), nil
}

// referenceRows: what the migrations insert and operators may delete.
func (v *visit) referenceRows(ctx context.Context) (Result, error) {
	db, err := v.migrated()
	if err != nil {
		return Result{}, err
	}
	missing, err := texts(ctx, db.SQL(), `
		SELECT 'plan ' || slug FROM unnest(enum_range(NULL::"PlanType")::text[]) slug
			WHERE NOT EXISTS (SELECT FROM "Plan" p WHERE p.slug = slug.slug)
		UNION ALL
		SELECT 'limits of plan ' || p.slug FROM "Plan" p WHERE NOT EXISTS (SELECT FROM "PlanLimits" l WHERE l.plan_id = p.id)
		UNION ALL
		SELECT 'automation type ' || slug FROM (VALUES ('margin_guard'), ('tp_sl'), ('auto_entry')) t (slug)
			WHERE NOT EXISTS (SELECT FROM "AutomationType" a WHERE a.slug = t.slug)
		UNION ALL
		SELECT 'exchange lnmarkets' WHERE NOT EXISTS (SELECT FROM "Exchange" WHERE slug = 'lnmarkets')
		UNION ALL
		SELECT 'credential field ' || f.name FROM (VALUES ('api_key'), ('api_secret'), ('passphrase')) f (name)
			JOIN "Exchange" e ON e.slug = 'lnmarkets'
			WHERE NOT EXISTS (SELECT FROM "ExchangeCredentialType" c WHERE c.exchange_id = e.id AND c.field_name = f.name)`)
	if err != nil {
		return Result{}, err
	}
	if len(missing) > 0 {
		return fail("insert them again; 00012_insert_reference_rows.sql in migrations/ has the statements", "missing: %s", some(missing)), nil
	}
	return good("plans, limits, automation types and the exchange are there"), nil
}

func texts(ctx context.Context, db *sql.DB, query string, args ...any) ([]string, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

func (v *visit) encryptionKey(ctx context.Context) (Result, error) {
	if _, err := v.settings(); err != nil {
		return Result{}, err
	}
	keys, err := v.in.Keyring(ctx)
	if err != nil {
		return fail("set ENCRYPTION_KEY, or encryption.key_file", "%s", err), nil
	}
	db, err := v.migrated()
	if err != nil {
		return Result{Level: OK, Finding: "there is a key; what is stored could not be read"}, nil //nolint:nilerr // the database's own check tells
	}
	stored, err := texts(ctx, db.SQL(), `SELECT credentials::text FROM (
		(SELECT credentials, updated_at FROM "UserExchangeAccounts" ORDER BY updated_at DESC LIMIT $1)
		UNION ALL
		(SELECT credentials, updated_at FROM "UserExchangeCredentials" ORDER BY updated_at DESC LIMIT $1)
		) newest ORDER BY updated_at DESC LIMIT $1`, sample)
	if err != nil {
		return Result{}, err
	}
	return opened(keys, stored), nil
}

// opened tries the stored credentials; no value is kept.
func opened(keys *crypto.Keyring, stored []string) Result {
	var old, wrong, unreadable int
	for _, column := range stored {
		_, err := keys.DecryptJSON([]byte(column))
		switch {
		case errors.Is(err, crypto.ErrWrongKey):
			wrong++
		case err != nil:
			unreadable++
		case !current(keys, column):
			old++
		}
	}
	n := len(stored)
	switch {
	case n == 0:
		return good("there is a key; nothing is stored yet")
	case wrong > 0:
		return fail("is this the ENCRYPTION_KEY they were written with? older keys go into encryption.previous_keys",
			"%d of the %s tried do not open with this key", wrong, count(n, "credential"))
	case unreadable > 0:
		return fail("store these credentials again", "%d of the %s tried are clear text or damaged", unreadable, count(n, "credential"))
	case old > 0:
		return warn("keep the previous key configured until they are stored again", "%d of the %s tried still need a previous key", old, count(n, "credential"))
	}
	return good("opens the %s tried", count(n, "stored credential"))
}

// current tells whether every field was written with the current key. Credentials in another shape than an
// object of texts count as old.
func current(keys *crypto.Keyring, column string) bool {
	var fields map[string]string
	if json.Unmarshal([]byte(column), &fields) != nil {
		return false
	}
	for name, text := range fields {
		if crypto.IsClearField(name) {
			continue
		}
		if _, info, err := keys.Decrypt(text); err != nil || !info.Current {
			return false
		}
	}
	return true
}

func (v *visit) guard(ctx context.Context) (Result, error) {
	db, err := v.migrated()
	if err != nil {
		return Result{}, err
	}
	var enabled, unknown, stale int
	var last sql.NullTime
	var state sql.NullString
	var stopped bool
	now := v.in.Now().UTC()
	err = db.SQL().QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM "MarginGuardConfig" WHERE is_active),
		(SELECT count(*) FROM guard_intent WHERE state = 'unknown'),
		(SELECT count(*) FROM guard_intent WHERE state IN ('planned', 'sent') AND planned_at < $1),
		(SELECT max(started_at) FROM guard_run),
		(SELECT state FROM guard_run ORDER BY started_at DESC LIMIT 1),
		EXISTS (SELECT FROM guard_control WHERE scope = 'global' AND disabled)`, now.Add(-intentStale)).
		Scan(&enabled, &unknown, &stale, &last, &state, &stopped)
	if err != nil {
		return Result{}, err
	}
	switch {
	case unknown > 0:
		return fail("axisor guard history --state unknown", "%s with an unknown outcome", count(unknown, "addition")), nil
	case stale > 0:
		return fail("axisor guard run", "%s left open by a run that ended in the middle", count(stale, "addition")), nil
	case stopped:
		return warn("axisor guard enable", "the kill switch is on: no run adds margin"), nil
	case enabled == 0:
		return good("nobody has it enabled"), nil
	case !last.Valid:
		return warn("run axisor guard run from cron", "enabled for %s, but it has never run", count(enabled, "user")), nil
	case now.Sub(last.Time) > guardQuiet:
		return warn("run axisor guard run from cron",
			"enabled for %s, but it last ran %s", count(enabled, "user"), ago(now.Sub(last.Time))), nil
	case state.String == "failed" || state.String == "interrupted":
		return warn("axisor guard status", "the last run, %s, %s", ago(now.Sub(last.Time)), state.String), nil
	}
	return good("enabled for %s, last run %s", count(enabled, "user"), ago(now.Sub(last.Time))), nil
}

func (v *visit) activeAccounts(ctx context.Context) (Result, error) {
	db, err := v.migrated()
	if err != nil {
		return Result{}, err
	}
	users, err := texts(ctx, db.SQL(), `SELECT u.username FROM "UserExchangeAccounts" a JOIN "User" u ON u.id = a.user_id
		WHERE a.is_active GROUP BY u.id HAVING count(*) > 1 ORDER BY u.username`)
	if err != nil {
		return Result{}, err
	}
	if len(users) > 0 {
		return fail("leave one of them active",
			"%s with more than one: %s", count(len(users), "user"), some(users)), nil
	}
	return good("no user has more than one"), nil
}

func (v *visit) payments(ctx context.Context) (Result, error) {
	db, err := v.migrated()
	if err != nil {
		return Result{}, err
	}
	var stuck int
	var oldest sql.NullTime
	now := v.in.Now().UTC()
	err = db.SQL().QueryRowContext(ctx, `SELECT count(*), min(expires_at) FROM "Payment" WHERE status = 'pending' AND expires_at < $1`, now).
		Scan(&stuck, &oldest)
	if err != nil {
		return Result{}, err
	}
	if stuck > 0 {
		return warn("set those that were never paid to expired", "%s past the expiry, the oldest expired %s",
			count(stuck, "pending payment"), ago(now.Sub(oldest.Time))), nil
	}
	return good("none is past its expiry"), nil
}
