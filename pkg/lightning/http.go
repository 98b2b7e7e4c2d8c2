package lightning

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/axisor/axisor/pkg/exactjson"
	"github.com/axisor/axisor/pkg/secret"
)

// maxBody bounds one answer: a page of a hundred invoices with route hints is far smaller.
const maxBody = 8 << 20

// Options say how to reach a node.
type Options struct {
	// URL is the address, without the path of the interface.
	URL string
	// Key is LND's macaroon in hex, or LNbits' key.
	Key secret.Secret
	// Certificate is the node's own, in PEM; empty for the authorities of this machine.
	Certificate []byte
	// Timeout bounds one request; DefaultTimeout when zero.
	Timeout time.Duration
	// HTTP replaces the client, for tests.
	HTTP *http.Client
}

// caller sends requests with a key in a header.
type caller struct {
	base    *url.URL
	header  string
	key     secret.Secret
	http    *http.Client
	timeout time.Duration
}

func newCaller(o Options, header string) (*caller, error) {
	u, err := url.Parse(strings.TrimRight(o.URL, "/"))
	switch {
	case err != nil || u.Host == "":
		return nil, fmt.Errorf("address cannot be parsed: %w", ErrOptions)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("address must be scheme, host and path: %w", ErrOptions)
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return nil, fmt.Errorf("address must use https, plain http is for this machine only: %w", ErrOptions)
	case o.Key.IsZero():
		return nil, fmt.Errorf("key is missing: %w", ErrOptions)
	}
	c := &caller{base: u, header: header, key: o.Key, timeout: o.Timeout}
	if c.timeout <= 0 {
		c.timeout = DefaultTimeout
	}
	if c.http, err = client(o); err != nil {
		return nil, err
	}
	return c, nil
}

// client never follows a redirect: it would carry the key elsewhere.
func client(o Options) (*http.Client, error) {
	var c http.Client
	if o.HTTP != nil {
		c = *o.HTTP
	} else if t, ok := http.DefaultTransport.(*http.Transport); ok {
		t = t.Clone()
		if len(o.Certificate) > 0 {
			pool := x509.NewCertPool()
			if !pool.AppendCertsFromPEM(o.Certificate) {
				return nil, fmt.Errorf("certificate is not in PEM form: %w", ErrOptions)
			}
			t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
		}
		c.Transport = t
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// APIError is an answer that is not a success.
type APIError struct {
	Method, Path string
	Status       int
	Message      string // printable, short
}

func (e *APIError) Error() string {
	text := fmt.Sprintf("%s %s: status %d", e.Method, e.Path, e.Status)
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text
}

// Is makes the status answer to the sentinels.
func (e *APIError) Is(target error) bool {
	switch target {
	case ErrDenied:
		return e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden
	case ErrRefused:
		// Too many requests and a timeout are answers of something in between.
		return e.Status >= 400 && e.Status < 500 && e.Status != http.StatusTooManyRequests && e.Status != http.StatusRequestTimeout
	case ErrUnavailable:
		return !e.Is(ErrRefused)
	}
	return false
}

// call sends one request and decodes its answer.
func (c *caller) call(ctx context.Context, method, path string, query url.Values, input, out any) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var body io.Reader
	if input != nil {
		raw, err := json.Marshal(input)
		if err != nil {
			return fmt.Errorf("%s %s: %w: %w", method, path, ErrRefused, err)
		}
		body = bytes.NewReader(raw)
	}
	target := *c.base
	target.Path += path
	target.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, method, target.String(), body)
	if err != nil {
		return fmt.Errorf("%s %s: %w: %w", method, path, ErrRefused, err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "axisor")
	req.Header.Set(c.header, c.key.Reveal())
	if input != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return c.lost(method, path, err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	switch {
	case err != nil:
		return c.lost(method, path, err)
	case len(raw) > maxBody:
		return fmt.Errorf("%s %s: %w: its answer is too long", method, path, ErrUnavailable)
	case res.StatusCode < 200 || res.StatusCode > 299:
		return &APIError{Method: method, Path: path, Status: res.StatusCode, Message: c.message(raw)}
	}
	if err := exactjson.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("%s %s: %w: its answer is not what the interface says", method, path, ErrUnavailable)
	}
	return nil
}

// lost is a request without an answer. Whether it arrived is not known. The
// address is left out: it says nothing that the path and the settings do not.
func (c *caller) lost(method, path string, err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s %s: %w: no answer in time", method, path, ErrUnavailable)
	}
	return fmt.Errorf("%s %s: %w: %w", method, path, ErrUnavailable, err)
}

// message finds the words in an error and makes them safe to print.
func (c *caller) message(raw []byte) string {
	var shape struct {
		Message any `json:"message"`
		Error   any `json:"error"`
		Detail  any `json:"detail"`
	}
	text := string(raw[:min(len(raw), 2048)])
	if exactjson.Unmarshal(raw, &shape) == nil {
		for _, v := range []any{shape.Message, shape.Detail, shape.Error} {
			if s, ok := v.(string); ok && s != "" {
				text = s
				break
			}
		}
	}
	text = strings.ReplaceAll(text, c.key.Reveal(), secret.Redacted)
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(strings.TrimSpace(text), "\uFFFD") {
		if b.Len() > 200 {
			break
		}
		if strconv.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// integer is a number that some versions write as a text.
type integer int64

// UnmarshalJSON accepts 5, "5", "" and null.
func (i *integer) UnmarshalJSON(raw []byte) error {
	text := strings.Trim(string(raw), `"`)
	if text == "" || text == "null" {
		*i = 0
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return errors.New("not an integer")
	}
	*i = integer(n)
	return nil
}
