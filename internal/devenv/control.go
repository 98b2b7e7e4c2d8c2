package devenv

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/exactjson"
)

// ErrExchangeDown is returned when the simulated exchange of the folder does not run.
var ErrExchangeDown = errors.New("the simulated exchange of this folder is not running")

// controlTimeout is generous: the exchange answers at once unless the machine is overloaded.
const controlTimeout = 30 * time.Second

// Control steers the running exchange of a folder.
type Control struct {
	what  string // in messages
	base  string
	token string
	http  *http.Client
}

// Control returns the handle on the running exchange.
func (e *Env) Control() (*Control, error) {
	return e.sim.steer(ErrExchangeDown)
}

// steer returns the handle on a running simulator, or the error down.
func (p process) steer(down error) (*Control, error) {
	base := p.control()
	if base == "" {
		return nil, down
	}
	token, err := readToken(p.dir)
	if err != nil {
		return nil, err
	}
	return &Control{what: p.what, base: base, token: token, http: &http.Client{Timeout: controlTimeout}}, nil
}

// Market is the state of the exchange's market and what is in it.
type Market struct {
	Now         time.Time       `json:"now"`
	LastPrice   float64         `json:"last_price"`
	Index       float64         `json:"index"`
	FundingRate float64         `json:"funding_rate"`
	SkewMs      int64           `json:"skew_ms"`
	Requests    int             `json:"requests"`
	Faults      int             `json:"faults"`
	Accounts    []lnsim.Account `json:"accounts"`
	Trades      []lnsim.Trade   `json:"trades"`
}

// State returns everything but the keys.
func (c *Control) State(ctx context.Context) (Market, error) {
	var m Market
	return m, c.do(ctx, http.MethodGet, "/state", nil, &m)
}

// SetPrice moves the market; positions are liquidated and stopped as on the real exchange.
func (c *Control) SetPrice(ctx context.Context, price float64) error {
	return c.do(ctx, http.MethodPost, "/price", map[string]float64{"last_price": price}, nil)
}

// Requests returns what the exchange received, oldest first.
func (c *Control) Requests(ctx context.Context) ([]lnsim.Request, error) {
	var page struct {
		Items []lnsim.Request `json:"items"`
	}
	return page.Items, c.do(ctx, http.MethodGet, "/requests", nil, &page)
}

// Put adds accounts with their keys, and opens trades, in one step each.
func (c *Control) Put(ctx context.Context, accounts []lnsim.Account, keys []lnsim.Key, trades []lnsim.TradeSpec) error {
	if err := c.put(ctx, "/accounts", accounts, len(accounts)); err != nil {
		return err
	}
	if err := c.put(ctx, "/keys", keys, len(keys)); err != nil {
		return err
	}
	return c.put(ctx, "/trades", trades, len(trades))
}

func (c *Control) put(ctx context.Context, path string, list any, n int) error {
	if n == 0 {
		return nil
	}
	return c.do(ctx, http.MethodPost, path, list, nil)
}

func (c *Control) do(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader = http.NoBody
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("ask the %s: %w", c.what, err)
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return fmt.Errorf("ask the %s: %w", c.what, err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("ask the %s: %w", c.what, err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		var refused struct {
			Error string `json:"error"`
		}
		if err := exactjson.Read(res.Body, &refused); err != nil || refused.Error == "" {
			return fmt.Errorf("the %s answered %s", c.what, res.Status)
		}
		return &RefusedError{Reason: refused.Error}
	}
	if out == nil {
		return nil
	}
	if err := exactjson.Read(res.Body, out); err != nil {
		return fmt.Errorf("read the answer of the %s: %w", c.what, err)
	}
	return nil
}

// RefusedError is a change that the exchange does not accept, such as a price off the tick.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string { return e.Reason }
