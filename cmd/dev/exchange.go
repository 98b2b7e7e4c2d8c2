package dev

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/devenv"
	"github.com/axisor/axisor/internal/lnsim"
)

const (
	// firstPrice is where a new simulated market starts, in US dollars per bitcoin.
	firstPrice = 95000
	// goodbye is how long open requests may take when the exchange is stopped.
	goodbye = 3 * time.Second
)

type exchangeOptions struct {
	app    *app.App
	listen string
	state  string
}

// serveArgs is the command line that runs the exchange in the foreground; `dev up` runs it in the background.
func serveArgs(address, stateDir string) []string {
	return []string{"dev", "exchange", "--listen", address, "--state", stateDir}
}

func newExchange(a *app.App, run func(context.Context, *exchangeOptions) error) *cobra.Command {
	if run == nil {
		run = runExchange
	}
	o := &exchangeOptions{app: a}
	c := &cobra.Command{
		Use:   "exchange",
		Short: "Run the simulated LN Markets in the foreground, or steer the one that runs",
		Long: `Without a further command: runs a simulated LN Markets (API version 3) in the foreground until it is interrupted.
"axisor dev up" runs the same in the background. It verifies signatures, keeps accounts and positions, and
calculates as the real exchange does; its state is kept in a folder, so it continues where it was.

The further commands steer the exchange of this folder's environment: its price, its accounts, what it received.

Exit codes: 4 when one already runs on this state, 11 when the address is taken.`,
		Example: `  axisor dev exchange --listen 127.0.0.1:8550
  axisor dev exchange price 92000
  axisor dev exchange key alice | axisor account create alice --exchange lnmarkets --name main --from-stdin`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error { return run(c.Context(), o) },
	}
	c.Flags().StringVar(&o.listen, "listen", "127.0.0.1:0", "`ADDRESS` on the loopback interface; port 0 takes a free one")
	c.Flags().StringVar(&o.state, "state", "", "`FOLDER` of its state (default .axisor/exchange)")
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Mark(c, flags.LocalKey, "true")
	c.AddCommand(newPrice(a, nil), newState(a, nil), newRequests(a, nil), newKey(a, nil))
	return c
}

func runExchange(ctx context.Context, o *exchangeOptions) error {
	host, _, err := net.SplitHostPort(o.listen)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return clierr.Usagef("--listen %q: the simulated exchange listens on the loopback interface only", o.listen).WithHint("for example: --listen 127.0.0.1:8550")
	}
	if o.state == "" {
		env, err := environment(o.app)
		if err != nil {
			return err
		}
		o.state = env.ExchangeDir()
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", o.listen)
	if err != nil {
		return clierr.New(clierr.Unavailable, "address_taken", "cannot listen: "+err.Error(), "choose another --listen, or port 0 for a free one")
	}
	defer listener.Close()
	address := listener.Addr().String()
	release, err := devenv.Claim(o.state, address)
	if errors.Is(err, devenv.ErrExchangeRuns) {
		return clierr.New(clierr.Conflict, "exchange_runs", "an exchange already runs on the state in "+o.state, "see: axisor dev status")
	}
	if err != nil {
		return err
	}
	defer release()
	sim, err := lnsim.Open(lnsim.Options{
		Now: o.app.Now, Price: firstPrice, StateFile: filepath.Join(o.state, "state.json"), Logger: o.app.Log(),
	})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(o.app.Streams.Err, "simulated exchange on http://%s/v3 (process %d); stop it with Ctrl-C\n", address, os.Getpid()); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go endWith(ctx, o.state, cancel)
	return serve(ctx, &http.Server{Handler: sim.Handler(), ReadHeaderTimeout: goodbye}, listener)
}

// endWith ends an exchange whose folder was deleted without stopping it first; nobody could reach it any more.
func endWith(ctx context.Context, folder string, end func()) {
	tick := time.NewTicker(goodbye)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
				end()
				return
			}
		}
	}
}

// serve runs the server until the context ends. Being asked to stop is how it ends, so that is no failure.
func serve(ctx context.Context, server *http.Server, listener net.Listener) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	if err := server.Shutdown(last); err != nil {
		return server.Close()
	}
	return nil
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
