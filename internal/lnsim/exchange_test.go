package lnsim_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/lnmarkets"
	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

const (
	isolated = "/v3/futures/isolated/trade"
	running  = "/v3/futures/isolated/trades/running"
)

func TestExchange_DocumentedLifeOfATrade(t *testing.T) {
	t.Parallel()
	s := lnsim.NewServer(t, fixedClock)
	k := s.NewUser(1_250_000)
	trade := guardLong(t, s, k)
	c := clientOf(t, s, k)

	trades, err := c.RunningTrades(t.Context())
	require.NoError(t, err)
	require.Len(t, trades, 1)
	got := trades[0]
	require.Equal(t, int64(210526), got.Margin)
	require.InDelta(t, 25, got.Leverage, 0)
	require.InDelta(t, 91346, got.Liquidation, 0)
	require.Equal(t, int64(-113186), got.PL)
	require.Equal(t, int64(5263), got.OpeningFee)
	require.Equal(t, int64(5473), got.MaintenanceMargin)

	got, err = c.AddMargin(t.Context(), trade.ID, 25000)
	require.NoError(t, err)
	require.Equal(t, int64(235526), got.Margin)
	require.InDelta(t, 22.346398676735657, got.Leverage, 1e-13)
	require.InDelta(t, 90931, got.Liquidation, 0)
	require.Equal(t, int64(210526), got.EntryMargin)
	require.Equal(t, int64(5473), got.MaintenanceMargin)
	account, err := c.Account(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(1_225_000), account.BalanceSats)

	status, body, _ := request{method: "POST", path: isolated + "/close", body: `{"id":"` + trade.ID + `"}`, key: k}.do(t, s)
	require.Equal(t, 200, status)
	require.InDelta(t, 93000, body["exitPrice"], 0)
	require.InDelta(t, 5376, body["closingFee"], 0)
	require.InDelta(t, 97, body["maintenanceMargin"], 0)
	require.InDelta(t, -113186, body["pl"], 0)
	require.Equal(t, true, body["closed"])
	after, _ := s.Account(k.AccountID)
	require.Equal(t, int64(1_225_000+122_437), after.Balance)

	trades, err = c.RunningTrades(t.Context())
	require.NoError(t, err)
	require.Empty(t, trades)
	_, err = c.AddMargin(t.Context(), trade.ID, 1)
	require.ErrorContains(t, err, "Trade is not running")
	require.False(t, lnmarkets.IsAmbiguous(err))
}

func TestExchange_CashIn(t *testing.T) {
	t.Parallel()
	s := lnsim.NewServer(t, fixedClock)
	k := s.NewUser(1_250_000)
	trade := guardLong(t, s, k)
	_, err := clientOf(t, s, k).AddMargin(t.Context(), trade.ID, 25000)
	require.NoError(t, err)
	cashIn := func(body string) (int, map[string]any) {
		status, out, _ := request{method: "POST", path: isolated + "/cash-in", body: body, key: k}.do(t, s)
		return status, out
	}
	status, body := cashIn(`{"id":"` + trade.ID + `","amount":10000}`)
	require.Equal(t, 200, status)
	require.InDelta(t, 225526, body["margin"], 0)
	require.InDelta(t, 23.337255548082446, body["leverage"], 1e-13)
	require.InDelta(t, 91096.5, body["liquidation"], 0)
	require.InDelta(t, 10000, body["sumCashInMargin"], 0)
	status, _ = cashIn(`{"id":"` + trade.ID + `","amount":225000}`)
	require.Equal(t, 400, status)
	status, _ = cashIn(`{"id":"` + trade.ID + `","amount":0}`)
	require.Equal(t, 400, status)

	s.MustPrice(99000)
	status, body = cashIn(`{"id":"` + trade.ID + `","amount":100000}`)
	require.Equal(t, 200, status)
	require.InDelta(t, 225526, body["margin"], 0)
	require.InDelta(t, 100000, body["sumCashInPl"], 0)
	require.Greater(t, body["price"], 95000.0)
	require.InDelta(t, 95000, body["entryPrice"], 0)
}

