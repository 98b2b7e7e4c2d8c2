package cmd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
)

// A profile marked as production: a person sees a banner and types its name before something is written; a script
// sees nothing and is not asked.
func TestProduction_BannerAndTypedName(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	require.NoError(t, os.WriteFile(filepath.Join(p.Dir, ".axisor.yaml"), []byte("profiles: {prod: {production: true}}\n"), 0o600))
	p.OK("user", "create", "--email", "ana@example.com", "--username", "ana", "--no-password")

	r := p.OK("--profile", "prod", "user", "disable", "ana", "-o", "json")
	require.Empty(t, r.Stderr)
	require.Equal(t, false, r.JSON()["is_active"])
	require.NotContains(t, p.OK("--profile", "prod", "user", "enable", "ana").Stderr, "PRODUCTION")

	p.OnTerminal(80, 24, "--profile", "prod", "user", "disable", "ana").
		Expect("PRODUCTION").Expect("profile prod, postgres://").Expect("type prod to confirm").Type("staging\r").Exits(5)
	require.Empty(t, p.OK("user", "list", "--inactive", "-q").Stdout, "the wrong name changes nothing")

	p.OnTerminal(80, 24, "--profile", "prod", "user", "disable", "ana").Expect("type prod to confirm").Type("prod\r").Exits(0)
	require.NotEmpty(t, p.OK("user", "list", "--inactive", "-q").Stdout)
	p.OnTerminal(80, 24, "--profile", "prod", "user", "enable", "ana", "--yes").Expect("is enabled").Exits(0)

	dry := p.OnTerminal(80, 24, "--profile", "prod", "user", "disable", "ana", "--dry-run")
	dry.Exits(0)
	require.NotContains(t, dry.Output(), "type prod")
	for _, args := range [][]string{{"-q"}, {"-o", "json"}, {"-o", "csv"}} {
		quiet := p.OnTerminal(80, 24, append([]string{"--profile", "prod", "user", "list"}, args...)...)
		quiet.Exits(0)
		require.NotContains(t, quiet.Output(), "PRODUCTION", args)
	}
	local := p.OnTerminal(80, 24, "--profile", "prod", "config", "path")
	local.Exits(0)
	require.NotContains(t, local.Output(), "PRODUCTION", "it does not touch the system")
}

func TestProduction_MarkIsTrueOrFalse(t *testing.T) {
	t.Parallel()
	p := clitest.New(t)
	require.NoError(t, os.WriteFile(filepath.Join(p.Dir, ".axisor.yaml"), []byte("profiles: {prod: {production: maybe}}\n"), 0o600))
	require.Contains(t, p.Fails(10, "config", "validate").Stderr, "profiles.prod.production: must be true or false")
}

// The program's bare name tells what to do next; nothing it meets is an error.
func TestWelcome_TellsTheNextStep(t *testing.T) {
	t.Parallel()
	p := clitest.New(t)
	for want, env := range map[string][]string{
		"axisor config init":     nil,
		"axisor db ping":         {"DATABASE_URL=postgres://u:hunter2@127.0.0.1:1/d"},
		"axisor config validate": {"AXISOR_OUTPUT_FORMAT=nonsense"},
	} {
		r := p.With(env...).OK()
		require.Contains(t, r.Stdout, want)
		require.Contains(t, r.Stdout, "People and plans")
		require.NotContains(t, r.Stdout, "hunter2")
		require.Empty(t, r.Stderr)
	}
	db := clitest.WithDB(t)
	require.Eventually(t, func() bool { // a busy machine does not answer in the time that the first screen has
		out := db.OK().Stdout
		return !strings.Contains(out, "did not answer within") && strings.Contains(out, "axisor user create")
	}, 3*time.Minute, time.Millisecond)
}
