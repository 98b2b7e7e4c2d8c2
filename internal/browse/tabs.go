package browse

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// userLists are the lists of one user, by tab.
func (m *model) userLists(id string) [tabAudit + 1]*list {
	return [tabAudit + 1]*list{
		tabTrades:      m.trades(id),
		tabPayments:    m.payments(id),
		tabAutomations: m.automations(id),
		tabGuard:       m.intents(id),
		tabAudit:       m.events(id),
	}
}

func (m *model) trades(id string) *list {
	return &list{
		name: "trades",
		columns: []column{
			{title: "WHEN", width: 8},
			{title: "ACTION", width: 12},
			{title: "STATUS", width: 8},
			{title: "PNL", width: 9, right: true},
			{title: "AMOUNT", width: 9, right: true},
			{title: "PRICE", width: 9, right: true},
			{title: "EXCHANGE TRADE", width: 9, flex: true},
		},
		fetch: func(ctx context.Context, cursor string) (page, error) {
			l := m.o.Store.ListTrades(ctx, store.TradeFilter{UserID: id}, store.Page{Limit: pageSize, Cursor: cursor})
			return collect(l, func(t models.TradeLog) row {
				return row{
					id:    t.ID,
					cells: []string{m.ago(t.ExecutedAt), models.Deref(t.Action), string(t.Status), number(t.PnL), number(t.Amount), number(t.Price), t.TradeID},
					details: []field{
						{"id", t.ID},
						{"exchange trade", t.TradeID},
						{"executed", m.at(&t.ExecutedAt)},
						{"recorded", m.at(&t.CreatedAt)},
						{"action", models.Deref(t.Action)},
						{"status", string(t.Status)},
						{"pnl", number(t.PnL)},
						{"amount", number(t.Amount)},
						{"price", number(t.Price)},
						{"plan", string(models.Deref(t.PlanType))},
						{"automation", models.Deref(t.AutomationID)},
						{"error", models.Deref(t.ErrorMessage)},
					},
				}
			})
		},
	}
}

// payments leave the invoice and the preimage out: one is a bearer's claim, the other the proof of payment.
func (m *model) payments(id string) *list {
	return &list{
		name: "payments",
		columns: []column{
			{title: "WHEN", width: 8},
			{title: "PLAN", width: 10},
			{title: "SATS", width: 10, right: true},
			{title: "STATUS", width: 10},
			{title: "PAID", width: 8},
			{title: "EXPIRES", width: 8},
			{title: "HASH", width: 10, flex: true},
		},
		fetch: func(ctx context.Context, cursor string) (page, error) {
			l := m.o.Store.ListPayments(ctx, store.PaymentFilter{UserID: id}, store.Page{Limit: pageSize, Cursor: cursor})
			return collect(l, func(p store.Payment) row {
				return row{
					id: p.ID,
					cells: []string{
						m.ago(p.CreatedAt), string(p.PlanType), fmt.Sprint(p.AmountSats), string(p.Status), m.agoOr(p.PaidAt, "–"),
						m.agoOr(p.ExpiresAt, "–"), models.Deref(p.PaymentHash),
					},
					details: []field{
						{"id", p.ID},
						{"plan", string(p.PlanType)},
						{"amount", fmt.Sprint(p.AmountSats) + " sats"},
						{"status", string(p.Status)},
						{"created", m.at(&p.CreatedAt)},
						{"paid", m.at(p.PaidAt)},
						{"expires", m.at(p.ExpiresAt)},
						{"payment hash", models.Deref(p.PaymentHash)},
						{"method", models.Deref(p.PaymentMethod)},
						{"description", models.Deref(p.Description)},
						{"settled by", string(models.Deref(p.Source))},
						{"duplicate of", models.Deref(p.DuplicateOf)},
					},
				}
			})
		},
	}
}

