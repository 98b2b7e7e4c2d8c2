package payment

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/payments"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/lightning"
	"github.com/axisor/axisor/pkg/models"
)

// looksBack is how old a payment in a final state may be to be compared.
const looksBack = 30 * 24 * time.Hour

type reconcileOptions struct {
	apply     bool
	downgrade bool
	rescan    bool
	all       bool
	ignore    string
	since     string
	user      verb.UserFlag
	backend   flags.Enum
}

// reconcileView is one comparison with a node.
type reconcileView struct {
	Backend string                 `json:"backend"`
	Address string                 `json:"address"`
	Applied int                    `json:"applied"`
	Open    int                    `json:"open"`    // differences that remain
	Unknown int                    `json:"unknown"` // payments that the node could not be asked about
	Counts  map[payments.Class]int `json:"counts"`
	DryRun  bool                   `json:"dry_run"`
	Items   []differenceView       `json:"items"`
}

// differenceView is one payment, or one invoice, that does not agree.
type differenceView struct {
	Class        payments.Class        `json:"class"`
	PaymentID    *string               `json:"payment_id"`
	UserEmail    *string               `json:"user_email"`
	Status       *models.PaymentStatus `json:"status"`
	AmountSats   *int32                `json:"amount_sats"`
	PaymentHash  string                `json:"payment_hash"`
	NodeState    *lightning.State      `json:"node_state"`
	ReceivedMsat *int64                `json:"received_msat"`
	SettledAt    *output.Time          `json:"settled_at"`
	Applied      bool                  `json:"applied"`
	Detail       *string               `json:"detail"`
}

func reconcileDesc() output.Desc { return output.Desc{Noun: "differences", ID: "backend"} }

func differenceDesc() output.Desc {
	return output.Desc{Noun: "differences", ID: "payment_id", Columns: []output.Column{
		{Field: "class", Role: classRole},
		{Field: "payment_id"},
		{Field: "payment_hash"},
		{Field: "user_email", Header: "USER", Drop: 2},
		{Field: "status"},
		{Field: "node_state", Header: "NODE"},
		{Field: "amount_sats", Header: "SATS", Drop: 1},
		{Field: "received_msat", Drop: 3},
		{Field: "applied"},
		{Field: "detail", Drop: 4},
	}}
}

func classRole(v any) int {
	c, _ := v.(payments.Class)
	switch {
	case c.Safe():
		return int(streams.Warn)
	case c == payments.NotAtNode, c == payments.Foreign:
		return int(streams.Muted)
	default:
		return int(streams.Bad)
	}
}

func newReconcile(a *app.App) *cobra.Command {
	o := &reconcileOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "reconcile", Short: "Compare payments with the invoices of the node",
			Long: `Compare the node's invoices with the payments: every invoice since the last applied run and every older one that is not
resolved, every pending payment, and every other payment of the last 30 days (--since). Nothing is changed unless --apply is given, which puts three classes right:

  settle   pending here, paid at the node              → paid, with the node's time and preimage
  late     expired here, or paid after its expiry      → paid, marked late
  expire   pending here, cancelled at the node         → expired

Everything else is for a person: paid_unconfirmed (paid here, and the node has no money for it: the web application's
hook believes anybody who knows the payment hash), failed_but_paid, amount_short, amount_over, duplicate_hash,
hash_not_normal and node_only (paid at the node, and no payment here: its PAYMENT HASH names it). Each is reported again at
every run until it is resolved; how, is a table in docs/operator.md. not_at_node is a pending payment of another
provider and no difference. --rescan reads all invoices that the node has, from its first.

Money that is for something else than a plan: --ignore with its PAYMENT HASH and --reason remembers that, and it is told no
more. --all lists what was ignored, too, as "foreign". A payment that is recorded for it later counts as any other.

A node that does not answer says nothing: such a payment is "unknown", never failed.`,
			Examples: []string{
				"axisor payment reconcile --backend lnd",
				"axisor payment reconcile --apply -o json --jq .counts",
				"axisor payment reconcile --backend lnbits --since 7d",
				"axisor payment reconcile --user ana --since 90d",
				`axisor payment reconcile --ignore 0001020304050607080900010203040506070809000102030405060708090102 --reason "the office's own invoice"`,
			},
			Exits: exits.Database(exits.OK("they agree, or all was put right"), exits.NotFound("no such user, or no such invoice at the node"),
				exits.On(clierr.Denied, "key refused"), exits.Conflict("--ignore: not paid, or a payment has it"), exits.On(clierr.Partial, "some could not be asked about"),
				exits.On(clierr.CheckFailed, "differences remain"), exits.On(clierr.Unavailable, "the node does not answer")),
		},
		Effect: flags.Write, Fields: output.Fields[reconcileView](),
		Flags: func(c *cobra.Command) {
			f := c.Flags()
			f.BoolVar(&o.apply, "apply", false, "put the safe differences right")
			o.user.Register(a, c, "only the payments of this `USER`, each looked up at the node")
			f.BoolVar(&o.downgrade, "allow-downgrade", false, "let a payment replace a dearer plan of its user")
			f.StringVar(&o.since, "since", "", "compare payments in a final state from this `TIME` on: RFC 3339, a date, or a span (default 30d)")
			f.BoolVar(&o.rescan, "rescan", false, "read every invoice of the node, not only those since the last applied run")
			f.StringVar(&o.ignore, "ignore", "", "remember that the money of this payment `HASH` is no payment of a user; needs --reason")
			f.BoolVar(&o.all, "all", false, "list also what was ignored")
			backendFlag(c, &o.backend, "lnd", "lnbits")
		},
		Check: func(call *verb.Call) error {
			if o.ignore != "" && call.Mode().Reason == "" {
				return clierr.Usagef("--ignore needs --reason")
			}
			if o.downgrade && !o.apply {
				return clierr.Usagef("--allow-downgrade needs --apply")
			}
			return nil
		},
		Run: o.run,
	}.Build(a)
}

