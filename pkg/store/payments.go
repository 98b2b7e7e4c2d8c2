package store

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/axisor/axisor/pkg/models"
)

// Payment is a payment with its user's e-mail and the evidence for it, if an
// operator settled it.
type Payment struct {
	models.Payment
	UserEmail   string                `gorm:"column:user_email;->"`
	Source      *models.PaymentSource `gorm:"column:source;->"`
	Late        *bool                 `gorm:"column:late;->"`
	DuplicateOf *string               `gorm:"column:duplicate_of;->"`
}

const paymentColumns = `"Payment".*, u.email AS user_email, s.source, s.late, s.duplicate_of`

const paymentJoins = `JOIN "User" u ON u.id = "Payment".user_id
	LEFT JOIN axisor.payment_settlement s ON s.payment_id = "Payment".id`

// PaymentFilter narrows a list of payments.
type PaymentFilter struct {
	UserID string
	Status models.PaymentStatus // paid also finds the web application's completed
	Plan   models.PlanType
	Method string
	Hash   string // payment hash in hex
	// OverdueAt, when set, keeps pending payments whose invoice ran out before it.
	OverdueAt time.Time
	Created   TimeRange
}

func payments() listing[Payment] {
	type p = Payment
	return listing[p]{
		table: "Payment", order: "-created_at", id: func(r *p) string { return r.ID },
		sorts: map[string]sortKey[p]{
			"id":          byText("id", func(r *p) string { return r.ID }),
			"created_at":  byTime("created_at", func(r *p) time.Time { return r.CreatedAt }),
			"updated_at":  byTime("updated_at", func(r *p) time.Time { return r.UpdatedAt }),
			"expires_at":  byTimeNull("expires_at", func(r *p) *time.Time { return r.ExpiresAt }),
			"paid_at":     byTimeNull("paid_at", func(r *p) *time.Time { return r.PaidAt }),
			"amount_sats": byInt("amount_sats", func(r *p) int64 { return int64(r.AmountSats) }),
			"plan_type":   byPlan("plan_type", func(r *p) string { return string(r.PlanType) }),
			"status":      byText("status", func(r *p) string { return string(r.Status) }),
		},
	}
}

// ListPayments lists payments, newest first unless asked otherwise.
func (d *DB) ListPayments(ctx context.Context, f PaymentFilter, p Page) List[Payment] {
	if f.Plan != "" && !f.Plan.Valid() {
		return failed[Payment](&ArgumentError{Name: "plan", Value: string(f.Plan), Rule: "no such plan"})
	}
	return payments().run(ctx, d, p, func(q *gorm.DB) *gorm.DB {
		return filtered(q.Table("Payment").Select(paymentColumns).Joins(paymentJoins), f.conditions())
	})
}

// conditions are the filter as SQL.
func (f PaymentFilter) conditions() []condition {
	out := f.Created.conditions(`"Payment".created_at`)
	add := func(sql string, args ...any) { out = append(out, condition{sql, args}) }
	if f.UserID != "" {
		add(`"Payment".user_id = ?`, f.UserID)
	}
	switch f.Status.Canonical() {
	case "":
	case models.PaymentPaid:
		add(`"Payment".status IN ('paid', 'completed')`)
	case models.PaymentPending:
		add(`"Payment".status = 'pending'`) // a literal, for the partial index
	default:
		add(`"Payment".status = ?`, string(f.Status))
	}
	if f.Plan != "" {
		add(`"Payment".plan_type = ?`, string(f.Plan))
	}
	if f.Method != "" {
		add(`"Payment".payment_method = ?`, f.Method)
	}
	if f.Hash != "" {
		forms := hashForms(f.Hash)
		args := make([]any, len(forms))
		for i, form := range forms {
			args[i] = form
		}
		add(`"Payment".payment_hash IN (`+strings.TrimSuffix(strings.Repeat("?, ", len(forms)), ", ")+`)`, args...)
	}
	if !f.OverdueAt.IsZero() {
		add(`"Payment".status = 'pending' AND `+paymentExpiry+` < ?`, f.OverdueAt.UTC())
	}
	return out
}

// paymentExpiry is when a payment's invoice runs out, also for rows that hold only its length.
const paymentExpiry = `COALESCE("Payment".expires_at, "Payment".created_at + "Payment".expiry_seconds * interval '1 second')`

