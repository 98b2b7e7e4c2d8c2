package doctor

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/store"
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
	err = db.Queries().QueryRowContext(ctx, `SELECT row_security_active('"User"'), current_user`).Scan(&hidden, &role)
	if err != nil {
		return Result{}, err
	}
	if hidden {
		return fail(fmt.Sprintf(`sudo -u postgres psql -c 'ALTER ROLE "%s" BYPASSRLS'`, role),
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
	missing, err := texts(ctx, db.Queries(), `
		SELECT 'plan ' || slug FROM unnest(enum_range(NULL::"PlanType")::text[]) slug
			WHERE NOT EXISTS (SELECT FROM "Plan" p WHERE p.slug = slug.slug)
		UNION ALL
		SELECT 'limits of plan ' || p.slug FROM "Plan" p WHERE NOT EXISTS (SELECT FROM "PlanLimits" l WHERE l.plan_id = p.id)
		UNION ALL
		SELECT 'automation type ' || slug FROM (VALUES ('margin_guard'), ('tp_sl'), ('auto_entry')) t (slug)
			WHERE NOT EXISTS (SELECT FROM "AutomationType" a WHERE a.slug = t.slug)
		UNION ALL
		SELECT 'exchange lnmarkets' WHERE NOT EXISTS (SELECT FROM "Exchange" WHERE `+store.IsLNMarkets+`)
		UNION ALL
		SELECT 'credential field ' || f.name FROM (VALUES ('api_key'), ('api_secret'), ('passphrase')) f (name)
			JOIN "Exchange" e ON `+store.IsLNMarkets+`
			WHERE NOT EXISTS (SELECT FROM "ExchangeCredentialType" c WHERE c.exchange_id = e.id AND c.field_name = f.name)`)
	if err != nil {
		return Result{}, err
	}
	if len(missing) > 0 {
		return fail("axisor doctor --fix", "missing: %s", some(missing)).with(v.seedReference), nil
	}
	return good("plans, limits, automation types and the exchange exist"), nil
}

func texts(ctx context.Context, db store.Queries, query string) ([]string, error) {
	rows, err := db.QueryContext(ctx, query)
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
		return fail("axisor config show encryption.key_file", "%s", err), nil
	}
	db, err := v.migrated()
	if err != nil {
		return Result{Level: OK, Finding: "there is a key; what is stored could not be read"}, nil
	}
	limit := sql.NullInt64{Int64: sample, Valid: !v.in.All} // NULL is no limit
	rows, err := db.Queries().QueryContext(ctx, `SELECT place, id, user_id, credentials::text FROM (
		(SELECT 'UserExchangeAccounts' AS place, id, user_id, credentials, updated_at FROM "UserExchangeAccounts" ORDER BY updated_at DESC LIMIT $1)
		UNION ALL
		(SELECT 'UserExchangeCredentials', id, user_id, credentials, updated_at FROM "UserExchangeCredentials" ORDER BY updated_at DESC LIMIT $1)
		) newest ORDER BY updated_at DESC LIMIT $1`, limit)
	if err != nil {
		return Result{}, err
	}
	defer rows.Close()
	var found seen
	for rows.Next() {
		var at crypto.Place
		var column string
		if err := rows.Scan(&at.Table, &at.Row, &at.User, &column); err != nil {
			return Result{}, err
		}
		found.add(keys.Inspect(at, []byte(column)))
	}
	if err := rows.Err(); err != nil {
		return Result{}, err
	}
	return found.result(), nil
}

// seen counts stored credentials by the worst of their values.
type seen struct{ all, old, wrong, unreadable, refused, clear int }

func (s *seen) add(values []crypto.Value) {
	var old, wrong, unreadable, refused, clear bool
	for _, v := range values {
		switch v.State {
		case crypto.StateWrongKey:
			wrong = true
		case crypto.StateUnreadable, crypto.StateAltered:
			unreadable = true
		case crypto.StateNotAccepted:
			refused = true
		case crypto.StateClear:
			clear = true
		case crypto.StateOutdated, crypto.StateWeak:
			old = true
		}
	}
	s.all++
	switch {
	case wrong:
		s.wrong++
	case unreadable:
		s.unreadable++
	case refused:
		s.refused++
	case clear:
		s.clear++
	case old:
		s.old++
	}
}

