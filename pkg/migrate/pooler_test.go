package migrate_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/migrate"
)

// pooler stands between a client and the server as a pooler does: the process that a client is told of is not the one
// that answers. It returns an address like the given one that leads through it.
func pooler(t *testing.T, url string) string {
	t.Helper()
	cfg, err := pgx.ParseConfig(url)
	require.NoError(t, err)
	network, address := serverAddress(cfg)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial(network, address)
			if err != nil {
				client.Close()
				continue
			}
			go func() {
				defer server.Close()
				_, _ = io.Copy(server, client)
			}()
			go func() {
				defer client.Close()
				if disguise(client, server) == nil {
					_, _ = io.Copy(client, server)
				}
			}()
		}
	}()
	return "postgres://" + cfg.User + ":" + cfg.Password + "@" + l.Addr().String() + "/" + cfg.Database + "?sslmode=disable"
}

func serverAddress(cfg *pgx.ConnConfig) (network, address string) {
	if cfg.Host[0] == '/' {
		return "unix", fmt.Sprintf("%s/.s.PGSQL.%d", cfg.Host, cfg.Port)
	}
	return "tcp", net.JoinHostPort(cfg.Host, strconv.Itoa(int(cfg.Port)))
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

func TestPooler_IsRefusedBeforeAnythingIsTouched(t *testing.T) {
	t.Parallel()
	url := testdb.Empty(t).Reveal()
	through := setup(t, pooler(t, url))
	_, err := through.m.Up(through.ctx)
	require.ErrorIs(t, err, migrate.ErrPooler)
	require.Empty(t, through.catalog(t).Tables)
	_, err = through.m.Baseline(through.ctx, false)
	require.Error(t, err)

	direct := setup(t, url)
	_, err = direct.m.Up(direct.ctx)
	require.NoError(t, err)
	_, err = through.m.Repair(through.ctx, []migrate.Finding{{Kind: "index", FixSQL: "SELECT 1;"}})
	require.ErrorIs(t, err, migrate.ErrPooler)
	_, err = through.m.DropRedundant(through.ctx, false)
	require.ErrorIs(t, err, migrate.ErrPooler)
	findings, err := through.m.Verify(through.ctx)
	require.NoError(t, err, "looking is possible")
	require.Empty(t, findings)
}
