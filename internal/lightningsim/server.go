package lightningsim

import (
	"context"
	"net"
	"net/http"
	"time"
)

// TB is what NewServer needs of a test. The testing package itself must not
// become part of the program.
type TB interface {
	Helper()
	Cleanup(f func())
	Context() context.Context
	Fatalf(format string, args ...any)
}

// Server is a simulator that listens on this machine.
type Server struct {
	*Sim
	URL string
}

// NewServer starts a simulator for one test.
func NewServer(t TB, now func() time.Time) *Server {
	t.Helper()
	s, err := New(Options{Now: now})
	if err != nil {
		t.Fatalf("start lightning simulator: %v", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen for lightning simulator: %v", err)
	}
	server := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return &Server{Sim: s, URL: "http://" + listener.Addr().String()}
}

// nowhere is an answer that nobody gets.
type nowhere struct{ header http.Header }

func (n nowhere) Header() http.Header         { return n.header }
func (n nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (n nowhere) WriteHeader(int)             {}
