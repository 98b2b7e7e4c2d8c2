package payment

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/monitor"
	"github.com/axisor/axisor/internal/payments"
	"github.com/axisor/axisor/pkg/store"
)

type expireOptions struct {
	app     *app.App
	grace   time.Duration
	backend flags.Enum
	write   flags.Writes
	monitor flags.Monitor
}

// expireView is what one run did.
type expireView struct {
	Expired int      `json:"expired"`
	Paid    int      `json:"paid"`    // kept: the node has the money
	Held    int      `json:"held"`    // kept: the node holds the money and has not taken it
	Unknown int      `json:"unknown"` // kept: the node could not be asked
	DryRun  bool     `json:"dry_run"`
	IDs     []string `json:"ids"` // of the expired ones
	PaidIDs []string `json:"paid_ids"`
}

func newExpire(a *app.App) *cobra.Command {
	o := &expireOptions{app: a}
	c := &cobra.Command{
		Use:   "expire",
		Short: "Make pending payments past their expiry expired",
		Long: `Make every pending payment expired whose invoice can no longer be paid. This is what cron calls; a second run at once
changes nothing more, and two at the same time share the work.

With a configured node each invoice is asked about first: one that was paid meanwhile stays pending for axisor payment
reconcile, and one that cannot be asked about stays pending too. --backend none asks nobody. An expired payment can still
be settled on purpose.

Exit codes: 0 (also when there is nothing to do), 2, 7 (the node could not be asked about some), 10, 11, 12.`,
		Example: `  axisor payment expire
  axisor payment expire --dry-run -o json
  axisor payment expire --grace 10m --backend none`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if o.grace < 0 {
				return clierr.Usagef("--grace %s: must not be negative", o.grace)
			}
			return runExpire(c.Context(), o)
		},
	}
	c.Flags().DurationVar(&o.grace, "grace", 0, "leave a payment alone for this `DURATION` after its expiry")
	backendFlag(c, &o.backend, noBackend, "lnd", "lnbits")
	o.write.Register(c)
	o.monitor.Register(c, "payments")
	flags.Fields(c, output.Fields[expireView]())
	return c
}

func runExpire(ctx context.Context, o *expireOptions) error {
	cfg, err := o.app.Config()
	if err != nil {
		return err
	}
	told, err := o.app.Monitor("payment_expire", "payments", o.monitor, cfg.Payments.Monitor)
	if err != nil {
		return err
	}
	v := expireView{DryRun: o.write.DryRun, IDs: []string{}, PaidIDs: []string{}}
	if o.write.DryRun {
		return expire(ctx, o, &v)
	}
	run := told.Begin(ctx)
	err = expire(ctx, o, &v)
	run.End(ctx, err, v.said(), func(m *monitor.Metrics) error {
		m.Count("last_run_expired", "Payments made expired.", v.Expired)
		m.Count("last_run_paid", "Payments kept because the node has the money.", v.Paid)
		m.Count("last_run_unknown", "Payments kept because the node could not be asked.", v.Unknown)
		return nil
	})
	return err
}

func expire(ctx context.Context, o *expireOptions, v *expireView) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	node, err := o.app.Node(o.backend.String())
	if err != nil {
		return err
	}
	svc, err := o.app.Admin(ctx)
	if err != nil {
		return err
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	e := payments.Expirer{
		DB: db, Service: svc, Backend: node, Mode: o.app.Mode(o.write.DryRun), Before: o.app.Now().Add(-o.grace),
	}
	run := func(each func([]store.Payment)) error {
		done, err := e.Run(ctx, each)
		v.Expired, v.Paid, v.Held, v.Unknown, v.PaidIDs = done.Count, len(done.Paid), done.Held, done.Unknown, done.Paid
		return err
	}
	if p.Machine() && !o.app.Globals.Quiet {
		err = run(func(rows []store.Payment) {
			for _, r := range rows {
				v.IDs = append(v.IDs, r.ID)
			}
		})
		if err == nil {
			err = output.One(p, output.Desc{Noun: "payments", ID: "expired"}, *v, nil)
		}
	} else if err = output.List(p, desc(), streamed(run), nil); err == nil {
		v.notice(o.app, p)
	}
	if err == nil && v.Unknown > 0 {
		return clierr.New(clierr.Partial, "node_unknown", output.Count(v.Unknown, "payment")+" left pending: the node could not be asked",
			"run it again when the node answers", "--backend none expires them without asking")
	}
	return err
}

// streamed prints payments as they expire: after a long standstill there are very many. A printer that gives up
// does not stop the work.
func streamed(run func(each func([]store.Payment)) error) iter.Seq2[view, error] {
	return func(yield func(view, error) bool) {
		printing := true
		err := run(func(rows []store.Payment) {
			for _, r := range rows {
				printing = printing && yield(viewOf(r), nil)
			}
		})
		if err != nil && printing {
			yield(view{}, err)
		}
	}
}

func (v expireView) notice(a *app.App, p *output.Printer) {
	p.Notice("%s", v.said())
	if v.Paid > 0 {
		p.Notice("%s", a.Streams.PaintErr(streams.Warn, fmt.Sprintf("%d were paid and stay pending: axisor payment reconcile --apply", v.Paid)))
	}
	if v.Held > 0 {
		p.Notice("%s", a.Streams.PaintErr(streams.Warn, fmt.Sprintf("%d stay pending: the node holds their money and has not taken it yet", v.Held)))
	}
}

func (v expireView) said() string {
	if v.DryRun {
		return "dry run: " + output.Count(v.Expired, "payment") + " would expire; nothing was changed"
	}
	return output.Count(v.Expired, "payment") + " expired"
}
