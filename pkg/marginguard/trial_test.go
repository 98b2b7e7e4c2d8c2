package marginguard

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTrial_Openings(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	candles := []Candle{{At: start}, {At: start.Add(2 * time.Hour)}}
	trial := Trial{Opening: Opening{Quantity: 7, Leverage: 3}, Sides: []Side{Long, Short}, Every: time.Hour}
	got, err := trial.Openings(candles)
	require.NoError(t, err)
	require.Len(t, got, 6)
	require.Equal(t, Opening{At: start.Add(2 * time.Hour), Side: Short, Quantity: 7, Leverage: 3}, got[5])

	trial.Every = 0
	got, err = trial.Openings(candles)
	require.NoError(t, err)
	require.Len(t, got, 2)

	trial.Every = time.Millisecond
	_, err = trial.Openings(candles)
	require.ErrorContains(t, err, "every 1ms")
}

func TestTrial_ValidateNamesTheValue(t *testing.T) {
	t.Parallel()
	good := Trial{Opening: Opening{Quantity: 1, Leverage: 1}, Sides: []Side{Long}}
	require.NoError(t, good.Validate())
	for name, spoil := range map[string]func(*Trial){
		"quantity": func(x *Trial) { x.Quantity = 500_001 },
		"leverage": func(x *Trial) { x.Leverage = math.NaN() },
		"margin":   func(x *Trial) { x.Margin = -1 },
		"entry":    func(x *Trial) { x.Price = math.Inf(1) },
		"every":    func(x *Trial) { x.Every = -1 },
		"hold":     func(x *Trial) { x.Hold = -1 },
	} {
		bad := good
		spoil(&bad)
		require.ErrorContains(t, bad.Validate(), name)
	}
	config := Config{Mode: Global, Threshold: 10, AddPercent: 20}
	require.NoError(t, Backtest{Config: config}.Validate())
	for name, b := range map[string]Backtest{
		"max-position-day": {Config: config, Caps: Caps{PositionDaySats: -2}},
		"max-user-day":     {Config: config, Caps: Caps{UserDaySats: -1}},
		"cooldown":         {Config: config, Caps: Caps{Cooldown: -1}},
		"escape":           {Config: config, Caps: Caps{CooldownEscape: math.NaN()}},
		"restore-to":       {Config: Config{Threshold: 10, AddPercent: 20, RestoreTo: math.NaN()}},
		"balance":          {Config: config, Balance: -1},
		"threshold":        {Config: Config{Threshold: math.NaN(), AddPercent: 20}},
		"add":              {Config: Config{Threshold: 10}},
	} {
		require.ErrorContains(t, b.Validate(), name)
	}
	require.Len(t, Backtest{Config: config}.Under([]float64{5, 10}), 2*len(Readings()))
}
