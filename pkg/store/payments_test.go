package store_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

var firstDay = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

type payments struct {
	db   *store.DB
	user models.User
	n    int
}

func newPayments(t *testing.T) *payments {
	t.Helper()
	p := &payments{db: testdb.New(t), user: models.User{Email: "ana@example.com", Username: "ana"}}
	require.NoError(t, p.db.CreateUser(t.Context(), &p.user))
	return p
}

// add inserts a payment of 1000 sats that the change makes different.
func (p *payments) add(t *testing.T, change func(*models.Payment)) models.Payment {
	t.Helper()
	p.n++
	row := models.Payment{
		UserID: p.user.ID, AmountSats: 1000, LightningInvoice: fmt.Sprintf("lnbc%d", p.n), Status: models.PaymentPending,
		PlanType: models.PlanBasic, PaymentHash: new(fmt.Sprintf("%064x", p.n)), CreatedAt: firstDay, UpdatedAt: firstDay,
	}
	if change != nil {
		change(&row)
	}
	require.NoError(t, p.db.CreatePayment(t.Context(), &row))
	return row
}

func paid(after time.Duration) func(*models.Payment) {
	return func(r *models.Payment) { r.Status, r.PaidAt = models.PaymentPaid, new(r.CreatedAt.Add(after)) }
}

func TestListPayments(t *testing.T) {
	t.Parallel()
	p := newPayments(t)
	for i := range 120 { // three of each instant, so that pages end inside a tie
		p.add(t, func(r *models.Payment) { r.CreatedAt = firstDay.Add(time.Duration(i/3) * time.Minute) })
	}
	completed := p.add(t, func(r *models.Payment) { r.Status, r.PaidAt = models.PaymentCompleted, &firstDay })
	expired := p.add(t, func(r *models.Payment) { r.ExpirySeconds = new(int32(60)) })
	for _, sort := range []string{"", "created_at", "-amount_sats", "paid_at", "-expires_at", "plan_type", "status"} {
		seen := map[string]bool{}
		page := store.Page{Limit: 7, Sort: sort}
		for {
			list := p.db.ListPayments(t.Context(), store.PaymentFilter{}, page)
			rows, err := list.Collect()
			require.NoError(t, err, sort)
			for _, r := range rows {
				require.False(t, seen[r.ID], "%s: twice", sort)
				require.Equal(t, "ana@example.com", r.UserEmail)
				seen[r.ID] = true
			}
			if page.Cursor = list.Next(); page.Cursor == "" {
				break
			}
		}
		require.Len(t, seen, 122, sort)
	}
	ids := func(f store.PaymentFilter) []string {
		rows, err := p.db.ListPayments(t.Context(), f, store.Page{All: true}).Collect()
		require.NoError(t, err)
		var out []string
		for _, r := range rows {
			out = append(out, r.ID)
		}
		return out
	}
	require.Equal(t, []string{completed.ID}, ids(store.PaymentFilter{Status: models.PaymentPaid}), "completed is read as paid")
	require.Equal(t, []string{expired.ID}, ids(store.PaymentFilter{OverdueAt: firstDay.Add(61 * time.Second)}), "only a length is known")
	require.Empty(t, ids(store.PaymentFilter{OverdueAt: firstDay.Add(59 * time.Second)}))
	require.Equal(t, []string{completed.ID}, ids(store.PaymentFilter{Hash: *completed.PaymentHash}))
	require.Empty(t, ids(store.PaymentFilter{UserID: "nobody"}))
	_, err := p.db.ListPayments(t.Context(), store.PaymentFilter{Plan: "gold"}, store.Page{}).Collect()
	require.ErrorIs(t, err, store.ErrInvalid)
}

