package dev

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/devenv"
	"github.com/axisor/axisor/internal/lnsim"
)

type priceOptions struct {
	app   *app.App
	price float64
	write flags.Writes
}

func newPrice(a *app.App) *cobra.Command {
	o := &priceOptions{app: a}
	c := &cobra.Command{
		Use:   "price [PRICE]",
		Short: "Show or set the price of the simulated market",
		Long: `Without a price: shows the market. With one, in US dollars per bitcoin and a multiple of 0.5: moves the market
there, with all that follows. Positions whose liquidation price is reached are liquidated, stops and limits fill.

Exit codes: 2 for a price that is none, 11 when the environment is not running.`,
		Example: `  axisor dev exchange price
  axisor dev exchange price 92000`,
		Args: flags.AtMostOne("axisor dev exchange price 92000", "PRICE"),
		RunE: func(c *cobra.Command, args []string) error {
			o.price = 0
			if len(args) == 1 {
				price, err := strconv.ParseFloat(args[0], 64)
				if err != nil || price <= 0 {
					return clierr.Usagef("price %q is not a positive number", args[0]).WithHint("for example: axisor dev exchange price 92000")
				}
				o.price = price
			}
			return runPrice(c.Context(), o)
		},
	}
	o.write.Register(c)
	flags.Mark(c, flags.LocalKey, "true")
	flags.Fields(c, output.Fields[marketView]())
	return c
}

func runPrice(ctx context.Context, o *priceOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	sim, err := control(o.app)
	if err != nil {
		return err
	}
	before, err := sim.State(ctx)
	if err != nil {
		return err
	}
	if o.price == 0 {
		return output.One(p, marketDesc(), marketOf(before), nil)
	}
	if o.write.DryRun {
		say := output.Say{Would: fmt.Sprintf("the price would move from %s to %s", dollars(before.LastPrice), dollars(o.price))}
		return output.Change(p, marketDesc(), marketOf(before), output.ChangeInfo{Result: output.Updated, DryRun: true, Say: say})
	}
	if err := sim.SetPrice(ctx, o.price); err != nil {
		return refused(err)
	}
	after, err := sim.State(ctx)
	if err != nil {
		return err
	}
	say := output.Say{Done: fmt.Sprintf("the price moved from %s to %s", dollars(before.LastPrice), dollars(after.LastPrice))}
	if n := marketOf(after).Liquidated - marketOf(before).Liquidated; n > 0 {
		say.Done += fmt.Sprintf("; %d liquidated", n)
	}
	return output.Change(p, marketDesc(), marketOf(after), output.ChangeInfo{Result: output.Updated, Say: say})
}

// refused makes a usage error of what the exchange does not accept.
func refused(err error) error {
	var no *devenv.RefusedError
	if errors.As(err, &no) {
		return clierr.Usagef("the simulated exchange refuses: %s", no.Reason)
	}
	return err
}

func dollars(price float64) string { return strconv.FormatFloat(price, 'f', -1, 64) }

// marketView is the simulated market at a glance.
type marketView struct {
	LastPrice   float64     `json:"last_price"`
	Index       float64     `json:"index"`
	FundingRate float64     `json:"funding_rate"`
	Accounts    int         `json:"accounts"`
	Running     int         `json:"running"`
	Closed      int         `json:"closed"`
	Liquidated  int         `json:"liquidated"`
	MarginSats  int64       `json:"margin_sats"`
	Requests    int         `json:"requests"`
	Faults      int         `json:"faults"`
	SkewMs      int64       `json:"skew_ms"`
	Now         output.Time `json:"now"`
}

func marketDesc() output.Desc { return output.Desc{Noun: "markets", ID: "last_price"} }

func marketOf(m devenv.Market) marketView {
	v := marketView{
		LastPrice: m.LastPrice, Index: m.Index, FundingRate: m.FundingRate, Accounts: len(m.Accounts),
		Requests: m.Requests, Faults: m.Faults, SkewMs: m.SkewMs, Now: output.At(m.Now),
	}
	for _, t := range m.Trades {
		switch {
		case t.Status == lnsim.StatusRunning:
			v.Running++
			v.MarginSats += t.Margin
		case t.Liquidated:
			v.Liquidated++
		case t.Status == lnsim.StatusClosed:
			v.Closed++
		}
	}
	return v
}
