package marginguard

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
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

// Config is what one user asks of the guard.
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

// Setting is the rule for one position. Zero numbers stand for the
// configuration's own.
type Setting struct {
	Enabled    bool
	Threshold  float64
	AddPercent float64
	// Problem is why the stored rule cannot be followed, empty when it can.
	Problem string
}

// ConfigError says which field of a configuration breaks which rule.
type ConfigError struct {
	Field, Value, Rule string
}

func (e *ConfigError) Error() string {
	return fmt.Sprintf("guard configuration: %s %s %s", Clip(e.Field), strconv.Quote(Clip(e.Value)), e.Rule)
}

// clipped is how many characters of a stored text a message repeats.
const clipped = 80

// Clip shortens a stored text of any length to what a message can hold.
func Clip(text string) string {
	if utf8.RuneCountInString(text) <= clipped {
		return text
	}
	n := 0
	for at := range text {
		if n == clipped {
			return text[:at] + "…"
		}
		n++
	}
	return text
}

var positionKey = regexp.MustCompile(`^[a-f0-9-]+$`)

// Validate checks the rules that a configuration obeys when it is written.
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
		if err := checkID("selected_positions", id); err != nil {
			return err
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
	if err := checkID("individual_configs", id); err != nil {
		return err
	}
	if s.Problem != "" {
		return &ConfigError{Field: path, Rule: s.Problem}
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

func checkID(field, id string) error {
	if positionKey.MatchString(CanonicalID(id)) {
		return nil
	}
	return &ConfigError{Field: field, Value: id, Rule: "is not a trade id (hexadecimal digits and dashes)"}
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

// positionRule is what a configuration asks for one position.
type positionRule struct {
	threshold, add float64
	selected       bool
	// problem is why the rule is not known, empty when it is.
	problem string
}

// ruleFor finds what is asked for a position. Of several entries for one position a
// disabled one wins.
func (c Config) ruleFor(id string) positionRule {
	id = strings.TrimPrefix(id, crossPrefix)
	out := positionRule{threshold: c.Threshold, add: c.AddPercent}
	switch c.Mode {
	case Global:
		out.selected = true
	case Unit:
		out.selected = slices.ContainsFunc(c.Positions, func(p string) bool { return sameID(p, id) })
	case Individual:
		var own *Setting
		for key, s := range c.Settings {
			if sameID(key, id) {
				if own != nil {
					s = own.merge(s)
				}
				own = &s
			}
		}
		if own == nil || own.Problem == "" && !own.Enabled {
			return out
		}
		out.selected, out.problem = true, own.Problem
		out.threshold, out.add = cmp.Or(own.Threshold, c.Threshold), cmp.Or(own.AddPercent, c.AddPercent)
	}
	if !out.selected || out.problem != "" {
		return out
	}
	if err := errors.Join(checkThreshold("margin_threshold", out.threshold), checkAdd("add_margin_percentage", out.add)); err != nil {
		out.problem = strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	return out
}

func sortedKeys(m map[string]Setting) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