func TestFindPayment(t *testing.T) {
	t.Parallel()
	p := newPayments(t)
	raw := []byte(strings.Repeat("\xfb\xef", 16)) // its base64 has characters that differ between the alphabets
	forms := []string{hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw)), base64.StdEncoding.EncodeToString(raw), base64.URLEncoding.EncodeToString(raw)}
	for _, stored := range forms {
		row := p.add(t, func(r *models.Payment) { r.PaymentHash = &stored })
		for _, asked := range forms {
			found, err := p.db.FindPayment(t.Context(), asked)
			require.NoError(t, err, "%s as %s", stored, asked)
			require.Equal(t, row.ID, found.ID)
		}
		require.NoError(t, p.db.Gorm(t.Context()).Exec(`DELETE FROM "Payment"`).Error)
	}
	one := p.add(t, nil)
	two := p.add(t, func(r *models.Payment) { r.PaymentHash = one.PaymentHash })
	_, err := p.db.FindPayment(t.Context(), *one.PaymentHash)
	var ambiguous *store.AmbiguousError
	require.ErrorAs(t, err, &ambiguous)
	require.ElementsMatch(t, []string{one.ID, two.ID}, ambiguous.Candidates)
	_, err = p.db.FindPayment(t.Context(), strings.Repeat("lnbc1x", 200))
	require.ErrorIs(t, err, store.ErrNotFound)
	require.Less(t, len(err.Error()), 100, "a long invoice is not repeated")

	twins, err := p.db.DuplicateHashes(t.Context())
	require.NoError(t, err)
	require.Len(t, twins, 1)
	same, _ := hex.DecodeString(*one.PaymentHash)
	p.add(t, func(r *models.Payment) { r.PaymentHash = new(base64.StdEncoding.EncodeToString(same)) })
	p.add(t, func(r *models.Payment) { r.PaymentHash = new(strings.Repeat("?", 44)) })
	twins, err = p.db.DuplicateHashes(t.Context())
	require.NoError(t, err)
	require.Len(t, twins[0].IDs, 3, "the same hash in another spelling")
}

// A worked example: seven invoices over two months, computed by hand.
func TestStatsOfPayments(t *testing.T) {
	t.Parallel()
	p := newPayments(t)
	p.add(t, paid(10*time.Second))
	p.add(t, paid(30*time.Second))
	p.add(t, paid(20*time.Hour)) // made in January, money in February
	partly := p.add(t, func(r *models.Payment) {
		paid(20 * time.Second)(r)
		r.Status = models.PaymentRefunded
	})
	require.NoError(t, p.db.CreateRefund(t.Context(), &models.PaymentRefund{PaymentID: partly.ID, AmountSats: 400, Reason: "x", CreatedAt: firstDay}))
	p.add(t, func(r *models.Payment) { r.ExpiresAt = new(firstDay.Add(time.Hour)) }) // overdue: counts as expired
	p.add(t, func(r *models.Payment) { r.Status = models.PaymentFailed })
	p.add(t, func(r *models.Payment) {
		r.ExpiresAt = new(time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC))
		r.PlanType = models.PlanPro
	})

	total, err := p.db.StatsOfPayments(t.Context(), store.PaymentsTotal, store.PaymentFilter{})
	require.NoError(t, err)
	require.Len(t, total, 1)
	s := total[0]
	require.Equal(t, []int64{7, 3, 1, 1, 1, 1, 0}, []int64{s.Count, s.Paid, s.Pending, s.Expired, s.Failed, s.Refunded, s.Other})
	require.Equal(t, []int64{3600, 400}, []int64{s.RevenueSats, s.RefundedSats})
	require.InDelta(t, 4.0/6, *s.Conversion, 1e-9)
	require.InDelta(t, (10+30+20+72000)/4.0, *s.PayAverage, 1e-6)
	require.InDelta(t, 25, *s.PayMedian, 1e-6)

	months, err := p.db.StatsOfPayments(t.Context(), store.PaymentsByMonth, store.PaymentFilter{})
	require.NoError(t, err)
	require.Len(t, months, 2)
	require.Equal(t, []any{"2026-01", int64(7), int64(2600)}, []any{months[0].Group, months[0].Count, months[0].RevenueSats})
	require.Equal(t, []any{"2026-02", int64(0), int64(1000)}, []any{months[1].Group, months[1].Count, months[1].RevenueSats})
	require.Nil(t, months[1].Conversion, "no invoices, no conversion")

	plans, err := p.db.StatsOfPayments(t.Context(), store.PaymentsByPlan, store.PaymentFilter{})
	require.NoError(t, err)
	require.Equal(t, []string{"basic", "pro"}, []string{plans[0].Group, plans[1].Group}, "in the order of rank")
	require.Nil(t, plans[1].Conversion, "nothing is decided")
	february := store.PaymentFilter{Created: store.TimeRange{Since: firstDay.Add(12 * time.Hour)}, UserID: p.user.ID, Plan: models.PlanBasic}
	rows, err := p.db.StatsOfPayments(t.Context(), store.PaymentsByDay, february)
	require.NoError(t, err)
	require.Len(t, rows, 1)
	require.Equal(t, []any{"2026-02-01", int64(0), int64(1000)}, []any{rows[0].Group, rows[0].Count, rows[0].RevenueSats})
	_, err = p.db.StatsOfPayments(t.Context(), "hour", store.PaymentFilter{})
	require.ErrorIs(t, err, store.ErrInvalid)
}
