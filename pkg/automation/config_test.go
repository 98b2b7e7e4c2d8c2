package automation_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/automation"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		`{"strategy":"take_profit","parameters":{}}`,
		`{"strategy":"stop_loss","parameters":{"trigger_price":0,"amount":0,"leverage":1}}`,
		`{"strategy":"auto_entry","parameters":{"trigger_price":60000.5,"leverage":100,"note":"kept"},"more":1}`,
	} {
		require.NoError(t, automation.Validate([]byte(good)), good)
	}
	for config, want := range map[string]automation.Violation{
		`{}`:                               {Pointer: "", Keyword: "required"},
		`[]`:                               {Pointer: "", Keyword: "type"},
		`{"strategy":"take_profit"}`:       {Pointer: "", Keyword: "required"},
		`{"strategy":"x","parameters":{}}`: {Pointer: "/strategy", Keyword: "enum"},
		`{"strategy":"take_profit","parameters":[]}`:                        {Pointer: "/parameters", Keyword: "type"},
		`{"strategy":"take_profit","parameters":{"leverage":101}}`:          {Pointer: "/parameters/leverage", Keyword: "maximum"},
		`{"strategy":"take_profit","parameters":{"leverage":0.5}}`:          {Pointer: "/parameters/leverage", Keyword: "minimum"},
		`{"strategy":"take_profit","parameters":{"amount":-1}}`:             {Pointer: "/parameters/amount", Keyword: "minimum"},
		`{"strategy":"take_profit","parameters":{"trigger_price":"60000"}}`: {Pointer: "/parameters/trigger_price", Keyword: "type"},
		`{"strategy":`: {Keyword: "syntax"},
		`{"strategy":"take_profit","parameters":{},"x":"\u0000"}`: {Keyword: "syntax"},
	} {
		var e *automation.ConfigError
		require.ErrorAs(t, automation.Validate([]byte(config)), &e, config)
		require.Len(t, e.Violations, 1, config)
		require.Equal(t, want.Pointer, e.Violations[0].Pointer, config)
		require.Equal(t, want.Keyword, e.Violations[0].Keyword, config)
		require.NotEmpty(t, e.Violations[0].Message)
	}
	var e *automation.ConfigError
	require.ErrorAs(t, automation.Validate([]byte(`{"strategy":1,"parameters":{"amount":-1}}`)), &e)
	require.GreaterOrEqual(t, len(e.Violations), 2, "every broken rule is named at once")
}

func TestRecognise(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		slug, config string
		shape        automation.Shape
		bad          bool
	}{
		{"tp_sl", `{"strategy":"take_profit","parameters":{}}`, automation.ShapeSchema, false},
		{"tp_sl", `{"strategy":"nonsense"}`, automation.ShapeSchema, true},
		{"tp_sl", `{"take_profit_percentage":5,"stop_loss_percentage":2,"enabled":true}`, automation.ShapeApp, false},
		{"tp_sl", `{"take_profit_percentage":5000}`, automation.ShapeApp, true},
		{"margin_guard", `{"margin_threshold":90,"action":"add_margin","add_margin_amount":20}`, automation.ShapeApp, false},
		{"margin_guard", `{"margin_threshold":90,"action":"pray"}`, automation.ShapeApp, true},
		{"auto_entry", `{"entry_condition":"price_above","entry_price":60000,"position_size":0.1}`, automation.ShapeApp, false},
		{"auto_entry", `{"market":"btcusd","side":"b","leverage":10,"quantity":100}`, automation.ShapeApp, false},
		{"auto_entry", `{"a":1}`, automation.ShapeUnknown, true},
		{"dca", `{"margin_threshold":90}`, automation.ShapeUnknown, true},
		{"tp_sl", `null`, automation.ShapeUnknown, true},
	} {
		shape, err := automation.Recognise(c.slug, []byte(c.config))
		require.Equal(t, c.shape, shape, c.config)
		require.Equal(t, c.bad, err != nil, "%s: %v", c.config, err)
	}
}

func TestSchema(t *testing.T) {
	t.Parallel()
	for slug, want := range map[string]string{
		"":             `["take_profit","stop_loss","auto_entry"]`,
		"margin_guard": `["take_profit","stop_loss","auto_entry"]`,
		"tp_sl":        `["take_profit","stop_loss"]`,
		"auto_entry":   `["auto_entry"]`,
	} {
		raw, err := automation.Schema(slug)
		require.NoError(t, err)
		var s struct {
			Properties struct {
				Strategy struct{ Enum json.RawMessage }
			}
		}
		require.NoError(t, json.Unmarshal(raw, &s))
		require.JSONEq(t, want, string(s.Properties.Strategy.Enum), slug)
	}
}
