package testdb

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/axisor/axisor/pkg/secret"
)

// Pooler stands between a client and the server as a pooler does: the process that a client is told of is not the one
// that answers. It returns an address like the given one that leads through it and does not say so. Every client has
// a session of the server for itself, so that what is done in spite of the pooler is done, and seen.
func Pooler(t testing.TB, address secret.Secret) secret.Secret {
	t.Helper()
	cfg, err := pgx.ParseConfig(address.Reveal())
	if err != nil {
		t.Fatalf("pooler: %v", err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("pooler: %v", err)
	}
	t.Cleanup(func() { l.Close() })
	network, server := serverAddress(cfg)
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go pool(t.Context(), client, network, server)
		}
	}()
	through := url.URL{
		Scheme: "postgres", User: url.UserPassword(cfg.User, cfg.Password), Host: l.Addr().String(),
		Path: "/" + cfg.Database, RawQuery: "sslmode=disable",
	}
	return secret.New(through.String())
}

func serverAddress(cfg *pgx.ConnConfig) (network, address string) {
	if cfg.Host[0] == '/' {
		return "unix", fmt.Sprintf("%s/.s.PGSQL.%d", cfg.Host, cfg.Port)
	}
	return "tcp", net.JoinHostPort(cfg.Host, strconv.Itoa(int(cfg.Port)))
}

func pool(ctx context.Context, client net.Conn, network, address string) {
	defer client.Close()
	server, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return
	}
	go func() {
		defer server.Close()
		_, _ = io.Copy(server, client)
	}()
	if disguise(client, server) == nil {
		_, _ = io.Copy(client, server)
	}
}

// disguise passes the server's messages on up to the one that names its process, and names another.
func disguise(client io.Writer, server io.Reader) error {
	head := make([]byte, 5)
	for {
		if _, err := io.ReadFull(server, head); err != nil {
			return err
		}
		body := make([]byte, binary.BigEndian.Uint32(head[1:])-4)
		if _, err := io.ReadFull(server, body); err != nil {
			return err
		}
		if head[0] == 'K' {
			binary.BigEndian.PutUint32(body, binary.BigEndian.Uint32(body)+1)
		}
		if _, err := client.Write(head); err != nil {
			return err
		}
		if _, err := client.Write(body); err != nil || head[0] == 'K' {
			return err
		}
	}
}
