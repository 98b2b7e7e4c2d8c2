package lnmarkets

import (
	"encoding/json"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestWhole(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"0": 0, "1000": 1000, "1000.0": 1000, "-5.00": -5, "1e3": 1000, "null": 0, "9007199254740993": 9007199254740993,
	} {
		var w whole
		require.NoError(t, json.Unmarshal([]byte(text), &w), text)
		require.Equal(t, want, int64(w), text)
	}
	for _, text := range []string{"1000.5", "1e17", "-1e300", `"1000"`, "true", "[]", "{}", "1e-1", "18446744073709551616"} {
		var w whole
		require.Error(t, json.Unmarshal([]byte(text), &w), text)
	}
}

func TestMoment(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 8, 12, 9, 30, 0, 123e6, time.UTC)
	for _, text := range []string{`"2026-08-12T09:30:00.123Z"`, `"2026-08-12T11:30:00.123+02:00"`, `1786527000123`} {
		var m moment
		require.NoError(t, json.Unmarshal([]byte(text), &m), text)
		require.Equal(t, want, time.Time(m), text)
	}
	for _, text := range []string{`"yesterday"`, `1.5`, `true`, `""`} {
		var m moment
		require.Error(t, json.Unmarshal([]byte(text), &m), text)
	}
}

func FuzzTrade(f *testing.F) {
	f.Add([]byte(`{"id":"x","side":"buy","quantity":1,"margin":1000.0,"price":1,"running":true,"liquidation":null}`))
	f.Add([]byte(`{"id":"x","side":"sell","quantity":1e3,"margin":1e300,"price":-1,"running":true}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var w wireTrade
		if unmarshal(body, &w) != nil {
			return
		}
		trade, err := w.trade()
		if err != nil {
			return
		}
		if trade.ID == "" || !trade.Side.Valid() || trade.Quantity <= 0 || trade.Margin < 0 || !(trade.Price > 0) || trade.Liquidation < 0 {
			t.Fatalf("accepted %+v", trade)
		}
	})
}

func FuzzClean(f *testing.F) {
	f.Add("\x1b[2J\u202e\xff plain")
	f.Fuzz(func(t *testing.T, s string) {
		got := clean(s)
		if len(got) > maxMessage || !utf8.ValidString(got) {
			t.Fatalf("%q", got)
		}
		for _, r := range got {
			if unicode.IsControl(r) || !unicode.IsPrint(r) {
				t.Fatalf("%q holds %q", got, r)
			}
		}
	})
}
