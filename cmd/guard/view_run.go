package guard

import (
	"fmt"

	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/pkg/marginguard"
)

// runView is the result of one run. A dry run has no id, because it leaves no row.
type runView struct {
	RunID      *string     `json:"run_id"`
	StartedAt  output.Time `json:"started_at"`
	FinishedAt output.Time `json:"finished_at"`
	DryRun     bool        `json:"dry_run"`
	Price      float64     `json:"price"`
	Users      int         `json:"users"`
	Positions  int         `json:"positions"`
	Triggered  int         `json:"triggered"`
	Added      int         `json:"added"`
	AddedSats  int64       `json:"added_sats"`
	Skipped    int         `json:"skipped"`
	Failed     int         `json:"failed"`
	Unknown    int         `json:"unknown"`
	Items      []itemView  `json:"items"`
}

// itemView is one position in a run, or one user that could not be handled.
type itemView struct {
	UserID            string   `json:"user_id"`
	AccountID         *string  `json:"account_id"`
	TradeID           *string  `json:"trade_id"`
	Side              *string  `json:"side"`
	Verdict           *string  `json:"verdict"`
	AmountSats        int64    `json:"amount_sats"`
	MarginBefore      *int64   `json:"margin_before"`
	MarginAfter       *int64   `json:"margin_after"`
	LiquidationBefore *float64 `json:"liquidation_before"`
	LiquidationAfter  *float64 `json:"liquidation_after"`
	Status            string   `json:"status"`
	Error             *string  `json:"error"`
}

func runDesc() output.Desc { return output.Desc{Noun: "guard runs", ID: "run_id"} }

func runViewOf(r marginguard.Result) runView {
	v := runView{
		RunID: text(r.RunID), StartedAt: output.At(r.StartedAt), FinishedAt: output.At(r.FinishedAt), DryRun: r.DryRun,
		Price: r.Price, Users: r.Users, Positions: r.Positions, Triggered: r.Triggered, Added: r.Added,
		AddedSats: r.AddedSats, Skipped: r.Skipped, Failed: r.Failed, Unknown: r.Unknown, Items: []itemView{},
	}
	for _, i := range r.Items {
		v.Items = append(v.Items, itemViewOf(i))
	}
	return v
}

func itemViewOf(i marginguard.Item) itemView {
	v := itemView{
		UserID: i.UserID, AccountID: text(i.AccountID), TradeID: text(i.TradeID), Side: text(string(i.Side)),
		Verdict: text(string(i.Decision)), AmountSats: i.Amount, Status: string(i.Status), Error: text(i.Error),
	}
	if i.TradeID != "" {
		v.MarginBefore, v.MarginAfter = new(i.MarginBefore), new(i.MarginAfter)
		v.LiquidationBefore, v.LiquidationAfter = price(i.Liquidation), price(i.LiquidationAfter)
	}
	return v
}

// lineView is an item as a person reads it.
type lineView struct {
	User        string   `json:"user"`
	TradeID     *string  `json:"trade_id"`
	Side        *string  `json:"side"`
	Status      string   `json:"status"`
	AmountSats  int64    `json:"amount_sats"`
	MarginAfter *int64   `json:"margin_after"`
	Before      *float64 `json:"liquidation_before"`
	After       *float64 `json:"liquidation_after"`
	Why         *string  `json:"why"`
}

func lineDesc() output.Desc {
	return output.Desc{Noun: "positions", ID: "trade_id", Columns: []output.Column{
		{Field: "user"},
		{Field: "trade_id", Header: "TRADE", Drop: 2},
		{Field: "side", Format: sideWord},
		{Field: "status", Role: statusRole},
		{Field: "amount_sats", Header: "SATS"},
		{Field: "margin_after", Header: "MARGIN", Drop: 3},
		{Field: "liquidation_before", Header: "LIQUIDATION", Format: dollars, Drop: 4},
		{Field: "liquidation_after", Header: "NOW", Format: dollars, Drop: 4},
		{Field: "why", Drop: 1},
	}}
}

func describeRun(d *output.Doc, r marginguard.Result, who map[string]string) {
	var lines []any
	for _, i := range r.Items {
		v := itemViewOf(i)
		line := lineView{
			User: name(who, i.UserID), TradeID: v.TradeID, Side: v.Side, Status: v.Status, AmountSats: v.AmountSats,
			MarginAfter: v.MarginAfter, Before: v.LiquidationBefore, After: v.LiquidationAfter, Why: text(i.Reason),
		}
		if i.Error != "" {
			line.Why = &i.Error
		}
		lines = append(lines, line)
	}
	if len(lines) > 0 {
		d.Table(lineDesc(), lines...)
	}
	role := streams.Good
	if r.Unserved() {
		role = streams.Warn
	}
	d.Line(role, "%s", guard.Summary(r))
}

func name(who map[string]string, id string) string {
	if n, ok := who[id]; ok {
		return n
	}
	return id
}

func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// price is a price, or null where there is none.
func price(x float64) *float64 {
	if x <= 0 {
		return nil
	}
	return &x
}

func sideWord(v any) string {
	switch v {
	case string(marginguard.Long):
		return "long"
	case string(marginguard.Short):
		return "short"
	}
	return fmt.Sprint(v)
}
