package lnsim

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// TB is what NewServer needs of a test. It keeps package testing out of the
// binary, which serves the exchange for development.
type TB interface {
	Helper()
	Cleanup(f func())
	Context() context.Context
	Fatalf(format string, args ...any)
}

// Server is an exchange on a free port of the loopback interface.
type Server struct {
	*Sim
	// URL is the base URL for clients, version included.
	URL string
	// ControlURL is the same address without the version, for /sim.
	ControlURL string
	t          TB
}

// NewServer starts an exchange for a test and stops it at the end. Ids count
// up from one, so that they are the same in every run.
func NewServer(t TB, change ...func(*Options)) *Server {
	t.Helper()
	var last atomic.Uint64
	o := Options{NewID: func() string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", last.Add(1)) }}
	for _, f := range change {
		f(&o)
	}
	sim, err := Open(o)
	if err != nil {
		t.Fatalf("open simulated exchange: %v", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen for simulated exchange: %v", err)
	}
	server := &http.Server{Handler: sim.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	address := "http://" + listener.Addr().String()
	return &Server{Sim: sim, URL: address + "/v3", ControlURL: address, t: t}
}

// NewUser adds an account with a balance in satoshis and a key with these
// scopes, or all of them.
func (s *Server) NewUser(balance int64, scopes ...string) Key {
	s.t.Helper()
	a, err := s.AddAccount(Account{Balance: balance})
	if err != nil {
		s.t.Fatalf("add account: %v", err)
	}
	k, err := s.AddKey(Key{AccountID: a.ID, Scopes: scopes})
	if err != nil {
		s.t.Fatalf("add key: %v", err)
	}
	return k
}

// MustOpen is OpenTrade for tests.
func (s *Server) MustOpen(spec TradeSpec) Trade {
	s.t.Helper()
	t, err := s.OpenTrade(spec)
	if err != nil {
		s.t.Fatalf("open trade: %v", err)
	}
	return t
}

// MustPrice is SetPrice for tests.
func (s *Server) MustPrice(price float64) {
	s.t.Helper()
	if err := s.SetPrice(price); err != nil {
		s.t.Fatalf("set price: %v", err)
	}
}

// MustFail is Fail for tests.
func (s *Server) MustFail(f Fault) {
	s.t.Helper()
	if err := s.Fail(f); err != nil {
		s.t.Fatalf("add fault: %v", err)
	}
}
