package marginguard

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseMode(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]Mode{
		"global": Global, "unit": Unit, "unitario": Unit, "individual": Individual, " Unit ": Unit,
	} {
		got, err := ParseMode(word)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := ParseMode("both")
	var bad *ConfigError
	require.ErrorAs(t, err, &bad)
	require.Equal(t, "mode", bad.Field)
}

func TestParseSettings_BothShapes(t *testing.T) {
	t.Parallel()
	got, err := ParseSettings([]byte(`{
		"aa-1": {"enabled": true, "threshold": 15},
		"aa-2": {"is_active": true, "margin_threshold": 20, "add_margin_percentage": 40},
		"aa-3": {"enabled": false},
		"aa-4": {"is_active": false, "margin_threshold": 5},
		"aa-5": {}
	}`))
	require.NoError(t, err)
	require.Equal(t, map[string]Setting{
		"aa-1": {Enabled: true, Threshold: 15},
		"aa-2": {Enabled: true, Threshold: 20, AddPercent: 40},
		"aa-3": {},
		"aa-4": {Threshold: 5},
		"aa-5": {Enabled: true},
	}, got)
	for _, empty := range []string{"", "null", "  "} {
		got, err := ParseSettings([]byte(empty))
		require.NoError(t, err)
		require.Nil(t, got)
	}
	for _, broken := range []string{"[]", "{"} {
		_, err := ParseSettings([]byte(broken))
		require.Error(t, err, broken)
	}
	for _, broken := range []string{`{"a":1}`, `{"a":{"threshold":"10"}}`, `{"a":{"threshold":0}}`, `{"a":{"add_margin_percentage":0}}`} {
		got, err := ParseSettings([]byte(broken))
		require.NoError(t, err, broken)
		require.Error(t, Config{Mode: Individual, Threshold: 10, AddPercent: 20, Settings: got}.Validate(), broken)
	}
}

func TestConfig_Validate(t *testing.T) {
	t.Parallel()
	valid := Config{Mode: Global, Threshold: 10, AddPercent: 20}
	for name, tc := range map[string]struct {
		change func(*Config)
		field  string
	}{
		"as it is":            {func(*Config) {}, ""},
		"lowest threshold":    {func(c *Config) { c.Threshold = 1 }, ""},
		"highest threshold":   {func(c *Config) { c.Threshold = 50 }, ""},
		"threshold too low":   {func(c *Config) { c.Threshold = 0.99 }, "margin_threshold"},
		"threshold too high":  {func(c *Config) { c.Threshold = 50.01 }, "margin_threshold"},
		"doubling":            {func(c *Config) { c.AddPercent = 100 }, ""},
		"more than doubling":  {func(c *Config) { c.AddPercent = 100.5 }, "add_margin_percentage"},
		"adding nothing":      {func(c *Config) { c.AddPercent = 0 }, "add_margin_percentage"},
		"unknown mode":        {func(c *Config) { c.Mode = "both" }, "mode"},
		"not an id":           {func(c *Config) { c.Positions = []string{"pos_1"} }, "selected_positions"},
		"setting, not an id":  {func(c *Config) { c.Settings = map[string]Setting{"pos_1": {}} }, "individual_configs"},
		"setting out of it":   {func(c *Config) { c.Settings = map[string]Setting{"aa": {Threshold: 51}} }, "individual_configs.aa.threshold"},
		"setting adding much": {func(c *Config) { c.Settings = map[string]Setting{"aa": {AddPercent: 101}} }, "individual_configs.aa.add_margin_percentage"},
		"setting in capitals": {func(c *Config) { c.Settings = map[string]Setting{"AA-1": {Enabled: true}} }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := valid
			tc.change(&c)
			err := c.Validate()
			if tc.field == "" {
				require.NoError(t, err)
				return
			}
			var bad *ConfigError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, tc.field, bad.Field)
		})
	}
}

func TestReading_TriggerAgreesWithDistance(t *testing.T) {
	t.Parallel()
	for _, p := range []Position{
		position("a1", Long, 5000, 95000, 210526, 95000),
		position("a2", Short, 5000, 95000, 210526, 95000),
	} {
		for _, r := range Readings() {
			for _, threshold := range []float64{1, 10, 33.3, 50} {
				x := r.Trigger(p, threshold)
				d := r.Distance(p, x)
				require.InDelta(t, threshold, d, 1e-6)
				require.True(t, r.Fires(d, threshold), "%s %v", r, threshold)
				require.InDelta(t, 1, r.urgency(d, threshold), 1e-6)
			}
		}
	}
	_, err := ParseReading("nearly")
	require.Error(t, err)
	r, err := ParseReading("")
	require.NoError(t, err)
	require.Equal(t, Remaining, r)
}

// TestParseSettings_FieldsSpelledOtherwiseChangeNothing: a switch that is off stays off.
func TestParseSettings_FieldsSpelledOtherwiseChangeNothing(t *testing.T) {
	t.Parallel()
	plain, err := ParseSettings([]byte(`{"aa":{"enabled":false,"threshold":12},"bb":{"is_active":true,"margin_threshold":8,"add_margin_percentage":30}}`))
	require.NoError(t, err)
	loud, err := ParseSettings([]byte(`{"aa":{"enabled":false,"Enabled":true,"threshold":12,"THRESHOLD":45},
		"bb":{"Is_Active":false,"is_active":true,"margin_threshold":8,"Margin_Threshold":"x","add_margin_percentage":30,"ADD_margin_percentage":99}}`))
	require.NoError(t, err)
	require.Equal(t, plain, loud)
}
