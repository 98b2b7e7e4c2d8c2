package automation

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/axisor/axisor/pkg/exactjson"
)

// readSchema reads one of the embedded schemas.
func readSchema(name string) (*jsonschema.Schema, error) {
	raw, err := files.ReadFile("schemas/" + name + ".json")
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	s := &jsonschema.Schema{}
	if err := exactjson.Unmarshal(raw, s); err != nil {
		return nil, fmt.Errorf("read schema %s: %w", name, err)
	}
	return s, nil
}

// broken lists the rules that a value breaks, place by place in a fixed order. The library stops at the first broken
// rule and names places of the schema; a person wants to know all of them, by their place in the configuration. So the
// library is asked about each place on its own. A wrong type hides what lies below it.
func broken(s *jsonschema.Schema, at string, value any) ([]Violation, error) {
	wrong, err := here(s, at, value)
	if err != nil || len(wrong) > 0 && wrong[0].Keyword == "type" {
		return wrong, err
	}
	below := func(s *jsonschema.Schema, step string, v any) error {
		more, err := broken(s, at+"/"+step, v)
		wrong = append(wrong, more...)
		return err
	}
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(s.Properties)) {
			if v, ok := value[key]; ok {
				if err := below(s.Properties[key], strings.NewReplacer("~", "~0", "/", "~1").Replace(key), v); err != nil {
					return nil, err
				}
			}
		}
	case []any:
		for i := range value {
			if s.Items == nil {
				break
			}
			if err := below(s.Items, strconv.Itoa(i), value[i]); err != nil {
				return nil, err
			}
		}
	}
	return wrong, nil
}

// here asks about the value itself, and not about what it contains.
func here(s *jsonschema.Schema, at string, value any) ([]Violation, error) {
	own := *s
	own.Properties, own.Items = nil, nil
	rules, err := own.CloneSchemas().Resolve(nil)
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	refusal := rules.Validate(value)
	if refusal == nil {
		return nil, nil
	}
	keyword, words, _ := strings.Cut(strings.TrimPrefix(refusal.Error(), "validating root: "), ": ")
	if keyword == "anyOf" {
		return alternatives(s.AnyOf, at, value)
	}
	return []Violation{{Pointer: at, Keyword: keyword, Message: explain(s, keyword, value, words)}}, nil
}

// alternatives lists what is wrong with each of them, when none holds.
func alternatives(all []*jsonschema.Schema, at string, value any) (out []Violation, err error) {
	for _, s := range all {
		wrong, err := broken(s, at, value)
		if err != nil {
			return nil, err
		}
		out = append(out, wrong...)
	}
	return out, nil
}

// explain says a broken rule in the words of the configuration; the library's words are the last resort.
func explain(s *jsonschema.Schema, keyword string, value any, words string) string {
	switch keyword {
	case "type":
		return fmt.Sprintf("got %s, want %s", typeOf(value), s.Type)
	case "enum":
		return "value must be one of " + quoted(s.Enum)
	case "minimum":
		return fmt.Sprintf("got %s, want at least %s", number(value), number(*s.Minimum))
	case "maximum":
		return fmt.Sprintf("got %s, want at most %s", number(value), number(*s.Maximum))
	case "required":
		object, _ := value.(map[string]any)
		var missing []any
		for _, key := range s.Required {
			if _, ok := object[key]; !ok {
				missing = append(missing, key)
			}
		}
		if len(missing) > 1 {
			return "missing properties " + quoted(missing)
		}
		return "missing property " + quoted(missing)
	}
	return words
}

func number(v any) string {
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

func typeOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case float64:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	}
	return "object"
}

func quoted(words []any) string {
	text := make([]string, len(words))
	for i, w := range words {
		text[i] = fmt.Sprintf("'%v'", w)
	}
	return strings.Join(text, ", ")
}
