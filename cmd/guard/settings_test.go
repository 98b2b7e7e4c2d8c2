package guard_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

// settings pins what the summary of a setting says to what the program does with
// it. Whoever changes one of the two finds the other here.
func settings() map[string]setting {
	return map[string]setting{
		"guard.max_sats_per_run": {"most sats one run may add; 0 is no cap", func(t *testing.T, s *stage, try with) {
			t.Helper()
			s.endangered(t, "anna", "bert")
			require.Equal(t, 84210, try("0"))
			require.Equal(t, 61000, try("61000"))
		}},
		"guard.max_sats_per_user_day": {"most sats added for one user in any 24 hours; 0 is no cap", func(t *testing.T, s *stage, try with) {
			t.Helper()
			who := s.endangered(t, "anna", "bert")
			require.Equal(t, 84210, try("0"))
			require.Equal(t, 2*33000, try("33000"))
			s.spent(t, "anna", who[0], 20000, "23 hours 59 minutes")
			s.spent(t, "bert", who[1], 20000, "24 hours 1 minute")
			require.Equal(t, 13000+33000, try("33000"))
		}},
		"guard.max_sats_per_position_day": {
			"most sats added to one position in any 24 hours; 0 is the position's entry margin", func(t *testing.T, s *stage, try with) {
				t.Helper()
				who := s.endangered(t, "anna")
				require.Equal(t, 33000, try("33000"))
				s.spent(t, "anna", who[0], 20000, "23 hours 59 minutes")
				s.spent(t, "anna", who[0], 5000, "24 hours 1 minute")
				require.Equal(t, 13000, try("33000"))
				require.Equal(t, 42105, try("0"))
				s.spent(t, "anna", who[0], 170000, "2 hours")
				require.Equal(t, 210526-190000, try("0"), "of the entry margin")
			},
		},
		"guard.max_balance_share": {
			"largest part of an account's free balance that all additions of one run, or one round, may take together",
			func(t *testing.T, s *stage, try with) {
				t.Helper()
				account := s.endangered(t, "anna")[0].AccountID
				s.sim.MustOpen(lnsim.TradeSpec{AccountID: account, Side: futures.Buy, Quantity: 5000, Price: 95000, Margin: 210526})
				on, ok := s.sim.Account(account)
				require.True(t, ok)
				require.Equal(t, 84210, try("1"))
				part := 60000 / float64(on.Balance)
				require.InDelta(t, 60000, try(fmt.Sprintf("%.9f", part)), 10, "both positions together")
			},
		},
		"guard.min_add_sats": {"smaller additions are not made", func(t *testing.T, s *stage, try with) {
			t.Helper()
			s.endangered(t, "anna")
			require.Equal(t, 42105, try("42105"))
			require.Zero(t, try("42106"))
		}},
		"guard.cooldown": {"shortest time between two additions to one position", func(t *testing.T, s *stage, try with) {
			t.Helper()
			who := s.endangered(t, "anna")
			s.spent(t, "anna", who[0], 1000, "50 seconds")
			require.Zero(t, try("60s"))
			require.Equal(t, 42105, try("40s"))
		}},
		"guard.surge": {
			"what a run does that wants to add unusually much: tell adds and tells, stop adds up to the limit, nearest to liquidation first, then stops",
			func(t *testing.T, s *stage, try with) {
				t.Helper()
				s.endangered(t, "anna", "bert", "cleo")
				s.usual(t, 12, 20_000)
				require.Equal(t, 126315, try("tell"))
				r := s.With("AXISOR_GUARD_SURGE=stop").Fails(4, "guard", "run", "-n", "-o", "json")
				require.Contains(t, r.Stderr, "126315 sats, what runs added in the last week allows 60000")
				s.With("AXISOR_GUARD_SURGE=stop").Fails(4, "guard", "run")
				var sats int
				require.NoError(t, s.db.Gorm(t.Context()).Raw(`SELECT sum(amount_sats) FROM axisor.guard_intent WHERE state = 'applied'`).Scan(&sats).Error)
				require.Equal(t, 60_000, sats)
			},
		},
		"guard.surge_factor": {
			"more than this many times what the largest run of the last week added is unusually much; 0 never is",
			func(t *testing.T, s *stage, _ with) {
				t.Helper()
				s.endangered(t, "anna", "bert", "cleo")
				s.usual(t, 12, 20_000)
				stops := s.With("AXISOR_GUARD_SURGE=stop")
				stops.With("AXISOR_GUARD_SURGE_FACTOR=6.4").OK("guard", "run", "-n")
				stops.With("AXISOR_GUARD_SURGE_FACTOR=6.3").Fails(4, "guard", "run", "-n")
				stops.With("AXISOR_GUARD_SURGE_FACTOR=0").OK("guard", "run", "-n")
			},
		},
		"guard.warn_at": {
			"percent of the way from entry to liquidation; a position with no more left is reported as near its trigger, once per approach; 0 reports none",
			func(t *testing.T, s *stage, _ with) {
				t.Helper()
				s.guarded(t, "anna")
				s.sim.MustPrice(92441.5) // 30 % of 3,654 USD are 1,096.2
				s.With("AXISOR_GUARD_WARN_AT=0").OK("guard", "run")
				s.With("AXISOR_GUARD_WARN_AT=29.9").OK("guard", "run")
				require.Empty(t, s.notices(t))
				for range 2 {
					s.With("AXISOR_GUARD_WARN_AT=30").OK("guard", "run")
				}
				require.Equal(t, []string{"position_near"}, s.notices(t))
			},
		},
		"guard.reading": {"how a threshold is read against a position", func(t *testing.T, s *stage, try with) {
			t.Helper()
			s.endangered(t, "anna")
			s.sim.MustPrice(95000)
			require.Zero(t, try("remaining"))
			require.Zero(t, try("travelled"), "nothing of the way is gone")
			require.Equal(t, 42105, try("price"), "liquidation of 25x is 4 % of the price away")
		}},
	}
}

