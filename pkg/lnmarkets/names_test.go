package lnmarkets_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// crowded is an object with each of its fields three times more, in other spellings and with another value.
func crowded(t *testing.T, object string, value string) string {
	t.Helper()
	var fields map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(object), &fields))
	var extra []string
	for name := range fields {
		for _, other := range []string{strings.ToUpper(name), strings.ToUpper(name[:1]) + name[1:], name[:1] + strings.ToUpper(name[1:])} {
			if other != name {
				extra = append(extra, fmt.Sprintf("%q:%s", other, value))
			}
		}
	}
	return object[:len(object)-1] + "," + strings.Join(extra, ",") + "}"
}

// TestClient_FieldsSpelledOtherwiseChangeNothing: in no answer, whatever their values are.
func TestClient_FieldsSpelledOtherwiseChangeNothing(t *testing.T) {
	t.Parallel()
	const account = `{"id":"a","username":"u","balance":1250000,"syntheticUsdBalance":0,"feeTier":1}`
	const cross = `{"id":"c","quantity":-2000,"leverage":10,"margin":600000,"entryPrice":94000,"runningMargin":212765,"maintenanceMargin":3191,` +
		`"liquidation":130646.5,"totalPl":22878,"tradingFees":2127,"fundingFees":0,"updatedAt":"2026-08-12T09:29:59.000Z"}`
	const level = `{"minSize":0,"maxSize":100000,"bidPrice":92995,"askPrice":93005}`
	ticker := func(level string) string {
		return `{"index":93012.5,"lastPrice":93000,"fundingRate":0.0001,"fundingTime":"2026-08-12T16:00:00.000Z","prices":[` + level + `]}`
	}
	for _, value := range []string{"7", `"7"`, "null", "true", "[]", `{"a":1}`, "-1e300"} {
		for name, tc := range map[string]struct {
			plain, spoilt string
			ask           func(*rig) (any, error)
		}{
			"trades":   {"[" + tradeJSON + "]", "[" + crowded(t, tradeJSON, value) + "]", func(g *rig) (any, error) { return g.client.RunningTrades(t.Context()) }},
			"addition": {tradeJSON, crowded(t, tradeJSON, value), func(g *rig) (any, error) { return g.client.AddMargin(t.Context(), vectorID, 25000) }},
			"account":  {account, crowded(t, account, value), func(g *rig) (any, error) { return g.client.Account(t.Context()) }},
			"cross":    {cross, crowded(t, cross, value), func(g *rig) (any, error) { return g.client.CrossPosition(t.Context()) }},
			"ticker": {ticker(level), crowded(t, ticker(crowded(t, level, value)), value), func(g *rig) (any, error) {
				return g.client.Ticker(t.Context())
			}},
			"time": {`{"time":"2025-10-09T08:53:20.000Z"}`, crowded(t, `{"time":"2025-10-09T08:53:20.000Z"}`, value), func(g *rig) (any, error) {
				return g.client.Time(t.Context())
			}},
		} {
			want, err := tc.ask(setup(t, says(200, tc.plain)))
			require.NoError(t, err, name)
			got, err := tc.ask(setup(t, says(200, tc.spoilt)))
			require.NoError(t, err, "%s %s", name, value)
			require.Equal(t, want, got, "%s %s", name, value)
		}
	}
	// A spelling of its own does not stand in for a field that must be there.
	_, err := setup(t, says(200, "["+strings.Replace(tradeJSON, `"margin"`, `"Margin"`, 1)+"]")).client.RunningTrades(t.Context())
	require.ErrorContains(t, err, "margin is missing")
}
