package store

import (
	"context"
	"fmt"

	"github.com/axisor/axisor/pkg/models"
)

// PaymentGroup is what payments are summed by.
type PaymentGroup string

// The groups of payment statistics.
const (
	PaymentsTotal    PaymentGroup = ""
	PaymentsByDay    PaymentGroup = "day"
	PaymentsByMonth  PaymentGroup = "month"
	PaymentsByPlan   PaymentGroup = "plan"
	PaymentsByMethod PaymentGroup = "method"
)

// PaymentStats are the figures of one group. Counts and conversion are those of
// the invoices made in the period; revenue is the money that came in the period,
// whenever its invoice was made.
type PaymentStats struct {
	Group        string
	Count        int64
	Pending      int64 // may still be paid
	Paid         int64
	Expired      int64 // also pending ones past their expiry
	Failed       int64
	Refunded     int64
	Other        int64 // states that nobody knows
	RevenueSats  int64 // paid, less what was refunded
	RefundedSats int64
	// Conversion is the share of decided invoices that was paid; nil when none is decided.
	Conversion *float64
	// Seconds from invoice to payment, of the paid ones; nil when there are none.
	PayAverage *float64
	PayMedian  *float64
}

// StatsOfPayments sums payments up, ordered by group. For plans that is their rank.
func (d *DB) StatsOfPayments(ctx context.Context, by PaymentGroup, f PaymentFilter) ([]PaymentStats, error) {
	key := func(at string) (string, error) {
		switch by {
		case PaymentsTotal:
			return `'all'`, nil
		case PaymentsByDay:
			return `to_char(` + at + `, 'YYYY-MM-DD')`, nil
		case PaymentsByMonth:
			return `to_char(` + at + `, 'YYYY-MM')`, nil
		case PaymentsByPlan:
			return `plan_type::text`, nil
		case PaymentsByMethod:
			return `COALESCE(payment_method, '')`, nil
		}
		return "", &ArgumentError{Name: "by", Value: string(by), Rule: "want day, month, plan or method"}
	}
	made, err := key("created_at")
	if err != nil {
		return nil, err
	}
	paid, _ := key("paid_at")
	order := `"group"`
	if by == PaymentsByPlan {
		order = `CAST("group" AS "PlanType")`
	}
	cond, args := f.named()
	args["now"] = d.Now()
	createdIn, paidIn := f.Created.sql("created_at", args), f.Created.sql("paid_at", args)
	var rows []PaymentStats
	err = d.Gorm(ctx).Raw(`
		WITH cohort AS (
			SELECT `+made+` AS "group", count(*) AS count,
				count(*) FILTER (WHERE status = 'pending' AND NOT COALESCE(`+paymentExpiry+` < @now, false)) AS pending,
				count(*) FILTER (WHERE status IN ('paid', 'completed')) AS paid,
				count(*) FILTER (WHERE status = 'expired' OR status = 'pending' AND `+paymentExpiry+` < @now) AS expired,
				count(*) FILTER (WHERE status = 'failed') AS failed,
				count(*) FILTER (WHERE status = 'refunded') AS refunded,
				count(*) FILTER (WHERE status NOT IN ('pending', 'paid', 'completed', 'expired', 'failed', 'refunded')) AS other,
				avg(extract(epoch FROM paid_at - created_at)) FILTER (WHERE `+wasPaid+`) AS pay_average,
				percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM paid_at - created_at)) FILTER (WHERE `+wasPaid+`) AS pay_median
			FROM "Payment" WHERE `+cond+createdIn+` GROUP BY 1
		), money AS (
			SELECT `+paid+` AS "group", sum(amount_sats - COALESCE(r.refunded, 0)) AS revenue_sats, sum(COALESCE(r.refunded, 0)) AS refunded_sats
			FROM "Payment" LEFT JOIN LATERAL (
				-- A row that only says "refunded" gave everything back.
				SELECT COALESCE((SELECT f.amount_sats FROM axisor.payment_refund f WHERE f.payment_id = "Payment".id), amount_sats) AS refunded
				WHERE status = 'refunded') r ON true
			WHERE `+cond+paidIn+` AND status IN ('paid', 'completed', 'refunded') AND paid_at IS NOT NULL GROUP BY 1
		)
		SELECT "group", COALESCE(count, 0) AS count, COALESCE(pending, 0) AS pending, COALESCE(paid, 0) AS paid,
			COALESCE(expired, 0) AS expired, COALESCE(failed, 0) AS failed, COALESCE(refunded, 0) AS refunded, COALESCE(other, 0) AS other,
			COALESCE(revenue_sats, 0) AS revenue_sats, COALESCE(refunded_sats, 0) AS refunded_sats,
			(paid + refunded)::float8 / NULLIF(paid + refunded + expired + failed, 0) AS conversion, pay_average, pay_median
		FROM cohort FULL JOIN money USING ("group") ORDER BY `+order, args).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("sum payments up: %w", err)
	}
	return rows, nil
}

// wasPaid are rows whose time to pay means something.
const wasPaid = `status IN ('paid', 'completed', 'refunded') AND paid_at >= created_at`

// named is the part of a filter that statistics know, with named arguments.
func (f PaymentFilter) named() (string, map[string]any) {
	cond, args := "true", map[string]any{}
	if f.UserID != "" {
		cond, args["user"] = cond+" AND user_id = @user", f.UserID
	}
	if f.Plan != "" {
		cond, args["plan"] = cond+` AND plan_type = @plan`, f.Plan
	}
	if f.Method != "" {
		cond, args["method"] = cond+" AND payment_method = @method", f.Method
	}
	return cond, args
}

// sql is the range as text, for queries that gorm does not build.
func (r TimeRange) sql(column string, args map[string]any) string {
	cond := ""
	if !r.Since.IsZero() {
		cond, args["since"] = cond+" AND "+column+" >= @since", r.Since.UTC()
	}
	if !r.Until.IsZero() {
		cond, args["until"] = cond+" AND "+column+" < @until", r.Until.UTC()
	}
	return cond
}

// Twins are payments that share a payment hash.
type Twins struct {
	Hash string
	IDs  models.Texts `gorm:"column:ids"`
}

// DuplicateHashes finds payment hashes that more than one payment has, in any spelling.
func (d *DB) DuplicateHashes(ctx context.Context) ([]Twins, error) {
	var rows []Twins
	err := d.Gorm(ctx).Raw(`
		SELECT hash, array_agg(id ORDER BY created_at, id) AS ids FROM (
			SELECT id, created_at, CASE
				WHEN payment_hash ~ '^[A-Za-z0-9+/_-]{43}=$' THEN encode(decode(translate(payment_hash, '-_', '+/'), 'base64'), 'hex')
				ELSE lower(payment_hash) END AS hash
			FROM "Payment" WHERE payment_hash IS NOT NULL) p
		GROUP BY hash HAVING count(*) > 1 ORDER BY hash`).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("find duplicate payment hashes: %w", err)
	}
	return rows, nil
}
