package pgtls_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/pgimpostor"
	"github.com/axisor/axisor/pkg/pgtls"
)

// home is a home directory without certificates, or with a root's.
func home(t *testing.T, root bool) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	for _, name := range []string{"PGSSLMODE", "PGSSLROOTCERT", "PGREQUIREAUTH", "PGPASSWORD", "PGSERVICE"} {
		t.Setenv(name, "")
	}
	if !root {
		return
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, ".postgresql"), 0o700))
	text, err := os.ReadFile("testdata/root.crt")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".postgresql", "root.crt"), text, 0o600))
}

func TestParse(t *testing.T) {
	const scram = "scram-sha-256"
	for address, want := range map[string]map[string]string{
		"postgres://u:p@db.example.com/x":                                 {"sslmode": "require", "require_auth": scram},
		"postgres://u@db.example.com/x":                                   {"sslmode": "require"},
		"postgres://u:p@10.0.0.7/x":                                       {"sslmode": "require", "require_auth": scram},
		"postgres://u:p@[fd00::7]:6432/x":                                 {"sslmode": "require", "require_auth": scram},
		"postgres://u:p@localhost,db.example.com/x":                       {"sslmode": "require", "require_auth": scram},
		"host=db.example.com user=u password=p":                           {"sslmode": "require", "require_auth": scram},
		"postgres://u:p@db.example.com/x?sslmode=disable":                 {"require_auth": scram},
		"postgres://u:p@db.example.com/x?sslmode=prefer":                  {"require_auth": scram},
		"postgres://u:p@db.example.com/x?sslmode=require":                 {"require_auth": scram},
		"postgres://u:p@db.example.com/x?require_auth=md5,password":       {"sslmode": "require"},
		"postgres://u:p@db.example.com/x?sslmode=allow&require_auth=none": {},
		"postgres://u:p@localhost/x":                                      {},
		"postgres://u:p@127.0.0.9/x":                                      {},
		"postgres://u:p@[::1]/x":                                          {},
		"postgres:///x?host=/run/postgresql&user=u&password=p":            {},
	} {
		t.Run(address, func(t *testing.T) {
			home(t, false)
			config, added, err := pgtls.Parse(address)
			require.NoError(t, err)
			if len(want) == 0 {
				require.Empty(t, added)
				return
			}
			require.Equal(t, want, added)
			if want["sslmode"] != "" {
				require.NotNil(t, config.TLSConfig)
				require.False(t, pgtls.Weak(config))
			}
		})
	}
}

// A root that is known is used, wherever libpq finds it. What the environment says counts as said.
func TestParse_Environment(t *testing.T) {
	const address = "postgres://u:p@db.example.com/x"
	home(t, true)
	config, added, err := pgtls.Parse(address)
	require.NoError(t, err)
	require.Equal(t, "verify-full", added["sslmode"])
	require.Equal(t, "db.example.com", config.TLSConfig.ServerName)
	require.False(t, config.TLSConfig.InsecureSkipVerify)

	t.Setenv("PGSSLMODE", "disable")
	t.Setenv("PGREQUIREAUTH", "none")
	config, added, err = pgtls.Parse(address)
	require.NoError(t, err)
	require.Empty(t, added)
	require.True(t, pgtls.Weak(config))
}

func TestWeak(t *testing.T) {
	home(t, false)
	for mode, weak := range map[string]bool{"disable": true, "allow": true, "prefer": true, "require": false, "verify-full": false} {
		config, _, err := pgtls.Parse("postgres://u:p@db.example.com/x?sslmode=" + mode)
		require.NoError(t, err)
		require.Equal(t, weak, pgtls.Weak(config), mode)
		config, _, err = pgtls.Parse("postgres://u:p@127.0.0.1/x?sslmode=" + mode)
		require.NoError(t, err)
		require.False(t, pgtls.Weak(config), mode)
	}
}

// TestImpostor: who says that it has no TLS, or asks for the password itself, does not get it.
func TestImpostor(t *testing.T) {
	home(t, false)
	address, told := pgimpostor.Listen(t)
	for parameters, hears := range map[string]bool{"": false, "?sslmode=disable": false, "?sslmode=disable&require_auth=password": true} {
		config, _, err := pgtls.Parse("postgres://u:the-secret@" + address + "/x" + parameters)
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		_, err = pgx.ConnectConfig(ctx, config)
		cancel()
		require.Error(t, err)
		if hears {
			require.Equal(t, "the-secret", <-told)
			continue
		}
		require.ErrorIs(t, pgtls.Refused(err), pgtls.ErrUnprotected, "%v", err)
		require.NotContains(t, pgtls.Refused(err).Error(), "the-secret")
		require.Empty(t, told, parameters)
	}
}
