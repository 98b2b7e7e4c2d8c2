package prompt

import (
	"context"
	"testing"

	"github.com/charmbracelet/huh"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/streams"
)

// Without a terminal the form library must never run: it would hang or read the data meant for stdin.
func TestNoTerminal_IsAUsageErrorThatNamesTheFlags(t *testing.T) {
	t.Parallel()
	s, out, errw := streams.Test("yes\nyes\n")
	p := New(s, false)
	p.run = func(context.Context, *huh.Form) error { t.Fatal("asked without a terminal"); return nil }

	var v string
	err := clierr.From(p.Ask(t.Context(), Field{Title: "E-mail", Value: &v, Flag: "--email"}, Field{Title: "Name", Value: &v, Flag: "--username"}))
	require.Equal(t, clierr.Usage, err.Kind)
	require.Equal(t, []string{"add --email --username"}, err.Hints)

	for _, err := range []error{p.Confirm(t.Context(), "delete all?"), p.Type(t.Context(), "delete ana", "ana")} {
		e := clierr.From(err)
		require.Equal(t, "confirmation_needed", e.Code)
		require.Equal(t, 2, e.Kind.Exit())
	}
	_, serr := p.NewSecret(t.Context(), "Password", "--password-stdin", nil)
	require.Equal(t, clierr.Usage, clierr.From(serr).Kind)
	require.Equal(t, "missing --password-stdin, and there is no terminal to ask on", serr.Error(), "asked twice, missing once")
	require.Empty(t, out.String()+errw.String())
	require.NoError(t, p.Ask(t.Context()), "nothing to ask")
}

func TestYes_AnswersConfirmations(t *testing.T) {
	t.Parallel()
	s, _, _ := streams.Test("")
	p := New(s, true)
	require.NoError(t, p.Confirm(t.Context(), "sure?"))
	require.NoError(t, p.Type(t.Context(), "delete ana", "ana"))
}

func TestAborted_IsCancelled(t *testing.T) {
	t.Parallel()
	e := clierr.From(answered(huh.ErrUserAborted))
	require.Equal(t, clierr.Cancelled, e.Kind)
	require.Equal(t, 5, e.Kind.Exit())
	require.ErrorIs(t, answered(context.Canceled), context.Canceled)
}

// On a production profile a yes is not enough, and what writes asks before it starts; scripts are not asked.
func TestProduction_AsksForTheProfile(t *testing.T) {
	t.Parallel()
	s, _, _ := streams.Test("")
	script := New(s, false)
	script.Production("prod")
	require.NoError(t, script.Enter(t.Context(), "axisor user disable"), "a script chose its profile deliberately")
	require.Error(t, script.Confirm(t.Context(), "sure?"), "and still has to say --yes where a person is asked")
	said := New(s, true)
	said.Production("prod")
	require.NoError(t, said.Confirm(t.Context(), "sure?"))
}
