package lnsim_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

func TestExchange_NoSatoshiIsLostUnderConcurrency(t *testing.T) {
	t.Parallel()
	s := lnsim.NewServer(t, fixedClock)
	s.MustPrice(95000)
	k := s.NewUser(1_000)
	trade := s.MustOpen(lnsim.TradeSpec{AccountID: k.AccountID, Side: futures.Buy, Quantity: 5000, Leverage: 25})
	c := clientOf(t, s, k)
	var all sync.WaitGroup
	for i := range 60 {
		all.Go(func() {
			if _, err := c.AddMargin(t.Context(), trade.ID, 30); err != nil {
				assert.ErrorContains(t, err, "Insufficient balance")
			}
			if err := s.SetPrice(95000 - float64(i)); err != nil {
				t.Errorf("set price: %v", err)
			}
			assert.Len(t, s.Trades(k.AccountID), 1)
		})
	}
	all.Wait()
	got, _ := s.Trade(trade.ID)
	account, _ := s.Account(k.AccountID)
	require.Equal(t, int64(10), account.Balance)
	require.Equal(t, trade.Margin+990, got.Margin)
}

func TestOptions_Validate(t *testing.T) {
	t.Parallel()
	for _, o := range []lnsim.Options{{Price: 1.3}, {Price: -1}, {Window: -1}, {Quirks: lnsim.Quirks{NoLiquidation: "x"}}} {
		_, err := lnsim.Open(o)
		require.ErrorIs(t, err, lnsim.ErrFixture)
	}
}
