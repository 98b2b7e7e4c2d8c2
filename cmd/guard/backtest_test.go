package guard_test

import (
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
	require.InDelta(t, 10, p.OK("guard", "backtest", "--prices", file, "--side", "both", "--every", "1h", "-o", "json").JSON()["positions"], 0)

	p.Fails(2, "guard", "backtest")
	p.Fails(3, "guard", "backtest", "--prices", "nowhere.csv")
	p.Fails(2, append(args, "--leverage", "10")...)
	p.Fails(2, append(args, "--threshold", "60")...)
	p.Fails(2, append(args, "--compare", "0")...)
	require.NoError(t, os.WriteFile(file, []byte("time,close\n1,2\n2,zero\n"), 0o600))
	require.Contains(t, p.Fails(2, args...).Stderr, "line 3")
}
