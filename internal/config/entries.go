package config

import (
	"slices"
	"strings"
	"time"

	"github.com/axisor/axisor/pkg/secret"
)

// Entry is one setting as it can be shown: secrets are redacted, and what is not
// set is nil.
type Entry struct {
	Key    Key
	Value  any // nil, string, int, int64, float64 or []string
	Origin Origin
}

// Entries returns every setting with its origin, in the order of Keys.
func (ld *Loaded) Entries() []Entry {
	keys := Keys()
	out := make([]Entry, len(keys))
	for i, k := range keys {
		out[i] = Entry{Key: k, Value: k.display(ld.Config), Origin: ld.Origins[k.Name]}
	}
	return out
}

func (k Key) display(c *Config) any {
	switch p := k.field(c).(type) {
	case *string:
		switch {
		case *p == "":
			return nil
		case k.Name == keyAlertURL || strings.HasSuffix(k.Name, pingSuffix):
			return shortURL(*p)
		}
		return *p
	case *secret.Secret:
		switch {
		case p.IsZero():
			return nil
		case k.Name == keyDatabaseURL:
			return RedactDatabaseURL(p.Reveal())
		}
		return secret.Redacted
	case *[]secret.Secret:
		if len(*p) == 0 {
			return nil
		}
		return slices.Repeat([]string{secret.Redacted}, len(*p))
	case *[]string:
		switch {
		case len(*p) == 0:
			return nil
		case k.runs(): // arguments may be secrets, the program is not
			return (*p)[0]
		}
		return slices.Clone(*p)
	case *int64:
		return *p
	case *int:
		return *p
	case *float64:
		return *p
	case *time.Duration:
		return shortDuration(*p)
	}
	return nil
}

// shortDuration writes 60s as 1m instead of 1m0s.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Check reads a file on its own and measures every value in it, of all profiles,
// whether or not anything else would override it. It returns the profile names.
func Check(path string) ([]string, error) {
	doc, problems := readDocument(path)
	if doc == nil {
		return nil, problems
	}
	names := append([]string{""}, doc.profileNames()...)
	for _, name := range names {
		l := layer{level: LevelFile, source: path, values: doc.base}
		if name != "" {
			l = layer{level: LevelProfile, source: path + ": profile " + name, values: doc.profiles[name]}
		}
		problems = append(problems, alternatives([]layer{l})...)
		for _, k := range Keys() {
			raw, set := l.values[k.Name]
			if !set {
				continue
			}
			if _, rule := k.parse(raw); rule != "" {
				problems = append(problems, &Error{Source: l.source, Key: k.Name, Rule: rule, Value: k.shown(raw)})
			}
		}
	}
	if _, ok := doc.profiles[strings.ToLower(doc.defaultProfile)]; !ok && doc.defaultProfile != "" {
		problems = append(problems, &Error{Source: path, Key: defaultProfileKey, Rule: "no such profile", Value: doc.defaultProfile})
	}
	return doc.profileNames(), problems.orNil()
}
