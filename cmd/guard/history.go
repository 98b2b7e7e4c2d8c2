package guard

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// intentView is one addition and what became of it.
type intentView struct {
	ID                string       `json:"id"`
	RunID             *string      `json:"run_id"`
	UserID            *output.Ref  `json:"user_id"`
	AccountID         *string      `json:"account_id"`
	TradeID           string       `json:"trade_id"`
	Side              string       `json:"side"`
	AmountSats        int64        `json:"amount_sats"`
	State             string       `json:"state"`
	Price             float64      `json:"price"`
	TriggerPrice      *float64     `json:"trigger_price"`
	MarginBefore      int64        `json:"margin_before"`
	MarginAfter       *int64       `json:"margin_after"`
	LiquidationBefore float64      `json:"liquidation_before"`
	LiquidationAfter  *float64     `json:"liquidation_after"`
	Resolution        *string      `json:"resolution"`
	HTTPStatus        *int32       `json:"http_status"`
	Error             *string      `json:"error"`
	PlannedAt         output.Time  `json:"planned_at"`
	SentAt            *output.Time `json:"sent_at"`
	ResolvedAt        *output.Time `json:"resolved_at"`
}

func intentDesc() output.Desc {
	return output.Desc{Noun: "additions", ID: "id", Columns: []output.Column{
		{Field: "planned_at", Header: "WHEN"},
		{Field: "user_id", Header: "USER", Format: output.Name},
		{Field: "trade_id", Header: "TRADE", Drop: 1},
		{Field: "side", Format: sideWord},
		{Field: "amount_sats", Header: "SATS"},
		{Field: "state"},
		{Field: "price", Format: dollars, Drop: 2},
		{Field: "resolution", Header: "HOW KNOWN"},
	}}
}

func intentViewOf(i models.GuardIntent) intentView {
	return intentView{
		ID: i.ID, RunID: i.RunID, UserID: output.RefTo(i.UserID), AccountID: i.AccountID, TradeID: i.TradeID, Side: i.Side,
		AmountSats: i.AmountSats, State: string(i.State), Price: i.Price, TriggerPrice: i.TriggerPrice,
		MarginBefore: i.MarginBefore, MarginAfter: i.MarginAfter, LiquidationBefore: i.LiquidationBefore,
		LiquidationAfter: i.LiquidationAfter, Resolution: i.Resolution, HTTPStatus: i.HTTPStatus, Error: i.Error,
		PlannedAt: output.At(i.PlannedAt), SentAt: output.AtPtr(i.SentAt), ResolvedAt: output.AtPtr(i.ResolvedAt),
	}
}

func history(a *app.App) *cobra.Command {
	var (
		page               flags.Page
		planned            flags.Range
		user, runID, trade string
		state              flags.Enum
	)
	return verb.Command{
		Words: verb.Words{
			Use:   "history",
			Short: "List the additions the guard made or tried, and the positions that ended",
			Long: `Lists every addition that was decided, newest first, with its state: planned (about to be sent), sent (no answer
yet), unknown (the outcome is not known), applied, rejected, not_applied. The first three are open; the next run
looks at them first.

A guarded position that is not running any more has a line too, without sats: its state is liquidated, closed, or gone
when the exchange does not show how it ended.`,
			Examples: []string{
				"axisor guard history --since 24h",
				"axisor guard history --user ana@example.com -o json",
				"axisor guard history --state unknown",
				"axisor guard history --state liquidated",
			},
			Exits: exits.Database(exits.NotFound("no such user"), exits.On(clierr.Partial, "something of a row cannot be read")),
		},
		Fields: output.Fields[intentView](),
		Flags: func(c *cobra.Command) {
			f := c.Flags()
			f.StringVar(&user, "user", "", "only of this `USER` (id, e-mail or username)")
			f.StringVar(&runID, "run", "", "only of the run with this `ID`")
			f.StringVar(&trade, "trade", "", "only of the trade with this `ID`")
			flags.RegisterEnum(c, &state, "state", "", "only in this state", "planned", "sent", "unknown", "applied", "rejected", "not_applied", "operator", "liquidated", "closed", "gone")
			planned.Register(c)
			page.Register(c, "planned_at", "amount_sats")
			flags.CompleteLive(c, "user", a.UserNames)
		},
		Check: func(*verb.Call) error { return page.Validate("planned_at", "amount_sats") },
		Run: func(ctx context.Context, call *verb.Call) error {
			filter := store.GuardIntentFilter{TradeID: trade, State: models.GuardState(state.String()), Ends: true}
			var err error
			if filter.Planned, err = a.TimeRange(&planned); err != nil {
				return err
			}
			db, err := call.DB(ctx)
			if err != nil {
				return err
			}
			if filter.UserID, err = a.UserID(ctx, user); err != nil {
				return err
			}
			if filter.RunID, err = db.StoredID(ctx, store.GuardRunIDs, runID); err != nil {
				return err
			}
			list := db.ListGuardIntents(ctx, filter, store.Page(page))
			owner := func(v *intentView) *output.Ref { return v.UserID }
			if err := output.List(call.Print, intentDesc(), app.Owned(ctx, call.Print, db, list.Items, intentViewOf, owner), list.Next); err != nil {
				return err
			}
			return guard.Defective(list.Defects()...)
		},
	}.Build(a)
}
