package config

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/axisor/axisor/pkg/exactjson"
	"github.com/axisor/axisor/pkg/secret"
)

// parse turns a raw value into the type of the key's kind and checks its rule. It
// returns the broken rule, or "". Values of files arrive with the type that YAML
// gave them, all others as text.
func (k Key) parse(raw any) (any, string) {
	v, rule := k.convert(raw)
	if rule == "" && k.rule != nil {
		rule = k.rule(v)
	}
	return v, rule
}

func (k Key) convert(raw any) (any, string) {
	text, isText := raw.(string)
	switch k.Kind {
	case KindInteger:
		return integer(raw)
	case KindNumber:
		return number(raw)
	case KindDuration:
		if n, ok := raw.(int); ok && n == 0 {
			text, isText = "0s", true
		}
		d, err := time.ParseDuration(strings.TrimSpace(text))
		if !isText || err != nil {
			return nil, "must be a duration with its unit, such as 10s or 5m"
		}
		return d, ""
	case KindEnum:
		if !isText || !slices.Contains(k.Enum, text) {
			return nil, "must be one of " + strings.Join(k.Enum, ", ")
		}
		return text, ""
	case KindList:
		return list(raw)
	case KindSecrets:
		texts, rule := list(raw)
		var secrets []secret.Secret
		for _, s := range texts {
			secrets = append(secrets, secret.New(s))
		}
		return secrets, rule
	case KindCommand:
		if !isText {
			return list(raw)
		}
		if strings.HasPrefix(strings.TrimSpace(text), "[") {
			return list(raw)
		}
		return splitCommand(text)
	}
	// An unquoted run of digits is a number to YAML. As a key or a password it
	// would come back rounded, so it is refused rather than converted.
	if !isText {
		return nil, "must be text (put it in quotes)"
	}
	if k.Kind == KindSecret {
		return secret.New(text), ""
	}
	if k.Kind == KindURL {
		text = strings.TrimRight(text, "/")
	}
	return text, ""
}

func integer(raw any) (any, string) {
	switch v := raw.(type) {
	case int:
		return int64(v), ""
	case int64:
		return v, ""
	case string:
		if n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64); err == nil {
			return n, ""
		}
	}
	return nil, "must be a whole number"
}

func number(raw any) (any, string) {
	f := math.NaN()
	switch v := raw.(type) {
	case int:
		f = float64(v)
	case int64:
		f = float64(v)
	case float64:
		f = v
	case string:
		if n, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil {
			f = n
		}
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, "must be a number"
	}
	return f, ""
}

// list reads a YAML list, a JSON array in a text, or a text with commas. The JSON
// form exists for entries that contain a comma.
func list(raw any) ([]string, string) {
	const rule = "must be a list of texts"
	switch v := raw.(type) {
	case string:
		v = strings.TrimSpace(v)
		if strings.HasPrefix(v, "[") {
			var out []string
			if exactjson.Unmarshal([]byte(v), &out) != nil {
				return nil, rule + ": a JSON array or entries separated by commas"
			}
			return out, ""
		}
		var out []string
		for part := range strings.SplitSeq(v, ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
		}
		return out, ""
	case []any:
		var out []string
		for _, e := range v {
			s, ok := e.(string)
			if !ok {
				return nil, rule + " (put each entry in quotes)"
			}
			out = append(out, s)
		}
		return out, ""
	}
	return nil, rule
}

// splitCommand splits a command line the way a shell does, without expanding anything:
// spaces separate; '…' is literal; in "…" and outside a backslash takes the next
// character as it is.
func splitCommand(line string) ([]string, string) {
	var out []string
	var b strings.Builder
	started, escaped := false, false
	var quote rune
	for _, r := range line {
		switch {
		case escaped:
			b.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, started = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			b.WriteRune(r)
		case r == '\'' || r == '"':
			quote, started = r, true
		case r == ' ' || r == '\t' || r == '\n':
			if started {
				out = append(out, b.String())
				b.Reset()
				started = false
			}
		default:
			b.WriteRune(r)
			started = true
		}
	}
	if quote != 0 || escaped {
		return nil, "has an unfinished quote or backslash"
	}
	if started {
		out = append(out, b.String())
	}
	return out, ""
}

// shown returns the raw value for an error message, or "" when it must not be
// shown: secrets, and anything that may have one inside.
func (k Key) shown(raw any) string {
	if k.Secret() || k.runs() {
		return ""
	}
	text := fmt.Sprint(raw)
	if k.Kind == KindURL {
		if strings.Contains(text, "@") {
			return ""
		}
		text = shortURL(text)
	}
	if r := []rune(text); len(r) > 60 {
		text = string(r[:60]) + "…"
	}
	return text
}

// assign writes a parsed value into the field of the key.
func (k Key) assign(c *Config, v any) error {
	switch p := k.field(c).(type) {
	case *string:
		*p, _ = v.(string)
	case *secret.Secret:
		*p, _ = v.(secret.Secret)
	case *[]secret.Secret:
		*p, _ = v.([]secret.Secret)
	case *[]string:
		*p, _ = v.([]string)
	case *int64:
		*p, _ = v.(int64)
	case *int:
		n, _ := v.(int64)
		*p = int(n)
	case *float64:
		*p, _ = v.(float64)
	case *time.Duration:
		*p, _ = v.(time.Duration)
	default:
		return errors.New("config: field of " + k.Name + " has an unknown type")
	}
	return nil
}

// absolute makes a path independent of where the program runs: ~ is the home
// directory, and a relative path belongs to base.
func absolute(path, base, home string) string {
	if path == "" {
		return ""
	}
	if home != "" && (path == "~" || strings.HasPrefix(path, "~/")) {
		path = filepath.Join(home, path[1:])
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(base, path)
	}
	return filepath.Clean(path)
}
