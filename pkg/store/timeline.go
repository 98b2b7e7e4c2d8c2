package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/axisor/axisor/pkg/models"
)

// Event is one thing that happened to a user, from whatever table it was recorded in.
type Event struct {
	At      time.Time
	Source  string // audit, security, session, payment or trade
	ID      string // of the row in that table
	Action  string
	Status  *string
	Details models.JSON
}

// Sources lists where events come from.
func Sources() []string { return []string{"audit", "security", "session", "payment", "trade"} }

// paymentEvents are the actions that a payment may stand with.
func paymentEvents() []string { return []string{"payment.create", "payment.paid"} }

// TimelineFilter narrows a user's timeline.
type TimelineFilter struct {
	UserID  string
	Sources []string // empty means all
	Range   TimeRange
}

// timelineParts are the queries behind a timeline. Each has a user, an instant and an id, uses an index on the
// user, and leaves out whatever is secret. A payment appears when it was made and again when it was paid.
func timelineParts() map[string]string {
	return map[string]string{
		"audit": `SELECT created_at AS at, 'audit' AS source, id, action, NULL::text AS status,
			jsonb_build_object('resource', resource, 'resource_id', resource_id, 'by', details->>'actor', 'reason', details->>'reason',
			'old_values', old_values, 'new_values', new_values) AS details
			FROM "AuditLog" WHERE user_id = @user`,
		"security": `SELECT created_at, 'security', id, action, CASE WHEN success THEN 'success' ELSE 'failure' END,
			jsonb_build_object('resource', resource, 'ip_address', ip_address, 'user_agent', user_agent, 'by', details->>'actor')
			FROM "SecurityAuditLog" WHERE user_id = @user`,
		"session": `SELECT created_at, 'session', id, 'session.open', CASE WHEN is_revoked THEN 'revoked' END,
			jsonb_build_object('ip_address', ip_address, 'user_agent', user_agent, 'expires_at', expires_at)
			FROM "RefreshToken" WHERE user_id = @user`,
		"payment": `SELECT e.at, 'payment', p.id, e.action, p.status,
			jsonb_build_object('plan_type', p.plan_type, 'amount_sats', p.amount_sats)
			FROM "Payment" p CROSS JOIN LATERAL (VALUES (p.created_at, 'payment.create'), (p.paid_at, 'payment.paid')) AS e (at, action)
			WHERE p.user_id = @user AND e.at IS NOT NULL`,
		"trade": `SELECT executed_at, 'trade', id, 'trade.' || COALESCE(action, 'log'), status,
			jsonb_build_object('trade_id', trade_id, 'pnl', pnl, 'amount', amount, 'price', price, 'error_message', error_message)
			FROM "TradeLog" WHERE user_id = @user`,
	}
}

// Timeline merges everything that happened to a user into one order, newest first. Each part is cut to the page
// before the merge, so that a user with a million trades costs no more than one with ten.
func (d *DB) Timeline(ctx context.Context, f TimelineFilter, page Page) List[Event] {
	var start *timelineCursor
	if page.Cursor != "" {
		var err error
		if start, err = timelineCursorOf(page.Cursor); err != nil {
			return failed[Event](err)
		}
	}
	want := page.Limit
	if want == 0 {
		want = DefaultLimit
	}
	next := ""
	items := func(yield func(Event, error) bool) {
		last, left := start, want
		next = ""
		for {
			size := batch
			if !page.All {
				size = min(batch, left)
			}
			rows, err := d.timelinePage(ctx, f, last, size+1)
			if err != nil {
				yield(Event{}, err)
				return
			}
			more := len(rows) > size
			rows = rows[:min(size, len(rows))]
			for _, row := range rows {
				if !yield(row.Event, nil) {
					return
				}
				last = &timelineCursor{row.Key, row.Source, row.Action, row.ID}
			}
			left -= len(rows)
			if !more {
				return
			}
			if !page.All && left <= 0 {
				next = last.encode()
				return
			}
		}
	}
	return List[Event]{Items: items, Next: func() string { return next }}
}

func (d *DB) timelinePage(ctx context.Context, f TimelineFilter, last *timelineCursor, limit int) ([]keyedEvent, error) {
	args := map[string]any{"user": f.UserID, "limit": limit}
	where := " WHERE true"
	if !f.Range.Since.IsZero() {
		where += " AND at >= @since"
		args["since"] = f.Range.Since.UTC()
	}
	if !f.Range.Until.IsZero() {
		where += " AND at < @until"
		args["until"] = f.Range.Until.UTC()
	}
	if last != nil {
		where += " AND at <= CAST(@at AS timestamp) AND (at, source, id, action) < (CAST(@at AS timestamp), @source, @id, @action)"
		args["at"], args["source"], args["action"], args["id"] = last.At, last.Source, last.Action, last.ID
	}
	const order = " ORDER BY at DESC, source DESC, id DESC, action DESC LIMIT @limit"
	parts := timelineParts()
	sources := f.Sources
	if len(sources) == 0 {
		sources = Sources()
	}
	sql := ""
	for _, source := range sources {
		if sql != "" {
			sql += " UNION ALL "
		}
		sql += "(SELECT * FROM (" + parts[source] + ") AS part (at, source, id, action, status, details)" + where + order + ")"
	}
	// The earliest and the last time of PostgreSQL are none in Go: they are told and left out, and the rows stay.
	sql = "SELECT CASE WHEN isfinite(at) THEN at END AS at, source, id, action, status, details, at::text AS key FROM (" + sql + ") AS merged"
	var rows []keyedEvent
	if err := d.Gorm(ctx).Raw(sql+strings.ReplaceAll(order, " at ", " merged.at "), args).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read timeline: %w", err)
	}
	var broken []string
	for _, row := range rows {
		if row.At.IsZero() {
			broken = append(broken, fmt.Sprintf("%s %s: its time is %s", row.Source, row.ID, row.Key))
		}
	}
	d.unreadable(ctx, broken)
	return rows, nil
}

// keyedEvent is an event and its time as the server writes it, for cursors.
type keyedEvent struct {
	Event `gorm:"embedded"`

	Key string
}
