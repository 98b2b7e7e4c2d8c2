package clierr_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/cli/clierr"
)

// The numbers are frozen: scripts and cron jobs decide by them.
func TestExitCodes_AreTheContract(t *testing.T) {
	t.Parallel()
	want := map[clierr.Kind]int{
		"ok": 0, clierr.Failure: 1, clierr.Usage: 2, clierr.NotFound: 3, clierr.Conflict: 4, clierr.Cancelled: 5, clierr.Denied: 6,
		clierr.Partial: 7, clierr.CheckFailed: 8, clierr.Config: 10, clierr.Unavailable: 11, clierr.Schema: 12, clierr.Locked: 13,
		clierr.Tool: 14, clierr.Interrupted: 130,
	}
	require.Len(t, clierr.ExitCodes(), len(want))
	for _, e := range clierr.ExitCodes() {
		require.Equal(t, want[e.Kind], e.Code, e.Kind)
		require.Equal(t, e.Code, e.Kind.Exit())
	}
	require.Equal(t, 1, clierr.Kind("unheard_of").Exit())
}

func TestRendering(t *testing.T) {
	t.Parallel()
	e := clierr.New(clierr.NotFound, "user_not_found", "no user \"an<a\"", "did you mean ana?", "axisor user list")
	var text, js bytes.Buffer
	clierr.WriteText(&text, e, func(label string, _ bool) string { return label })
	require.Equal(t, "error: no user \"an<a\"\nhint: did you mean ana?\nhint: axisor user list\n", text.String())
	require.NoError(t, clierr.WriteJSON(&js, e))
	require.JSONEq(t, `{"error":{"code":"user_not_found","kind":"not_found","exit":3,"message":"no user \"an<a\"","hints":["did you mean ana?","axisor user list"]}}`, js.String())
	require.Equal(t, 1, bytes.Count(js.Bytes(), []byte("\n")))

	js.Reset()
	require.NoError(t, clierr.WriteJSON(&js, clierr.Usagef("bad")))
	var got struct{ Error struct{ Hints []string } }
	require.NoError(t, json.Unmarshal(js.Bytes(), &got))
	require.NotNil(t, got.Error.Hints)
}

func TestFrom_FindsWrappedErrorsAndKeepsUnknownText(t *testing.T) {
	t.Parallel()
	inner := clierr.New(clierr.Locked, "locked", "busy")
	require.Same(t, inner, clierr.From(fmt.Errorf("run guard: %w", inner)))
	e := clierr.From(errors.New("line one\nline two"))
	require.Equal(t, clierr.Failure, e.Kind)
	var text bytes.Buffer
	clierr.WriteText(&text, e, func(label string, _ bool) string { return label })
	require.Equal(t, "error: line one; line two\n", text.String())
}
