package guard_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/models"
)

const deposit = "/v3/futures/cross/deposit"

func TestCross_IsProtectedByDepositsWhenAskedFor(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]*lnsim.Fault{
		"no fault": nil, "answer lost": {Method: http.MethodPost, Path: deposit, Apply: true, Cut: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			p := s.person(t, "anna", func(w *personOptions) { w.cross = 600_000 })
			if fault != nil {
				s.sim.MustFail(*fault)
			}
			s.sim.MustPrice(128000)
			require.Zero(t, s.must(t).Added, "not asked for")
			s.exec(t, `INSERT INTO axisor.guard_setting (user_id, cross_margin, updated_at) VALUES (?, true, now())`, p.id)

			got := s.must(t)
			require.Equal(t, 1, got.Added, "%+v", got.Items)
			require.Equal(t, int64(120_000), got.AddedSats)
			require.Len(t, s.sim.RequestsTo("POST", deposit), 1)
			account, _ := s.sim.Account(p.exchange)
			require.Equal(t, int64(720_000), account.Cross.Margin)
			require.Equal(t, models.GuardApplied, s.intents(t)[0].State)
			require.True(t, marginguard.IsCross(s.intents(t)[0].TradeID))
			s.advance(2 * time.Minute)
			require.Zero(t, s.must(t).Added)
		})
	}
}

func TestCross_TroubleLeavesIsolatedTradesProtected(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.person(t, "anna")
	s.exec(t, `INSERT INTO axisor.guard_setting (user_id, cross_margin, updated_at) VALUES (?, true, now())`, p.id)
	s.sim.MustFail(lnsim.Fault{Method: http.MethodGet, Path: "/v3/futures/cross/position", Count: -1, Status: 403})
	s.sim.MustPrice(91700)
	got := s.must(t)
	require.Equal(t, 1, got.Added)
	require.Equal(t, 1, got.Failed)
	require.Equal(t, int64(252631), s.margin(t, p))
}

func TestRun_RestoreTo(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.person(t, "anna")
	s.exec(t, `INSERT INTO axisor.guard_setting (user_id, restore_to, updated_at) VALUES (?, 50, now())`, p.id)
	s.sim.MustPrice(91700)
	got := s.must(t)
	require.Equal(t, int64(182425), got.AddedSats)
	require.InDelta(t, 50, item(t, got, p.id).DistanceAfter, 0.02)
}