func (m *model) automations(id string) *list {
	return &list{
		name: "automations",
		columns: []column{
			{title: "TYPE", width: 20},
			{title: "ACTIVE", width: 6},
			{title: "STATUS", width: 10},
			{title: "RISK", width: 8},
			{title: "CHANGED", width: 8},
			{title: "ID", width: 12, flex: true},
		},
		fetch: func(ctx context.Context, cursor string) (page, error) {
			l := m.o.Store.ListAutomations(ctx, store.AutomationFilter{UserID: id}, store.Page{Limit: pageSize, Cursor: cursor})
			return collect(l, func(a models.Automation) row {
				active := suffix(a.IsActive == nil || *a.IsActive, "yes", "no")
				return row{
					id:    a.ID,
					cells: []string{a.Type, active, string(a.Status), models.Deref(a.RiskLevel), m.ago(a.UpdatedAt), a.ID},
					details: []field{
						{"id", a.ID},
						{"type", a.Type},
						{"account", a.UserExchangeAccountID},
						{"active", active},
						{"status", string(a.Status)},
						{"risk level", models.Deref(a.RiskLevel)},
						{"plan", string(models.Deref(a.PlanType))},
						{"created", m.at(&a.CreatedAt)},
						{"changed", m.at(&a.UpdatedAt)},
						{"config", string(a.Config)},
					},
				}
			})
		},
	}
}

func (m *model) intents(id string) *list {
	return &list{
		name: "additions of margin",
		columns: []column{
			{title: "WHEN", width: 8},
			{title: "STATE", width: 12},
			{title: "SIDE", width: 5},
			{title: "ADDED", width: 10, right: true},
			{title: "MARGIN", width: 10, right: true},
			{title: "PRICE", width: 9, right: true},
			{title: "EXCHANGE TRADE", width: 10, flex: true},
		},
		fetch: func(ctx context.Context, cursor string) (page, error) {
			l := m.o.Store.ListGuardIntents(ctx, store.GuardIntentFilter{UserID: id}, store.Page{Limit: pageSize, Cursor: cursor})
			return collect(l, func(i models.GuardIntent) row {
				return row{
					id: i.ID,
					cells: []string{
						m.ago(i.PlannedAt), string(i.State), i.Side, fmt.Sprint(i.AmountSats), fmt.Sprint(i.MarginBefore), number(&i.Price), i.TradeID,
					},
					details: []field{
						{"id", i.ID},
						{"run", models.Deref(i.RunID)},
						{"exchange trade", i.TradeID},
						{"side", i.Side},
						{"state", string(i.State)},
						{"planned", m.at(&i.PlannedAt)},
						{"sent", m.at(i.SentAt)},
						{"resolved", m.at(i.ResolvedAt)},
						{"resolution", models.Deref(i.Resolution)},
						{"added", fmt.Sprint(i.AmountSats) + " sats"},
						{"margin before", fmt.Sprint(i.MarginBefore)},
						{"margin after", sats(i.MarginAfter)},
						{"entry price", number(&i.EntryPrice)},
						{"price", number(&i.Price)},
						{"trigger price", number(i.TriggerPrice)},
						{"liquidation", number(&i.LiquidationBefore) + " → " + number(i.LiquidationAfter)},
						{"error", models.Deref(i.Error)},
					},
				}
			})
		},
	}
}

func sats(n *int64) string {
	if n == nil {
		return ""
	}
	return fmt.Sprint(*n)
}

// events are changes and security events, in one order.
func (m *model) events(id string) *list {
	return &list{
		name: "events",
		columns: []column{
			{title: "WHEN", width: 8}, {title: "SOURCE", width: 8}, {title: "ACTION", width: 26}, {title: "STATUS", width: 8}, {title: "DETAILS", width: 16, flex: true},
		},
		fetch: func(ctx context.Context, cursor string) (page, error) {
			f := store.TimelineFilter{UserID: id, Sources: []string{"audit", "security"}}
			return collect(m.o.Store.Timeline(ctx, f, store.Page{Limit: pageSize, Cursor: cursor}), func(e store.Event) row {
				r := row{id: e.ID, details: []field{
					{"id", e.ID}, {"at", m.at(&e.At)}, {"source", e.Source}, {"action", e.Action}, {"status", models.Deref(e.Status)},
				}}
				var words []string
				for _, d := range detailsOf(e.Details) {
					r.details = append(r.details, d)
					words = append(words, d.name+"="+d.value)
				}
				r.cells = []string{m.ago(e.At), e.Source, e.Action, models.Deref(e.Status), strings.Join(words, " ")}
				return r
			})
		},
	}
}

// detailsOf are the details that are there.
func detailsOf(raw models.JSON) []field {
	var all map[string]any
	if err := raw.Decode(&all); err != nil {
		return nil
	}
	var out []field
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if v := all[name]; v != nil && v != "" {
			out = append(out, field{name, fmt.Sprint(v)})
		}
	}
	return out
}
