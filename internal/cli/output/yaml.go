package output

import (
	"encoding/json"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// emitYAML goes through JSON, so that both formats have the same fields in the same order.
func (p *Printer) emitYAML(v any) error {
	raw, err := marshal(v)
	if err != nil {
		return err
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	n, err := yamlNode(d)
	if err != nil {
		return err
	}
	enc := yaml.NewEncoder(p.s.Out)
	enc.SetIndent(2)
	if err := enc.Encode(n); err != nil {
		return err
	}
	return enc.Close()
}

// yamlNode turns the next value of JSON into YAML. Reading the JSON as YAML, which it nearly is, would refuse some texts.
func yamlNode(d *json.Decoder) (*yaml.Node, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch x := token.(type) {
	case string:
		return yamlText(x), nil
	case json.Number:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: yamlNumber(x.String())}, nil
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: plain(x)}, nil
	case nil:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: "null"}, nil
	}
	n := &yaml.Node{Kind: yaml.SequenceNode}
	if token == json.Delim('{') {
		n.Kind = yaml.MappingNode // whose names and values come one after the other, here as there
	}
	for d.More() {
		inner, err := yamlNode(d)
		if err != nil {
			return nil, err
		}
		n.Content = append(n.Content, inner)
	}
	if len(n.Content) == 0 {
		n.Style = yaml.FlowStyle
	}
	_, err = d.Token() // the closing bracket
	return n, err
}

// plainText needs no quotes with any reader, unless it is one of the words. Readers of YAML 1.1 take much for something
// else: yes for true, 12:30:45 for a number, 2026-08-12 for a date.
var (
	plainText = regexp.MustCompile(`^[A-Za-z/][A-Za-z0-9_./@+-]*( [A-Za-z0-9_./@+-]+)*$`)
	yamlWord  = regexp.MustCompile(`^(?i:y|n|yes|no|on|off|true|false|null|nan|inf)$`)
)

func yamlText(text string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	if !plainText.MatchString(text) || yamlWord.MatchString(text) {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// yamlNumber writes an exponent as YAML 1.1 wants it, behind a fraction and with its sign: 1e21 is text there.
func yamlNumber(text string) string {
	mantissa, exponent, found := strings.Cut(strings.ToLower(text), "e")
	if !found {
		return text
	}
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	if exponent[0] != '-' && exponent[0] != '+' {
		exponent = "+" + exponent
	}
	return mantissa + "e" + exponent
}
