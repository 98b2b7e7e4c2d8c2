package credential_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/cmd"
	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

// asProgram makes this test binary behave as the program, for tests that need a process to kill or to look at.
const asProgram = "AXISOR_CREDENTIAL_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) == "" {
		os.Exit(m.Run())
	}
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	os.Exit(cmd.Main(context.Background(), cmd.Process{
		Args: os.Args[1:], Env: os.Environ(), Dir: dir, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	}))
}

const (
	canary  = "s3cretCANARY"
	oldKey  = "an-older-key-CANARY-0123456789abcdef"
	keyFile = "keys.json"
)

// fixture is an installation with two users, over a simulated exchange.
type fixture struct {
	*clitest.Program
	db  *store.DB
	sim *lnsim.Server
}

func setup(t *testing.T) *fixture {
	t.Helper()
	sim := lnsim.NewServer(t)
	p := clitest.WithDB(t, "AXISOR_LNMARKETS_BASE_URL="+sim.URL, "AXISOR_LNMARKETS_PRIVATE_RPS=1000", "AXISOR_LNMARKETS_PUBLIC_RPS=1000",
		"AXISOR_ENCRYPTION_PREVIOUS_KEYS="+oldKey)
	url := ""
	for _, pair := range p.Env {
		if v, ok := strings.CutPrefix(pair, "DATABASE_URL="); ok {
			url = v
		}
	}
	db, err := store.Open(store.Options{URL: secret.New(url), MaxConnections: 3})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	svc := admin.New(db, admin.Options{Actor: "test", Now: time.Now})
	for _, name := range []string{"ana", "bob"} {
		_, err := svc.CreateUser(t.Context(), admin.Mode{}, admin.CreateUserInput{Email: name + "@example.com", Username: name, Plan: models.PlanPro})
		require.NoError(t, err)
	}
	return &fixture{Program: p, db: db, sim: sim}
}

// file writes credentials to the file that --from-file reads.
func (b *fixture) file(t *testing.T, fields map[string]string) {
	t.Helper()
	raw, err := json.Marshal(fields)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(b.Dir, keyFile), raw, 0o600))
}

func (b *fixture) set(t *testing.T, user string, fields map[string]string) clitest.Result {
	t.Helper()
	b.file(t, fields)
	return b.OK("credential", "set", user, "--exchange", "lnmarkets", "--from-file", keyFile, "-o", "json")
}

func keysOf(k lnsim.Key) map[string]string {
	return map[string]string{"api_key": k.Key, "api_secret": k.Secret, "passphrase": k.Passphrase}
}

func canaries() map[string]string {
	return map[string]string{"api_key": canary + "1", "api_secret": canary + "2", "passphrase": canary + "3"}
}

func (b *fixture) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	require.NoError(t, b.db.Gorm(t.Context()).Exec(sql, args...).Error)
}

func (b *fixture) text(t *testing.T, sql string, args ...any) string {
	t.Helper()
	var out *string // NULL when there are no rows to aggregate
	require.NoError(t, b.db.Gorm(t.Context()).Raw(sql, args...).Scan(&out).Error)
	return models.Deref(out)
}

func keyring(t *testing.T, current string, previous ...string) *crypto.Keyring {
	t.Helper()
	var old []secret.Secret
	for _, k := range previous {
		old = append(old, secret.New(k))
	}
	kr, err := crypto.NewKeyring(secret.New(current), old)
	require.NoError(t, err)
	return kr
}
