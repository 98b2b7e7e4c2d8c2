package lnmarkets_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTicker_IsAsOldAsItsAnswerSays by Age and Date, corrected by the offset of the clocks.
func TestTicker_IsAsOldAsItsAnswerSays(t *testing.T) {
	t.Parallel()
	date := func(ago time.Duration) string { return fixed().Add(-ago).Format(http.TimeFormat) }
	for name, tt := range map[string]struct {
		age    []string
		date   []string
		offset time.Duration
		want   time.Duration
	}{
		"new":                           {nil, []string{date(0)}, 0, 0},
		"no word of it":                 {nil, []string{""}, 0, 0},
		"by age":                        {[]string{"13"}, []string{date(0)}, 0, 13 * time.Second},
		"by date":                       {nil, []string{date(17 * time.Second)}, 0, 17 * time.Second},
		"by both, which are not added":  {[]string{"6"}, []string{date(9 * time.Second)}, 0, 9 * time.Second},
		"our clock is ahead":            {nil, []string{date(14 * time.Second)}, -14 * time.Second, 0},
		"our clock is behind":           {nil, []string{date(-3 * time.Second)}, 8 * time.Second, 5 * time.Second},
		"a date in the future":          {nil, []string{date(-time.Hour)}, 0, 0},
		"a date that is none":           {nil, []string{"yesterday"}, 0, 0},
		"two dates":                     {nil, []string{date(0), date(5 * time.Second)}, 0, 5 * time.Second},
		"two caches":                    {[]string{"2, 21"}, []string{date(0)}, 0, 21 * time.Second},
		"two headers":                   {[]string{"2", "22"}, []string{date(0)}, 0, 22 * time.Second},
		"a fraction":                    {[]string{"11.5"}, []string{date(0)}, 0, 11500 * time.Millisecond},
		"an age that is none":           {[]string{"old"}, []string{date(0)}, 0, 0},
		"a negative age":                {[]string{"-30"}, []string{date(0)}, 0, 0},
		"no number":                     {[]string{"NaN"}, []string{date(0)}, 0, 0},
		"more digits than numbers hold": {[]string{repeat("9", 400)}, []string{date(0)}, 0, 10 * 365 * 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := setup(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
				for _, v := range tt.age {
					w.Header().Add("Age", v)
				}
				w.Header()["Date"] = tt.date
				_, _ = io.WriteString(w, `{"lastPrice":91700,"index":91700}`)
			})
			got, err := g.client.WithOffset(tt.offset).Ticker(t.Context())
			require.NoError(t, err)
			require.Equal(t, tt.want, fixed().Sub(got.AsOf))
		})
	}
}

func TestTime_OutOfACacheIsTakenForward(t *testing.T) {
	t.Parallel()
	g := setup(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Age", "19")
		_, _ = io.WriteString(w, `{"time":"`+fixed().Add(-19*time.Second).Format(time.RFC3339Nano)+`"}`)
	})
	got, err := g.client.Time(t.Context())
	require.NoError(t, err)
	require.Zero(t, got.Offset)
}
