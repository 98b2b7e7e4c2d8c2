package dev

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/devenv"
	"github.com/axisor/axisor/internal/lightningsim"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
)

type lightningOptions struct {
	listen string
	state  string
}

// serveNodeArgs is the command line that runs the Lightning node in the foreground; `dev up` runs it in the background.
func serveNodeArgs(address, stateDir string) []string {
	return []string{"dev", "lightning", "--listen", address, "--state", stateDir}
}

func newLightning(a *app.App) *cobra.Command {
	o := &lightningOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "lightning", Short: "Run the simulated Lightning node in the foreground, or pay its invoices",
			Long: `Without a further command: runs a simulated Lightning node in the foreground until it is interrupted. It speaks the
interfaces of LND and of LNbits over one set of invoices, which are real BOLT 11 for the network regtest. "axisor dev
up" runs the same in the background and configures both; payments.backend chooses. Its state is kept in a folder.

The further commands act on the node of this folder's environment as its customers would. Whatever else gives it
orders, below /sim of its address, has to send "Authorization: Bearer TOKEN" with the token in the file control.token
of its state, which only the user who started it can read.`,
			Examples: []string{
				"axisor payment invoice ana@example.com --plan pro -o json --jq .lightning_invoice > invoice",
				`axisor dev lightning pay "$(cat invoice)"`,
				"axisor payment reconcile --apply",
			},
			Exits: exits.Local(exits.Conflict("one already runs on this state"), exits.On(clierr.Unavailable, "the address is taken")),
		},
		Local: true,
		Flags: func(c *cobra.Command) {
			c.Flags().StringVar(&o.listen, "listen", "127.0.0.1:0", "`ADDRESS` on the loopback interface; port 0 takes a free one")
			c.Flags().StringVar(&o.state, "state", "", "`FOLDER` of its state (default .axisor/lightning)")
			c.AddCommand(
				newInvoices(a),
				newInvoiceOrder(a, "pay", "Pay an invoice of the simulated node", lightningsim.Settled, "paid", (*devenv.Node).Pay),
				newInvoiceOrder(a, "cancel", "Take an invoice of the simulated node back", lightningsim.Cancelled, "cancelled", (*devenv.Node).Cancel),
			)
		},
		Run: o.run,
	}.Build(a)
}

func (o *lightningOptions) run(ctx context.Context, call *verb.Call) error {
	return simulator{
		what: "Lightning node", listen: o.listen, state: o.state, folder: (*devenv.Env).NodeDir,
		open: func(state string) (http.Handler, error) {
			sim, err := lightningsim.New(lightningsim.Options{
				Prefix: devenv.NodePrefix, Now: call.Now, StateFile: filepath.Join(state, "state.json"),
			})
			if err != nil {
				return nil, err
			}
			return sim.Handler(), nil
		},
	}.run(ctx, call.App)
}

// invoiceView is an invoice of the simulated node.
type invoiceView struct {
	PaymentHash      string      `json:"payment_hash"`
	Memo             string      `json:"memo"`
	AmountMsat       int64       `json:"amount_msat"`
	State            string      `json:"state"`
	CreatedAt        output.Time `json:"created_at"`
	ExpiresAt        output.Time `json:"expires_at"`
	LightningInvoice string      `json:"lightning_invoice"`
}

func invoiceDesc() output.Desc {
	return output.Desc{Noun: "invoices", ID: "payment_hash", Columns: []output.Column{
		{Field: "payment_hash", Header: "HASH"},
		{Field: "amount_msat", Header: "MSAT"},
		{Field: "state"},
		{Field: "memo", Drop: 1},
		{Field: "expires_at", Header: "EXPIRES", Drop: 2},
	}}
}

func invoiceOf(v lightningsim.StateInvoice) invoiceView {
	return invoiceView{
		PaymentHash: v.Hash, Memo: v.Memo, AmountMsat: v.AmountMsat, State: strings.ToLower(v.State),
		CreatedAt: output.At(v.CreatedAt), ExpiresAt: output.At(v.ExpiresAt), LightningInvoice: v.Request,
	}
}