func (s *seen) result() Result {
	tried := words.Count(s.all, "credential")
	switch {
	case s.all == 0:
		return good("there is a key; nothing is stored yet")
	case s.wrong > 0:
		return fail("axisor credential check --problems",
			"%d of the %s tried do not open with this key; an older one belongs into encryption.previous_keys", s.wrong, tried)
	case s.unreadable > 0:
		return fail("axisor credential check --problems", "%d of the %s tried are damaged", s.unreadable, tried)
	case s.refused > 0:
		return fail("axisor credential check --problems", "%d of the %s tried are in a format that is no longer accepted: nothing proves whose they are", s.refused, tried)
	case s.clear > 0:
		return fail("axisor credential rekey", "%d of the %s tried are clear text", s.clear, tried)
	case s.old > 0:
		return warn("axisor credential rekey", "%d of the %s tried still need a previous key or format", s.old, tried)
	}
	return good("opens the %s tried", words.Count(s.all, "stored credential"))
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
	err = db.Queries().QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM "MarginGuardConfig" WHERE is_active),
		(SELECT count(*) FROM axisor.guard_intent WHERE state = 'unknown'),
		(SELECT count(*) FROM axisor.guard_intent WHERE state IN ('planned', 'sent') AND planned_at < $1),
		GREATEST((SELECT max(started_at) FROM axisor.guard_run), (SELECT max(finished_at) FROM axisor.guard_worker)),
		(SELECT state FROM axisor.guard_run WHERE started_at >= COALESCE((SELECT max(finished_at) FROM axisor.guard_worker), '-infinity') ORDER BY started_at DESC LIMIT 1),
		EXISTS (SELECT FROM axisor.guard_control WHERE scope = 'global' AND disabled)`, now.Add(-intentStale)).
		Scan(&enabled, &unknown, &stale, &last, &state, &stopped)
	if err != nil {
		return Result{}, err
	}
	p, err := db.GuardProtection(ctx, now.Add(-store.GuardUnseen))
	if err != nil {
		return Result{}, err
	}
	switch {
	case p.Unprotected > 0:
		return fail("axisor guard status", "%s", danger(p)), nil
	case unknown > 0:
		return fail("axisor guard history --state unknown", "%s with an unknown outcome", words.Count(unknown, "addition")), nil
	case stale > 0:
		return fail("axisor guard run", "%s left open by a run that ended in the middle", words.Count(stale, "addition")), nil
	case stopped:
		return warn("axisor guard enable", "the kill switch is on: no run adds margin"), nil
	case enabled == 0:
		return good("nobody has it enabled"), nil
	case !last.Valid:
		return warn("axisor guard run", "enabled for %s, but it has never run", words.Count(enabled, "user")), nil
	case now.Sub(last.Time) > guardQuiet:
		return warn("axisor guard run",
			"enabled for %s, but it last ran %s", words.Count(enabled, "user"), ago(now.Sub(last.Time))), nil
	case state.String == "failed" || state.String == "interrupted":
		return warn("axisor guard status", "the last run, %s, %s", ago(now.Sub(last.Time)), state.String), nil
	case p.Protected < p.Wanting:
		return warn("axisor guard status", "%s", danger(p)), nil
	}
	return good("%s protected, last run %s", words.Count(enabled, "user"), ago(now.Sub(last.Time))), nil
}

// danger says who wants protection and has none.
func danger(p store.GuardProtection) string {
	text := fmt.Sprintf("%d of %d users who want protection have it", p.Protected, p.Wanting)
	if p.Unprotected > 0 {
		text = words.Count(int(p.Unprotected), "position") + " in danger without protection; " + text
	}
	if len(p.Problems) > 0 {
		text += fmt.Sprintf("; first %s: %s", p.Problems[0].Username, p.Problems[0].Message)
	}
	return text
}

func (v *visit) activeAccounts(ctx context.Context) (Result, error) {
	db, err := v.migrated()
	if err != nil {
		return Result{}, err
	}
	users, err := texts(ctx, db.Queries(), `WITH several AS (
			SELECT user_id FROM "UserExchangeAccounts" WHERE is_active GROUP BY user_id HAVING count(*) > 1)
		SELECT u.username FROM several s JOIN "User" u ON u.id = s.user_id ORDER BY u.username`)
	if err != nil {
		return Result{}, err
	}
	if len(users) > 0 {
		return fail("axisor account check --fix",
			"%s with more than one: %s", words.Count(len(users), "user"), some(users)), nil
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
	err = db.Queries().QueryRowContext(ctx, `SELECT count(*), min(expires_at) FROM "Payment" WHERE status = 'pending' AND expires_at < $1`, now).
		Scan(&stuck, &oldest)
	if err != nil {
		return Result{}, err
	}
	if stuck > 0 {
		return warn("axisor payment expire", "%s past the expiry, the oldest expired %s",
			words.Count(stuck, "pending payment"), ago(now.Sub(oldest.Time))).with(v.expirePayments), nil
	}
	return good("none is past its expiry"), nil
}
