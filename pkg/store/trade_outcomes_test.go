package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/store"
)

// TestOutcomes_InOrderHoweverTheyAreRead reads trades of which many share an instant: on one connection, in slices on
// several, and with so few kept for sorting that the server has to do it.
func TestOutcomes_InOrderHoweverTheyAreRead(t *testing.T) {
	t.Parallel()
	db, err := store.Open(store.Options{URL: testdb.NewURL(t)})
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	exec := func(sql string, args ...any) { require.NoError(t, db.Gorm(t.Context()).Exec(sql, args...).Error) }
	exec(`INSERT INTO "User" (id, email, username) VALUES ('u', 'u@example.com', 'ursula')`)
	const rows = 6000
	r := rand.New(rand.NewPCG(1, 2))
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	type key struct {
		at time.Time
		id string
	}
	var want []key
	var values []string
	for i := range rows {
		k := key{start.Add(time.Duration(r.IntN(rows/3)) * time.Second), fmt.Sprintf("%08x-%d", r.Uint32(), i)}
		want = append(want, k)
		pnl, action := "NULL", "NULL"
		if i%3 > 0 {
			pnl, action = fmt.Sprint(i), fmt.Sprintf("'a%d'", i%5)
		}
		values = append(values, fmt.Sprintf("('%s','u','t','success',%s,%s,%d,'%s')", k.id, action, pnl, i, k.at.Format("2006-01-02 15:04:05")))
	}
	exec(`INSERT INTO "TradeLog" (id, user_id, trade_id, status, action, pnl, amount, executed_at) VALUES ` + strings.Join(values, ","))
	slices.SortFunc(want, func(a, b key) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return strings.Compare(a.id, b.id)
	})
	exec(`ANALYZE "TradeLog"`)

	var got []key
	serial := func(most int) {
		got = nil
		require.NoError(t, db.SerialOutcomes(t.Context(), store.TradeFilter{}, most, func(at time.Time, id, label string, known bool) {
			got = append(got, key{at, id})
			require.Equal(t, known, label != "")
		}))
	}
	for _, most := range []int{rows, 3, 1} {
		serial(most)
		require.Equal(t, want, got, "at most %d sorted here", most)
	}

	cuts, err := db.TradeCuts(t.Context(), store.TradeFilter{})
	require.NoError(t, err)
	require.Empty(t, cuts, "a small table is read on one connection")
	exec(`UPDATE pg_class SET reltuples = ? WHERE relname = 'TradeLog'`, store.SliceWorth)
	cuts, err = db.TradeCuts(t.Context(), store.TradeFilter{Executed: store.TimeRange{Since: start, Until: start.Add(rows / 6 * time.Second)}})
	require.NoError(t, err)
	require.Greater(t, len(cuts), 10)
	require.True(t, cuts[len(cuts)-1].Before(start.Add(rows/6*time.Second)))

	cuts, err = db.TradeCuts(t.Context(), store.TradeFilter{})
	require.NoError(t, err)
	require.Greater(t, len(cuts), 10)
	n, sum := 0, 0.0
	for o, err := range db.TradeOutcomes(t.Context(), store.TradeFilter{}) {
		require.NoError(t, err)
		require.Equal(t, want[n].at, o.At)
		n, sum = n+1, sum+*o.Amount
	}
	require.Equal(t, rows, n)
	require.InDelta(t, rows*(rows-1)/2, sum, 0)

	// Whoever has enough, or is interrupted, leaves no reader and no connection behind.
	n = 0
	for _, err := range db.TradeOutcomes(t.Context(), store.TradeFilter{}) {
		require.NoError(t, err)
		if n++; n == 10 {
			break
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	n = 0
	for _, err := range db.TradeOutcomes(ctx, store.TradeFilter{}) {
		if n++; n == 10 {
			stop()
		}
		if err != nil {
			require.ErrorIs(t, err, context.Canceled)
		}
	}
	require.Less(t, n, rows)
	require.Zero(t, db.Busy())

	// A word that no column has is the server's error, told once.
	n = 0
	for _, err := range db.LabelledOutcomes(t.Context(), store.TradeFilter{}, "nonsense") {
		require.Error(t, err)
		n++
	}
	require.Equal(t, 1, n)
	require.Zero(t, db.Busy())
}
