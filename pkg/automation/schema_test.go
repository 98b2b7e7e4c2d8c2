package automation

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

func names() []string { return []string{"seed", "app_auto_entry", "app_margin_guard", "app_tp_sl"} }

// Every keyword of the schemas is one that is checked, and a new one would be refused.
func TestReadSchema(t *testing.T) {
	t.Parallel()
	for _, name := range names() {
		raw, err := files.ReadFile("schemas/" + name + ".json")
		require.NoError(t, err)
		_, err = readSchema(raw)
		require.NoError(t, err, name)
	}
	_, err := readSchema([]byte(`{"properties": {"a": {"pattern": "x"}}}`))
	require.Error(t, err)
}

func rivals(t testing.TB) map[string]*jsonschema.Schema {
	t.Helper()
	out := map[string]*jsonschema.Schema{}
	for _, name := range names() {
		raw, err := files.ReadFile("schemas/" + name + ".json")
		require.NoError(t, err)
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		require.NoError(t, err)
		c := jsonschema.NewCompiler()
		require.NoError(t, c.AddResource(name, doc))
		out[name], err = c.Compile(name)
		require.NoError(t, err)
	}
	return out
}

// leaves collects the rules at the ends of the library's tree of causes.
func leaves(e *jsonschema.ValidationError, out []string) []string {
	for _, cause := range e.Causes {
		out = leaves(cause, out)
	}
	if len(e.Causes) > 0 {
		return out
	}
	var at strings.Builder
	for _, step := range e.InstanceLocation {
		at.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(step))
	}
	words := e.ErrorKind.KeywordPath()
	return append(out, sentence(Violation{
		Pointer: at.String(), Keyword: words[len(words)-1], Message: e.ErrorKind.LocalizedString(message.NewPrinter(language.English)),
	}))
}

// sentence leaves the words about bounds out: the library writes numbers in the English way, 60,000.5.
func sentence(v Violation) string {
	if v.Keyword == "minimum" || v.Keyword == "maximum" {
		v.Message = ""
	}
	return fmt.Sprintf("%s %s %s", v.Pointer, v.Keyword, v.Message)
}

// What breaks a rule is what breaks it in a library that knows the whole standard, in the same words.
func FuzzSchema(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[]`, `null`, `1`, `"x"`, `true`, `{"strategy":1,"parameters":{"amount":-1,"leverage":101,"trigger_price":[]}}`,
		`{"strategy":"take_profit","parameters":{"leverage":0.5}}`, `{"strategy":"","parameters":null}`,
		`{"margin_threshold":0.1,"action":"pray","selected_positions":["a",1,null],"enabled":"yes","notifications":{}}`,
		`{"margin_threshold":0.09,"action":null,"selected_positions":{},"plan_type":3}`,
		`{"entry_condition":"rsi_oversold","rsi_period":51,"rsi_threshold":9.99,"position_size":1e-4}`,
		`{"side":"b"}`, `{"side":"x","quantity":-0}`, `{"side":"s","quantity":1E3,"leverage":100.0}`,
		`{"take_profit_percentage":1000.1}`, `{"action":"close_tp","trailing_percentage":10,"trailing_stop":0}`, `{"a/b~c":1} {}`,
	} {
		f.Add(seed)
	}
	library := rivals(f)
	f.Fuzz(func(t *testing.T, config string) {
		value, err := readJSON([]byte(config))
		theirs, theirErr := jsonschema.UnmarshalJSON(strings.NewReader(config))
		require.Equal(t, theirErr == nil, err == nil)
		if err != nil || enormous(value) {
			return
		}
		for _, name := range names() {
			var got, want []string
			raw, err := files.ReadFile("schemas/" + name + ".json")
			require.NoError(t, err)
			rules, err := readSchema(raw)
			require.NoError(t, err)
			for _, v := range rules.broken("", value) {
				got = append(got, sentence(v))
			}
			var broken *jsonschema.ValidationError
			if errors.As(library[name].Validate(theirs), &broken) {
				want = leaves(broken, nil)
			}
			slices.Sort(got)
			slices.Sort(want)
			require.Equal(t, want, got, "%s: %s", name, config)
		}
	})
}

// enormous tells of numbers outside of float64 or at its precision, for which the library computes with fractions of
// any size: 1e999999999 would take all memory.
func enormous(value any) bool {
	text := fmt.Sprint(value)
	return len(text) > 200 || regexp.MustCompile(`[0-9][eE][+-]?[0-9]{2}`).MatchString(text)
}
