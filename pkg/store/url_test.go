package store_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

func TestParseURL(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		raw, libpq string
		check      func(*testing.T, store.Target)
	}{
		"plain": {
			"postgresql://ann:s3cret@db.example.com:6543/axisor?sslmode=require",
			"postgres://ann:s3cret@db.example.com:6543/axisor?require_auth=scram-sha-256&sslmode=require",
			func(t *testing.T, got store.Target) {
				t.Helper()
				require.Equal(t, "postgres://ann@db.example.com:6543/axisor", got.String())
			},
		},
		"prisma": {
			"postgresql://u:p@h/d?schema=public&connection_limit=7&pool_timeout=3&connect_timeout=9&socket_timeout=5&sslmode=disable",
			"postgres://u:p@h:5432/d?require_auth=scram-sha-256&sslmode=disable",
			func(t *testing.T, got store.Target) {
				t.Helper()
				require.Equal(t, 7, got.MaxConnections)
				require.Equal(t, 3*time.Second, got.PoolTimeout)
				require.Equal(t, 9*time.Second, got.ConnectTimeout)
				require.Empty(t, got.Schema)
				require.False(t, got.Pooler)
			},
		},
		"prisma with a pooler and TLS": {
			"postgresql://u:p@h/d?pgbouncer=true&sslaccept=strict&sslcert=/ca.pem",
			"postgres://u:p@h:5432/d?sslmode=verify-full&sslrootcert=%2Fca.pem",
			func(t *testing.T, got store.Target) {
				t.Helper()
				require.True(t, got.Pooler)
				require.False(t, got.Sessions)
			},
		},
		"a pooler of sessions": {
			"postgresql://u@h/d?pgbouncer=session&sslmode=disable", "postgres://u@h:5432/d?sslmode=disable",
			func(t *testing.T, got store.Target) {
				t.Helper()
				require.True(t, got.Pooler)
				require.True(t, got.Sessions)
			},
		},
		"another schema": {
			"postgres://u@h/d?schema=app", "postgres://u@h:5432/d?sslmode=require",
			func(t *testing.T, got store.Target) { t.Helper(); require.Equal(t, "app", got.Schema) },
		},
		"session settings are not libpq's": {
			"postgres://u@h/d?statement_timeout=5000&application_name=x", "postgres://u@h:5432/d?application_name=x&sslmode=require",
			func(t *testing.T, got store.Target) {
				t.Helper()
				require.Equal(t, "5000", got.Settings["statement_timeout"])
			},
		},
		"socket": {
			"postgres:///d?host=/run/pg&user=u&port=5433", "postgres:///d?host=%2Frun%2Fpg&port=5433&user=u",
			func(t *testing.T, got store.Target) {
				t.Helper()
				require.Equal(t, "postgres://u@/run/pg:5433/d", got.String())
			},
		},
		"encoded password": {
			"postgres://u:p%40ss%2F%23@h/d", "postgres://u:p%40ss%2F%23@h:5432/d?require_auth=scram-sha-256&sslmode=require",
			func(t *testing.T, got store.Target) { t.Helper(); require.Equal(t, "p@ss/#", got.Password.Reveal()) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := store.ParseURL(c.raw)
			if c.raw == "postgresql://u:p@h/d?pgbouncer=true&sslaccept=strict&sslcert=/ca.pem" {
				require.ErrorIs(t, err, store.ErrURL) // the file does not exist here
				return
			}
			require.NoError(t, err)
			c.check(t, got)
			require.Equal(t, c.libpq, got.URL().Reveal())
			again, err := store.ParseURL(got.URL().Reveal())
			require.NoError(t, err)
			require.Equal(t, got.String(), again.String())
			require.Equal(t, got.Password.Reveal(), again.Password.Reveal())
		})
	}
}

func TestParseURL_RefusesWithoutShowingThePassword(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"", "hunter2", "mysql://u:hunter2@h/d", "postgres://u:hunter2#x@h/d", "postgres://u:hunter2%zz@h/d",
		"postgres://u:hunter2@h:port/d", "postgres://u:hunter2@h/d?connection_limit=many",
		"postgres://u:hunter2@h/d?connection_limit=0", "postgres://u:hunter2@h/d?pool_timeout=-1",
		"postgres://u:hunter2@h/d?sslmode=perhaps", "postgres://u:hunter2@h/d?pgbouncer=true&schema=app",
		"postgres://u:hunter2@h/d?sslidentity=x.p12", "postgres://u:hunter2@h:99999/d", "postgres://u:hunter2 @h/d",
		"postgres://u:hunter2/@h/d", "postgres://0?host=[", "postgres://u:hunter2@/d?host=a,]",
	} {
		_, err := store.ParseURL(raw)
		require.ErrorIs(t, err, store.ErrURL, raw)
		require.NotContains(t, err.Error(), "hunter2")
		_, err = store.Open(store.Options{URL: secret.New(raw)})
		require.ErrorIs(t, err, store.ErrURL, raw)
		require.NotContains(t, err.Error(), "hunter2")
	}
}

func FuzzParseURL(f *testing.F) {
	f.Add("postgres://u:p@h:1/d?schema=x&connection_limit=3")
	f.Add("postgres:///d?host=/tmp")
	f.Add("postgres://0?host=[")
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := store.ParseURL(raw)
		if err != nil {
			return
		}
		_, err = url.Parse(got.URL().Reveal())
		require.NoError(t, err)
	})
}
