package marginguard

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
	"strings"

	"github.com/axisor/axisor/pkg/exactjson"
)

// Mode says which positions a configuration protects.
type Mode string

// The modes of the schema. The web application writes the second one as
// "unitario"; ParseMode reads both.
const (
	Global     Mode = "global"
	Unit       Mode = "unit"
	Individual Mode = "individual"
)

// Bounds of a configuration: the threshold's are the CHECK of the schema, the
// share to add may at most double the margin.
const (
	MinThreshold = 1.0
	MaxThreshold = 50.0
	MaxAdd       = 100.0
)

// ParseMode accepts the words of the schema and of the web application.
func ParseMode(word string) (Mode, error) {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "global", "total":
		return Global, nil
	case "unit", "unitario":
		return Unit, nil
	case "individual":
		return Individual, nil
	}
	return "", &ConfigError{Field: "mode", Value: word, Rule: "must be one of global, unit, individual"}
}

// Config is one user's wish.
type Config struct {
	Mode Mode
	// Threshold is in percent; its meaning is the Reading's.
	Threshold float64
	// AddPercent is the share of the current margin to add.
	AddPercent float64
	// Positions are the protected trade ids of mode Unit.
	Positions []string
	// Settings are the protected trade ids of mode Individual.
	Settings map[string]Setting
	// RestoreTo, when not zero, is the distance in percent that an addition
	// restores; it replaces AddPercent.
	RestoreTo float64
	// Cross protects the cross position too.
	Cross bool
}

// Setting is the wish for one position. Zero numbers stand for the
// configuration's own.
type Setting struct {
	Enabled    bool
	Threshold  float64
	AddPercent float64
}

// ConfigError says which field of a configuration breaks which rule.
type ConfigError struct {
	Field, Value, Rule string
}

func (e *ConfigError) Error() string {
	return fmt.Sprintf("guard configuration: %s %q %s", e.Field, e.Value, e.Rule)
}

var positionKey = regexp.MustCompile(`^[a-f0-9-]+$`)

// Validate checks the rules that a stored configuration must obey.
func (c Config) Validate() error {
	if _, err := ParseMode(string(c.Mode)); err != nil {
		return err
	}
	if err := checkThreshold("margin_threshold", c.Threshold); err != nil {
		return err
	}
	if err := checkAdd("add_margin_percentage", c.AddPercent); err != nil {
		return err
	}
	for _, id := range c.Positions {
		if !positionKey.MatchString(strings.ToLower(id)) {
			return &ConfigError{Field: "selected_positions", Value: id, Rule: "is not a trade id (hexadecimal digits and dashes)"}
		}
	}
	for _, id := range sortedKeys(c.Settings) {
		if err := c.Settings[id].validate(id); err != nil {
			return err
		}
	}
	return nil
}

func (s Setting) validate(id string) error {
	path := "individual_configs." + id
	if !positionKey.MatchString(strings.ToLower(id)) {
		return &ConfigError{Field: "individual_configs", Value: id, Rule: "is not a trade id (hexadecimal digits and dashes)"}
	}
	if s.Threshold != 0 {
		if err := checkThreshold(path+".threshold", s.Threshold); err != nil {
			return err
		}
	}
	if s.AddPercent != 0 {
		return checkAdd(path+".add_margin_percentage", s.AddPercent)
	}
	return nil
}

func checkThreshold(field string, v float64) error {
	if !finite(v) || v < MinThreshold || v > MaxThreshold {
		return &ConfigError{Field: field, Value: number(v), Rule: "must be a percentage from 1 to 50"}
	}
	return nil
}

func checkAdd(field string, v float64) error {
	if !finite(v) || v <= 0 || v > MaxAdd {
		return &ConfigError{Field: field, Value: number(v), Rule: "must be a percentage above 0 and at most 100"}
	}
	return nil
}

func number(v float64) string { return strings.TrimSpace(fmt.Sprintf("%g", v)) }

// ParseSettings reads the individual_configs column in the schema's shape
// ({"enabled", "threshold"}) and in the web application's ({"is_active",
// "margin_threshold", "add_margin_percentage"}). An entry that does not say
// whether it is on is on: somebody listed the position.
func ParseSettings(raw []byte) (map[string]Setting, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil, nil
	}
	var entries map[string]struct {
		Enabled         *bool    `json:"enabled"`
		IsActive        *bool    `json:"is_active"`
		Threshold       *float64 `json:"threshold"`
		MarginThreshold *float64 `json:"margin_threshold"`
		AddPercent      *float64 `json:"add_margin_percentage"`
	}
	if err := exactjson.Unmarshal(raw, &entries); err != nil {
		return nil, &ConfigError{Field: "individual_configs", Value: "…", Rule: "is not an object of objects: " + err.Error()}
	}
	settings := make(map[string]Setting, len(entries))
	for id, e := range entries {
		s := Setting{Enabled: true}
		for _, on := range []*bool{e.Enabled, e.IsActive} {
			if on != nil && !*on {
				s.Enabled = false
			}
		}
		for _, t := range []*float64{e.MarginThreshold, e.Threshold} {
			if t == nil {
				continue
			}
			// Checked here as well as in Validate: a written zero is a mistake,
			// while a Setting's zero means that nothing was written.
			if err := checkThreshold("individual_configs."+id+".threshold", *t); err != nil {
				return nil, err
			}
			s.Threshold = *t
		}
		if e.AddPercent != nil {
			if err := checkAdd("individual_configs."+id+".add_margin_percentage", *e.AddPercent); err != nil {
				return nil, err
			}
			s.AddPercent = *e.AddPercent
		}
		settings[id] = s
	}
	return settings, nil
}

// EncodeSettings writes the schema's shape, with the share to add beside it
// only where a position has its own.
func EncodeSettings(settings map[string]Setting) ([]byte, error) {
	if len(settings) == 0 {
		return nil, nil
	}
	out := make(map[string]map[string]any, len(settings))
	for id, s := range settings {
		entry := map[string]any{"enabled": s.Enabled}
		if s.Threshold != 0 {
			entry["threshold"] = s.Threshold
		}
		if s.AddPercent != 0 {
			entry["add_margin_percentage"] = s.AddPercent
		}
		out[id] = entry
	}
	return json.Marshal(out)
}

// wish is what a configuration asks for one position.
func (c Config) wish(id string) (threshold, add float64, selected bool) {
	id = strings.TrimPrefix(id, crossPrefix)
	switch c.Mode {
	case Global:
		return c.Threshold, c.AddPercent, true
	case Unit:
		for _, p := range c.Positions {
			if sameID(p, id) {
				return c.Threshold, c.AddPercent, true
			}
		}
	case Individual:
		for key, s := range c.Settings {
			if !sameID(key, id) {
				continue
			}
			threshold, add = c.Threshold, c.AddPercent
			if s.Threshold != 0 {
				threshold = s.Threshold
			}
			if s.AddPercent != 0 {
				add = s.AddPercent
			}
			return threshold, add, s.Enabled
		}
	}
	return c.Threshold, c.AddPercent, false
}

func sortedKeys(m map[string]Setting) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
