package dev

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/devenv"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
)

type priceOptions struct {
	price float64
}

func newPrice(a *app.App) *cobra.Command {
	o := &priceOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "price [PRICE]", Short: "Show or set the price of the simulated market",
			Long: `Without a price: shows the market. With one, in US dollars per bitcoin and a multiple of 0.5: moves the market
there, with all that follows. Positions whose liquidation price is reached are liquidated, stops and limits fill.`,
			Examples: []string{
				"axisor dev exchange price",
				"axisor dev exchange price 92000",
			},
			Try:   "axisor dev exchange price 92000",
			Exits: exits.Local(exits.On(clierr.Usage, "a price that is none"), exits.On(clierr.Unavailable, "the environment is not running")),
		},
		Effect: flags.Write, Local: true, Fields: output.Fields[marketView](),
		Check: func(call *verb.Call) error {
			o.price = 0
			if len(call.Args) == 1 {
				price, err := strconv.ParseFloat(call.Args[0], 64)
				if err != nil || price <= 0 {
					return clierr.Usagef("price %q is not a positive number", call.Args[0]).WithHint("for example: axisor dev exchange price 92000")
				}
				o.price = price
			}
			return nil
		},
		Run: o.run,
	}.Build(a)
}

func (o *priceOptions) run(ctx context.Context, call *verb.Call) error {
	p := call.Print
	sim, err := control(call.App)
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
	if call.DryRun {
		say := output.Say{Would: fmt.Sprintf("the price would move from %s to %s", dollars(before.LastPrice), dollars(o.price))}
		return output.Change(p, marketDesc(), marketOf(before), output.ChangeInfo{Result: words.Updated, DryRun: true, Say: say})
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
	return output.Change(p, marketDesc(), marketOf(after), output.ChangeInfo{Result: words.Updated, Say: say})
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
