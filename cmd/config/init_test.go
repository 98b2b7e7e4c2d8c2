package config

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/buildinfo"
	"github.com/axisor/axisor/internal/cli/prompt"
	"github.com/axisor/axisor/internal/cli/streams"
)

// TestInit_Form answers the form the way a person would: the proposals are taken, except where noted.
func TestInit_Form(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, out, errw := streams.Test("")
	a := app.New(s, buildinfo.Info{}, time.Now, []string{"HOME=" + dir}, dir)
	var asked []string
	o := &initOptions{
		app: a, canAsk: func() bool { return true },
		ask: func(_ context.Context, fields ...prompt.Field) error {
			for _, f := range fields {
				asked = append(asked, f.Title)
				switch f.Title {
				case "Database URL":
					require.Error(t, f.Validate("mysql://h/d"))
					*f.Value = "postgres://ana@db:5432/axisor"
				case "Database password":
					require.True(t, f.Secret)
					*f.Value = "p:@/ ss"
				case "LN Markets network":
					require.Equal(t, []string{"mainnet", "signet", "testnet4"}, f.Options)
					require.Equal(t, "mainnet", *f.Value)
				default:
					require.NoError(t, f.Validate(*f.Value))
				}
			}
			return nil
		},
	}
	require.NoError(t, runInit(t.Context(), o))
	require.Equal(t, []string{"Database URL", "Database password", "File of the encryption key", "Directory for backups", "LN Markets network"}, asked)
	require.NotContains(t, out.String()+errw.String(), "ss@")
	text, err := os.ReadFile(filepath.Join(dir, ".axisor.yaml"))
	require.NoError(t, err)
	require.Contains(t, string(text), `"postgres://ana:p%3A%40%2F%20ss@db:5432/axisor"`)
	fresh := app.New(s, buildinfo.Info{}, time.Now, a.Env, dir) // a read the settings before the file was there
	loaded, err := fresh.LoadConfig()
	require.NoError(t, err)
	key, err := loaded.EncryptionKey(t.Context())
	require.NoError(t, err)
	require.Len(t, key.Reveal(), 44)
}
