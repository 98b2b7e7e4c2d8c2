package store_test

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// manyTrades are rows that need several batches: each drags a long text along. Every hundredth refers to nobody, and
// the last ten repeat the first ten.
func manyTrades(n int) iter.Seq2[store.TradeRow, error] {
	long := strings.Repeat("x", 4000)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return func(yield func(store.TradeRow, error) bool) {
		for i := range n {
			row := store.TradeRow{Line: int64(i + 1), Trade: models.TradeLog{
				ID: fmt.Sprintf("id-%d", i), UserID: "u", TradeID: fmt.Sprintf("t-%d", i), Status: models.TradeSuccess,
				ErrorMessage: &long, ExecutedAt: at.Add(time.Duration(i) * time.Second),
			}}
			switch {
			case i%100 == 50:
				row.Trade.UserID = "nobody"
			case i >= n-10:
				row.Trade.ID = fmt.Sprintf("id-%d", i-(n-10))
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

func TestImportTrades_BatchesAreOneImport(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	require.NoError(t, db.Gorm(t.Context()).Exec(`INSERT INTO "User" (id, email, username) VALUES ('u', 'u@example.com', 'ursula')`).Error)
	const n = 4000 // four batches
	stored := func() (rows int64) {
		require.NoError(t, db.Gorm(t.Context()).Raw(`SELECT count(*) FROM "TradeLog"`).Scan(&rows).Error)
		return rows
	}
	load := func(rows iter.Seq2[store.TradeRow, error], dedupe bool) (done store.TradeImported, lines []int64, err error) {
		err = db.PinnedTransaction(t.Context(), func(tx *store.DB) error {
			var err error
			done, err = tx.ImportTrades(t.Context(), rows, store.TradeImport{
				Now: time.Now(), Dedupe: dedupe,
				Reject: func(row store.TradeRow, reason string) error {
					require.Equal(t, `no user with id "nobody"`, reason)
					lines = append(lines, row.Line)
					return nil
				},
			})
			return err
		})
		return done, lines, err
	}

	broken := errors.New("the disk was taken away")
	_, _, err := load(func(yield func(store.TradeRow, error) bool) {
		for row := range manyTrades(n) {
			if !yield(row, nil) {
				return
			}
		}
		yield(store.TradeRow{}, broken)
	}, false)
	require.ErrorIs(t, err, broken)
	require.Zero(t, stored(), "batches that were in go with the one that failed")

	done, lines, err := load(manyTrades(n), false)
	require.NoError(t, err)
	require.Equal(t, store.TradeImported{Read: n, Inserted: n - 40 - 10, Skipped: 10, Rejected: 40}, done)
	require.Len(t, lines, 40)
	require.EqualValues(t, 51, lines[0])
	require.Equal(t, done.Inserted, stored())

	done, _, err = load(manyTrades(n), false)
	require.NoError(t, err)
	require.Equal(t, store.TradeImported{Read: n, Skipped: n - 40, Rejected: 40}, done, "what is there is skipped in every batch")

	renamed := func(yield func(store.TradeRow, error) bool) {
		for row := range manyTrades(n) {
			row.Trade.ID += "-again"
			if !yield(row, nil) {
				return
			}
		}
	}
	done, _, err = load(renamed, true)
	require.NoError(t, err)
	require.Equal(t, store.TradeImported{Read: n, Inserted: 10, Skipped: n - 40 - 10, Rejected: 40}, done,
		"the last ten were skipped for their id; by trade and time they are new")
}
