package guard_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
)

// day is cron's day in minutes: in each of them the price moves, something happens, "guard run" comes, and "guard
// status" is looked at. The clock goes with the machine's and jumps from minute to minute.
type day struct {
	*stage
	ahead  *atomic.Int64
	minute int
	trades []string
	keys   []lnsim.Key
	before map[string]int64 // balance by account
	// Who is hindered, by index, and whether the last run came to its end.
	hindered map[int]bool
	failed   bool
}

// What the crowd's positions are: 25x, 24x, 23x and 22x from 95,000 on, and as many of 15x that never come into
// danger. The triggers are at 91,711.4, 91,580, 91,437.6 and 91,282.6, the liquidations at 91,346 to 90,869.5.
var (
	dayMargins = [...]int64{210526, 219298, 228833, 239234, 350877}
	dayPeople  = 200
)

func newDay(t *testing.T) *day {
	t.Helper()
	d := &day{ahead: &atomic.Int64{}, before: map[string]int64{}, hindered: map[int]bool{}}
	clock := func() time.Time { return time.Now().Add(time.Duration(d.ahead.Load())) }
	d.stage = setup(t, func(o *lnsim.Options) { o.Now = clock })
	d.Now = clock
	d.trades, d.keys = d.crowdOf(t, dayPeople, func(i int) int64 { return dayMargins[i%len(dayMargins)] })
	for _, id := range d.trades {
		account := d.account(t, id)
		d.before[account.ID] = account.Balance
	}
	return d
}

func (d *day) trade(t *testing.T, id string) lnsim.Trade {
	t.Helper()
	trade, ok := d.sim.Trade(id)
	require.True(t, ok)
	return trade
}

func (d *day) account(t *testing.T, trade string) lnsim.Account {
	t.Helper()
	a, ok := d.sim.Account(d.trade(t, trade).AccountID)
	require.True(t, ok)
	return a
}

// next is the next minute, at a price.
func (d *day) next(price float64) {
	d.minute++
	d.ahead.Add(int64(time.Minute))
	d.sim.MustPrice(price)
}

// run is cron's run, which ends with this code.
func (d *day) run(t *testing.T, code int) {
	t.Helper()
	r := d.Run("guard", "run")
	require.Equal(t, code, r.Code, "minute %d: %s%s", d.minute, r.Stdout, r.Stderr)
	d.failed = code == 11
}

// danger are the people whose position is in danger by the exchange's own numbers: a tenth of the way is left.
func (d *day) danger(t *testing.T, price float64) (who []int) {
	t.Helper()
	for i, id := range d.trades {
		x := d.trade(t, id)
		require.Equal(t, lnsim.StatusRunning, x.Status, "minute %d: nobody is lost", d.minute)
		if price-x.Liquidation <= 0.1*(x.Price-x.Liquidation) {
			who = append(who, i)
		}
	}
	return who
}

// judge wants "guard status" to say 8 exactly while somebody is unprotected, by what the exchange and this test know.
func (d *day) judge(t *testing.T, price float64, said ...string) {
	t.Helper()
	var open int64
	require.NoError(t, d.db.Gorm(t.Context()).Raw(`SELECT count(*) FROM axisor.guard_intent WHERE state IN ('planned', 'sent', 'unknown')`).Scan(&open).Error)
	danger := d.danger(t, price)
	want := 0
	if d.failed || open > 0 || len(danger) > 0 || len(d.hindered) > 0 {
		want = 8
	}
	r := d.Run("guard", "status", "-o", "json")
	require.Equal(t, want, r.Code, "minute %d: failed %t, %d open, danger %v, hindered %v\n%s%s", d.minute, d.failed, open, danger, d.hindered, r.Stdout, r.Stderr)
	for _, words := range said {
		require.Contains(t, r.Stdout, words, "minute %d", d.minute)
	}
}

// served wants nobody in danger but those who are hindered.
func (d *day) served(t *testing.T, price float64) {
	t.Helper()
	for _, i := range d.danger(t, price) {
		require.True(t, d.hindered[i], "minute %d: user %d is in danger and was left there", d.minute, i)
	}
}

// exact wants the books, the positions and the balances to agree to the sat, with no request applied that is not booked.
func (d *day) exact(t *testing.T) {
	t.Helper()
	var booked []struct {
		TradeID string
		Sats    int64
	}
	require.NoError(t, d.db.Gorm(t.Context()).Raw(`SELECT trade_id, sum(amount_sats)::bigint AS sats FROM axisor.guard_intent
		WHERE state = ? GROUP BY trade_id`, models.GuardApplied).Scan(&booked).Error)
	sats := map[string]int64{}
	var total, grown, paid, posted int64
	for _, b := range booked {
		sats[b.TradeID] = b.Sats
		total += b.Sats
	}
	for i, id := range d.trades {
		x, a := d.trade(t, id), d.account(t, id)
		require.Equal(t, sats[id], x.Margin-dayMargins[i%len(dayMargins)], "trade %s", id)
		require.Equal(t, sats[id], d.before[a.ID]-a.Balance, "account %s", a.ID)
		grown += x.Margin - dayMargins[i%len(dayMargins)]
		paid += d.before[a.ID] - a.Balance
	}
	for _, r := range d.sim.RequestsTo(http.MethodPost, addMargin) {
		var body struct{ Amount int64 }
		if r.Applied {
			require.NoError(t, json.Unmarshal([]byte(r.Body), &body))
			posted += body.Amount
		}
	}
	require.Positive(t, total)
	require.Equal(t, []int64{total, total, total}, []int64{grown, paid, posted})
	var logs, runs int64
	g := d.db.Gorm(t.Context())
	require.NoError(t, g.Raw(`SELECT sum(amount)::bigint FROM "TradeLog" WHERE status = 'success'`).Scan(&logs).Error)
	require.Equal(t, total, logs, "the trade logs")
	require.NoError(t, g.Raw(`SELECT count(*) FROM axisor.guard_run WHERE state = 'running'`).Scan(&runs).Error)
	require.Zero(t, runs)
}

