package browse_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
)

func TestBrowse_NeedsATerminal(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	r := p.Fails(2, "browse")
	require.Contains(t, r.Stderr, "axisor user list")
	require.Empty(t, r.Stdout)
	term := p.OnTerminal(80, 24, "browse", "--no-input")
	term.Exits(2)
	require.NotContains(t, term.Output(), "\x1b[?1049h", "the screen was not taken")
}

// The program itself on a terminal of 80 by 24: it shows, filters, opens and leaves.
func TestBrowse_OnATerminal(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	for _, name := range []string{"ana", "bob"} {
		p.OK("user", "create", "--email", name+"@example.com", "--username", name, "--no-password")
	}
	term := p.OnTerminal(80, 24, "browse").Expect("bob@example.com")
	term.Type("/ana").Expect("1 of 1 users").Type("\r").Expect("/ filter").Type("\r").Expect("[profile]").Expect("e-mail").Type("q").Exits(0)
	require.Contains(t, term.Output(), "\x1b[?1049l", "the screen is given back")

	p.OnTerminal(80, 24, "browse", "ana").Expect("[profile]").Type("\x03").Exits(0)
	p.OnTerminal(80, 24, "browse", "nobody").Exits(3)
	plain := p.With("NO_COLOR=1").OnTerminal(80, 24, "browse").Expect("bob@example.com").Type("q")
	plain.Exits(0)
	require.NotRegexp(t, `\x1b\[[0-9;]*m[^\x1b]`, plain.Output())
	p.With("DATABASE_URL=postgres://nobody@127.0.0.1:1/none").OnTerminal(80, 24, "browse").Expect("error:").Exits(11)
}
