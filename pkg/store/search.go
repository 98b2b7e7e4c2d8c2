package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/axisor/axisor/pkg/namespace"
)

// Hit is one thing that a search found.
type Hit struct {
	Kind      string // SearchKinds
	Matched   string // the field that was equal or began so: id, email, username, payment_hash, invoice or trade_id
	Exact     bool
	ID        string
	UserID    *string
	UserEmail *string
	What      string
	At        time.Time
}

// SearchKinds are the kinds of things that a search finds, in the order of its answer.
func SearchKinds() []string {
	return []string{"user", "account", "payment", "automation", "trade", "guard_intent"}
}

// Search is what to look for.
type Search struct {
	Text  string
	Hash  string   // payment hash of an invoice, in hex, when Text is one
	Kinds []string // none means all
	Limit int      // most hits of each way to match
}

// Searched is the answer.
type Searched struct {
	Hits []Hit
	// GaveUp names fields that have no index and could not be read through in time.
	GaveUp []string
}

// Times a search may take: every indexed look-up together, and each look-up that has to read a whole table.
const (
	searchTime = 5 * time.Second
	scanTime   = 2 * time.Second
)

// top ends the range of texts that begin with a prefix. A prefix alone cannot use these indexes, which are in the
// collation of the database; a range can, whatever the collation, and starts_with then keeps what really begins
// so. Ids, addresses, names and hashes hold nothing that sorts after z.
const top = "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"

// leg is one way to match: a table, the indexed expression and what it is compared with, and how a row of it is
// told. The columns are named one by one: the support role may not read all of them.
type leg struct {
	kind, matched, table, column, value string
	columns, user, what, at             string
}

func searchLegs() []leg {
	user := leg{
		kind: "user", table: "User", columns: "id, username, plan_type, is_active, locked_until, created_at", user: "id", at: "created_at",
		what: `concat_ws(', ', r.username, r.plan_type, CASE WHEN NOT r.is_active THEN 'disabled' END,
			CASE WHEN r.locked_until > now() AT TIME ZONE 'UTC' THEN 'locked out' END)`,
	}
	account := leg{
		kind: "account", table: "UserExchangeAccounts", columns: "id, user_id, account_name, is_active, created_at", user: "user_id", at: "created_at",
		what: `concat_ws(', ', r.account_name, CASE WHEN r.is_active THEN 'active' ELSE 'inactive' END)`,
	}
	automation := leg{
		kind: "automation", table: "Automation", columns: "id, user_id, type, status, is_active, created_at", user: "user_id", at: "created_at",
		what: `concat_ws(', ', r.type, r.status, CASE WHEN NOT r.is_active THEN 'inactive' END)`,
	}
	intent := leg{
		kind: "guard_intent", table: "guard_intent", columns: "id, user_id, amount_sats, state, trade_id, planned_at", user: "user_id", at: "planned_at",
		what: `concat_ws(', ', 'add ' || r.amount_sats || ' sats', r.state, 'exchange trade ' || r.trade_id)`,
	}
	payment, trade := paymentLeg(), tradeLeg()
	return []leg{
		user.by("id", "id", "@id"), user.by("email", "lower(email)", "@lower"),
		user.by("username", "username", "@text"), user.by("username", "username", "@lower"),
		account.by("id", "id", "@id"), payment.by("id", "id", "@id"), payment.by("payment_hash", "payment_hash", "@hash"),
		automation.by("id", "id", "@id"), trade.by("id", "id", "@id"),
		intent.by("id", "id", "@id"), intent.by("trade_id", "trade_id", "@id"),
	}
}

func paymentLeg() leg {
	return leg{
		kind: "payment", table: "Payment", columns: "id, user_id, amount_sats, plan_type, status, payment_hash, created_at", user: "user_id", at: "created_at",
		what: `concat_ws(', ', r.amount_sats || ' sats', r.plan_type, r.status, 'hash ' || left(r.payment_hash, 12) || '…')`,
	}
}

func tradeLeg() leg {
	return leg{
		kind: "trade", table: "TradeLog", columns: "id, user_id, action, status, pnl, trade_id, executed_at", user: "user_id", at: "executed_at",
		what: `concat_ws(', ', r.action, r.status, 'pnl ' || CASE WHEN abs(r.pnl) < 1e18 THEN round(r.pnl)::bigint::text ELSE r.pnl::text END, 'exchange trade ' || r.trade_id)`,
	}
}

func (l leg) by(matched, column, value string) leg {
	l.matched, l.column, l.value = matched, column, value
	return l
}

// prefix selects the rows whose column begins with the value, as a range of its index.
func (l leg) prefix() string {
	return fmt.Sprintf(`SELECT %[1]s, %[2]s = %[3]s AS exact FROM %[4]s WHERE %[2]s >= %[3]s AND %[2]s <= %[3]s || @top
		AND starts_with(%[2]s, %[3]s) ORDER BY %[2]s LIMIT @limit`, l.columns, l.column, l.value, namespace.Table(l.table))
}

// equal selects the rows whose column is the value, or one of them.
func (l leg) equal() string {
	return fmt.Sprintf(`SELECT %s, true AS exact FROM %s WHERE %s IN (%s) LIMIT @limit`, l.columns, namespace.Table(l.table), l.column, l.value)
}

