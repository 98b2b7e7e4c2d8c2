package lnsim

import "net/http"

// table lists every endpoint under /v3. What is not here answers 404, the
// removed /oracle endpoints included.
func (s *Sim) table() map[string]map[string]route {
	const (
		get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
		isoRead, isoWrite   = "futures:isolated:read", "futures:isolated:write"
		xRead, xWrite       = "futures:cross:read", "futures:cross:write"
	)
	return map[string]map[string]route{
		"/ping":                        {get: {"", s.ping}},
		"/time":                        {get: {"", s.time}},
		"/futures/ticker":              {get: {"", s.ticker}},
		"/futures/candles":             {get: {"", s.candles}},
		"/futures/funding-settlements": {get: {"", s.settlements}},
		"/futures/leaderboard":         {get: {"", s.leaderboard}},
		"/account":                     {get: {"account:read", s.getAccount}},

		"/futures/isolated/trades/running":    {get: {isoRead, s.runningTrades}},
		"/futures/isolated/trades/open":       {get: {isoRead, s.openTrades}},
		"/futures/isolated/trades/closed":     {get: {isoRead, s.closedTrades}},
		"/futures/isolated/trades/canceled":   {get: {isoRead, s.canceledTrades}},
		"/futures/isolated/funding-fees":      {get: {isoRead, s.isolatedFundingFees}},
		"/futures/isolated/trade":             {post: {isoWrite, s.newTrade}},
		"/futures/isolated/trade/add-margin":  {post: {isoWrite, s.addMargin}},
		"/futures/isolated/trade/cash-in":     {post: {isoWrite, s.cashIn}},
		"/futures/isolated/trade/close":       {post: {isoWrite, s.closeTrade}},
		"/futures/isolated/trade/cancel":      {post: {isoWrite, s.cancelTrade}},
		"/futures/isolated/trades/cancel-all": {post: {isoWrite, s.cancelAllTrades}},
		"/futures/isolated/trade/stoploss":    {put: {isoWrite, s.setStoploss}, del: {isoWrite, s.removeStoploss}},
		"/futures/isolated/trade/takeprofit":  {put: {isoWrite, s.setTakeprofit}, del: {isoWrite, s.removeTakeprofit}},

		"/futures/cross/position":          {get: {xRead, s.crossPosition}},
		"/futures/cross/deposit":           {post: {xWrite, s.crossDeposit}},
		"/futures/cross/withdraw":          {post: {xWrite, s.crossWithdraw}},
		"/futures/cross/leverage":          {put: {xWrite, s.crossLeverage}},
		"/futures/cross/transfers":         {get: {xRead, s.crossTransfers}},
		"/futures/cross/funding-fees":      {get: {xRead, s.crossFundingFees}},
		"/futures/cross/order":             {post: {xWrite, s.crossOrder}},
		"/futures/cross/order/cancel":      {post: {xWrite, s.crossCancel}},
		"/futures/cross/orders/cancel-all": {post: {xWrite, s.crossCancelAll}},
		"/futures/cross/orders/open":       {get: {xRead, s.crossOpenOrders}},
		"/futures/cross/orders/filled":     {get: {xRead, s.crossFilledOrders}},
		"/futures/cross/position/close":    {post: {xWrite, s.crossClose}},
	}
}
