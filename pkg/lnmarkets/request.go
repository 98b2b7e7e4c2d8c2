package lnmarkets

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// maxBody bounds what is read of one answer: a thousand trades are under 1 MB.
const maxBody = 8 << 20

// call describes one request.
type call struct {
	method string
	// route is the path below the version, such as /account.
	route  string
	bucket Bucket
	query  url.Values
	// input is encoded as the JSON body when it is not nil.
	input any
	// heard, when not nil, is told of each whole answer before it is decoded.
	heard func(answer)
}

func (k call) isWrite() bool { return k.method != http.MethodGet }

// answer is what one attempt brought back.
type answer struct {
	status int
	header http.Header
	body   []byte
	// sent is when the request went out, on the local clock.
	sent time.Time
}

// do sends a call and decodes the answer into out with decode. Reads are tried
// again as the retry rules say; a write goes out once.
func (c *Client) do(ctx context.Context, k call, decode func([]byte) error) error {
	if k.bucket == Private && c.auth == nil {
		return fmt.Errorf("%s %s: %w", k.method, c.path(k), ErrCredentials)
	}
	body, err := encode(k.input)
	if err != nil {
		return fmt.Errorf("%s %s: encode body: %w", k.method, c.path(k), ErrInput)
	}
	if !k.isWrite() {
		return c.retry(ctx, func() error { return c.attempt(ctx, k, body, decode) })
	}
	return c.attempt(ctx, k, body, decode)
}

// attempt waits for its turn, sends once and decodes.
func (c *Client) attempt(ctx context.Context, k call, body []byte, decode func([]byte) error) error {
	if err := c.limiter.Wait(ctx, k.bucket); err != nil {
		return fmt.Errorf("%s %s: wait for the rate limit: %w", k.method, c.path(k), err)
	}
	// Told apart here, because net/http gives the same error for a call that
	// was over before it began and for one that was cut off on its way.
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s %s: %w: %w", k.method, c.path(k), ErrNotSent, err)
	}
	err := c.exchange(ctx, k, body, decode)
	if err == nil || !k.isWrite() {
		return err
	}
	var refused *APIError
	if errors.As(err, &refused) && cleanRefusal(refused.Status) {
		return err
	}
	return &ambiguousError{cause: err}
}

// exchange is one request and the judgement of its answer.
func (c *Client) exchange(ctx context.Context, k call, body []byte, decode func([]byte) error) error {
	got, err := c.send(ctx, k, body)
	if err != nil {
		return err
	}
	if got.status < 200 || got.status > 299 {
		failed := c.apiError(k, got)
		if p, ok := c.limiter.(Pauser); ok {
			if d := pauseOf(failed); d > 0 {
				p.Pause(ctx, k.bucket, d)
			}
		}
		return failed
	}
	if k.heard != nil {
		k.heard(got)
	}
	if err := decode(got.body); err != nil {
		return &ResponseError{
			Method: k.method, Path: c.path(k), Status: got.status, Reason: clean(err.Error()), cause: err,
		}
	}
	return nil
}

// send signs and sends one request and reads the whole answer.
func (c *Client) send(ctx context.Context, k call, body []byte) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := c.request(ctx, k, body)
	if err != nil {
		return answer{}, err
	}
	started := c.now()
	res, err := c.http.Do(req)
	if err != nil {
		c.logAttempt(ctx, k, 0, started)
		return answer{}, c.networkError(k, err)
	}
	defer func() { _ = res.Body.Close() }()
	got := answer{status: res.StatusCode, header: res.Header, sent: started}
	got.body, err = io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	c.logAttempt(ctx, k, res.StatusCode, started)
	switch {
	case err != nil:
		return answer{}, c.networkError(k, fmt.Errorf("status %d: read answer: %w", res.StatusCode, err))
	case len(got.body) > maxBody:
		return answer{}, &ResponseError{
			Method: k.method, Path: c.path(k), Status: res.StatusCode,
			Reason: fmt.Sprintf("longer than %d bytes", maxBody),
		}
	}
	return got, nil
}

// request builds the HTTP request. The bytes that are signed are the bytes
// that are sent, for the body and for the query.
func (c *Client) request(ctx context.Context, k call, body []byte) (*http.Request, error) {
	target := *c.base
	target.Path = c.path(k)
	target.RawQuery = k.query.Encode()
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, k.method, target.String(), reader)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w: %w", k.method, target.Path, ErrInput, err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.userAgent)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if k.bucket == Private {
		c.authenticate(req, body)
	}
	return req, nil
}

// authenticate sets the four headers of a private request.
func (c *Client) authenticate(req *http.Request, body []byte) {
	data := string(body)
	if data == "" && req.URL.RawQuery != "" {
		data = "?" + req.URL.RawQuery
	}
	stamp := strconv.FormatInt(c.now().Add(c.offset).UnixMilli(), 10)
	req.Header.Set(HeaderKey, c.auth.Key.Reveal())
	req.Header.Set(HeaderPassphrase, c.auth.Passphrase.Reveal())
	req.Header.Set(HeaderTimestamp, stamp)
	req.Header.Set(HeaderSignature, Sign(c.auth.Secret.Reveal(), stamp, req.Method, req.URL.EscapedPath(), data))
}

// path is the full path of a call, version included.
func (c *Client) path(k call) string { return c.base.Path + k.route }

// networkError wraps a failure to get an answer. The address is dropped from
// the text: the path says enough.
func (c *Client) networkError(k call, err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	var dial *net.OpError
	return &networkError{
		method: k.method, path: c.path(k), cause: err,
		notSent: errors.As(err, &dial) && dial.Op == "dial",
	}
}

func (c *Client) logAttempt(ctx context.Context, k call, status int, started time.Time) {
	c.log.DebugContext(ctx, "exchange request",
		"method", k.method, "path", c.path(k), "status", status,
		"duration_ms", c.now().Sub(started).Milliseconds())
}

// encode writes compact JSON as JavaScript would: no HTML escapes, no newline.
func encode(input any) ([]byte, error) {
	if input == nil {
		return nil, nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(input); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
