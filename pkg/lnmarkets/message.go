package lnmarkets

import (
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/axisor/axisor/pkg/exactjson"
)

// maxMessage bounds what is kept of the exchange's words.
const maxMessage = 512

// apiError turns an answer that is not a success into an APIError. The body may
// be JSON, a proxy's HTML page, or nothing.
func (c *Client) apiError(k call, got answer) *APIError {
	var shape struct {
		Message any `json:"message"`
		Error   any `json:"error"`
		Code    any `json:"code"`
	}
	message := ""
	if exactjson.Unmarshal(got.body, &shape) == nil {
		if message = text(shape.Message); message == "" {
			message = text(shape.Error)
		}
	}
	if message == "" {
		// Cut roughly now, exactly after the credentials are out: the other way
		// round half a credential could stay at the edge.
		message = string(got.body[:min(len(got.body), 8*maxMessage)])
	}
	return &APIError{
		Method: k.method, Path: c.path(k), Status: got.status,
		Code: clean(c.scrub(text(shape.Code))), Message: clean(c.scrub(strings.TrimSpace(message))),
		RetryAfter: retryAfter(got.header, c.now()),
	}
}

// text is the string in a JSON value of unknown type, or nothing.
func text(v any) string {
	s, _ := v.(string)
	return s
}

// scrub removes credentials that a server echoes in an error.
func (c *Client) scrub(s string) string {
	if c.auth == nil {
		return s
	}
	for _, part := range []string{c.auth.Secret.Reveal(), c.auth.Passphrase.Reveal(), c.auth.Key.Reveal()} {
		// A very short passphrase would tear holes into ordinary words.
		if len(part) >= 4 {
			s = strings.ReplaceAll(s, part, "[redacted]")
		}
	}
	return s
}

// clean makes foreign text safe to print: what a terminal could act on is
// escaped, and it is cut at 512 bytes between two characters.
func clean(s string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		piece := string(r)
		if !strconv.IsPrint(r) {
			piece = strings.Trim(strconv.QuoteRune(r), "'")
		}
		if b.Len()+len(piece) > maxMessage {
			break
		}
		b.WriteString(piece)
	}
	return b.String()
}

// retryAfter reads the Retry-After header: seconds, or an HTTP date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" || !utf8.ValidString(v) {
		return 0
	}
	if seconds, err := strconv.ParseFloat(v, 64); err == nil {
		if !(seconds > 0) {
			return 0
		}
		return time.Duration(min(seconds, 1e6) * float64(time.Second))
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}