func newInvoices(a *app.App) *cobra.Command {
	return verb.Command{
		Words: verb.Words{
			Use: "list", Short: "List the invoices of the simulated node",
			Long: `Lists every invoice that the simulated node has made, the oldest first: what "axisor payment reconcile" compares
with the payments in the database.`,
			Examples: []string{
				"axisor dev lightning list",
				`axisor dev lightning list -o json --jq '.items[] | select(.state == "open") | .payment_hash'`,
			},
			Exits: exits.Local(exits.On(clierr.Unavailable, "the environment is not running")),
		},
		Aliases: []string{"ls"}, Local: true, Fields: output.Fields[invoiceView](),
		Run: func(ctx context.Context, call *verb.Call) error {
			_, s, err := node(ctx, call.App)
			if err != nil {
				return err
			}
			views := make([]invoiceView, len(s.Invoices))
			for i, v := range s.Invoices {
				views[i] = invoiceOf(v)
			}
			return output.Slice(call.Print, invoiceDesc(), views)
		},
	}.Build(a)
}

// newInvoiceOrder builds a command that puts an invoice into a state, once.
func newInvoiceOrder(
	a *app.App, name, short, state, done string, order func(*devenv.Node, context.Context, string) error,
) *cobra.Command {
	return verb.Command{
		Words: verb.Words{
			Use: name + " INVOICE", Short: short,
			Long: short + `, which is named by its text or by its payment hash. The database learns of it from
"axisor payment reconcile", as with a real node. An invoice that is past its expiry can be paid: so late payments can
be tried.`,
			Examples: []string{"axisor dev lightning " + name + ` "$(cat invoice)"`},
			Exits: exits.Local(exits.OK("also when it is "+done+" already"), exits.NotFound("the node has no such invoice"),
				exits.Conflict("it can no more be "+done), exits.On(clierr.Unavailable, "the environment is not running")),
		},
		Effect: flags.Write, Local: true, Fields: output.Fields[invoiceView](),
		Run: func(ctx context.Context, call *verb.Call) error {
			n, s, err := node(ctx, call.App)
			if err != nil {
				return err
			}
			v, err := invoice(s, call.Args[0])
			if err != nil {
				return err
			}
			what := fmt.Sprintf("the invoice over %d sats", v.AmountMsat/1000)
			info := output.ChangeInfo{
				Result: words.Updated, DryRun: call.DryRun, Next: "axisor payment reconcile --apply",
				Say: output.Say{Done: what + " is " + done, Would: what + " would be " + done, Already: what + " is " + done + " already"},
			}
			switch {
			case v.State == state:
				info.Result = words.Unchanged
			case v.State != lightningsim.Open:
				return clierr.New(clierr.Conflict, "invoice_not_open", fmt.Sprintf("the invoice is %s", strings.ToLower(v.State)))
			case !call.DryRun:
				if err := order(n, ctx, v.Hash); err != nil {
					return err
				}
				v.State = state
			}
			return output.Change(call.Print, invoiceDesc(), invoiceOf(v), info)
		},
	}.Build(a)
}

// invoice finds the one that an argument names.
func invoice(s lightningsim.State, ref string) (lightningsim.StateInvoice, error) {
	ref = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(ref), "lightning:"))
	for _, v := range s.Invoices {
		if ref == v.Hash || ref == v.Request {
			return v, nil
		}
	}
	return lightningsim.StateInvoice{}, clierr.New(clierr.NotFound, "invoice_not_found", "the simulated node has no such invoice", "axisor dev lightning list")
}

// node is the handle on the node of this folder's environment, with its state.
func node(ctx context.Context, a *app.App) (*devenv.Node, lightningsim.State, error) {
	none := lightningsim.State{}
	env, err := environment(a)
	if err != nil {
		return nil, none, err
	}
	n, err := env.Node()
	if errors.Is(err, devenv.ErrNodeDown) {
		return nil, none, clierr.New(clierr.Unavailable, "node_down", err.Error(), "run: axisor dev up").WithCause(err)
	}
	if err != nil {
		return nil, none, err
	}
	s, err := n.State(ctx)
	return n, s, err
}
