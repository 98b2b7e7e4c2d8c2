package guard_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/lnmarkets/futures"
	"github.com/axisor/axisor/pkg/marginguard"
)

const closed = "/v3/futures/isolated/trades/closed"

// told are the notices about the ends of positions, as "kind trade", in their order.
func (s *stage) told(t *testing.T) (out []string) {
	t.Helper()
	s.scan(t, &out, `SELECT kind || ' ' || trade_id FROM axisor.guard_notice
		WHERE kind IN ('position_liquidated', 'position_closed', 'position_gone', 'position_near') ORDER BY created_at, kind, trade_id`)
	return out
}

func (s *stage) asked() int { return len(s.sim.RequestsTo("GET", closed)) }

// looks are the three ways to look at everybody once.
func looks(t *testing.T, s *stage) map[string]func() {
	t.Helper()
	loop := func(f func(*guard.Guard) func(context.Context, guard.Loop) error) func() {
		return func() {
			g, err := guard.New(s.options())
			require.NoError(t, err)
			l := guard.Loop{Interval: 2 * time.Second, Refresh: time.Second, Rounds: 1, Told: func(r guard.Round) { require.NoError(t, r.Err) }}
			require.NoError(t, f(g)(t.Context(), l))
		}
	}
	return map[string]func(){
		"run":    func() { s.must(t) },
		"watch":  loop(func(g *guard.Guard) func(context.Context, guard.Loop) error { return g.Watch }),
		"worker": loop(func(g *guard.Guard) func(context.Context, guard.Loop) error { return g.Work }),
	}
}

// TestEnded_LiquidationAndClosingAreToldApartOnce by whoever looks, with one request for
// each user who lost positions and none for the others.
func TestEnded_LiquidationAndClosingAreToldApartOnce(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"run", "watch", "worker"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			short, two, calm := s.person(t, "short", func(w *personOptions) { w.side = futures.Sell }), s.person(t, "two"), s.person(t, "calm")
			more := s.sim.MustOpen(lnsim.TradeSpec{AccountID: two.exchange, Side: futures.Sell, Quantity: 700, Price: 95000, Margin: 300000}).ID
			look := looks(t, s)[how]
			look()
			require.Zero(t, s.asked())
			s.advance(3 * time.Second)
			require.NoError(t, s.sim.CloseByHand(two.trade))
			require.NoError(t, s.sim.CloseByHand(more))
			s.sim.MustPrice(99000) // the short's liquidation is at 98,958.5
			s.sim.MustPrice(95000)
			for range 3 {
				look()
				s.advance(3 * time.Second)
			}
			require.ElementsMatch(t, []string{
				"position_liquidated " + short.trade, "position_closed " + two.trade, "position_closed " + more,
			}, s.told(t))
			require.Equal(t, 2, s.asked(), "one request for each of the two users")
			require.Equal(t, int64(210526), s.margin(t, calm))
			var profit, margin int64
			s.scan(t, &profit, `SELECT profit FROM axisor.guard_event WHERE code = 'position_liquidated'`)
			s.scan(t, &margin, `SELECT margin FROM axisor.guard_event WHERE code = 'position_liquidated'`)
			require.Equal(t, -margin, profit)
		})
	}
}

// TestEnded_ByNameInTheConfiguration: a position that nobody has seen running, because
// the index is empty, is known by its name.
func TestEnded_ByNameInTheConfiguration(t *testing.T) {
	t.Parallel()
	s := setup(t)
	unit, single, off := s.person(t, "unit"), s.person(t, "single"), s.person(t, "off")
	never := "00000000-0000-4000-8000-00000000beef"
	s.exec(t, `UPDATE "MarginGuardConfig" SET mode = 'unit', selected_positions = ARRAY[?, ?] WHERE user_id = ?`, strings.ToUpper(unit.trade), never, unit.id)
	entry := `{%q: {"enabled": %t, "threshold": 10}}`
	s.exec(t, `UPDATE "MarginGuardConfig" SET mode = 'individual', individual_configs = ?::jsonb WHERE user_id = ?`, fmt.Sprintf(entry, single.trade, true), single.id)
	s.exec(t, `UPDATE "MarginGuardConfig" SET mode = 'individual', individual_configs = ?::jsonb WHERE user_id = ?`, fmt.Sprintf(entry, off.trade, false), off.id)
	s.sim.MustPrice(91300) // liquidated before anybody looked
	for range 3 {
		s.exec(t, `DELETE FROM axisor.guard_watch`)
		s.must(t)
		s.advance(25 * time.Hour)
	}
	require.ElementsMatch(t, []string{
		"position_liquidated " + unit.trade, "position_liquidated " + single.trade, "position_gone " + never,
	}, s.told(t))
	require.Equal(t, 2, s.asked())
}

// TestEnded_OnSeveralAccounts: nobody knows on which account of a user a position was
// that only the configuration names.
func TestEnded_OnSeveralAccounts(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p, other := s.person(t, "both"), s.person(t, "other")
	s.exec(t, `UPDATE "UserExchangeAccounts" SET user_id = ? WHERE user_id = ?`, p.id, other.id)
	s.exec(t, `UPDATE "MarginGuardConfig" SET mode = 'unit', selected_positions = ARRAY[?] WHERE user_id = ?`, p.trade, p.id)
	_, err := s.run(t, marginguard.Request{UserID: p.id})
	require.NoError(t, err)
	require.Empty(t, s.told(t))
	require.Zero(t, s.asked())
	require.NoError(t, s.sim.CloseByHand(p.trade))
	_, err = s.run(t, marginguard.Request{UserID: p.id})
	require.NoError(t, err)
	require.Equal(t, []string{"position_closed " + p.trade}, s.told(t))
}

