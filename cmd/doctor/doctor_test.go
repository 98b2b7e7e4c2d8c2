package doctor_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/lnsim"
)

func TestDoctor_ExitsZeroOnWarnings(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t, "AXISOR_LNMARKETS_BASE_URL="+lnsim.NewServer(t).URL)
	r := p.OK("doctor")
	require.Contains(t, r.Stdout, "PostgreSQL")
	require.Contains(t, r.Stderr, "0 failed")

	items := p.OK("doctor", "-o", "json").Items()
	for _, i := range items {
		var fields []string
		for k := range i {
			fields = append(fields, k)
		}
		require.ElementsMatch(t, []string{"name", "title", "level", "finding", "fix"}, fields)
	}
	require.NotContains(t, r.Stdout+r.Stderr, clitest.Key)
}

func TestDoctor_ExitsEightAndStillReportsEverything(t *testing.T) {
	t.Parallel()
	p := clitest.New(t, "DATABASE_URL=postgres://someone:hunter2@127.0.0.1:1/none", "AXISOR_LNMARKETS_BASE_URL=http://127.0.0.1:1/v3")
	r := p.Run("doctor", "-o", "jsonl")
	require.Equal(t, 8, r.Code)
	require.Equal(t, "checks_failed", r.Error()["code"])
	require.Len(t, strings.Split(strings.TrimSpace(r.Stdout), "\n"), 16)
	require.NotContains(t, r.Stdout+r.Stderr, "hunter2")
}

func TestDoctor_OfABrokenConfiguration(t *testing.T) {
	t.Parallel()
	p := clitest.New(t, "AXISOR_DATABASE_MAX_CONNECTIONS=many")
	r := p.Run("doctor", "-o", "json")
	require.Equal(t, 8, r.Code, r.Stderr)
	items := r.Items()
	require.Equal(t, "fail", items[0]["level"])
	require.Contains(t, items[0]["finding"], "max_connections")
	p.Fails(2, "doctor", "stray")
}
