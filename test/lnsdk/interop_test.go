//go:build interop

package lnsdk

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

// TestInterop is not parallel: its parts share one folder of packages.
func TestInterop(t *testing.T) {
	_, err := exec.LookPath("node")
	require.NoError(t, err, "the SDK proof needs Node.js 20.19 or newer; https://nodejs.org")
	_, err = exec.LookPath("npm")
	require.NoError(t, err, "the SDK proof needs npm, which belongs to Node.js")
	if outdated(t) {
		run(t, nil, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	}
	for _, major := range []string{"1", "2"} {
		t.Run("version "+major, func(t *testing.T) {
			s, k := exchange(t)
			env := []string{
				"LNM_SIM_URL=" + s.ControlURL, "V3_API_URL=" + s.URL,
				"LNM_KEY=" + k.Key, "LNM_SECRET=" + k.Secret, "LNM_PASSPHRASE=" + k.Passphrase,
			}
			args := []string{"interop.mjs", major}
			if major == "2" {
				args = append([]string{"--import", "./redirect.mjs"}, args...)
			}
			t.Log(run(t, env, "node", args...))
			require.Greater(t, len(s.Requests()), 50, "the SDK talked to this exchange and no other")
		})
	}
}

// exchange holds the documented example: a long at 95000, the market at 93000.
func exchange(t *testing.T) (*lnsim.Server, lnsim.Key) {
	t.Helper()
	s := lnsim.NewServer(t)
	k := s.NewUser(1_250_000)
	s.MustPrice(95000)
	s.MustOpen(lnsim.TradeSpec{AccountID: k.AccountID, Side: futures.Buy, Quantity: 5000, Leverage: 25})
	s.MustPrice(93000)
	require.NoError(t, s.SetFundingRate(0))
	_, err := s.SettleFunding()
	require.NoError(t, err)
	require.NoError(t, s.SetFundingRate(0.0001))
	start := time.Date(2026, 8, 12, 0, 0, 0, 0, time.UTC)
	require.NoError(t, s.SetCandles("1h", []lnsim.Candle{
		{Time: start, Open: 94000, High: 95000, Low: 93500, Close: 94500, Volume: 10},
		{Time: start.Add(time.Hour), Open: 94500, High: 94500, Low: 93000, Close: 93000, Volume: 12},
	}))
	return s, k
}

// outdated tells whether the packages are missing or older than the lock file.
func outdated(t *testing.T) bool {
	t.Helper()
	lock, err := os.Stat("package-lock.json")
	require.NoError(t, err)
	installed, err := os.Stat("node_modules/.package-lock.json")
	return err != nil || lock.ModTime().After(installed.ModTime())
}

func run(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, name, args...)
	c.Env = append(os.Environ(), env...)
	out, err := c.CombinedOutput()
	require.NoError(t, err, "%s %s\n%s", name, strings.Join(args, " "), out)
	return string(out)
}