func (o *reconcileOptions) run(ctx context.Context, call *verb.Call) error {
	p := call.Print
	r, err := o.reconciler(ctx, call)
	if err != nil {
		return err
	}
	v := reconcileView{Backend: r.Backend.Name(), Address: r.Backend.Address(), DryRun: call.DryRun, Items: []differenceView{}}
	if o.ignore != "" {
		if err := o.ignoring(ctx, call, r); err != nil {
			return err
		}
	}
	soft, release := call.Stop.Context(ctx, "the payment in flight")
	defer release()
	bar := progress.Start(p.Streams(), "comparing payments", 0, progress.Items, call.Globals.Quiet)
	r.Compared = func() error {
		bar.Add(1)
		if progress.Stopped(ctx, soft) {
			return progress.ErrStopped
		}
		return nil
	}
	sum, err := r.Run(ctx, func(i payments.Item) error {
		v.Items = append(v.Items, differenceOf(i))
		return nil
	})
	bar.Done()
	if errors.Is(err, progress.ErrStopped) {
		return clierr.New(clierr.Interrupted, "interrupted", fmt.Sprintf("stopped: %s found, %d put right so far", words.Count(len(v.Items), "difference"), sum.Applied),
			"run it again: it begins where everything before is settled")
	}
	if err != nil {
		return err
	}
	v.Applied, v.Open, v.Unknown, v.Counts = sum.Applied, sum.Open, sum.Unknown, sum.Counts
	switch {
	case p.Machine() && !call.Globals.Quiet:
		err = output.One(p, reconcileDesc(), v, nil)
	default:
		if err = output.Slice(p, differenceDesc(), v.Items); err == nil {
			v.notice(p)
		}
	}
	switch {
	case err != nil:
		return err
	case v.Unknown > 0:
		return clierr.New(clierr.Partial, "node_unknown", fmt.Sprintf("%s could not be asked about %s", v.Backend, words.Count(v.Unknown, "payment")),
			"run it again when the node answers; nothing is known about them")
	case v.Open > 0:
		return clierr.New(clierr.CheckFailed, "payments_differ", fmt.Sprintf("%s left between payments and %s", words.Count(v.Open, "difference"), v.Backend),
			"--apply puts settle, late and expire right; the others need a person")
	}
	return nil
}

// ignoring remembers what is not ours, before the comparison.
func (o *reconcileOptions) ignoring(ctx context.Context, call *verb.Call, r *payments.Reconciler) error {
	svc, err := call.Admin(ctx)
	if err != nil {
		return err
	}
	added, err := r.Ignore(ctx, svc, o.ignore)
	if err != nil {
		return err
	}
	switch {
	case !added:
		call.Print.Notice("%s is ignored already; its reason stays", o.ignore)
	case call.DryRun:
		call.Print.Notice("%s would be ignored from now on", o.ignore)
	default:
		call.Print.Notice("%s is ignored from now on", o.ignore)
	}
	return nil
}

// reconciler puts the comparison together.
func (o *reconcileOptions) reconciler(ctx context.Context, call *verb.Call) (*payments.Reconciler, error) {
	now := call.Now()
	since := now.Add(-looksBack)
	if o.since != "" {
		at, err := flags.ParseTime("--since", o.since, now)
		if err != nil {
			return nil, err
		}
		since = *at
	}
	node, err := needBackend(call.App, o.backend.String())
	if err != nil {
		return nil, err
	}
	db, err := call.DB(ctx)
	if err != nil {
		return nil, err
	}
	user, err := o.user.ID(ctx, call.App)
	if err != nil {
		return nil, err
	}
	if o.rescan && user != "" {
		return nil, clierr.Usagef("--rescan and --user exclude each other: for one user no list is read")
	}
	if user != "" && (o.all || o.ignore != "") {
		return nil, clierr.Usagef("--user excludes --all and --ignore: what is ignored belongs to no user")
	}
	r := &payments.Reconciler{
		DB: db, UserID: user, Backend: node, Mode: call.Mode(), Since: since, Now: call.Now, AllowDowngrade: o.downgrade,
		Rescan: o.rescan, Foreign: o.all,
	}
	if o.apply {
		if r.Service, err = call.Admin(ctx); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (v reconcileView) notice(p *output.Printer) {
	total := 0
	for _, n := range v.Counts {
		total += n
	}
	p.Notice("%d compared with %s: %d agree, %d put right", total, v.Backend, v.Counts[payments.Agreed], v.Applied)
	for _, c := range slices.Sorted(maps.Keys(v.Counts)) {
		if c != payments.Agreed {
			p.Notice("  %-16s %d", c, v.Counts[c])
		}
	}
}

func differenceOf(i payments.Item) differenceView {
	v := differenceView{Class: i.Class, Applied: i.Applied}
	if i.Detail != "" {
		v.Detail = &i.Detail
	}
	if p := i.Payment; p != nil {
		v.PaymentID, v.UserEmail, v.AmountSats = &p.ID, &p.UserEmail, &p.AmountSats
		v.Status = new(p.Status.Canonical())
		v.PaymentHash, _ = payments.HashOf(*p)
	}
	if n := i.Invoice; n != nil {
		v.PaymentHash, v.NodeState, v.ReceivedMsat = n.PaymentHash, &n.State, n.ReceivedMsat
		if !n.SettledAt.IsZero() {
			v.SettledAt = output.AtPtr(&n.SettledAt)
		}
	}
	return v
}
