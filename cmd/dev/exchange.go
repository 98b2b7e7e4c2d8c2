package dev

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/devenv"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/internal/verb"
)

// firstPrice is where a new simulated market starts, in US dollars per bitcoin.
const firstPrice = 95000

type exchangeOptions struct {
	listen string
	state  string
}

// serveArgs is the command line that runs the exchange in the foreground; `dev up` runs it in the background.
func serveArgs(address, stateDir string) []string {
	return []string{"dev", "exchange", "--listen", address, "--state", stateDir}
}

func newExchange(a *app.App) *cobra.Command {
	o := &exchangeOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "exchange", Short: "Run the simulated LN Markets in the foreground, or steer the one that runs",
			Long: `Without a further command: runs a simulated LN Markets (API version 3) in the foreground until it is interrupted.
"axisor dev up" runs the same in the background. It verifies signatures, keeps accounts and positions, and
calculates as the real exchange does; its state is kept in a folder, so it continues where it was.

The further commands steer the exchange of this folder's environment: its price, its accounts, what it received.
Whatever else steers it, below /sim of its address, has to send "Authorization: Bearer TOKEN" with the token in the
file control.token of its state, which only the user who started it can read.`,
			Examples: []string{
				"axisor dev exchange --listen 127.0.0.1:8550",
				"axisor dev exchange price 92000",
				"axisor dev exchange key alice | axisor account create alice --exchange lnmarkets --name main --from-stdin",
			},
			Exits: exits.Local(exits.Conflict("one already runs on this state"), exits.On(clierr.Unavailable, "the address is taken")),
		},
		Local: true,
		Flags: func(c *cobra.Command) {
			c.Flags().StringVar(&o.listen, "listen", "127.0.0.1:0", "`ADDRESS` on the loopback interface; port 0 takes a free one")
			c.Flags().StringVar(&o.state, "state", "", "`FOLDER` of its state (default .axisor/exchange)")
			c.AddCommand(newPrice(a), newState(a), newRequests(a), newKey(a))
		},
		Run: o.run,
	}.Build(a)
}

func (o *exchangeOptions) run(ctx context.Context, call *verb.Call) error {
	return simulator{
		what: "exchange", listen: o.listen, state: o.state, folder: (*devenv.Env).ExchangeDir, api: "/v3",
		open: func(state string) (http.Handler, error) {
			sim, err := lnsim.Open(lnsim.Options{
				Now: call.Now, Price: firstPrice, StateFile: filepath.Join(state, "state.json"), Logger: call.Log(),
			})
			if err != nil {
				return nil, err
			}
			return sim.Handler(), nil
		},
	}.run(ctx, call.App)
}

// control is the handle on the exchange of this folder's environment.
func control(a *app.App) (*devenv.Control, error) {
	env, err := environment(a)
	if err != nil {
		return nil, err
	}
	c, err := env.Control()
	if errors.Is(err, devenv.ErrExchangeDown) {
		return nil, clierr.New(clierr.Unavailable, "exchange_down", err.Error(), "run: axisor dev up").WithCause(err)
	}
	return c, err
}
