package payment

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/store"
)

func newFail(a *app.App) *cobra.Command {
	return subject().Change(a, change{
		Words: verb.Words{
			Use:   "fail PAYMENT",
			Short: "Give a pending payment up",
			Long: `Make a pending payment failed. Its invoice is not cancelled at the node: until it expires it can still be paid.
axisor payment reconcile then reports it as failed_but_paid until it is settled with --late or --force, or refunded. A
payment that is failed already is no error.`,
			Examples: []string{`axisor payment fail 1f0c6d1e-7b1a-4a57-9a43-0f4a55a3c111 --reason "user chose another plan"`},
			Exits:    exits.Database(exits.NotFound(""), exits.Conflict("paid, expired or refunded")),
		},
		Do: onPayment(func(ctx context.Context, s *admin.Service, m admin.Mode, id string) (admin.Change[store.Payment], error) {
			return s.FailPayment(ctx, m, id)
		}),
		Done: "payment %s is marked failed", Would: "payment %s would be marked failed",
		Already: "payment %s is marked failed already; nothing changed",
	})
}
