package marginguard

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/axisor/axisor/pkg/exactjson"
)

// ParseSettings reads the individual_configs column in the schema's shape
// ({"enabled", "threshold"}) and in the web application's ({"is_active",
// "margin_threshold", "add_margin_percentage"}). An entry that does not say
// whether it is on is on: somebody listed the position; null is no entry. The keys
// of the result are canonical ids.
//
// An entry that cannot be read concerns its own position alone: it comes with a
// Problem. The error, a *ConfigError, is for a column of which no entry can be read.
func ParseSettings(raw []byte) (map[string]Setting, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil, nil
	}
	var entries map[string]json.RawMessage
	if err := exactjson.Unmarshal(raw, &entries); err != nil {
		return nil, &ConfigError{Field: "individual_configs", Value: string(raw), Rule: "is not an object of objects"}
	}
	settings := make(map[string]Setting, len(entries))
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		if isNull(entries[key]) {
			continue
		}
		id, s := CanonicalID(key), parseSetting(key, entries[key])
		if before, twice := settings[id]; twice {
			s = before.merge(s)
		}
		settings[id] = s
	}
	return settings, nil
}

// SettingKeys are the fields of an entry, in the schema's shape and in the web application's. An entry with none of them is
// of another shape: it can be read, and says nothing.
func SettingKeys() []string {
	return []string{"enabled", "threshold", "is_active", "margin_threshold", "add_margin_percentage"}
}

func isNull(raw json.RawMessage) bool { return bytes.Equal(bytes.TrimSpace(raw), []byte("null")) }

// merge joins two entries for one position: off wins, then what cannot be read, then
// the larger threshold, so that the order of entries decides nothing.
func (s Setting) merge(other Setting) Setting {
	switch {
	case s.Problem == "" && !s.Enabled:
		return s
	case other.Problem == "" && !other.Enabled:
		return other
	case s.Problem != "":
		return s
	case other.Problem != "", other.Threshold > s.Threshold,
		other.Threshold == s.Threshold && other.AddPercent > s.AddPercent:
		return other
	}
	return s
}

// parseSetting reads one entry. One that is switched off is off whatever else it holds.
func parseSetting(id string, raw json.RawMessage) Setting {
	var fields map[string]json.RawMessage
	if err := exactjson.Unmarshal(raw, &fields); err != nil || fields == nil {
		return broken(&ConfigError{Field: "individual_configs." + id, Value: string(raw), Rule: "is not an object"})
	}
	r := entryReader{id: id, fields: fields}
	s := Setting{Enabled: true}
	for _, name := range []string{"enabled", "is_active"} {
		if on := true; r.read(name, &on) && !on {
			s.Enabled = false
		}
	}
	for _, name := range []string{"margin_threshold", "threshold"} {
		r.number(name, &s.Threshold, checkThreshold)
	}
	r.number("add_margin_percentage", &s.AddPercent, checkAdd)
	if err := checkID("individual_configs", id); err != nil {
		r.fail(err)
	}
	if r.err != nil && s.Enabled {
		return broken(r.err)
	}
	return s
}

func broken(err error) Setting { return Setting{Enabled: true, Problem: err.Error()} }

// entryReader reads the fields of one entry and keeps the first error.
type entryReader struct {
	id     string
	fields map[string]json.RawMessage
	err    error
}

func (r *entryReader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// read reports whether the field is there and was read.
func (r *entryReader) read(name string, to any) bool {
	raw, ok := r.fields[name]
	if !ok || isNull(raw) {
		return false
	}
	if err := exactjson.Unmarshal(raw, to); err != nil {
		what := "is not a number"
		if _, flag := to.(*bool); flag {
			what = "is neither true nor false"
		}
		r.fail(&ConfigError{Field: "individual_configs." + r.id + "." + name, Value: string(raw), Rule: what})
		return false
	}
	return true
}

// number reads a field that must obey a rule. A written zero is a mistake, while a
// Setting's zero means that nothing was written.
func (r *entryReader) number(name string, to *float64, rule func(field string, v float64) error) {
	var v float64
	if !r.read(name, &v) {
		return
	}
	if err := rule("individual_configs."+r.id+"."+name, v); err != nil {
		r.fail(err)
		return
	}
	*to = v
}
