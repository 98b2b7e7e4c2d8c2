package dev

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/devenv"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/internal/verb"
)

type stateOptions struct {
	all bool
}

func newState(a *app.App) *cobra.Command {
	o := &stateOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "state", Short: "List the positions on the simulated exchange",
			Long: `Lists the running positions on the simulated exchange, the one nearest to liquidation first; with --all also
the closed and the liquidated ones. This is the exchange's own view, to compare with what the guard did.`,
			Examples: []string{
				"axisor dev exchange state",
				"axisor dev exchange state --all -o json --jq '[.items[] | select(.liquidated)] | length'",
			},
			Exits: exits.Local(exits.On(clierr.Unavailable, "the environment is not running")),
		},
		Local: true, Fields: output.Fields[tradeView](),
		Flags: func(c *cobra.Command) {
			c.Flags().BoolVar(&o.all, "all", false, "also what is closed, liquidated or not yet open")
		},
		Run: o.run,
	}.Build(a)
}

func (o *stateOptions) run(ctx context.Context, call *verb.Call) error {
	sim, err := control(call.App)
	if err != nil {
		return err
	}
	m, err := sim.State(ctx)
	if err != nil {
		return err
	}
	return output.Slice(call.Print, tradeDesc(), tradesOf(m, o.all))
}

// tradeView is one position as the simulated exchange sees it.
type tradeView struct {
	ID          string      `json:"id"`
	Account     string      `json:"account"`
	Side        string      `json:"side"`
	Status      string      `json:"status"`
	Liquidated  bool        `json:"liquidated"`
	Quantity    int64       `json:"quantity"`
	Price       float64     `json:"price"`
	Liquidation float64     `json:"liquidation"`
	Leverage    float64     `json:"leverage"`
	MarginSats  int64       `json:"margin_sats"`
	AddedSats   int64       `json:"added_sats"`
	PLSats      int64       `json:"pl_sats"`
	CreatedAt   output.Time `json:"created_at"`
}

func tradeDesc() output.Desc {
	return output.Desc{Noun: "positions", ID: "id", Columns: []output.Column{
		{Field: "account"},
		{Field: "side"},
		{Field: "status", Drop: 2},
		{Field: "quantity"},
		{Field: "price", Header: "ENTRY"},
		{Field: "liquidation"},
		{Field: "leverage", Drop: 1},
		{Field: "margin_sats"},
		{Field: "added_sats"},
		{Field: "pl_sats", Drop: 3},
	}}
}

func tradesOf(m devenv.Market, all bool) []tradeView {
	names := map[string]string{}
	for _, a := range m.Accounts {
		names[a.ID] = a.Username
	}
	trades := slices.Clone(m.Trades)
	slices.SortStableFunc(trades, func(a, b lnsim.Trade) int {
		switch da, db := distance(a, m.LastPrice), distance(b, m.LastPrice); {
		case da < db:
			return -1
		case da > db:
			return 1
		default:
			return strings.Compare(a.ID, b.ID)
		}
	})
	views := []tradeView{}
	for _, t := range trades {
		if !all && t.Status != lnsim.StatusRunning {
			continue
		}
		views = append(views, tradeView{
			ID: t.ID, Account: names[t.AccountID], Side: string(t.Side), Status: t.Status, Liquidated: t.Liquidated, Quantity: t.Quantity,
			Price: t.Price, Liquidation: t.Liquidation, Leverage: t.Leverage, MarginSats: t.Margin, AddedSats: t.Margin - t.EntryMargin,
			PLSats: t.PL, CreatedAt: output.At(t.CreatedAt),
		})
	}
	return views
}

// distance to liquidation, relative to the price; what cannot be liquidated comes last.
func distance(t lnsim.Trade, price float64) float64 {
	const far = 1e9
	if t.Status != lnsim.StatusRunning || t.Liquidation <= 0 {
		return far
	}
	d := (price - t.Liquidation) / price
	return max(d, -d)
}
