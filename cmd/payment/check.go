package payment

import (
	"context"
	"fmt"
	"iter"
	"maps"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/payments"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

type checkOptions struct {
	refs   []string
	filter func(context.Context, *store.DB) (store.PaymentFilter, error)
}

// findingView is one disagreement.
type findingView struct {
	PaymentID string               `json:"payment_id"`
	UserID    string               `json:"user_id"`
	UserEmail string               `json:"user_email"`
	Status    models.PaymentStatus `json:"status"`
	Finding   string               `json:"finding"`
	Expected  string               `json:"expected"`
	Found     string               `json:"found"`
}

func findingDesc() output.Desc {
	return output.Desc{Noun: "disagreements", ID: "payment_id", Columns: []output.Column{
		{Field: "payment_id"},
		{Field: "user_email", Header: "USER", Drop: 2},
		{Field: "status", Drop: 1},
		{Field: "finding", Wrap: true, Role: func(any) int { return int(streams.Bad) }},
		{Field: "expected", Wrap: true},
		{Field: "found", Wrap: true},
	}}
}

func newCheck(a *app.App) *cobra.Command {
	o := &checkOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "check [PAYMENT...]", Short: "Compare payments with their own invoices",
			Long: `Compare each payment with the invoice in it, without asking a node: amount, payment hash and its spelling, expiry (two
seconds are forgiven), network, payee when payments.node_id is set, preimage, and payment hashes that several payments
share. Rows are streamed; nothing is changed.`,
			Examples: []string{
				"axisor payment check",
				"axisor payment check --status paid --since 30d -o json --jq '.items[].finding'",
				"axisor payment check 1f0c6d1e-7b1a-4a57-9a43-0f4a55a3c111",
			},
			Exits: exits.Database(exits.OK("nothing found"), exits.NotFound(""), exits.On(clierr.CheckFailed, "something found")),
		},
		Fields: output.Fields[findingView](),
		Flags:  func(c *cobra.Command) { o.filter = filtered(a, c) },
		Check: func(call *verb.Call) error {
			o.refs = call.Args
			return nil
		},
		Run: o.run,
	}.Build(a)
}

func (o *checkOptions) run(ctx context.Context, call *verb.Call) error {
	r, err := rules(call.App)
	if err != nil {
		return err
	}
	db, err := call.DB(ctx)
	if err != nil {
		return err
	}
	rows, twins, err := o.rows(ctx, db)
	if err != nil {
		return err
	}
	checked, bad, found := 0, 0, 0
	items := examine(rows, r, twins, func(findings int) {
		checked++
		found += findings
		if findings > 0 {
			bad++
		}
	})
	if err := output.List(call.Print, findingDesc(), items, nil); err != nil {
		return err
	}
	if found > 0 {
		return clierr.New(clierr.CheckFailed, "payments_disagree", fmt.Sprintf("%s in %d of %s", words.Count(found, "finding"), bad, words.Count(checked, "payment")),
			"axisor payment show PAYMENT", "axisor payment reconcile asks the node")
	}
	call.Print.Notice("payments checked: %d", checked)
	return nil
}

// rows are the named payments, or those that fit the flags, and who shares a hash with whom.
func (o *checkOptions) rows(ctx context.Context, db *store.DB) (iter.Seq2[store.Payment, error], map[string]string, error) {
	if len(o.refs) == 0 {
		f, err := o.filter(ctx, db)
		if err != nil {
			return nil, nil, err
		}
		twins, err := payments.Duplicates(ctx, db)
		return db.ListPayments(ctx, f, store.Page{All: true, Sort: "created_at"}).Items, twins, err
	}
	twins := map[string]string{}
	var rows []store.Payment
	for _, ref := range o.refs {
		row, err := db.FindPayment(ctx, ref)
		if err != nil {
			return nil, nil, err
		}
		others, err := payments.DuplicatesOf(ctx, db, row)
		if err != nil {
			return nil, nil, err
		}
		maps.Copy(twins, others)
		rows = append(rows, row)
	}
	return func(yield func(store.Payment, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}, twins, nil
}

func examine(rows iter.Seq2[store.Payment, error], r admin.InvoiceRules, twins map[string]string, count func(int)) iter.Seq2[findingView, error] {
	return func(yield func(findingView, error) bool) {
		for row, err := range rows {
			if err != nil {
				yield(findingView{}, err)
				return
			}
			findings := payments.Examine(row, r)
			if others, ok := twins[row.ID]; ok {
				findings = append(findings, payments.Finding{Payment: row, Kind: "duplicate_hash", Expected: "one payment for an invoice", Found: others})
			}
			count(len(findings))
			for _, f := range findings {
				v := findingView{
					PaymentID: row.ID, UserID: row.UserID, UserEmail: row.UserEmail, Status: row.Status, Finding: f.Kind,
					Expected: f.Expected, Found: f.Found,
				}
				if !yield(v, nil) {
					return
				}
			}
		}
	}
}