type setting struct {
	summary string
	try     func(*testing.T, *stage, with)
}

// with is a dry run under a value of the setting; it returns the sats that would be added.
type with func(value string) int

func TestSettings_DoWhatTheirSummarySays(t *testing.T) {
	t.Parallel()
	for name, want := range settings() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, ok := config.LookupKey(name)
			require.True(t, ok)
			require.Equal(t, want.summary, key.Summary)
			s := setup(t)
			want.try(t, s, func(value string) int {
				r := s.With(key.Env()+"="+value).Run("guard", "run", "--dry-run", "-o", "json")
				require.Contains(t, []int{0, 7}, r.Code, r.Stderr) // 7: a position in danger would be left alone
				v := r.JSON()
				sats, ok := v["added_sats"].(float64)
				require.True(t, ok)
				return int(sats)
			})
		})
	}
}

// endangered makes guarded users with one position each that is in danger, and
// returns the positions.
func (s *stage) endangered(t *testing.T, names ...string) []lnsim.Trade {
	t.Helper()
	var trades []lnsim.Trade
	for _, name := range names {
		trade, ok := s.sim.Trade(s.guarded(t, name))
		require.True(t, ok)
		trades = append(trades, trade)
	}
	s.sim.MustPrice(91700)
	return trades
}

// spent stores an addition to the user's position that was made some time ago.
func (s *stage) spent(t *testing.T, name string, trade lnsim.Trade, sats int, ago string) {
	t.Helper()
	require.NoError(t, s.db.Gorm(t.Context()).Exec(`
		INSERT INTO axisor.guard_intent (user_id, account_id, trade_id, side, amount_sats, margin_before, liquidation_before, entry_price, price,
			threshold, state, planned_at, sent_at, resolved_at, updated_at)
		SELECT u.id, a.id, ?, 'buy', ?, 210526, 91346, 95000, 91700, 10, 'applied', x.at, x.at, x.at, x.at
		FROM "User" u JOIN "UserExchangeAccounts" a ON a.user_id = u.id, (SELECT (now() AT TIME ZONE 'UTC') - ?::interval AS at) x
		WHERE u.username = ?`, trade.ID, sats, ago, name).Error)
}