func TestExchange_AddMarginRefusalsChangeNothing(t *testing.T) {
	t.Parallel()
	s := lnsim.NewServer(t, fixedClock)
	k, other := s.NewUser(6_000_000), s.NewUser(50_000)
	mine := guardLong(t, s, k)
	foreign := s.MustOpen(lnsim.TradeSpec{AccountID: other.AccountID, Side: futures.Sell, Quantity: 5000, Price: 95000, Leverage: 25})
	tests := []struct {
		name, body string
		key        lnsim.Key
	}{
		{"zero", `{"id":"` + mine.ID + `","amount":0}`, k},
		{"negative", `{"id":"` + mine.ID + `","amount":-5}`, k},
		{"fraction", `{"id":"` + mine.ID + `","amount":1.5}`, k},
		{"text", `{"id":"` + mine.ID + `","amount":"5"}`, k},
		{"missing", `{"id":"` + mine.ID + `"}`, k},
		{"list", `[]`, k},
		{"unknown trade", `{"id":"nope","amount":5}`, k},
		{"foreign trade", `{"id":"` + foreign.ID + `","amount":5}`, k},
		{"under leverage 1", `{"id":"` + mine.ID + `","amount":5052632}`, k},
		{"over the balance", `{"id":"` + foreign.ID + `","amount":50001}`, other},
	}
	for _, tt := range tests {
		status, body, _ := request{method: "POST", path: isolated + "/add-margin", body: tt.body, key: tt.key}.do(t, s)
		require.Equal(t, 400, status, tt.name)
		require.NotEmpty(t, body["message"], tt.name)
	}
	for _, want := range []lnsim.Trade{mine, foreign} {
		got, _ := s.Trade(want.ID)
		require.Equal(t, want.Margin, got.Margin)
	}
	a, _ := s.Account(k.AccountID)
	require.Equal(t, int64(6_000_000), a.Balance)
	_, err := clientOf(t, s, k).AddMargin(t.Context(), mine.ID, 5052631)
	require.NoError(t, err, "exactly leverage 1 is allowed")
}

func TestExchange_NewTrade(t *testing.T) {
	t.Parallel()
	s := lnsim.NewServer(t, fixedClock)
	s.MustPrice(95000)
	k := s.NewUser(1_000_000)
	order := func(body string) (int, map[string]any) {
		status, out, _ := request{method: "POST", path: isolated, body: body, key: k}.do(t, s)
		return status, out
	}
	status, body := order(`{"type":"limit","side":"buy","price":100000,"quantity":1,"leverage":100,"clientId":"mine"}`)
	require.Equal(t, 200, status)
	for field, want := range map[string]any{
		"entryMargin": 10.0, "entryPrice": 100000.0, "liquidation": 99010.0, "maintenanceMargin": 2.0, "openingFee": 0.0,
		"closingFee": 0.0, "pl": 0.0, "open": true, "running": false, "clientId": "mine", "exitPrice": nil,
	} {
		require.Equal(t, want, body[field], field)
	}
	a, _ := s.Account(k.AccountID)
	require.Equal(t, int64(1_000_000-12), a.Balance)

	s.MustPrice(100000)
	filled, _ := s.Trade(body["id"].(string))
	require.Equal(t, lnsim.StatusRunning, filled.Status, "a limit fills when the price reaches it")
	require.Equal(t, int64(1), filled.OpeningFee)

	s.MustPrice(95000)
	gone, _ := s.Trade(filled.ID)
	require.True(t, gone.Liquidated)

	status, body = order(`{"type":"market","side":"buy","quantity":5000,"leverage":25}`)
	require.Equal(t, 200, status)
	require.Equal(t, true, body["running"])
	require.InDelta(t, 210526, body["margin"], 0)
	status, body = order(`{"type":"market","side":"sell","margin":210527,"leverage":25}`)
	require.Equal(t, 200, status)
	require.InDelta(t, 5000, body["quantity"], 0)

	for _, bad := range []string{
		`{"type":"market","side":"buy","quantity":5000,"margin":5,"leverage":25}`,
		`{"type":"market","side":"buy","leverage":25}`,
		`{"type":"market","side":"buy","quantity":5000,"leverage":0.5}`,
		`{"type":"market","side":"buy","quantity":5000,"leverage":101}`,
		`{"type":"market","side":"buy","quantity":500001,"leverage":100}`,
		`{"type":"market","side":"buy","quantity":1.5,"leverage":100}`,
		`{"type":"market","side":"b","quantity":1,"leverage":100}`,
		`{"type":"market","side":"buy","quantity":1,"leverage":100,"price":95000}`,
		`{"type":"limit","side":"buy","quantity":1,"leverage":100}`,
		`{"type":"limit","side":"buy","quantity":1,"leverage":100,"price":95000.3}`,
		`{"type":"market","side":"buy","quantity":500000,"leverage":1}`,
		`{"type":"market","side":"buy","quantity":5000,"leverage":25,"stoploss":96000}`,
		`{"type":"market","side":"buy","quantity":5000,"leverage":25,"stoploss":90000}`,
		`{"type":"market","side":"buy","quantity":5000,"leverage":25,"takeprofit":94000}`,
	} {
		status, _ = order(bad)
		require.Equal(t, 400, status, bad)
	}
}