// FindPayment finds a payment by id, payment hash (hex or base64) or invoice.
func (d *DB) FindPayment(ctx context.Context, ref string) (Payment, error) {
	ref = strings.TrimSpace(ref)
	if ref == "" {
		return Payment{}, &NotFoundError{Kind: "payment", Ref: ref}
	}
	where, args := []string{`"Payment".id = ?`}, []any{ref}
	if hash := NormalHash(ref); IsHash(hash) {
		where, args = append(where, `"Payment".payment_hash IN ?`), append(args, hashForms(hash))
	}
	if lower := strings.ToLower(ref); strings.HasPrefix(lower, "ln") {
		where, args = append(where, `"Payment".lightning_invoice IN (?, ?)`), append(args, lower, strings.ToUpper(ref))
	}
	found, err := several[Payment](ctx, d, d.payment(ctx).Where(strings.Join(where, " OR "), args...).Order(`"Payment".created_at`).Limit(10))
	if err != nil {
		return Payment{}, fmt.Errorf("find payment: %w", err)
	}
	switch i := slices.IndexFunc(found, func(p Payment) bool { return p.ID == ref }); {
	case i >= 0:
		return found[i], nil
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0:
		return byBeginning(ctx, d, PaymentIDs, ref, func(id string) (Payment, error) {
			if id == ref {
				return Payment{}, &NotFoundError{Kind: "payment", Ref: short(ref)}
			}
			return d.PaymentByID(ctx, id, false)
		})
	}
	e := &AmbiguousError{Kind: "payment", Ref: short(ref)}
	for _, p := range found {
		e.Candidates = append(e.Candidates, p.ID)
	}
	return Payment{}, e
}

// short keeps an invoice of a thousand characters out of a message.
func short(ref string) string {
	if runes := []rune(ref); len(runes) > 80 {
		return string(runes[:24]) + "…"
	}
	return ref
}

func (d *DB) payment(ctx context.Context) *gorm.DB {
	return d.Gorm(ctx).Table("Payment").Select(paymentColumns).Joins(paymentJoins)
}

// PaymentByID reads one payment. forUpdate locks its row until the transaction
// ends; lock the payment before its user.
func (d *DB) PaymentByID(ctx context.Context, id string, forUpdate bool) (Payment, error) {
	if forUpdate {
		var locked string
		err := d.Gorm(ctx).Raw(`SELECT id FROM "Payment" WHERE id = ? FOR UPDATE`, id).Scan(&locked).Error
		if err != nil {
			return Payment{}, fmt.Errorf("lock payment: %w", err)
		}
	}
	row, err := take[Payment](ctx, d, d.payment(ctx).Where(`"Payment".id = ?`, id))
	if errors.Is(err, ErrNotFound) {
		return row, &NotFoundError{Kind: "payment", Ref: id}
	}
	if err != nil {
		return row, fmt.Errorf("read payment: %w", err)
	}
	return row, nil
}

// PaymentsByHash reads the payments that have one of the hashes, in hex. Rows
// of the web application may hold a hash in base64; they are found too.
func (d *DB) PaymentsByHash(ctx context.Context, hashes ...string) ([]Payment, error) {
	var forms []string
	for _, h := range hashes {
		forms = append(forms, hashForms(h)...)
	}
	rows, err := several[Payment](ctx, d, d.payment(ctx).Where(`"Payment".payment_hash IN ?`, forms).Order(`"Payment".created_at, "Payment".id`))
	if err != nil {
		return nil, fmt.Errorf("find payments: %w", err)
	}
	return rows, nil
}

// CreatePayment inserts a payment and fills in what the database made.
func (d *DB) CreatePayment(ctx context.Context, row *models.Payment) error {
	if err := d.Gorm(ctx).Create(row).Error; err != nil {
		return fmt.Errorf("create payment: %w", err)
	}
	return nil
}

// NormalHash turns a payment hash as any provider delivers it into 64 hex
// digits. What is no hash comes back unchanged.
func NormalHash(text string) string {
	switch len(text) {
	case 64:
		if _, err := hex.DecodeString(text); err == nil {
			return strings.ToLower(text)
		}
	case 44:
		standard := strings.NewReplacer("-", "+", "_", "/").Replace(text)
		if raw, err := base64.StdEncoding.DecodeString(standard); err == nil {
			return hex.EncodeToString(raw)
		}
	}
	return text
}

// IsHash reports whether a text is a payment hash as NormalHash writes it: 32 bytes in hex.
func IsHash(text string) bool {
	raw, err := hex.DecodeString(text)
	return err == nil && len(raw) == 32
}

// hashForms are the spellings under which a hash may be stored.
func hashForms(hash string) []string {
	raw, err := hex.DecodeString(hash)
	if err != nil {
		return []string{hash}
	}
	standard, address := base64.StdEncoding.EncodeToString(raw), base64.URLEncoding.EncodeToString(raw)
	return slices.Compact([]string{strings.ToLower(hash), strings.ToUpper(hash), standard, address})
}
