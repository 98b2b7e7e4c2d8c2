package guard_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
)

func TestBacktest_FourFigures(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("time,open,high,low,close\n")
	at := time.Date(2026, 8, 12, 0, 0, 0, 0, time.UTC)
	for i := range 281 {
		x := 95000 - 25*i
		fmt.Fprintf(&b, "%s,%d,%d,%d,%d\n", at.Add(time.Duration(i)*time.Minute).Format(time.RFC3339), x, x, x, x)
	}
	file := filepath.Join(t.TempDir(), "prices.csv")
	require.NoError(t, os.WriteFile(file, []byte(b.String()), 0o600))
	// No database and no exchange: nothing is asked.
	p := clitest.New(t, "DATABASE_URL=postgres://nobody@127.0.0.1:1/none", "AXISOR_GUARD_MAX_SATS_PER_POSITION_DAY=10000000")
	args := []string{"guard", "backtest", "--prices", file, "--quantity", "5000", "--margin", "210526"}
	v := p.OK(append(args, "-o", "json")...).JSON()
	require.InDelta(t, 1, v["liquidations_avoided"], 0)
	require.InDelta(t, 313328, v["added_sats"], 0)
	require.InDelta(t, 0, v["extra_lost_sats"], 0)
	require.InDelta(t, 0, v["idle_sats"], 0)
	price := p.OK(append(args, "-o", "json", "--reading", "price", "--threshold", "2")...).JSON()
	require.InDelta(t, 418098, price["added_sats"], 0)
	require.Contains(t, p.OK(args...).Stdout, "liquidations avoided")
	require.Len(t, p.OK(append(args, "--compare", "2,10", "-o", "json")...).Items(), 6)
	svg := filepath.Join(t.TempDir(), "compare.svg")
	p.OK(append(args, "--compare", "2,10", "--svg", svg)...)
	raw, err := os.ReadFile(svg)
	require.NoError(t, err)
	for _, word := range []string{"liquidations avoided", "sats added", "liquidated anyway", "sats idle", "threshold (%)", "travelled", "313,328"} {
		require.Contains(t, string(raw), word)
	}
	p.Fails(4, append(args, "--compare", "2,10", "--svg", svg)...)
	p.Fails(2, append(args, "--svg", svg, "--force")...)
	require.InDelta(t, 10, p.OK("guard", "backtest", "--prices", file, "--side", "both", "--every", "1h", "-o", "json").JSON()["positions"], 0)

	p.Fails(2, "guard", "backtest")
	p.Fails(3, "guard", "backtest", "--prices", "nowhere.csv")
	p.Fails(2, append(args, "--leverage", "10")...)
	p.Fails(2, append(args, "--threshold", "60")...)
	p.Fails(2, append(args, "--compare", "0")...)
	require.NoError(t, os.WriteFile(file, []byte("time,close\n1,2\n2,zero\n"), 0o600))
	require.Contains(t, p.Fails(2, args...).Stderr, "line 3")
}

// TestBacktest_PathsOfTheReference walks the markets that the design was decided on.
func TestBacktest_PathsOfTheReference(t *testing.T) {
	t.Parallel()
	p := clitest.New(t, "DATABASE_URL=postgres://nobody@127.0.0.1:1/none")
	const slope, dip, gap = "95000..88000:281", "95000..91000:161,91025..95000:160", "95000:10,91000"
	remaining := []string{"--threshold", "10"}
	price := []string{"--reading", "price", "--threshold", "2"}
	for name, tc := range map[string]struct {
		path       string
		args       []string
		minutes    []int
		sats       []int64
		liquidated int // minute; -1 for alive
		without    int
	}{
		"remaining":                  {slope, remaining, []int{132, 157, 187, 222, 262}, []int64{42105, 50526, 60631, 72757, 87309}, -1, 147},
		"remaining, day cap":         {slope, append(remaining, "--max-position-day", "60000"), nil, []int64{42105, 17895}, 186, 147},
		"remaining, user's day cap":  {slope, append(remaining, "--max-user-day", "60000"), nil, []int64{42105, 17895}, 186, 147},
		"remaining, an hour's pause": {slope, append(remaining, "--cooldown", "1h", "--escape", "0"), []int{132}, []int64{42105}, 175, 147},
		"price":                      {slope, price, []int{72, 101, 134, 174, 220, 274}, []int64{42105, 50526, 60631, 72757, 87309, 104770}, -1, 147},
		"price, ten minutes' pause":  {slope, append(price, "--cooldown", "10m", "--escape", "0"), []int{72, 101, 134, 174, 220, 274}, nil, -1, 147},
		"price, an hour's pause":     {slope, append(price, "--cooldown", "1h", "--escape", "0"), nil, []int64{42105, 50526, 60631}, 246, 147},
		"price, day cap":             {slope, append(price, "--max-position-day", "60000"), nil, []int64{42105, 17895}, 186, 147},
		"price 1 %":                  {slope, []string{"--reading", "price", "--threshold", "1"}, nil, []int64{42105, 50526, 60631, 72757, 87309}, -1, 147},
		"price, add half":            {slope, append(price, "--add", "50"), nil, []int64{105263, 157894, 236841}, -1, 147},
		"price, dip and back":        {dip, price, nil, []int64{42105, 50526, 60631}, -1, 147},
		"price, gap":                 {gap, price, nil, []int64{}, 10, 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := []string{"guard", "backtest", "--path", tc.path, "--quantity", "5000", "--margin", "210526", "--max-position-day", "-1", "--cooldown", "0s", "-o", "json"}
			var v struct {
				Added    int64 `json:"added_sats"`
				Outcomes []struct {
					Additions []struct {
						At   time.Time
						Sats int64
					}
					Liquidated *time.Time `json:"liquidated_at"`
					Without    *time.Time `json:"liquidated_without_at"`
				}
			}
			require.NoError(t, json.Unmarshal([]byte(p.OK(append(args, tc.args...)...).Stdout), &v))
			minute := func(at *time.Time) int {
				if at == nil {
					return -1
				}
				return int(at.Sub(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) / time.Minute)
			}
			o := v.Outcomes[0]
			sats, minutes, sum := []int64{}, []int{}, int64(0)
			for _, a := range o.Additions {
				sats, minutes, sum = append(sats, a.Sats), append(minutes, minute(&a.At)), sum+a.Sats
			}
			if tc.sats != nil {
				require.Equal(t, tc.sats, sats)
			}
			if tc.minutes != nil {
				require.Equal(t, tc.minutes, minutes)
			}
			require.Equal(t, v.Added, sum)
			require.Equal(t, tc.liquidated, minute(o.Liquidated))
			require.Equal(t, tc.without, minute(o.Without))
		})
	}
	for _, path := range []string{"", "x", "95000..88000", "95000..88000:1", "95000:0", "95000:-3", "-5:3", "95000,,1", "1..2:999999999", "95000:10:10"} {
		p.Fails(2, "guard", "backtest", "--path", path)
	}
	p.Fails(2, "guard", "backtest", "--path", "95000", "--prices", "x.csv")
	p.Fails(2, "guard", "backtest", "--path", "95000", "--step", "0s")
	p.Fails(2, "guard", "backtest", "--path", "95000", "--escape", "2")
}
