// Package limits shows what a user uses of the limits of a plan, the same in every command. It reads nothing itself.
package limits

import (
	"fmt"

	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/chart"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// View is one limit. Left is null without a limit; used is null where the database keeps no count.
type View struct {
	Limit string `json:"limit"`
	Max   int32  `json:"max"` // -1: unlimited
	Used  *int64 `json:"used"`
	Left  *int64 `json:"left"`
}

// Of lists the limits with what is used of them.
func Of(l models.PlanLimits, u store.Usage) []View {
	row := func(name string, limit *int32, used *int64) View {
		v := View{Limit: name, Max: models.Deref(limit), Used: used}
		if used != nil && v.Max != models.Unlimited {
			v.Left = new(max(0, int64(v.Max)-*used))
		}
		return v
	}
	return []View{
		row("exchange_accounts", l.MaxExchangeAccounts, &u.ExchangeAccounts),
		row("automations", l.MaxAutomations, &u.Automations),
		row("indicators", l.MaxIndicators, nil), // counted by the web application, stored nowhere
		row("simulations", l.MaxSimulations, &u.Simulations),
		row("backtests", l.MaxBacktests, &u.Backtests),
	}
}

// Over reports whether more is used than the plan allows.
func (v View) Over() bool {
	return v.Used != nil && v.Max != models.Unlimited && *v.Used > int64(v.Max)
}

// Gauge is the limit as a bar; its text says the numbers, and what has no bar.
func (v View) Gauge() chart.Gauge {
	g := chart.Gauge{Name: v.Limit, Alarm: v.Over()}
	switch {
	case v.Used == nil:
		g.Text = "not counted"
	case v.Max == models.Unlimited:
		g.Text = fmt.Sprintf("%d of unlimited", *v.Used)
	default:
		g.Value, g.Max, g.Text = new(float64(*v.Used)), float64(v.Max), fmt.Sprintf("%d of %d", *v.Used, v.Max)
	}
	if g.Alarm {
		g.Text += ", over the limit"
	}
	return g
}

// Figure draws the limits of a user.
func Figure(who string, plan models.PlanType, all []View) chart.Figure {
	g := chart.Gauges{Title: "used of each limit", Name: "limit"}
	for _, v := range all {
		g.Gauges = append(g.Gauges, v.Gauge())
	}
	return chart.Figure{Title: "Plan " + string(plan) + " of " + who, Panels: []chart.Panel{g}}
}

// row is a limit in a table, with a bar for people.
type row struct {
	View
	Bar string `json:"bar"`
}

const barWidth = 12

// Write adds the table; drawn adds bars, which only a terminal shows well.
func Write(d *output.Doc, all []View, drawn bool) {
	desc := output.Desc{ID: "limit", Columns: []output.Column{{Field: "limit"}, {Field: "used"}, {Field: "max", Format: Format}, {Field: "left"}}}
	if drawn {
		desc.Columns = append(desc.Columns, output.Column{Field: "bar", Header: " "})
	}
	rows := make([]any, len(all))
	for i, v := range all {
		r := row{View: v, Bar: v.Gauge().Line(barWidth)}
		if v.Over() {
			r.Bar += " over the limit"
		}
		rows[i] = r
	}
	d.Table(desc, rows...)
}

// Format is a limit as a person reads it.
func Format(v any) string {
	if n, ok := v.(int32); ok && n != models.Unlimited {
		return output.Number(float64(n))
	}
	return "unlimited"
}
