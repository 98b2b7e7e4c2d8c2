package guard_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/marginguard"
)

// answerTrades makes the exchange answer the list of running trades of one account
// with what change makes of it.
func (s *stage) answerTrades(t *testing.T, p person, price float64, change func([]map[string]any)) {
	t.Helper()
	var list []map[string]any
	for _, x := range s.sim.Trades(p.exchange) {
		list = append(list, map[string]any{
			"id": x.ID, "type": "market", "side": x.Side, "quantity": x.Quantity, "margin": x.Margin, "entryMargin": x.EntryMargin,
			"leverage": x.Leverage, "price": x.Price, "liquidation": x.Liquidation, "running": true,
			"pl": marginguardPL(x, price),
		})
	}
	change(list)
	text, err := json.Marshal(list)
	require.NoError(t, err)
	s.sim.ClearFaults()
	s.sim.MustFail(lnsim.Fault{Method: http.MethodGet, Path: running, Count: -1, Text: string(text)})
}

func marginguardPL(x lnsim.Trade, price float64) int64 {
	gain := float64(x.Quantity) * 1e8 * (1/x.Price - 1/price)
	return int64(gain)
}

// TestRun_OneUnreadablePositionOfThreeFailsItself: whatever makes a trade of the
// answer unreadable, the others are protected and it is named.
func TestRun_OneUnreadablePositionOfThreeFailsItself(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.person(t, "anna")
	for range 2 {
		s.sim.MustOpen(lnsim.TradeSpec{AccountID: p.exchange, Side: "buy", Quantity: 5000, Price: 95000, Margin: 210526})
	}
	s.sim.MustPrice(91700)
	for field, values := range map[string][]any{
		"quantity": {"many", -3, nil}, "margin": {nil, true, 1e30, map[string]any{}}, "side": {"b", 4}, "price": {0, "x", []int{1}},
		"running": {"yes"}, "id": {7, nil, ""},
	} {
		for _, v := range values {
			var id string
			s.answerTrades(t, p, 91700, func(list []map[string]any) {
				id, _ = list[1]["id"].(string)
				list[1] = maps.Clone(list[1])
				list[1][field] = v
			})
			if field == "id" {
				id = ""
			}
			got, err := s.run(t, marginguard.Request{DryRun: true, Everything: true})
			require.NoError(t, err)
			require.Equal(t, 2, got.Added, "%s = %v: %+v", field, v, got.Items)
			require.Equal(t, 1, got.Failed, "%s = %v: %+v", field, v, got.Items)
			for _, i := range got.Items {
				if i.Status == marginguard.StatusFailed {
					require.Equal(t, marginguard.BadData, i.Decision)
					require.Equal(t, id, i.TradeID)
					require.NotEmpty(t, i.Error)
				}
			}
		}
	}
}

// TestRun_AnOpenAdditionToAnUnreadablePositionStaysOpen: a trade that cannot be read is
// not one that is closed, also when its very id cannot be read.
func TestRun_AnOpenAdditionToAnUnreadablePositionStaysOpen(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"margin", "id"} {
		s := setup(t)
		p := s.person(t, "anna")
		s.sim.MustOpen(lnsim.TradeSpec{AccountID: p.exchange, Side: "buy", Quantity: 5000, Price: 95000, Margin: 210526})
		s.exec(t, `INSERT INTO axisor.guard_intent (user_id, account_id, trade_id, side, amount_sats, margin_before, liquidation_before,
			entry_price, price, threshold, state, planned_at, sent_at, updated_at)
			VALUES (?, ?, ?, 'buy', 5000, 210526, 91346, 95000, 91700, 10, 'sent', ?, ?, ?)`,
			p.id, p.account, p.trade, s.clock(), s.clock(), s.clock())
		s.answerTrades(t, p, 95000, func(list []map[string]any) {
			for _, x := range list {
				if x["id"] == p.trade {
					x[field] = false
				}
			}
		})
		got := s.must(t)
		require.True(t, s.intents(t)[0].State.Open(), "%s: %+v", field, got.Items)
		require.Positive(t, got.Unknown)
	}
}

// TestRun_ADoubtedLiquidationPriceIsActedOnAndReported: the addition is made, and the
// run is no clean one.
func TestRun_ADoubtedLiquidationPriceIsActedOnAndReported(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.person(t, "anna")
	s.sim.MustPrice(91700)
	for _, v := range []any{nil, 0, -1, 200000, 50000} {
		s.answerTrades(t, p, 91700, func(list []map[string]any) { list[0]["liquidation"] = v })
		got, err := s.run(t, marginguard.Request{DryRun: true})
		require.NoError(t, err)
		require.Equal(t, 1, got.Added, "%v: %+v", v, got.Items)
		require.Equal(t, 1, got.Failed)
		require.True(t, got.Partial())
		for _, i := range got.Items {
			require.InDelta(t, 91346, i.Liquidation, 0)
			if i.Decision == marginguard.Doubted {
				require.Contains(t, i.Error, "entry and margin give 91346.0")
				require.Empty(t, i.Obstacle, "the position is protected")
			}
		}
	}
}

// TestRun_WhatAModeDoesNotUseIsNotLookedAt: and of what it uses, what can be read counts.
func TestRun_WhatAModeDoesNotUseIsNotLookedAt(t *testing.T) {
	t.Parallel()
	s := setup(t)
	global := s.person(t, "global", func(w *personOptions) { w.config = `individual_configs = '["broken"]', selected_positions = '{pos_1}'` })
	unit := s.person(t, "unit", func(w *personOptions) { w.config = `mode = 'unitario', individual_configs = '"broken"'` })
	s.exec(t, `UPDATE "MarginGuardConfig" SET selected_positions = ARRAY['nonsense', upper(?)] WHERE user_id = ?`, unit.trade, unit.id)
	single := s.person(t, "single", func(w *personOptions) { w.config = `mode = 'individual', margin_threshold = 10` })
	s.exec(t, `UPDATE "MarginGuardConfig" SET individual_configs = jsonb_build_object(?::text, '{"enabled": true}'::jsonb,
		'0000aaaa-0000-4000-8000-000000000000', '{"threshold": "much"}'::jsonb, 'bb', 'null'::jsonb) WHERE user_id = ?`, single.trade, single.id)
	s.sim.MustPrice(91700)
	got := s.must(t)
	require.Equal(t, 3, got.Added, "%+v", got.Items)
	for _, p := range []person{global, unit, single} {
		require.Equal(t, int64(252631), s.margin(t, p))
	}
	require.Equal(t, 2, got.Failed)
	for _, i := range got.Items {
		if i.Status == marginguard.StatusFailed {
			require.Contains(t, []string{unit.id, single.id}, i.UserID)
			require.Equal(t, marginguard.Defective, i.Decision)
		}
	}
}
