package payment

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/store"
)

func subject() verb.Subject[store.Payment, view] {
	return verb.Subject[store.Payment, view]{
		Desc: desc, Find: (*store.DB).FindPayment, View: viewOf,
		Name: func(p store.Payment) string { return p.ID },
	}
}

func newList(a *app.App) *cobra.Command {
	return subject().List(a, verb.List[store.Payment]{
		Words: verb.Words{
			Short: "List payments",
			Long: `List payments, newest first. --since and --until look at the time of creation. EVIDENCE says why a payment counts
as paid: node, preimage or forced; a paid one without evidence was marked by the web application, which checks none.`,
			Examples: []string{
				"axisor payment list --status paid --since 30d",
				"axisor payment list --user ana@example.com -o json --jq '.items[] | [.status, .amount_sats]'",
				"axisor payment list --overdue -q",
			},
			Exits: exits.Database(exits.NotFound("no such user")),
		},
		Sort:   []string{"created_at", "updated_at", "expires_at", "paid_at", "amount_sats", "plan_type", "status", "id"},
		Filter: verb.Filtered(filtered, (*store.DB).ListPayments),
	})
}

func newExport(a *app.App) *cobra.Command {
	return verb.Exporting(a, subject(), verb.Export[store.PaymentFilter, store.Payment]{
		Words: verb.Words{
			Short: "Write all payments as csv, json or jsonl",
			Long: `Write every payment that fits, oldest first, with all fields: csv unless --output says otherwise. Rows are streamed,
so the size of the table does not matter; csv is made by the server itself. Cells that a spreadsheet would run as a formula are escaped.`,
			Examples: []string{
				"axisor payment export --since 2026-01-01 > payments.csv",
				"axisor payment export --status paid -o jsonl | gzip > paid.jsonl.gz",
			},
			Exits: exits.Database(exits.NotFound("no such user")),
		},
		Label: "export payments", Filter: filtered,
		Rows: func(db *store.DB, ctx context.Context, f store.PaymentFilter) store.List[store.Payment] {
			return db.ListPayments(ctx, f, store.Page{All: true, Sort: "created_at"})
		},
		Copy: (*store.DB).CopyPayments,
	})
}
