package automation

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBroken_NamesEveryPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		schema, config string
		want           []string
	}{
		{"seed", `{"strategy":"take_profit","parameters":{"leverage":1,"amount":0}}`, nil},
		{"seed", `null`, []string{"|type|got null, want object"}},
		{"seed", `{}`, []string{"|required|missing properties 'strategy', 'parameters'"}},
		{"seed", `{"strategy":1,"parameters":{"amount":-1,"leverage":101,"trigger_price":[]}}`, []string{
			"/parameters/amount|minimum|got -1, want at least 0",
			"/parameters/leverage|maximum|got 101, want at most 100",
			"/parameters/trigger_price|type|got array, want number",
			"/strategy|type|got number, want string",
		}},
		{"seed", `{"strategy":"hold","parameters":true}`, []string{
			"/parameters|type|got boolean, want object",
			"/strategy|enum|value must be one of 'take_profit', 'stop_loss', 'auto_entry'",
		}},
		{"seed", `{"parameters":{"leverage":0.5}}`, []string{
			"|required|missing property 'strategy'", "/parameters/leverage|minimum|got 0.5, want at least 1",
		}},
		{"app_margin_guard", `{"margin_threshold":0.09,"action":null,"selected_positions":["a",1]}`, []string{
			"/action|enum|value must be one of 'close_position', 'reduce_position', 'add_margin', 'increase_liquidation_distance'",
			"/margin_threshold|minimum|got 0.09, want at least 0.1",
			"/selected_positions/1|type|got number, want string",
		}},
		{"app_auto_entry", `{"side":"b","rsi_period":51}`, []string{
			"|required|missing property 'entry_condition'", "|required|missing property 'quantity'",
			"/rsi_period|maximum|got 51, want at most 50",
		}},
		{"app_auto_entry", `{"side":"b","quantity":1}`, nil},
		{"app_tp_sl", `{"action":"close_tp"}`, nil},
	} {
		s, err := readSchema(c.schema)
		require.NoError(t, err)
		var value any
		require.NoError(t, json.Unmarshal([]byte(c.config), &value))
		wrong, err := broken(s, "", value)
		require.NoError(t, err)
		var got []string
		for _, v := range wrong {
			got = append(got, v.Pointer+"|"+v.Keyword+"|"+v.Message)
		}
		require.Equal(t, c.want, got, c.config)
	}
}

// Place by place or as a whole: the library must come to the same verdict.
func FuzzBroken(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[]`, `1`, `{"strategy":"take_profit","parameters":{"leverage":0.5}}`, `{"side":"s","quantity":1E3,"leverage":100.0}`,
		`{"margin_threshold":1,"action":"add_margin","selected_positions":[null]}`, `{"a/b~c":1}`, `{"take_profit_percentage":1000.1}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, config string) {
		var value any
		if json.Unmarshal([]byte(config), &value) != nil {
			return
		}
		for _, name := range []string{"seed", "app_auto_entry", "app_margin_guard", "app_tp_sl"} {
			s, err := readSchema(name)
			require.NoError(t, err)
			whole, err := s.Resolve(nil)
			require.NoError(t, err)
			wrong, err := broken(s, "", value)
			require.NoError(t, err)
			require.Equal(t, whole.Validate(value) == nil, len(wrong) == 0, "%s: %s", name, config)
		}
	})
}
