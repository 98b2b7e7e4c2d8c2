package payment

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/store"
)

type statsOptions struct {
	by     flags.Enum
	filter func(context.Context, *store.DB) (store.PaymentFilter, error)
}

// statsView are the figures of one group.
type statsView struct {
	Group        string   `json:"group"`
	Count        int64    `json:"count"`
	Paid         int64    `json:"paid"`
	Pending      int64    `json:"pending"`
	Expired      int64    `json:"expired"`
	Failed       int64    `json:"failed"`
	Refunded     int64    `json:"refunded"`
	Other        int64    `json:"other"`
	RevenueSats  int64    `json:"revenue_sats"`
	RefundedSats int64    `json:"refunded_sats"`
	Conversion   *float64 `json:"conversion"`
	PayAverage   *float64 `json:"time_to_pay_avg_seconds"`
	PayMedian    *float64 `json:"time_to_pay_median_seconds"`
}

func statsDesc() output.Desc {
	return output.Desc{Noun: "payments", ID: "group", Columns: []output.Column{
		{Field: "group"},
		{Field: "count"},
		{Field: "paid"},
		{Field: "pending", Drop: 3},
		{Field: "expired", Drop: 3},
		{Field: "failed", Drop: 4},
		{Field: "refunded", Drop: 4},
		{Field: "revenue_sats"},
		{Field: "conversion", Format: percent},
		{Field: "time_to_pay_median_seconds", Header: "TIME TO PAY", Format: seconds, Drop: 2},
	}}
}

func percent(v any) string {
	f, _ := v.(float64)
	return strconv.FormatFloat(100*f, 'f', 1, 64) + " %"
}

func seconds(v any) string {
	f, _ := v.(float64)
	return strconv.FormatFloat(f, 'f', 0, 64) + " s"
}

func newStats(a *app.App) *cobra.Command {
	o := &statsOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "stats", Short: "Revenue, conversion and time to pay",
			Long: `Sum payments up, in total or by day, month, plan or method; days and months are those of UTC.

Counts, conversion and time to pay are those of the invoices made in the period. Revenue is the money that came in the
period, whenever its invoice was made, less what was refunded of it. Conversion is paid ÷ (paid + expired + failed):
invoices that can still be paid do not count, and pending ones past their expiry count as expired. What cannot be computed is
null and shows as a dash, never as 0.`,
			Examples: []string{
				"axisor payment stats --by month --since 365d",
				"axisor payment stats --by plan -o csv",
				"axisor payment stats -o json --jq '.items[0].revenue_sats'",
			},
			Exits: exits.Database(exits.NotFound("no such user")),
		},
		Fields: output.Fields[statsView](),
		Flags: func(c *cobra.Command) {
			flags.RegisterEnum(c, &o.by, "by", "", "one row for each", "day", "month", "plan", "method")
			o.filter = grouped(a, c)
		},
		Read: o.run,
	}.Build(a)
}

func (o *statsOptions) run(ctx context.Context, call *verb.Call, db *store.DB) error {
	f, err := o.filter(ctx, db)
	if err != nil {
		return err
	}
	rows, err := db.StatsOfPayments(ctx, store.PaymentGroup(o.by.String()), f)
	if err != nil {
		return err
	}
	if o.by.String() == "" && len(rows) == 0 {
		rows = []store.PaymentStats{{Group: "all"}} // a total of nothing is a fact, an empty list would be a question
	}
	views := make([]statsView, len(rows))
	for i, r := range rows {
		views[i] = statsView{
			Group: r.Group, Count: r.Count, Paid: r.Paid, Pending: r.Pending, Expired: r.Expired, Failed: r.Failed, Refunded: r.Refunded,
			Other: r.Other, RevenueSats: r.RevenueSats, RefundedSats: r.RefundedSats, Conversion: r.Conversion,
			PayAverage: r.PayAverage, PayMedian: r.PayMedian,
		}
		if o.by.String() == "method" && r.Group == "" {
			views[i].Group = "unknown"
		}
	}
	return output.Slice(call.Print, statsDesc(), views)
}
