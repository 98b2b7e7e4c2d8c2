package config

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/axisor/axisor/pkg/pgtls"
	"github.com/axisor/axisor/pkg/secret"
)

// maxSats is every satoshi there will ever be; larger caps are typing errors.
const maxSats = 21_000_000 * 100_000_000

// minKeyLength is the length that the web application asks of ENCRYPTION_KEY.
const minKeyLength = 32

// makeKey is what to type for a key that is refused. What is stored under that key still has to be opened.
const makeKey = "make a key with `openssl rand -hex 32`; values that are stored under this one open with it in encryption.previous_keys " +
	"until axisor credential rekey is through"

// acceptsWritten refuses a configuration that could not read what it writes.
func acceptsWritten(e Encryption) string {
	if len(e.Accept) > 0 && !slices.Contains(e.Accept, e.Format) {
		return "must contain " + e.Format + ", which encryption.format writes"
	}
	return ""
}

// storedFormats checks the names in encryption.accept.
func storedFormats(v any) string {
	for _, name := range v.([]string) {
		if !slices.Contains(StoredFormats(), name) {
			return "must list some of " + strings.Join(StoredFormats(), ", ")
		}
	}
	return ""
}

// StoredFormats are the formats that stored credentials are found in, the strongest first.
func StoredFormats() []string { return []string{"v2", "seed", "app-cbc", "seed-literal", "clear"} }

func between(low, high int64) func(any) string {
	return func(v any) string {
		if n := v.(int64); n < low || n > high {
			return "must be between " + strconv.FormatInt(low, 10) + " and " + strconv.FormatInt(high, 10)
		}
		return ""
	}
}

func numberOver(low, high float64) func(any) string {
	return func(v any) string {
		if n := v.(float64); n <= low || n > high {
			return fmt.Sprintf("must be above %v and at most %v", low, high)
		}
		return ""
	}
}

func numberFrom(low, high float64) func(any) string {
	return func(v any) string {
		if n := v.(float64); n < low || n > high {
			return fmt.Sprintf("must be from %v to %v", low, high)
		}
		return ""
	}
}

func positive(v any) string {
	if v.(time.Duration) <= 0 {
		return "must be longer than 0"
	}
	return ""
}

func notNegative(v any) string {
	if v.(time.Duration) < 0 {
		return "must not be negative"
	}
	return ""
}

func longKey(v any) string {
	s := v.(secret.Secret)
	if n := utf8.RuneCountInString(s.Reveal()); n > 0 && n < minKeyLength {
		return fmt.Sprintf("must have at least %d characters, has %d", minKeyLength, n)
	}
	return ""
}

// goodKey is longKey for a key that new values are encrypted with. A previous key may be as bad as it is: it has to open
// what is stored until that is encrypted again.
func goodKey(v any) string {
	if rule := longKey(v); rule != "" {
		return rule
	}
	if s := v.(secret.Secret); !s.IsZero() {
		return secret.Guessable(s)
	}
	return ""
}

func longKeys(v any) string {
	for i, s := range v.([]secret.Secret) {
		if rule := longKey(s); rule != "" {
			return fmt.Sprintf("entry %d %s", i+1, rule)
		}
		if s.IsZero() {
			return fmt.Sprintf("entry %d is empty", i+1)
		}
	}
	return ""
}

// databaseURL never wraps the error of net/url: it quotes the URL and with it the
// password.
func databaseURL(v any) string {
	raw := v.(secret.Secret).Reveal()
	if raw == "" {
		return ""
	}
	if !strings.HasPrefix(raw, "postgres://") && !strings.HasPrefix(raw, "postgresql://") {
		return "must start with postgres:// or postgresql://"
	}
	if _, err := url.Parse(raw); err != nil {
		return "must be a valid URL (special characters in the password must be percent-encoded)"
	}
	return ""
}

// safeStream is safeURL for a WebSocket.
func safeStream(v any) string {
	u, err := url.Parse(v.(string))
	switch {
	case err != nil:
		return "must be a URL such as wss://host/path"
	case u.Scheme == "wss", u.Scheme == "ws":
		u.Scheme = "http" + strings.TrimPrefix(u.Scheme, "ws")
		return strings.ReplaceAll(safeURL(u.String()), "http", "ws")
	case v.(string) == "":
		return ""
	}
	return "must start with wss://"
}

// safeURL refuses to send keys, signatures or alerts over an unencrypted network.
func safeURL(v any) string {
	raw := v.(string)
	if raw == "" {
		return ""
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return "must be a URL such as https://host/path"
	}
	if u.User != nil {
		return "must not carry a user or a password"
	}
	switch {
	case u.Scheme == "https":
	case u.Scheme == "http" && isLoopback(u.Hostname()):
	case u.Scheme == "http":
		return "must use https (http is allowed for this machine only)"
	default:
		return "must start with https://"
	}
	return ""
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func compression(v any) string {
	name, level, given := strings.Cut(v.(string), ":")
	top := map[string]int{"zstd": 19, "gzip": 9, "none": 0}
	most, known := top[name]
	if n, err := strconv.Atoi(level); !known || given && (err != nil || n < 1 || n > most) {
		return "must be zstd, gzip or none, with an optional level such as zstd:3"
	}
	return ""
}

func passwordClasses(v any) string {
	for _, class := range v.([]string) {
		if !slices.Contains(PasswordClasses(), class) {
			return "must list some of " + strings.Join(PasswordClasses(), ", ")
		}
	}
	return ""
}

func hasPassword(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil {
		return true
	}
	if _, ok := u.User.Password(); ok {
		return true
	}
	q := u.Query()
	return q.Has("password") || q.Has("sslpassword")
}

// RedactDatabaseURL returns a connection URL that can be shown: the password, in
// whatever place it stands, is replaced.
func RedactDatabaseURL(raw string) string {
	if raw == "" {
		return ""
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme == "" || u.Opaque != "" {
		return secret.Redacted
	}
	q := u.Query()
	for name := range q {
		if strings.Contains(strings.ToLower(name), "password") {
			q.Set(name, "xxxxx")
		}
	}
	if u.RawQuery != "" {
		u.RawQuery = pgtls.Query(q)
	}
	return u.Redacted()
}

// shortURL hides path and query: the addresses of chat hooks and of check-in
// services carry their secret there.
func shortURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || raw == "" {
		return raw
	}
	if u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return u.Scheme + "://" + u.Host + "/…"
	}
	return u.Scheme + "://" + u.Host
}
