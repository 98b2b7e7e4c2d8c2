package payment

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
)

type failOptions struct {
	app   *app.App
	ref   string
	write flags.Writes
}

func newFail(a *app.App) *cobra.Command {
	o := &failOptions{app: a}
	c := &cobra.Command{
		Use:   "fail PAYMENT",
		Short: "Give a pending payment up",
		Long: `Make a pending payment failed. Its invoice is not cancelled at the node: until it expires it can still be paid, and
axisor payment reconcile would then report it. A failed payment stays failed and is no error.

Exit codes: 0, 2, 3, 4 (paid, expired or refunded), 10, 11, 12.`,
		Example: `  axisor payment fail 1f0c6d1e-7b1a-4a57-9a43-0f4a55a3c111 --reason "user chose another plan"`,
		Args:    flags.Exactly("axisor payment fail 1f0c6d1e-7b1a-4a57-9a43-0f4a55a3c111", "PAYMENT"),
		RunE: func(c *cobra.Command, args []string) error {
			o.ref = args[0]
			return runFail(c.Context(), o)
		},
	}
	o.write.Register(c)
	flags.Fields(c, output.Fields[view]())
	return c
}

func runFail(ctx context.Context, o *failOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	row, err := find(ctx, o.app, o.ref)
	if err != nil {
		return err
	}
	svc, err := o.app.Admin(ctx)
	if err != nil {
		return err
	}
	change, err := svc.FailPayment(ctx, o.app.Mode(o.write.DryRun), row.ID)
	if err != nil {
		return err
	}
	say := output.Say{
		Done: "payment " + row.ID + " is marked failed", Would: "payment " + row.ID + " would be marked failed",
		Already: "payment " + row.ID + " is marked failed already; nothing changed",
	}
	return output.Change(p, desc(), viewOf(*change.After), output.ChangeInfo{Result: change.Status, DryRun: change.DryRun, Say: say})
}