// revoke makes the exchange refuse a user's key.
func (d *day) revoke(t *testing.T, i int) {
	t.Helper()
	k := d.keys[i]
	k.Secret = "" // another one is made up
	_, err := d.sim.AddKey(k)
	require.NoError(t, err)
}

// rekey gives a user a new key on the exchange and stores it.
func (d *day) rekey(t *testing.T, i int) {
	t.Helper()
	k, err := d.sim.AddKey(lnsim.Key{AccountID: d.trade(t, d.trades[i]).AccountID})
	require.NoError(t, err)
	keys, err := crypto.NewKeyring(secret.New(clitest.Key), nil)
	require.NoError(t, err)
	sealed, err := keys.EncryptFields(crypto.Place{}, map[string]secret.Secret{
		"api_key": secret.New(k.Key), "api_secret": secret.New(k.Secret), "passphrase": secret.New(k.Passphrase),
	})
	require.NoError(t, err)
	text, err := json.Marshal(sealed)
	require.NoError(t, err)
	d.exec(t, `UPDATE "UserExchangeAccounts" SET credentials = ?::jsonb WHERE user_id = ?`, string(text), fmt.Sprintf("user-%05d", i))
}

// killed is a run in a process of its own that is killed in the middle of its additions.
func (d *day) killed(t *testing.T) {
	t.Helper()
	d.sim.MustFail(lnsim.Fault{Path: addMargin, Count: -1, Apply: true, DelayBefore: 20 * time.Millisecond, DelayAfter: 20 * time.Millisecond})
	child := &stage{Program: d.With(ahead + "=" + time.Duration(d.ahead.Load()).String()), db: d.db, sim: d.sim}
	p := child.start(t, "guard", "run")
	require.Eventually(t, func() bool { return d.requests(addMargin) > 8 }, 20*time.Second, time.Millisecond)
	require.NoError(t, p.Process.Kill())
	require.Equal(t, -1, p.exits(t))
	d.sim.ClearFaults()
	require.Eventually(t, func() bool { return slices.Contains(d.problems(t), "run_died") }, 20*time.Second, 10*time.Millisecond, "the server notices")
	require.Less(t, d.requests(addMargin), dayPeople/len(dayMargins), "it was in the middle")
	d.failed = true
}

// TestDay_200Users: a falling market with a run killed in it, a key revoked, a row broken, and the exchange failing for
// five minutes while positions come into danger.
func TestDay_200Users(t *testing.T) {
	t.Parallel()
	d := newDay(t)
	const revoked, broken = 61, 112 // 24x and 23x
	quiet := func(price float64) {
		t.Helper()
		d.next(price)
		d.run(t, 0)
		d.judge(t, price)
	}
	quiet(95000)
	quiet(93000)

	d.next(91700) // 25x
	require.Len(t, d.danger(t, 91700), 40)
	d.killed(t)
	d.judge(t, 91700, "run_died")
	d.next(91690)
	d.Run("guard", "run") // what was sent a moment before the kill may not be certain yet
	d.failed = false
	d.judge(t, 91690)
	quiet(91680)
	d.served(t, 91680)

	d.next(91650)
	d.revoke(t, revoked)
	d.hindered[revoked] = true
	d.run(t, 7)
	d.judge(t, 91650, "key_refused", fmt.Sprintf("user-%05d", revoked))
	d.next(91640)
	d.exec(t, `UPDATE "MarginGuardConfig" SET mode = 'unit', selected_positions = ARRAY[NULL]::text[] WHERE user_id = ?`, fmt.Sprintf("user-%05d", broken))
	d.hindered[broken] = true
	d.run(t, 7)
	d.judge(t, 91640, fmt.Sprintf("user-%05d", revoked), fmt.Sprintf("user-%05d", broken))

	// The exchange begins to fail in the middle of a run, while the 24x are in danger; the 23x join them. First it has
	// trouble of its own, then somebody else answers in its place.
	d.sim.MustFail(lnsim.Fault{Skip: 150, Count: -1, Status: 503})
	for n, price := range []float64{91570, 91550, 91500, 91450, 91430} {
		if n == 2 {
			d.sim.ClearFaults()
			d.sim.MustFail(lnsim.Fault{Count: -1, Status: 404, Body: lnsim.BodyHTML})
		}
		d.next(price)
		d.run(t, 11)
		d.judge(t, price)
	}
	require.Greater(t, len(d.danger(t, 91430)), 40)
	d.sim.ClearFaults()
	for _, price := range []float64{91425, 91420} {
		d.next(price)
		d.run(t, 7)
		d.judge(t, price, fmt.Sprintf("user-%05d", revoked), fmt.Sprintf("user-%05d", broken))
	}
	d.served(t, 91420)
	require.Equal(t, []int{revoked, broken}, d.danger(t, 91420))

	d.next(91410)
	d.rekey(t, revoked)
	d.exec(t, `UPDATE "MarginGuardConfig" SET mode = 'global', selected_positions = '{}' WHERE user_id = ?`, fmt.Sprintf("user-%05d", broken))
	clear(d.hindered)
	d.run(t, 0)
	d.judge(t, 91410)
	quiet(91270) // 22x
	quiet(92500)
	d.served(t, 92500)
	d.exact(t)
}
