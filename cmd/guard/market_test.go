package guard_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/lnsim"
)

// TestRun_BadMarketsEndWith11 and say why, and nothing is sent or written.
func TestRun_BadMarketsEndWith11(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.crowd(t, 1)
	ticker := func(f lnsim.Fault) func() {
		return func() {
			f.Method, f.Path, f.Count = http.MethodGet, "/v3/futures/ticker", -1
			s.sim.MustFail(f)
		}
	}
	for _, tc := range []struct {
		name  string
		spoil func()
		says  string
	}{
		{"empty", ticker(lnsim.Fault{Body: lnsim.BodyEmpty}), "the price cannot be read"},
		{"zero", ticker(lnsim.Fault{Text: `{"lastPrice":0,"index":0}`}), "not a price"},
		{"garbage", ticker(lnsim.Fault{Body: lnsim.BodyHTML}), "the price cannot be read"},
		{"3 % off", func() { require.NoError(t, s.sim.SetMarket(lnsim.Market{LastPrice: 91700, Index: 94500})) }, "contradict each other"},
		{"clock", func() { require.NoError(t, s.sim.SetSkew(time.Minute)) }, "the local clock is"},
		{"clock behind", func() { require.NoError(t, s.sim.SetSkew(-time.Minute)) }, "the local clock is"},
	} {
		tc.spoil()
		got := s.Fails(11, "guard", "run", "-o", "json")
		require.Contains(t, got.Stderr, tc.says, tc.name)
		require.Contains(t, s.Fails(11, "guard", "run", "--dry-run").Stderr, tc.says, tc.name)
		s.sim.ClearFaults()
		s.sim.MustPrice(91700)
		require.NoError(t, s.sim.SetSkew(0))
	}
	require.Empty(t, s.sim.RequestsTo(http.MethodPost, "/v3/futures/isolated/trade/add-margin"))
	var rows int64
	require.NoError(t, s.db.Gorm(t.Context()).Raw(`SELECT (SELECT count(*) FROM axisor.guard_intent) + (SELECT count(*) FROM axisor.guard_run)`).Scan(&rows).Error)
	require.Zero(t, rows)
	require.InDelta(t, 1, s.OK("guard", "run", "-o", "json").JSON()["added"], 0)
}