// TestEnded_WhenTheExchangeDoesNotTell it is asked again, for five minutes; then that the
// position is gone is told without.
func TestEnded_WhenTheExchangeDoesNotTell(t *testing.T) {
	t.Parallel()
	s := setup(t)
	soon, late := s.person(t, "soon"), s.person(t, "late")
	s.must(t)
	require.NoError(t, s.sim.CloseByHand(soon.trade))
	s.sim.MustFail(lnsim.Fault{Path: closed, Count: -1, Status: 403})
	got := s.must(t)
	require.Contains(t, item(t, got, soon.id).Reason, "cannot be read")
	require.Empty(t, s.told(t))
	s.sim.ClearFaults()
	s.advance(time.Minute)
	s.must(t)
	require.Equal(t, []string{"position_closed " + soon.trade}, s.told(t))

	require.NoError(t, s.sim.CloseByHand(late.trade))
	s.sim.MustFail(lnsim.Fault{Path: closed, Count: -1, Status: 403})
	for range 4 {
		s.must(t)
		s.advance(2 * time.Minute)
	}
	n := s.asked()
	s.must(t)
	require.Equal(t, n, s.asked(), "nobody asks any more")
	require.Equal(t, []string{"position_closed " + soon.trade, "position_gone " + late.trade}, s.told(t))
}

// TestEnded_APositionThatReturns was missing from one answer of the exchange only, and is
// told again when it really ends.
func TestEnded_APositionThatReturns(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.person(t, "anna")
	s.must(t)
	s.sim.MustFail(lnsim.Fault{Path: running, Text: `[]`})
	s.must(t)
	require.Equal(t, []string{"position_gone " + p.trade}, s.told(t))
	s.advance(time.Minute)
	s.must(t)
	require.Zero(t, s.count(t, "guard_event"))
	s.sim.MustPrice(91000)
	s.must(t)
	require.Equal(t, []string{"position_gone " + p.trade, "position_liquidated " + p.trade}, s.told(t))
}

// TestEnded_DuringTheLookThatAddedToIt: the position is closed right after its addition
// was answered, before anything was stored of it.
func TestEnded_DuringTheLookThatAddedToIt(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.person(t, "anna")
	s.sim.MustPrice(91700)
	got := s.must(t, func(o *guard.Options) {
		o.Step = func(at guard.Step) {
			if at == guard.Settled {
				require.NoError(t, s.sim.CloseByHand(p.trade))
				s.advance(9 * time.Second) // positions that old are read again
			}
		}
	})
	require.Equal(t, int64(42105), got.AddedSats)
	require.Equal(t, 1, got.Ended)
	require.Equal(t, []string{"position_closed " + p.trade}, s.told(t))
}

// TestEnded_UnderACapOfTheRun, which looks twice at users in danger.
func TestEnded_UnderACapOfTheRun(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p, calm := s.person(t, "anna"), s.person(t, "calm")
	other := s.sim.MustOpen(lnsim.TradeSpec{AccountID: p.exchange, Side: futures.Buy, Quantity: 700, Price: 95000, Margin: 300000}).ID
	s.must(t)
	for _, id := range []string{other, calm.trade} {
		require.NoError(t, s.sim.CloseByHand(id))
	}
	s.sim.MustPrice(91700)
	dry, err := s.run(t, marginguard.Request{MaxSats: 50000, DryRun: true})
	require.NoError(t, err)
	require.Equal(t, 2, dry.Ended)
	got, err := s.run(t, marginguard.Request{MaxSats: 50000})
	require.NoError(t, err)
	require.Equal(t, 2, got.Ended)
	require.Equal(t, 1, got.Added)
	require.ElementsMatch(t, []string{"position_closed " + other, "position_closed " + calm.trade}, s.told(t))
}

// TestEnded_ADryRunTellsNobody and shows it.
func TestEnded_ADryRunTellsNobody(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.person(t, "anna")
	s.must(t)
	require.NoError(t, s.sim.CloseByHand(p.trade))
	got, err := s.run(t, marginguard.Request{DryRun: true})
	require.NoError(t, err)
	require.Equal(t, marginguard.PositionClosed, item(t, got, p.id).Decision)
	require.Zero(t, s.count(t, "guard_event"))
	require.Empty(t, s.told(t))
	s.must(t)
	require.Len(t, s.told(t), 1)
}

// TestEnded_TheCrossPosition stays, and is flat.
func TestEnded_TheCrossPosition(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.person(t, "anna", func(w *personOptions) { w.cross = 600000 })
	s.exec(t, `INSERT INTO axisor.guard_setting (user_id, cross_margin, updated_at) VALUES (?, true, now())`, p.id)
	s.must(t)
	s.sim.MustPrice(140000)
	for range 2 {
		s.must(t)
		s.advance(time.Minute)
	}
	got := s.told(t)
	require.Len(t, got, 1)
	require.True(t, strings.HasPrefix(got[0], "position_gone cross:"), got[0])
}
