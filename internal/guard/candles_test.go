package guard_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/guard"
)

func TestReadCandles(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"csv":            "\ufefftime,open,high,low,close,volume\n2026-08-12T12:00:00Z,1,4,0.5,2,9\n2026-08-12T12:01:00Z,2,2,2,2,9\n",
		"csv, unix":      "Timestamp, Close, open, High, Low\n1786536000,2,1,4,0.5\n1786536060,2,2,2,2\n",
		"csv, backwards": "time,open,high,low,close\n1786536060000,2,2,2,2\n1786536000000,1,4,0.5,2\n",
		"semicolons":     "sep=;\nTime;Open;High;Low;Close\n1786536000;1;4;0.5;2\n\n1786536060;2;2;2;2\n",
		"jsonl":          `{"time":"2026-08-12T12:00:00.000Z","open":1,"high":4,"low":0.5,"close":2,"volume":1}` + "\n" + `{"time":1786536060000,"price":2}` + "\n",
		"json":           ` [{"time":1786536000,"open":1,"high":4,"low":0.5,"close":2}, {"time":1786536060,"close":"2"}]`,
	} {
		got, err := guard.ReadCandles(strings.NewReader(text))
		require.NoError(t, err, name)
		require.Len(t, got, 2, name)
		require.Equal(t, int64(1786536000), got[0].At.Unix(), name)
		require.Equal(t, [4]float64{1, 4, 0.5, 2}, [4]float64{got[0].Open, got[0].High, got[0].Low, got[0].Close}, name)
		require.Equal(t, [4]float64{2, 2, 2, 2}, [4]float64{got[1].Open, got[1].High, got[1].Low, got[1].Close}, name)
	}
	for text, want := range map[string]string{
		"":                             "line 1: there are no prices",
		"a,b\n1,2\n":                   "line 1: the header must name",
		"time,close\nnow,2\n":          `line 2: time "now"`,
		"time,close\n1,-2\n":           `line 2: close "-2" is not a price`,
		"time,close\n1,NaN\n":          `line 2: close "NaN"`,
		"time,close,low\n1,2,3\n":      "line 2: low and high",
		"time,close\n1,2\n1,2\n":       "line 2: times must",
		"time,close\n1,2\n2\n":         "line 3: ",
		"time,close\n1,2\n\"3":         "line 3: ",
		"time,close\n\"":               "line 2: ",
		"time,close\nNaN,2\n":          `line 2: time "NaN"`,
		"time,close\n-1e300,2\n":       `line 2: time "-1e300"`,
		`{"time":1,"close":2}{"time":`: "line 2: is not a JSON object",
		`[{"time":1,"close":2},3]`:     "line 2: is not a JSON object",
		`{"time":1}`:                   "line 1: there is no close",
		`[{"time":1,"close":2}`:        "line 2: the array does not end",
		"time,close\n1,2\n3,2\n2,2\n":  "line 3: times must",
	} {
		_, err := guard.ReadCandles(strings.NewReader(text))
		require.ErrorContains(t, err, want, text)
	}
}

func FuzzReadCandles(f *testing.F) {
	f.Add("time,close\n1,2\n")
	f.Add(`[{"time":1,"close":2}]`)
	f.Add("time,close\n\"")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := guard.ReadCandles(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, c := range got {
			require.True(t, c.Low > 0 && c.Low <= c.Close && c.Close <= c.High)
		}
	})
}