func TestExchange_LiquidationAndStops(t *testing.T) {
	t.Parallel()
	s := lnsim.NewServer(t, fixedClock)
	s.MustPrice(95000)
	k := s.NewUser(1_000_000)
	open := func(side futures.Side) lnsim.Trade {
		return s.MustOpen(lnsim.TradeSpec{AccountID: k.AccountID, Side: side, Quantity: 5000, Leverage: 25})
	}
	long, stopped, short := open(futures.Buy), open(futures.Buy), open(futures.Sell)
	put := request{method: "PUT", path: isolated + "/stoploss", body: `{"id":"` + stopped.ID + `","value":92000}`, key: k}
	status, _, _ := put.do(t, s)
	require.Equal(t, 200, status)
	status, _, _ = request{method: "PUT", path: isolated + "/takeprofit", body: `{"id":"` + short.ID + `","value":91500}`, key: k}.do(t, s)
	require.Equal(t, 200, status)

	s.MustPrice(91346.5)
	got, _ := s.Trade(long.ID)
	require.Equal(t, lnsim.StatusRunning, got.Status)
	got, _ = s.Trade(stopped.ID)
	require.Equal(t, lnsim.StatusClosed, got.Status)
	require.False(t, got.Liquidated)
	got, _ = s.Trade(short.ID)
	require.Equal(t, lnsim.StatusClosed, got.Status)
	require.Positive(t, got.PL)

	s.MustPrice(91346)
	got, _ = s.Trade(long.ID)
	require.True(t, got.Liquidated)
	require.Equal(t, -got.Margin, got.PL)

	_, page, _ := request{method: "GET", path: "/v3/futures/isolated/trades/closed", query: "limit=2", key: k}.do(t, s)
	require.Len(t, page["data"], 2)
	cursor := page["nextCursor"].(string)
	_, page, _ = request{method: "GET", path: "/v3/futures/isolated/trades/closed", query: "limit=2&cursor=" + cursor, key: k}.do(t, s)
	require.Len(t, page["data"], 1)
	require.Nil(t, page["nextCursor"])
}

