package dev

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/devenv"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

type keyOptions struct {
	balance  int64
	side     flags.Enum
	quantity int64
	leverage float64
}

func newKey(a *app.App) *cobra.Command {
	o := &keyOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "key NAME", Short: "Make an account on the simulated exchange and print its API key",
			Long: `Makes an account with a balance on the simulated exchange and prints its API key as the JSON object that
"axisor account create --from-stdin" reads. The same name always gives the same account and key. With --quantity
it also has an open position, opened at the present price unless an untouched one exists.

The key is made up, works on the simulated exchange only and guards nothing; that is why it may be printed.`,
			Examples: []string{
				"axisor dev exchange key alice | axisor account create alice --exchange lnmarkets --name main --activate --from-stdin",
				"axisor dev exchange key alice --quantity 5000 --leverage 25",
			},
			Try:   "axisor dev exchange key alice",
			Exits: exits.Local(exits.On(clierr.Unavailable, "the environment is not running")),
		},
		Effect: flags.Write, Local: true,
		Flags: func(c *cobra.Command) {
			c.Flags().Int64Var(&o.balance, "balance", 1_000_000, "free balance in `SATS`")
			c.Flags().Int64Var(&o.quantity, "quantity", 0, "open a position of so many `USD`")
			c.Flags().Float64Var(&o.leverage, "leverage", 10, "leverage of that position")
			flags.RegisterEnum(c, &o.side, "side", "buy", "side of that position", "buy", "sell")
		},
		Check: func(_ *verb.Call) error {
			if o.balance < 0 || o.quantity < 0 || o.leverage < 1 || o.leverage > futures.MaxLeverage {
				return clierr.Usagef("--balance and --quantity are not negative, --leverage is 1 to %g", futures.MaxLeverage)
			}
			return nil
		},
		Run: o.run,
	}.Build(a)
}

func (o *keyOptions) run(ctx context.Context, call *verb.Call) error {
	sim, err := control(call.App)
	if err != nil {
		return err
	}
	t := devenv.NewTrader(call.Args[0], o.balance)
	var position *devenv.Position
	if o.quantity > 0 {
		position = &devenv.Position{Side: futures.Side(o.side.String()), Quantity: o.quantity, Leverage: o.leverage}
	}
	if !call.DryRun {
		if err := sim.Join(ctx, t, position); err != nil {
			return refused(err)
		}
	}
	raw, err := json.Marshal(t.Credentials())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(call.Streams.Out, "%s\n", raw)
	return err
}
