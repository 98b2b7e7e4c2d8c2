package cmd_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/pgimpostor"
)

// Whoever stands in the place of the database on another machine does not get the password from any command.
func TestContract_APasswordIsNotGivenToAnImpostor(t *testing.T) {
	t.Parallel()
	address, told := pgimpostor.Listen(t)
	p := clitest.New(t, "AXISOR_ENCRYPTION_KEY=a-key-for-tests-0123456789-and-more", "AXISOR_BACKUP_DIRECTORY="+t.TempDir())
	for _, parameters := range []string{"", "?sslmode=disable", "?sslmode=prefer"} {
		p := p.With("DATABASE_URL=postgres://axisor:the-secret@" + address + "/axisor" + parameters)
		for _, args := range [][]string{
			{"user", "list"},
			{"user", "create", "--email", "a@example.com", "--username", "ann", "--no-password"},
			{"db", "ping"},
			{"migrate", "up"},
			{"migrate", "status"},
			{"backup", "create"},
			{"backup", "base"},
			{"guard", "run"},
			{"trade", "export"},
		} {
			r := p.Fails(10, append(args, "-o", "json")...)
			require.Equal(t, "connection_unprotected", r.Error()["code"], args)
			require.NotContains(t, r.Stdout+r.Stderr, "the-secret")
			if parameters != "" && args[0] != "backup" {
				require.Contains(t, r.Stderr, "clear text", args)
			}
		}
	}
	require.Empty(t, told)
}
