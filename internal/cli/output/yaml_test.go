package output_test

import (
	"encoding/json"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
)

type textView struct {
	ID   string          `json:"id"`
	Text string          `json:"text"`
	Free json.RawMessage `json:"free"`
}

// implicit are the plain scalars that YAML 1.1 takes for something else than text (yaml.org/type): its null, booleans,
// numbers with sixties and underscores, dates, and its two special words.
var implicit = regexp.MustCompile(`^(?:|~|null|Null|NULL|y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF|` +
	`[-+]?0b[01_]+|[-+]?0o?[0-7_]+|[-+]?[0-9][0-9_]*|[-+]?0x[0-9a-fA-F_]+|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|` +
	`[-+]?(?:[0-9][0-9_]*)?\.[0-9.]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+|[-+]?\.(?i:inf|nan)|\d{4}-\d\d?-\d\d?.*|=|<<)$`)

var yamlTexts = []string{
	"", " ", "a", "a b", "yes", "No", "y", "ON", "~", "null", "NULL", "12:30:45", "1:2", "0o7", "017", "0x1p4", "0x1F", "1_000", "1e3", "1.5", ".5", ".",
	"-", "- a", "-.inf", ".NaN", "nan", "2026-08-12", "2026-08-12T09:30:00Z", "=", "<<", "a: b", "a #b", "#", "? a", "!tag", "&a", "*a", "|", ">", "%",
	"@", "`", "{", "[", "a,b", "'", "\"", "\\", "\t", "\n", "a\nb", "\r\n", " a", "a ", "---", "...", "\x00", "\x1b[31m", "\x7f", "\u0080", "\u0085", "\u009b",
	"\u00a0", "\u00ad", "\u2028", "\u2029", "\ufeff", "\ufffd", "\ufffe", "\uffff", "𝄞", "\U000e0001", "\U0010ffff", strings.Repeat("x ", 200), strings.Repeat("k", 300),
}

func yamlOf(t *testing.T) string {
	t.Helper()
	var views []textView
	for _, text := range yamlTexts {
		raw, err := json.Marshal(map[string]any{text: text, "n": json.Number("1e21")})
		require.NoError(t, err)
		views = append(views, textView{ID: "x", Text: text, Free: raw})
	}
	views = append(views, textView{Free: json.RawMessage(`{"half":"\ud800","pair":"\ud834\udd1e","slash":"\/","n":[1E5,-0.0,1.50,{}],"deep":[[],[null,true]]}`)})
	s, out, _ := streams.Test("")
	p, err := output.New(s, output.Options{Format: "yaml"})
	require.NoError(t, err)
	require.NoError(t, output.Slice(p, output.Desc{Noun: "texts", ID: "id"}, views))
	return out.String()
}

// Every text comes out, and every reader takes it for the text that it is.
func TestYAML_EveryText(t *testing.T) {
	t.Parallel()
	text := yamlOf(t)
	var got struct {
		Items []struct {
			Text string
			Free map[string]any
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(text), &got))
	for i, want := range yamlTexts {
		require.Equal(t, want, got.Items[i].Text)
		require.Equal(t, want, got.Items[i].Free[want])
		require.InDelta(t, 1e21, got.Items[i].Free["n"], 1)
	}
	last := got.Items[len(yamlTexts)].Free
	require.Equal(t, "\ufffd", last["half"])
	require.Equal(t, "𝄞", last["pair"])
	var n yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(text), &n))
	var walk func(*yaml.Node)
	walk = func(n *yaml.Node) {
		if n.Kind == yaml.ScalarNode && n.Tag == "!!str" && n.Style == 0 {
			require.NotRegexp(t, implicit, n.Value, "a reader of YAML 1.1 takes it for something else")
		}
		for _, c := range n.Content {
			walk(c)
		}
	}
	walk(&n)
	for _, r := range text {
		require.True(t, r == '\n' || r >= ' ' && r <= '~' || r >= 0xa0 && r != 0xfffe && r != 0xffff && r != 0xfeff, "%U stands there unescaped", r)
	}
}

// An independent reader, of YAML 1.1, where this machine has it.
func TestYAML_PyYAMLReadsTheSame(t *testing.T) {
	t.Parallel()
	c := exec.CommandContext(t.Context(), "python3", "-c", "import sys,json,yaml; json.dump([i['text'] for i in yaml.safe_load(sys.stdin.buffer)['items']], sys.stdout)")
	if exec.CommandContext(t.Context(), "python3", "-c", "import yaml").Run() != nil {
		t.Skip("no python3 with yaml")
	}
	c.Stdin = strings.NewReader(yamlOf(t))
	raw, err := c.Output()
	require.NoError(t, err)
	var got []string
	require.NoError(t, json.Unmarshal(raw, &got))
	require.Equal(t, yamlTexts, got[:len(yamlTexts)])
}
