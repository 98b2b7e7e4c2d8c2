package marginguard

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	tradeA = "6f1d2a34-5b6c-4d7e-8f90-a1b2c3d4e5f6"
	tradeB = "00000000-0000-4000-8000-00000000000b"
)

// TestParseSettings_ABrokenEntryConcernsItsPositionOnly draws every kind of broken
// entry beside a sound one.
func TestParseSettings_ABrokenEntryConcernsItsPositionOnly(t *testing.T) {
	t.Parallel()
	for _, entry := range []string{
		`"on"`, `17`, `true`, `[]`, `[{"enabled":true}]`, `{"enabled":"yes"}`, `{"is_active":1}`, `{"threshold":"15"}`,
		`{"threshold":{}}`, `{"threshold":0}`, `{"margin_threshold":51}`, `{"threshold":1e400}`, `{"add_margin_percentage":-1}`,
		`{"add_margin_percentage":[20]}`, `{"enabled":true,"threshold":15,"add_margin_percentage":101}`,
	} {
		got, err := ParseSettings([]byte(`{"` + tradeA + `": ` + entry + `, "` + tradeB + `": {"threshold": 12}}`))
		require.NoError(t, err, entry)
		require.Equal(t, Setting{Enabled: true, Threshold: 12}, got[tradeB], entry)
		require.NotEmpty(t, got[tradeA].Problem, entry)
		require.Less(t, len(got[tradeA].Problem), 500)

		c := Config{Mode: Individual, Threshold: 10, AddPercent: 20, Settings: got}
		a := position(tradeA, Long, 5000, 95000, 210526, 91700)
		b := position(tradeB, Long, 5000, 95000, 210526, 91700)
		in := input(91700, 10, 20, a, b)
		in.Config = c
		for _, v := range Decide(in) {
			want := Add
			if v.TradeID == tradeA {
				want = BadData
			}
			require.Equal(t, want, v.Decision, entry)
		}
		require.Len(t, IndexEntries(c, Remaining, in.Positions), 1)
	}
	long, err := ParseSettings([]byte(`{"` + strings.Repeat("x", 1<<20) + `": {}}`))
	require.NoError(t, err)
	for _, s := range long {
		require.Less(t, len(s.Problem), 500, "a message repeats no stored text of any length")
	}
}

func TestParseSettings_NoObjectIsAnError(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{`[]`, `"x"`, `5`, `true`, `{"a":`, `"` + strings.Repeat("y", 1<<20) + `"`} {
		_, err := ParseSettings([]byte(raw))
		var config *ConfigError
		require.ErrorAs(t, err, &config)
		require.Less(t, len(err.Error()), 500)
	}
}

// TestParseSettings_OneIDInTwoSpellings: off wins whichever comes first.
func TestParseSettings_OneIDInTwoSpellings(t *testing.T) {
	t.Parallel()
	bare := strings.ReplaceAll(tradeA, "-", "")
	for _, other := range []string{
		strings.ToUpper(tradeA), " " + tradeA, tradeA + "\\t", bare, "{" + tradeA + "}", "urn:uuid:" + tradeA, strings.ToUpper(bare),
	} {
		for _, raw := range []string{
			`{"` + tradeA + `": {"enabled": true}, "` + other + `": {"enabled": false, "threshold": "?"}}`,
			`{"` + tradeA + `": {"is_active": false}, "` + other + `": {"enabled": true, "threshold": 30}}`,
		} {
			got, err := ParseSettings([]byte(raw))
			require.NoError(t, err)
			require.Len(t, got, 1, raw)
			require.False(t, got[tradeA].Enabled, raw)
			require.Empty(t, got[tradeA].Problem)
			for range 20 { // a map has no order of its own
				c := Config{Mode: Individual, Threshold: 10, AddPercent: 20, Settings: map[string]Setting{
					tradeA: {Enabled: true}, strings.TrimSuffix(other, "\\t"): {Enabled: false},
				}}
				require.False(t, c.ruleFor(strings.ToUpper(tradeA)).selected)
			}
		}
		c := Config{Mode: Unit, Threshold: 10, AddPercent: 20, Positions: []string{strings.TrimSuffix(other, "\\t")}}
		require.True(t, c.ruleFor(tradeA).selected, other)
	}
}

func TestParseSettings_NullIsNoEntry(t *testing.T) {
	t.Parallel()
	got, err := ParseSettings([]byte(`{"` + tradeA + `": null, "` + tradeB + `": {"enabled": null, "threshold": null}}`))
	require.NoError(t, err)
	require.Equal(t, map[string]Setting{tradeB: {Enabled: true}}, got)
	c := Config{Mode: Individual, Threshold: 10, AddPercent: 20, Settings: got}
	require.False(t, c.ruleFor(tradeA).selected)
}

// TestWish_ABrokenDefaultLeavesEntriesWithNumbersOfTheirOwn: in mode individual the
// configuration's own numbers matter only where an entry has none.
func TestWish_ABrokenDefaultLeavesEntriesWithNumbersOfTheirOwn(t *testing.T) {
	t.Parallel()
	c := Config{Mode: Individual, Threshold: 0, AddPercent: 500, Settings: map[string]Setting{
		tradeA: {Enabled: true, Threshold: 15, AddPercent: 30}, tradeB: {Enabled: true, Threshold: 15},
	}}
	require.Equal(t, positionRule{threshold: 15, add: 30, selected: true}, c.ruleFor(tradeA))
	require.NotEmpty(t, c.ruleFor(tradeB).problem)
}
