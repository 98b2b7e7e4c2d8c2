package flags_test

import (
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
)

var now = time.Date(2026, 8, 12, 9, 30, 0, 0, time.UTC)

func TestParseTime(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Time{
		"2026-08-12T06:30:00-03:00": now,
		"2026-08-12T09:30:00.5Z":    now.Add(500 * time.Millisecond),
		"2026-08-12":                time.Date(2026, 8, 12, 0, 0, 0, 0, time.UTC),
		"7d":                        now.AddDate(0, 0, -7),
		"2w":                        now.AddDate(0, 0, -14),
		"12h":                       now.Add(-12 * time.Hour),
		"1h30m":                     now.Add(-90 * time.Minute),
	} {
		got, err := flags.ParseTime("--since", text, now)
		require.NoError(t, err, text)
		require.True(t, got.Equal(want), "%s: %s", text, got)
		require.Equal(t, time.UTC, got.Location())
	}
	for _, text := range []string{"yesterday", "-7d", "0d", "7", "1.5d", "d", "12-08-2026", "7d7"} {
		_, err := flags.ParseTime("--since", text, now)
		require.Equal(t, clierr.Usage, clierr.From(err).Kind, text)
		require.NotEmpty(t, clierr.From(err).Hints)
	}
	got, err := flags.ParseTime("--since", "", now)
	require.NoError(t, err)
	require.Nil(t, got)
}

func TestRange_RefusesInversion(t *testing.T) {
	t.Parallel()
	var r flags.Range
	c := &cobra.Command{Use: "x"}
	r.Register(c)
	require.NoError(t, c.ParseFlags([]string{"--since", "1h", "--until", "2h"}))
	_, _, err := r.Resolve(now)
	require.ErrorContains(t, err, "is not before")
}

func TestPage_Validate(t *testing.T) {
	t.Parallel()
	ok := flags.Page{Limit: 50, Sort: "-created_at"}
	require.NoError(t, ok.Validate("created_at"))
	for _, bad := range []flags.Page{{Limit: 0}, {Limit: 10001}, {Limit: 5, Sort: "password_hash"}} {
		require.Equal(t, clierr.Usage, clierr.From(bad.Validate("created_at")).Kind)
	}
}

func TestArgs(t *testing.T) {
	t.Parallel()
	c := &cobra.Command{Use: "show"}
	want := flags.Exactly("axisor user show ana", "USER")
	require.NoError(t, want(c, []string{"ana"}))
	require.ErrorContains(t, want(c, nil), "show needs a USER")
	require.ErrorContains(t, want(c, []string{" "}), "show needs a USER")
	require.ErrorContains(t, want(c, []string{"ana", "bob"}), `got also "bob"`)
	require.Equal(t, []string{"for example: axisor user show ana"}, clierr.From(want(c, nil)).Hints)
	require.Error(t, flags.None()(c, []string{"x"}))
	require.Error(t, flags.AtLeastOne("e", "USER")(c, nil))
	require.Error(t, flags.AtMostOne("e", "ID")(c, []string{"a", "b"}))
}

func TestEnum(t *testing.T) {
	t.Parallel()
	var e flags.Enum
	c := &cobra.Command{Use: "x"}
	flags.RegisterEnum(c, &e, "mode", "global", "which positions", "global", "unit")
	require.NoError(t, c.ParseFlags([]string{"--mode", "unit"}))
	require.Equal(t, "unit", e.String())
	require.ErrorContains(t, c.ParseFlags([]string{"--mode", "all"}), "use one of global, unit")
}