func TestExchange_CancelAndTrailingStop(t *testing.T) {
	t.Parallel()
	s := lnsim.NewServer(t, fixedClock)
	s.MustPrice(95000)
	k := s.NewUser(1_000_000)
	for range 3 {
		status, _, _ := request{method: "POST", path: isolated, body: `{"type":"limit","side":"buy","price":90000,"quantity":100,"leverage":10}`, key: k}.do(t, s)
		require.Equal(t, 200, status)
	}
	_, list, _ := request{method: "GET", path: "/v3/futures/isolated/trades/open", key: k}.raw(t, s)
	var opened []struct{ ID string }
	require.NoError(t, json.Unmarshal(list, &opened))
	require.Len(t, opened, 3)
	cancel := request{method: "POST", path: isolated + "/cancel", body: `{"id":"` + opened[0].ID + `"}`, key: k}
	status, body, _ := cancel.do(t, s)
	require.Equal(t, 200, status)
	require.Equal(t, true, body["canceled"])
	status, _, _ = cancel.do(t, s)
	require.Equal(t, 400, status)
	_, list, _ = request{method: "POST", path: "/v3/futures/isolated/trades/cancel-all", key: k}.raw(t, s)
	require.NoError(t, json.Unmarshal(list, &opened))
	require.Len(t, opened, 2)
	a, _ := s.Account(k.AccountID)
	require.Equal(t, int64(1_000_000), a.Balance)
	_, page, _ := request{method: "GET", path: "/v3/futures/isolated/trades/canceled", key: k}.do(t, s)
	require.Len(t, page["data"], 3)

	trade := s.MustOpen(lnsim.TradeSpec{AccountID: k.AccountID, Side: futures.Buy, Quantity: 100, Leverage: 5})
	trailing := request{method: "PUT", path: isolated + "/stoploss", body: `{"id":"` + trade.ID + `","value":0.02,"mode":"trailing"}`, key: k}
	status, body, _ = trailing.do(t, s)
	require.Equal(t, 200, status)
	require.InDelta(t, 93100, body["stoploss"], 0)
	s.MustPrice(100000)
	s.MustPrice(98000)
	got, _ := s.Trade(trade.ID)
	require.Equal(t, lnsim.StatusClosed, got.Status)
}

func TestExchange_Funding(t *testing.T) {
	t.Parallel()
	s := lnsim.NewServer(t, fixedClock)
	s.MustPrice(95000)
	k := s.NewUser(1_000_000)
	long := s.MustOpen(lnsim.TradeSpec{AccountID: k.AccountID, Side: futures.Buy, Quantity: 5000, Leverage: 25})
	s.MustOpen(lnsim.TradeSpec{AccountID: k.AccountID, Side: futures.Sell, Quantity: 5000, Leverage: 25})
	for range 3 {
		_, err := s.SettleFunding()
		require.NoError(t, err)
	}
	got, _ := s.Trade(long.ID)
	require.Equal(t, int64(208948), got.Margin)
	require.Equal(t, int64(1578), got.SumFundingFees)
	require.InDelta(t, 91372.5, got.Liquidation, 0)
	a, _ := s.Account(k.AccountID)
	require.Equal(t, int64(1_001_578), a.Balance, "the short received what the long paid")

	_, page, _ := request{method: "GET", path: "/v3/futures/funding-settlements", query: "limit=1"}.do(t, s)
	require.Len(t, page["data"], 1)
	_, page, _ = request{method: "GET", path: "/v3/futures/isolated/funding-fees", query: "tradeId=" + long.ID, key: k}.do(t, s)
	require.Len(t, page["data"], 3)
}

