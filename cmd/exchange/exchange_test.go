package exchange_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
)

func TestList(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)

	r := p.OK("exchange", "list")
	require.Contains(t, r.Stdout, "lnmarkets  LN Markets  yes     v3   api_key, api_secret, passphrase")
	require.Empty(t, r.Stderr)

	items := p.OK("exchanges", "ls", "-o", "json").Items()
	require.Len(t, items, 1)
	require.Equal(t, "lnmarkets", items[0]["slug"])
	require.Equal(t, []any{"api_key", "api_secret", "passphrase"}, items[0]["credential_types"])
	require.Regexp(t, `^\d{4}-\d\d-\d\dT.*Z$`, items[0]["created_at"])

	r = p.OK("exchange", "list", "--inactive")
	require.Empty(t, r.Stdout)
	require.Equal(t, "no exchanges found\n", r.Stderr)
	require.Equal(t, "v3\n", p.OK("exchange", "list", "--jq", ".items[].api_version").Stdout)
}

func TestList_BadInput(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	require.Contains(t, p.Fails(2, "exchange", "list", "--active", "--inactive").Stderr, "exclude each other")
	require.Contains(t, p.Fails(2, "exchange", "list", "--sort", "id;drop").Stderr, "unknown field")
	require.Contains(t, p.Fails(2, "exchange", "list", "--cursor", "!!").Stderr, "cursor")
	require.Contains(t, p.Fails(2, "exchange", "list", "--columns", "password_hash").Stderr, `unknown column "password_hash"`)

	none := clitest.New(t)
	r := none.Fails(10, "exchange", "list")
	require.Contains(t, r.Stderr, "error: no database is configured")
	require.Contains(t, r.Stderr, "axisor dev up")

	dead := none.With("DATABASE_URL=postgres://nobody:geheim@127.0.0.1:1/none")
	r = dead.Fails(11, "exchange", "list", "-o", "json")
	require.Empty(t, r.Stdout)
	require.Equal(t, "unavailable", r.Error()["kind"])
	require.NotContains(t, r.Stderr, "geheim")
}

// Completion offers fields and live values, and stays silent when the database is dead.
func TestCompletion(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	r := p.OK("__complete", "exchange", "list", "--columns", "slug,")
	require.Contains(t, r.Stdout, "slug,api_version")
	require.Contains(t, p.OK("__complete", "exchange", "list", "--sort", "").Stdout, "-created_at")
	require.NotContains(t, p.OK("__complete", "exchange", "list", "-o", "").Stdout, "xml")
}