// hits selects the rows of an inner query as hits.
func (l leg) hits(inner string) string {
	return fmt.Sprintf(`SELECT '%s' AS kind, '%s' AS matched, r.exact, r.id, u.id AS user_id, u.email AS user_email, %s AS what, r.%s AS at
		FROM (%s) r LEFT JOIN "User" u ON u.id = r.%s`, l.kind, l.matched, l.what, l.at, inner, l.user)
}

// Search finds things by the beginning of an id, e-mail, username or payment hash. Every look-up is a range of an
// index, also when the planner has no statistics yet, so that five million trade logs cost no more than five. The
// two fields without an index, an exchange's trade id and an invoice, are read through only when nothing else
// matched, and only for as long as a person would wait.
func (d *DB) Search(ctx context.Context, s Search) (Searched, error) {
	var out Searched
	args := searchArgs(s)
	sql := searchSQL(s)
	if sql != "" {
		hits, err := d.searchRun(ctx, sql, args, searchTime, true)
		if err != nil {
			return out, fmt.Errorf("search: %w", err)
		}
		out.Hits = hits
	}
	for _, scan := range searchScans(s) {
		if len(out.Hits) > 0 {
			break
		}
		hits, done, err := d.searchScan(ctx, scan, args, scanTime)
		if err != nil {
			return out, fmt.Errorf("search %s: %w", scan.matched, err)
		}
		if !done {
			out.GaveUp = append(out.GaveUp, scan.table+"."+scan.column)
		}
		out.Hits = append(out.Hits, hits...)
	}
	out.Hits = ranked(out.Hits)
	return out, nil
}

// searchScan reads a table through; done is false when the time was not enough.
func (d *DB) searchScan(ctx context.Context, l leg, args map[string]any, limit time.Duration) (hits []Hit, done bool, err error) {
	hits, err = d.searchRun(ctx, l.hits(l.equal()), args, limit, false)
	if errors.Is(err, ErrTimeout) {
		return nil, false, nil
	}
	return hits, true, err
}

func wanted(s Search, kind string) bool { return len(s.Kinds) == 0 || slices.Contains(s.Kinds, kind) }

func searchSQL(s Search) string {
	var parts []string
	for _, l := range searchLegs() {
		if !wanted(s, l.kind) {
			continue
		}
		parts = append(parts, "("+l.hits(l.prefix())+")")
		if l.matched == "payment_hash" { // other spellings of a whole hash
			l.value = "@forms"
			parts = append(parts, "("+l.hits(l.equal())+")")
		}
	}
	return strings.Join(parts, " UNION ALL ")
}

// searchScans are the look-ups without an index that a text may need.
func searchScans(s Search) []leg {
	var scans []leg
	if s.Hash != "" && wanted(s, "payment") {
		scans = append(scans, paymentLeg().by("invoice", "lightning_invoice", "@lower"))
	}
	// Most ids of exchanges are uuids, and not all of them; an address is none.
	if s.Hash == "" && !strings.ContainsAny(s.Text, "@ ") && wanted(s, "trade") {
		scans = append(scans, tradeLeg().by("trade_id", "trade_id", "@id, @text"))
	}
	return scans
}

func searchArgs(s Search) map[string]any {
	lower, id := strings.ToLower(s.Text), s.Text
	if idLike(s.Text) {
		id = lower // a person pastes what they got; ids are written in lower case
	}
	hash, forms := s.Hash, []string{s.Text}
	if hash == "" {
		hash = NormalHash(s.Text)
	}
	if IsHash(hash) {
		forms = hashForms(hash)
	} else {
		hash = lower // hashes are written in lower case
	}
	return map[string]any{"text": s.Text, "lower": lower, "id": id, "hash": hash, "forms": forms, "top": top, "limit": max(1, s.Limit)}
}

// idLike reports whether a text may be a uuid, or a part of one.
func idLike(text string) bool {
	return text != "" && strings.Trim(text, "0123456789abcdefABCDEF-") == ""
}

// searchRun runs one query with a limit on its time. With indexed, reading a whole table is made so expensive to
// the planner that it happens only where there is no other way.
func (d *DB) searchRun(ctx context.Context, sql string, args map[string]any, limit time.Duration, indexed bool) ([]Hit, error) {
	var hits []Hit
	err := d.Transaction(ctx, func(tx *DB) error {
		set := []string{fmt.Sprintf("SET LOCAL statement_timeout = %d", limit.Milliseconds())}
		if indexed {
			set = append(set, "SET LOCAL enable_seqscan = off")
		}
		for _, command := range set {
			if err := tx.Gorm(ctx).Exec(command).Error; err != nil {
				return err
			}
		}
		return few(ctx, tx, tx.Gorm(ctx).Raw(sql, args), &hits)
	})
	return hits, err
}

// ranked puts exact hits first, then the order of the kinds, and leaves out what matched twice.
func ranked(hits []Hit) []Hit {
	order := SearchKinds()
	slices.SortStableFunc(hits, func(a, b Hit) int {
		if a.Exact != b.Exact {
			if a.Exact {
				return -1
			}
			return 1
		}
		return slices.Index(order, a.Kind) - slices.Index(order, b.Kind)
	})
	seen := map[string]bool{}
	return slices.DeleteFunc(hits, func(h Hit) bool {
		key := h.Kind + " " + h.ID
		twice := seen[key]
		seen[key] = true
		return twice
	})
}
