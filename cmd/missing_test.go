package cmd_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
)

// A script tells a missing input file from everything else by one exit code, whichever command it calls.
func TestContract_AMissingInputFileIsTheSameErrorEverywhere(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	p.OK("user", "create", "--email", "ana@example.com", "--username", "ana", "--no-password")
	for name, args := range map[string][]string{
		"user import":          {"user", "import", "~/absent"},
		"trade import":         {"trade", "import", "absent"},
		"user create":          {"user", "create", "--email", "bob@example.com", "--username", "bob", "--password-file", "absent"},
		"preferences":          {"user", "update", "ana", "--preferences", "@absent"},
		"user set-password":    {"user", "set-password", "ana", "--password-file", "absent"},
		"account create":       {"account", "create", "ana", "--exchange", "lnmarkets", "--name", "Main", "--from-file", "absent"},
		"credential set":       {"credential", "set", "ana", "--exchange", "lnmarkets", "--from-file", "absent"},
		"automation validate":  {"automation", "validate", "--type", "tp_sl", "--config-json", "@absent"},
		"migrate lint":         {"migrate", "lint", "absent.sql"},
		"migrate lint at home": {"migrate", "lint", "~/absent.sql"},
		"guard backtest":       {"guard", "backtest", "--prices", "absent", "--entry", "60000", "--side", "long", "--leverage", "10", "--quantity", "1"},
		"config init":          {"config", "init", "--offline", "--database-url-file", "absent"},
	} {
		r := p.Fails(3, append(args, "-o", "json")...)
		require.Empty(t, r.Stdout, name)
		require.Equal(t, "file_not_found", r.Error()["code"], name)
		require.Contains(t, r.Error()["message"], "absent", name)
		require.NotContains(t, r.Error()["message"], "~", name)
	}
}
