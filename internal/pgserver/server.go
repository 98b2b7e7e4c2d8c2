package pgserver

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/axisor/axisor/pkg/pgtls"
	"github.com/axisor/axisor/pkg/secret"
)

const (
	// SuperUser is the role that owns the cluster.
	SuperUser = "postgres"
	// AnyPort asks for a free TCP port. The choice is kept, so the address
	// survives a restart as long as nobody else takes the port meanwhile.
	AnyPort = -1
	// socketPort names the socket file of a server without TCP.
	socketPort = 5432
)

// Options says where and how a cluster runs.
type Options struct {
	// Dir holds the cluster. As root it may be unreachable for the server's
	// account; then another directory is used, see Server.Dir and Server.Moved.
	Dir string
	// Port is the TCP port on the loopback interface, 0 for the socket only, or AnyPort.
	Port int
	// Durable is false for throw-away clusters: a crash of the machine may then
	// corrupt them, and they are several times faster.
	Durable bool
	// SegmentMB is the size of a segment of the log, a power of two; the server's own, 16, when zero.
	SegmentMB int
	// Binaries to use; found when zero.
	Binaries Binaries
	// Hints are extra places to look for binaries.
	Hints []string
	// Settings are further server parameters.
	Settings map[string]string
}

// Server is one private cluster, running or not.
type Server struct {
	opts Options
	acc  account
	lay  layout
	port int
}

// New resolves the layout of a cluster. It touches nothing.
func New(o Options) (*Server, error) {
	if o.Dir == "" {
		return nil, fmt.Errorf("open cluster: directory is empty")
	}
	acc, err := serverAccount()
	if err != nil {
		return nil, err
	}
	lay, err := resolve(o.Dir, acc)
	if err != nil {
		return nil, err
	}
	s := &Server{opts: o, acc: acc, lay: lay, port: o.Port}
	if o.Port == AnyPort {
		s.port = s.savedPort()
	}
	return s, nil
}

// Start resolves, creates when needed, and starts a cluster.
func Start(ctx context.Context, o Options) (*Server, error) {
	s, err := New(o)
	if err != nil {
		return nil, err
	}
	if err := s.Start(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// Dir is the directory in use.
func (s *Server) Dir() string { return s.lay.base }

// DataDir is the server's data directory.
func (s *Server) DataDir() string { return s.lay.data }

// Moved reports whether another directory than the wanted one is in use.
func (s *Server) Moved() bool { return s.lay.moved }

// Account names the account that the server runs as, "" for the caller's own.
func (s *Server) Account() string { return s.acc.name }

// LogFile is where the server writes its log.
func (s *Server) LogFile() string { return s.lay.logFile }

// LogTail returns the last lines of the log.
func (s *Server) LogTail(lines int) string { return tail(s.lay.logFile, lines) }

// Port is the TCP port, 0 when the server has none or has not been started yet.
func (s *Server) Port() int { return s.port }

// SocketDir is the directory of the Unix socket; only the account and root can enter it.
func (s *Server) SocketDir() string { return s.lay.run }

// Password is the superuser's password, which TCP connections must give.
func (s *Server) Password() (secret.Secret, error) {
	raw, err := os.ReadFile(s.lay.password)
	if err != nil {
		return secret.Secret{}, fmt.Errorf("read password of the private server: %w", err)
	}
	return secret.New(strings.TrimSpace(string(raw))), nil
}

// URL addresses a database over the socket, where no password is needed
// because only the owner can enter the socket's directory.
func (s *Server) URL(database string) secret.Secret {
	q := url.Values{"host": {s.lay.run}, "port": {strconv.Itoa(s.socketNumber())}, "user": {SuperUser}}
	return secret.New("postgres:///" + url.PathEscape(database) + "?" + pgtls.Query(q))
}

// TCPURL addresses a database over the loopback interface, password included.
func (s *Server) TCPURL(database string) (secret.Secret, error) {
	if s.port <= 0 {
		return secret.Secret{}, fmt.Errorf("build TCP address: the private server listens on its socket only")
	}
	pw, err := s.Password()
	if err != nil {
		return secret.Secret{}, err
	}
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(SuperUser, pw.Reveal()),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), Path: "/" + database,
		RawQuery: "sslmode=disable",
	}
	return secret.New(u.String()), nil
}

func (s *Server) socketNumber() int {
	if s.port > 0 {
		return s.port
	}
	return socketPort
}

func (s *Server) savedPort() int {
	raw, err := os.ReadFile(s.lay.port)
	if err != nil {
		return 0
	}
	port, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		return 0
	}
	return port
}

// choosePort settles the TCP port just before a start. A port that was only
// noted from last time is given up when someone else has it now.
func (s *Server) choosePort(ctx context.Context) error {
	switch {
	case s.opts.Port == 0:
		s.port = 0
		return nil
	case s.opts.Port > 0:
		s.port = s.opts.Port
		if !portFree(ctx, s.port) {
			return fmt.Errorf("listen on 127.0.0.1:%d: the port is taken by another program", s.port)
		}
	case s.savedPort() > 0 && portFree(ctx, s.savedPort()):
		s.port = s.savedPort()
	default:
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return fmt.Errorf("find a free port: %w", err)
		}
		s.port = l.Addr().(*net.TCPAddr).Port
		if err := l.Close(); err != nil {
			return fmt.Errorf("find a free port: %w", err)
		}
	}
	return os.WriteFile(s.lay.port, []byte(strconv.Itoa(s.port)+"\n"), 0o600)
}

func portFree(ctx context.Context, port int) bool {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	return l.Close() == nil
}

// Purge deletes a stopped cluster for good.
func (s *Server) Purge(ctx context.Context) error {
	if s.Running(ctx) {
		return fmt.Errorf("delete cluster: the server is running")
	}
	for _, path := range []string{s.lay.data, s.lay.run, filepath.Dir(s.lay.logFile), s.lay.password, s.lay.port} {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("delete cluster: %w", err)
		}
	}
	if s.lay.moved {
		if err := os.RemoveAll(s.lay.base); err != nil {
			return fmt.Errorf("delete cluster: %w", err)
		}
		wanted, err := filepath.Abs(s.opts.Dir)
		if err == nil {
			err = os.Remove(filepath.Join(wanted, movedFile))
		}
		if err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("delete cluster: %w", err)
		}
	}
	return nil
}
