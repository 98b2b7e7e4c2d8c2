package automation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// schema is the part of JSON Schema 2020-12 that our schemas use. A library for the whole standard compiles the
// standard's own schemas when the program starts, every time, also for --help: half of the start-up time went there.
// The tests hold this against such a library.
type schema struct {
	Type       string            `json:"type"`
	Required   []string          `json:"required"`
	Enum       []string          `json:"enum"`
	Minimum    *json.Number      `json:"minimum"`
	Maximum    *json.Number      `json:"maximum"`
	Properties map[string]schema `json:"properties"`
	Items      *schema           `json:"items"`
	AnyOf      []schema          `json:"anyOf"`

	// These say nothing about values.
	Dialect string `json:"$schema"`
	Title   string `json:"title"`
}

// readSchema refuses a keyword that would not be checked.
func readSchema(raw []byte) (s schema, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return s, d.Decode(&s)
}

// readJSON reads one value and keeps numbers as they are written.
func readJSON(raw []byte) (value any, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("invalid character after top-level value")
	}
	return value, nil
}

// broken lists the rules that a value breaks, in a fixed order. A wrong type or word hides what lies below it.
func (s schema) broken(at string, value any) []Violation {
	breaks := func(keyword, format string, args ...any) Violation {
		return Violation{Pointer: at, Keyword: keyword, Message: fmt.Sprintf(format, args...)}
	}
	if got := typeOf(value); s.Type != "" && got != s.Type {
		return []Violation{breaks("type", "got %s, want %s", got, s.Type)}
	}
	if word, text := value.(string); s.Enum != nil && (!text || !slices.Contains(s.Enum, word)) {
		return []Violation{breaks("enum", "value must be one of %s", quoted(s.Enum))}
	}
	var out []Violation
	switch value := value.(type) {
	case map[string]any:
		missing := slices.DeleteFunc(slices.Clone(s.Required), func(k string) bool { _, ok := value[k]; return ok })
		switch len(missing) {
		case 0:
		case 1:
			out = append(out, breaks("required", "missing property %s", quoted(missing)))
		default:
			out = append(out, breaks("required", "missing properties %s", quoted(missing)))
		}
		for _, key := range slices.Sorted(maps.Keys(s.Properties)) {
			if v, ok := value[key]; ok {
				out = append(out, s.Properties[key].broken(at+"/"+escape(key), v)...)
			}
		}
	case []any:
		for i := range value {
			if s.Items != nil {
				out = append(out, s.Items.broken(at+"/"+strconv.Itoa(i), value[i])...)
			}
		}
	case json.Number:
		if s.Minimum != nil && number(value) < number(*s.Minimum) {
			out = append(out, breaks("minimum", "minimum: got %s, want %s", value, *s.Minimum))
		}
		if s.Maximum != nil && number(value) > number(*s.Maximum) {
			out = append(out, breaks("maximum", "maximum: got %s, want %s", value, *s.Maximum))
		}
	}
	return append(out, s.none(at, value)...)
}

// none lists what is wrong with each of the alternatives, when not one of them holds.
func (s schema) none(at string, value any) (out []Violation) {
	for _, alternative := range s.AnyOf {
		wrong := alternative.broken(at, value)
		if len(wrong) == 0 {
			return nil
		}
		out = append(out, wrong...)
	}
	return out
}

// number is what the web application makes of a number: a float64. One too large for it is infinite.
func number(n json.Number) float64 {
	f, _ := strconv.ParseFloat(n.String(), 64) //nolint:errcheck // json.Number holds a number; out of range gives infinity
	return f
}

func typeOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case json.Number:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	}
	return "object"
}

func quoted(words []string) string { return "'" + strings.Join(words, "', '") + "'" }

// escape writes a key as a step of a JSON pointer.
func escape(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}
