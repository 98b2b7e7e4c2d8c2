package store_test

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

// tap is an address that leads to the database, and what clients said on the way.
func tap(t *testing.T, database secret.Secret) (address secret.Secret, pings func() int) {
	t.Helper()
	cfg, err := pgconn.ParseConfig(database.Reveal())
	require.NoError(t, err)
	network, target := pgconn.NetworkAddress(cfg.Host, cfg.Port)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	var mu sync.Mutex
	var said bytes.Buffer
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial(network, target)
			if err != nil {
				_ = client.Close()
				continue
			}
			go func() { _, _ = io.Copy(client, server); _ = client.Close() }()
			go func() {
				defer server.Close()
				buf := make([]byte, 8192)
				for {
					n, err := client.Read(buf)
					mu.Lock()
					said.Write(buf[:n])
					mu.Unlock()
					if _, failed := server.Write(buf[:n]); err != nil || failed != nil {
						return
					}
				}
			}()
		}
	}()
	u := url.URL{Scheme: "postgres", User: url.UserPassword(cfg.User, cfg.Password), Host: l.Addr().String(), Path: cfg.Database, RawQuery: "sslmode=disable"}
	return secret.New(u.String()), func() int {
		mu.Lock()
		defer mu.Unlock()
		return bytes.Count(said.Bytes(), []byte("-- ping"))
	}
}

// A run of a few statements asks nobody whether the server is still there; one that waited does, so that a connection
// that died meanwhile is replaced instead of failing the statement.
func TestPing_OnlyAfterIdling(t *testing.T) {
	t.Parallel()
	address, pings := tap(t, testdb.NewURL(t))
	db := open(t, store.Options{URL: address, MaxConnections: 1})
	began := time.Now()
	for range 3 {
		require.NoError(t, db.Gorm(t.Context()).Exec("SELECT 1").Error)
	}
	if time.Since(began) < time.Second { // else the machine was too busy for the question
		require.Zero(t, pings())
	}
	before := pings()
	time.Sleep(1100 * time.Millisecond)
	require.NoError(t, db.Gorm(t.Context()).Exec("SELECT 1").Error)
	require.Equal(t, before+1, pings())
}