func TestExchange_Cross(t *testing.T) {
	t.Parallel()
	s := lnsim.NewServer(t, fixedClock)
	s.MustPrice(94000)
	k := s.NewUser(1_000_000)
	call := func(method, path, body string) (int, map[string]any) {
		status, out, _ := request{method: method, path: "/v3/futures/cross" + path, body: body, key: k}.do(t, s)
		return status, out
	}
	status, _ := call("POST", "/deposit", `{"amount":602127}`)
	require.Equal(t, 200, status)
	status, _ = call("PUT", "/leverage", `{"leverage":10}`)
	require.Equal(t, 200, status)
	status, body := call("POST", "/order", `{"type":"market","side":"sell","quantity":2000}`)
	require.Equal(t, 200, status)
	require.InDelta(t, 2127, body["tradingFee"], 0)
	s.MustPrice(93000)

	p, err := clientOf(t, s, k).CrossPosition(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(-2000), p.Quantity)
	require.Equal(t, int64(600000), p.Margin)
	require.Equal(t, int64(212765), p.RunningMargin)
	require.Equal(t, int64(3191), p.MaintenanceMargin)
	require.Equal(t, int64(22878), p.TotalPL)
	require.InDelta(t, 130646.5, p.Liquidation, 0)

	_, body = call("POST", "/deposit", `{"amount":50000}`)
	require.InDelta(t, 135057.5, body["liquidation"], 0)
	status, _ = call("POST", "/withdraw", `{"amount":650000}`)
	require.Equal(t, 400, status)
	status, _ = call("POST", "/withdraw", `{"amount":100000}`)
	require.Equal(t, 200, status)
	status, _ = call("PUT", "/leverage", `{"leverage":2.5}`)
	require.Equal(t, 400, status)
	_, body = call("GET", "/transfers", "")
	require.Len(t, body["data"], 3)

	status, body = call("POST", "/order", `{"type":"limit","side":"buy","quantity":500,"price":92000}`)
	require.Equal(t, 200, status)
	require.Equal(t, true, body["open"])
	s.MustPrice(91000)
	_, body = call("GET", "/position", "")
	require.InDelta(t, -1500, body["quantity"], 0)
	status, body = call("POST", "/position/close", "")
	require.Equal(t, 200, status)
	require.Equal(t, "buy", body["side"])
	_, body = call("GET", "/position", "")
	require.Nil(t, body["entryPrice"])
	require.Nil(t, body["liquidation"])
	_, body = call("GET", "/orders/filled", "")
	require.Len(t, body["data"], 3)
}

func TestExchange_WaysToSayNoLiquidation(t *testing.T) {
	t.Parallel()
	s := lnsim.NewServer(t, fixedClock)
	k := s.NewUser(1_000_000)
	s.MustOpen(lnsim.TradeSpec{AccountID: k.AccountID, Side: futures.Sell, Quantity: 100, Price: 100000, Leverage: 1})
	for _, quirk := range []string{"cap", "null", "zero"} {
		require.NoError(t, s.SetQuirks(lnsim.Quirks{NoLiquidation: quirk, ZeroExitPrice: true, EmptyLadder: true}))
		trades, err := clientOf(t, s, k).RunningTrades(t.Context())
		require.NoError(t, err, quirk)
		require.False(t, trades[0].HasLiquidation(), quirk)
		require.Zero(t, trades[0].ExitPrice)
	}
	ticker, err := clientOf(t, s, k).Ticker(t.Context())
	require.NoError(t, err)
	require.Empty(t, ticker.Prices)
	require.Error(t, s.SetQuirks(lnsim.Quirks{NoLiquidation: "nil"}))
}

func TestExchange_TickerLadder(t *testing.T) {
	t.Parallel()
	s := lnsim.NewServer(t, fixedClock)
	k := s.NewUser(0)
	bid := 92995.0
	require.NoError(t, s.SetMarket(lnsim.Market{LastPrice: 93000, Index: 93012.5, Ladder: []lnsim.Level{{MinSize: 0, MaxSize: 1000, BidPrice: &bid}}}))
	ticker, err := clientOf(t, s, k).Ticker(t.Context())
	require.NoError(t, err)
	require.InDelta(t, 92995, ticker.PriceFor(futures.Buy, 500), 0)
	require.InDelta(t, 93000, ticker.PriceFor(futures.Sell, 500), 0)
	require.InDelta(t, 93012.5, ticker.Index, 0)
	s.MustPrice(93001)
	ticker, err = clientOf(t, s, k).Ticker(t.Context())
	require.NoError(t, err)
	require.InDelta(t, 93001, ticker.PriceFor(futures.Buy, 500), 0, "a ladder does not outlive its price")
	for _, bad := range []float64{-1, 93000.3, 1e9} {
		require.Error(t, s.SetPrice(bad))
	}
}
