package payment

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/monitor"
	"github.com/axisor/axisor/internal/payments"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/store"
)

type expireOptions struct {
	grace   time.Duration
	backend flags.Enum
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
	o := &expireOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "expire", Short: "Make pending payments past their expiry expired",
			Long: `Make every pending payment expired whose invoice can no longer be paid. This is what cron calls; a second run at once
changes nothing more, and two at the same time share the work.

With a configured node each invoice is asked about first: one that was paid meanwhile stays pending for axisor payment
reconcile, and one that cannot be asked about stays pending too. --backend none asks nobody. An expired payment can still
be settled on purpose.`,
			Examples: []string{
				"axisor payment expire",
				"axisor payment expire --dry-run -o json",
				"axisor payment expire --grace 10m --backend none",
			},
			Exits: exits.Database(exits.OK("also when there is nothing to do"), exits.On(clierr.Partial, "the node could not be asked about some")),
		},
		Effect: flags.Write, Fields: output.Fields[expireView](),
		Flags: func(c *cobra.Command) {
			c.Flags().DurationVar(&o.grace, "grace", 0, "leave a payment alone for this `DURATION` after its expiry")
			backendFlag(c, &o.backend, noBackend, "lnd", "lnbits")
			o.monitor.Register(c, "payments")
		},
		Check: func(_ *verb.Call) error {
			if o.grace < 0 {
				return clierr.Usagef("--grace %s: must not be negative", o.grace)
			}
			return nil
		},
		Run: o.run,
	}.Build(a)
}

func (o *expireOptions) run(ctx context.Context, call *verb.Call) error {
	cfg, err := call.Config()
	if err != nil {
		return err
	}
	monitoring, err := call.Monitor("payment_expire", "payments", o.monitor, cfg.Payments.Monitor)
	if err != nil {
		return err
	}
	v := expireView{DryRun: call.DryRun, IDs: []string{}, PaidIDs: []string{}}
	if call.DryRun {
		return o.expire(ctx, call, &v)
	}
	run := monitoring.Begin(ctx)
	err = o.expire(ctx, call, &v)
	run.End(ctx, err, v.said(), func(m *monitor.Metrics) error {
		m.Count("last_run_expired", "Payments made expired.", v.Expired)
		m.Count("last_run_paid", "Payments kept because the node has the money.", v.Paid)
		m.Count("last_run_unknown", "Payments kept because the node could not be asked.", v.Unknown)
		return nil
	})
	return err
}

func (o *expireOptions) expire(ctx context.Context, call *verb.Call, v *expireView) error {
	p := call.Print
	node, err := call.Node(o.backend.String())
	if err != nil {
		return err
	}
	db, svc, err := call.Open(ctx)
	if err != nil {
		return err
	}
	e := payments.Expirer{
		DB: db, Service: svc, Backend: node, Mode: call.Mode(), Before: call.Now().Add(-o.grace),
	}
	run := func(each func([]store.Payment)) error {
		done, err := e.Run(ctx, each)
		v.Expired, v.Paid, v.Held, v.Unknown, v.PaidIDs = done.Count, len(done.Paid), done.Held, done.Unknown, done.Paid
		return err
	}
	if p.Machine() && !call.Globals.Quiet {
		err = run(func(rows []store.Payment) {
			for _, r := range rows {
				v.IDs = append(v.IDs, r.ID)
			}
		})
		if err == nil {
			err = output.One(p, output.Desc{Noun: "payments", ID: "expired"}, *v, nil)
		}
	} else if err = output.List(p, desc(), streamed(run), nil); err == nil {
		v.notice(call)
	}
	if err == nil && v.Unknown > 0 {
		return clierr.New(clierr.Partial, "node_unknown", words.Count(v.Unknown, "payment")+" left pending: the node could not be asked",
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

func (v expireView) notice(call *verb.Call) {
	call.Print.Notice("%s", v.said())
	if v.Paid > 0 {
		call.Print.Notice("%s", call.Streams.PaintErr(streams.Warn, fmt.Sprintf("%d were paid and stay pending: axisor payment reconcile --apply", v.Paid)))
	}
	if v.Held > 0 {
		call.Print.Notice("%s", call.Streams.PaintErr(streams.Warn, fmt.Sprintf("%d stay pending: the node holds their money and has not taken it yet", v.Held)))
	}
}

func (v expireView) said() string {
	if v.DryRun {
		return "dry run: " + words.Count(v.Expired, "payment") + " would expire; nothing was changed"
	}
	return words.Count(v.Expired, "payment") + " expired"
}
