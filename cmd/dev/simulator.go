package dev

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/devenv"
)

// goodbye is how long open requests may take when a simulator is stopped.
const goodbye = 3 * time.Second

// simulator is one that runs in the foreground until it is interrupted.
type simulator struct {
	what   string
	listen string
	state  string                   // folder; "" for the environment's
	folder func(*devenv.Env) string // which that is
	api    string                   // path below which it is used
	open   func(state string) (http.Handler, error)
}

func (s simulator) run(ctx context.Context, a *app.App) error {
	host, _, err := net.SplitHostPort(s.listen)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return clierr.Usagef("--listen %q: the simulated %s listens on the loopback interface only", s.listen, s.what).WithHint("for example: --listen 127.0.0.1:8550")
	}
	if s.state == "" {
		env, err := environment(a)
		if err != nil {
			return err
		}
		s.state = s.folder(env)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return clierr.New(clierr.Unavailable, "address_taken", "cannot listen: "+err.Error(), "choose another --listen, or port 0 for a free one")
	}
	defer listener.Close()
	address := listener.Addr().String()
	release, err := devenv.Claim(s.state, address)
	if errors.Is(err, devenv.ErrSimulatorRuns) {
		return clierr.New(clierr.Conflict, "simulator_runs", fmt.Sprintf("a simulated %s already runs on the state in %s", s.what, s.state), "see: axisor dev status")
	}
	if err != nil {
		return err
	}
	defer release()
	handler, err := s.open(s.state)
	if err != nil {
		return err
	}
	if handler, err = devenv.Guarded(s.state, handler); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(a.Streams.Err, "simulated %s on http://%s%s (process %d); stop it with Ctrl-C\norders below http://%s/sim need the token in %s\n",
		s.what, address, s.api, os.Getpid(), address, devenv.TokenFile(s.state)); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go endWith(ctx, s.state, cancel)
	return serve(ctx, &http.Server{Handler: handler, ReadHeaderTimeout: goodbye}, listener)
}

// endWith ends a simulator whose folder was deleted without stopping it first; nobody could reach it any more.
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
