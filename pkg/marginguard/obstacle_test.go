package marginguard

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRun_NamesWhatKeptEachFromProtection: whoever wants protection and has none
// has an item with the reason in one word, and nobody else has.
func TestRun_NamesWhatKeptEachFromProtection(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spoil func(w *world, t *Target, p *Position)
		caps  func(*Caps)
		want  Obstacle
	}{
		"served":            {},
		"far from danger":   {spoil: func(_ *world, t *Target, _ *Position) { t.Config.Threshold = 1 }},
		"not selected":      {spoil: func(_ *world, t *Target, _ *Position) { t.Config = Config{Mode: Unit, Threshold: 10, AddPercent: 20} }},
		"key put aside":     {spoil: func(_ *world, t *Target, _ *Position) { t.Breaker = "refused twice" }, want: ObstacleKeyAside},
		"bad configuration": {spoil: func(_ *world, t *Target, _ *Position) { t.Problem = &ConfigError{Field: "mode"} }, want: ObstacleConfig},
		"other trouble":     {spoil: func(_ *world, t *Target, _ *Position) { t.Problem = errors.New("two of a kind") }, want: ObstacleFailed},
		"refused key": {spoil: func(w *world, _ *Target, _ *Position) {
			w.onRead = func(context.Context, string) error {
				return &ExchangeError{Fault: Denied, Status: 403, Err: errors.New("forbidden")}
			}
		}, want: ObstacleKeyRefused},
		"nonsense": {spoil: func(w *world, _ *Target, _ *Position) {
			w.onRead = func(context.Context, string) error {
				return &ExchangeError{Fault: Garbled, Status: 200, Err: errors.New("not JSON")}
			}
		}, want: ObstacleExchange},
		"hanging": {spoil: func(w *world, _ *Target, _ *Position) {
			w.onRead = func(ctx context.Context, _ string) error {
				<-ctx.Done()
				return fmt.Errorf("read: %w", ctx.Err())
			}
		}, want: ObstacleExchange},
		"closed credentials": {spoil: func(w *world, _ *Target, _ *Position) { w.onConnect = func(string) error { return ErrSealed } }, want: ObstacleSealed},
		"half of the credentials": {spoil: func(w *world, _ *Target, _ *Position) {
			w.onConnect = func(string) error { return errors.New("there is no passphrase") }
		}, want: ObstacleSealed},
		"elsewhere": {spoil: func(w *world, _ *Target, _ *Position) {
			w.onConnect = func(string) error { return &ElsewhereError{Reason: "a test network's"} }
		}, want: ObstacleNetwork},
		"switched off with an open addition": {spoil: func(w *world, t *Target, _ *Position) {
			t.Disabled = "asked by mail"
			w.intents = append(w.intents, &Intent{ID: "old", TradeID: "aa-one", Amount: 1, State: Planned, PlannedAt: noon})
		}, want: ObstacleOff},
		"position's cap": {caps: func(c *Caps) { c.PositionDaySats = 50 }, want: ObstacleCap},
		"user's cap":     {caps: func(c *Caps) { c.UserDaySats = 99 }, want: ObstacleCap},
		"balance":        {spoil: func(w *world, _ *Target, _ *Position) { w.balance["one"] = 30 }, want: ObstacleBalance},
		"too small":      {caps: func(c *Caps) { c.MinAddSats = 50_000 }, want: ObstacleMinimum},
		"leverage":       {spoil: func(w *world, _ *Target, p *Position) { p.Margin, w.price = 5_263_157, 50_000 }, want: ObstacleLeverage},
		"cool-down": {spoil: func(w *world, _ *Target, _ *Position) {
			w.intents = append(w.intents, &Intent{ID: "old", TradeID: "aa-one", Amount: 1, State: Applied, PlannedAt: noon, SentAt: noon})
		}, caps: func(c *Caps) { c.CooldownEscape = 0 }, want: ObstacleCooldown},
		"unknown outcome": {spoil: func(w *world, _ *Target, _ *Position) {
			w.onPost = func(string, string) (bool, error) {
				return false, &ExchangeError{Fault: Unavailable, Err: errors.New("cut off")}
			}
		}, want: ObstacleOpen},
		"refused addition": {spoil: func(w *world, _ *Target, _ *Position) {
			w.onPost = func(string, string) (bool, error) {
				return false, &ExchangeError{Fault: Refused, Status: 400, Err: errors.New("no")}
			}
		}, want: ObstacleRefused},
		"not enough": {spoil: func(_ *world, t *Target, _ *Position) { t.Config.AddPercent = 0.1 }, want: ObstacleInsufficient},
		"gone":       {spoil: func(w *world, _ *Target, _ *Position) { w.price = 91_000 }, want: ObstacleGone},
		"bad data":   {spoil: func(_ *world, _ *Target, p *Position) { p.Quantity = -3 }, want: ObstacleData},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.user("one")
			w.price = 91700
			if tc.spoil != nil {
				tc.spoil(w, &w.targets[0], &w.trades["one"][0])
			}
			got, err := w.runner(t, func(o *Options) {
				o.UserTimeout = 100 * time.Millisecond
				if tc.caps != nil {
					tc.caps(&o.Caps)
				}
			}).Run(t.Context(), Request{Everything: true})
			if err != nil { // nobody could be reached, or nothing opened
				var market *MarketError
				require.True(t, errors.As(err, &market) || errors.Is(err, ErrSealed), "%v", err)
			}
			var why []Obstacle
			for _, i := range got.Items {
				if i.Obstacle != "" {
					why = append(why, i.Obstacle)
					require.Contains(t, Obstacles(), i.Obstacle)
				}
			}
			if tc.want == "" {
				require.Empty(t, why)
				return
			}
			require.Equal(t, []Obstacle{tc.want}, why, "%+v", got.Items)
		})
	}
}
