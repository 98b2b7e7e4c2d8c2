// Package automation owns what the configuration of an automation may look like: the JSON schema that is written,
// and the shapes of the web application that are only read. It knows no database and no command.
package automation

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/axisor/axisor/pkg/exactjson"
)

//go:embed schemas/*.json
var files embed.FS

// Slugs of the automation types that come with the schema.
const (
	TypeMarginGuard = "margin_guard"
	TypeTPSL        = "tp_sl"
	TypeAutoEntry   = "auto_entry"
)

// Shape says who wrote a configuration.
type Shape string

// Shapes.
const (
	ShapeSchema  Shape = "schema"  // strategy and parameters
	ShapeApp     Shape = "app"     // flat, as the web application writes it
	ShapeUnknown Shape = "unknown" // neither
)

// Violation is one rule that a configuration breaks.
type Violation struct {
	Pointer string // JSON pointer to the value, "" for the whole
	Keyword string // the rule's name in JSON Schema, such as minimum
	Message string
}

// ConfigError says which rules a configuration breaks.
type ConfigError struct{ Violations []Violation }

func (e *ConfigError) Error() string {
	var parts []string
	for _, v := range e.Violations {
		at := v.Pointer
		if at == "" {
			at = "/"
		}
		parts = append(parts, fmt.Sprintf("at %s: %s (%s)", at, v.Message, v.Keyword))
	}
	return "invalid config " + strings.Join(parts, "; ")
}

// Schema is the text of the schema that configurations are written in. With a type that has a strategy of its own,
// only its strategies are left.
func Schema(slug string) ([]byte, error) {
	raw, err := files.ReadFile("schemas/seed.json")
	if err != nil || len(Strategies(slug)) == 0 {
		return raw, err
	}
	words, err := json.Marshal(Strategies(slug))
	if err != nil {
		return nil, err
	}
	all := []byte(`["take_profit", "stop_loss", "auto_entry"]`)
	return bytes.Replace(raw, all, bytes.ReplaceAll(words, []byte(","), []byte(", ")), 1), nil
}

// Strategies are the strategies that fit a type; none when the type has no word for it.
func Strategies(slug string) []string {
	switch slug {
	case TypeTPSL:
		return []string{"take_profit", "stop_loss"}
	case TypeAutoEntry:
		return []string{"auto_entry"}
	}
	return nil
}

// Validate checks a configuration that is about to be written. A broken rule gives a *ConfigError.
func Validate(config []byte) error { return check("seed", config) }

// Strategy is the strategy of a configuration, "" when it has none.
func Strategy(config []byte) string {
	var c struct {
		Strategy string `json:"strategy"`
	}
	if exactjson.Unmarshal(config, &c) != nil {
		return ""
	}
	return c.Strategy
}

// Recognise tells the shape of a stored configuration, and for one of the web application what is wrong with it.
func Recognise(slug string, config []byte) (Shape, error) {
	var keys map[string]json.RawMessage
	if err := exactjson.Unmarshal(config, &keys); err != nil || keys == nil {
		return ShapeUnknown, &ConfigError{[]Violation{{Keyword: "type", Message: "it is not a JSON object"}}}
	}
	if _, ours := keys[StrategyKey]; ours {
		return ShapeSchema, Validate(config)
	}
	if !slices.Contains(Types(), slug) {
		return ShapeUnknown, Validate(config)
	}
	if !slices.ContainsFunc(AppKeys(slug), func(k string) bool { _, ok := keys[k]; return ok }) {
		return ShapeUnknown, Validate(config)
	}
	return ShapeApp, check("app_"+slug, config)
}

// Types are the slugs of the types whose configurations are known.
func Types() []string { return []string{TypeMarginGuard, TypeTPSL, TypeAutoEntry} }

// StrategyKey is the key by which a configuration of the schema is recognised, of whichever type.
const StrategyKey = "strategy"

// AppKeys are the keys by which a configuration of the web application is recognised: any of them is enough.
func AppKeys(slug string) []string {
	switch slug {
	case TypeMarginGuard:
		return []string{"margin_threshold", "protection_mode", "individual_configs"}
	case TypeTPSL:
		return []string{"take_profit_percentage", "stop_loss_percentage", "new_takeprofit", "new_stoploss"}
	}
	return []string{"entry_condition", "position_size", "side", "quantity"}
}

func check(name string, config []byte) error {
	var value any
	if err := exactjson.Unmarshal(config, &value); err != nil {
		return &ConfigError{[]Violation{{Keyword: "syntax", Message: "it is not JSON: " + err.Error()}}}
	}
	if err := exactjson.Storable(config); err != nil {
		return &ConfigError{[]Violation{{Keyword: "syntax", Message: err.Error()}}}
	}
	s, err := readSchema(name)
	if err != nil {
		return err
	}
	wrong, err := broken(s, "", value)
	if err != nil {
		return err
	}
	if len(wrong) > 0 {
		return &ConfigError{wrong}
	}
	return nil
}
