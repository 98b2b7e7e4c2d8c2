package lightning

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/axisor/axisor/pkg/exactjson"
	"github.com/axisor/axisor/pkg/secret"
)

// HeaderKey carries LNbits' key.
const HeaderKey = "X-Api-Key"

// lnbitsPage is how many payments are asked for at once.
const lnbitsPage = 200

// LNbits is a wallet of an LNbits server.
type LNbits struct{ c *caller }

// NewLNbits makes the client. It does not connect.
func NewLNbits(o Options) (*LNbits, error) {
	c, err := newCaller(o, HeaderKey)
	if err != nil {
		return nil, fmt.Errorf("configure lnbits: %w", err)
	}
	return &LNbits{c: c}, nil
}

// Name is lnbits.
func (*LNbits) Name() string { return "lnbits" }

// Address is the server's.
func (l *LNbits) Address() string { return l.c.base.String() }

// lnbitsPayment is a payment on the wire. Amounts are msat, negative for outgoing.
type lnbitsPayment struct {
	Hash     string     `json:"payment_hash"`
	Bolt11   string     `json:"bolt11"`
	Request  string     `json:"payment_request"` // the name in older versions
	Memo     string     `json:"memo"`
	Amount   integer    `json:"amount"`
	Status   string     `json:"status"`
	Pending  *bool      `json:"pending"` // older versions have this instead of a status
	Preimage string     `json:"preimage"`
	Time     lnbitsTime `json:"time"`
	Updated  lnbitsTime `json:"updated_at"`
}

func (w lnbitsPayment) invoice(paid bool) (Invoice, error) {
	hash := strings.ToLower(w.Hash)
	if raw, err := hex.DecodeString(hash); err != nil || len(raw) != 32 {
		return Invoice{}, fmt.Errorf("%w: a payment without payment hash", ErrUnavailable)
	}
	v := Invoice{
		PaymentHash: hash, PaymentRequest: w.Bolt11, Memo: w.Memo, State: Open, AmountMsat: int64(w.Amount),
		CreatedAt: time.Time(w.Time), Mark: max(0, time.Time(w.Time).Unix()),
	}
	if v.PaymentRequest == "" {
		v.PaymentRequest = w.Request
	}
	// "Not paid" is also what LNbits answers when its own node cannot be asked, so
	// nothing here is ever cancelled.
	if paid {
		v.State, v.ReceivedMsat, v.SettledAt = Settled, new(int64(w.Amount)), time.Time(w.Updated)
		if raw, err := hex.DecodeString(w.Preimage); err == nil && len(raw) == 32 && strings.Trim(w.Preimage, "0") != "" {
			v.Preimage = secret.New(strings.ToLower(w.Preimage))
		}
	}
	return v, nil
}

// Lookup implements Backend.
func (l *LNbits) Lookup(ctx context.Context, hash string) (Invoice, error) {
	var answer struct {
		Paid     *bool          `json:"paid"`
		Preimage string         `json:"preimage"`
		Details  *lnbitsPayment `json:"details"`
	}
	err := l.c.call(ctx, http.MethodGet, "/api/v1/payments/"+url.PathEscape(hash), nil, nil, &answer)
	var api *APIError
	switch {
	case errors.As(err, &api) && api.Status == http.StatusNotFound && strings.Contains(strings.ToLower(api.Message), "does not exist"):
		return Invoice{}, fmt.Errorf("%s: %w", hash, ErrNotFound)
	case err != nil:
		return Invoice{}, err
	case answer.Paid == nil:
		return Invoice{}, fmt.Errorf("%w: it does not say whether it was paid", ErrUnavailable)
	case answer.Details == nil: // the key is not of this wallet: no amount, no times
		return Invoice{}, fmt.Errorf("%w: this key does not see the payment", ErrDenied)
	case answer.Details.Amount < 0:
		return Invoice{}, fmt.Errorf("%s is outgoing: %w", hash, ErrNotFound)
	}
	d := *answer.Details
	if d.Hash == "" {
		d.Hash = hash
	}
	if d.Preimage == "" {
		d.Preimage = answer.Preimage
	}
	v, err := d.invoice(*answer.Paid)
	if err == nil && v.PaymentHash != hash {
		err = fmt.Errorf("%w: it answered with another payment", ErrUnavailable)
	}
	return v, err
}

// Create implements Backend.
func (l *LNbits) Create(ctx context.Context, r Request) (Invoice, error) {
	input := map[string]any{"out": false, "unit": "sat", "amount": r.AmountSats, "memo": r.Memo, "expiry": int64(r.Expiry / time.Second)}
	var w lnbitsPayment
	if err := l.c.call(ctx, http.MethodPost, "/api/v1/payments", nil, input, &w); err != nil {
		return Invoice{}, err
	}
	w.Amount, w.Memo = integer(r.AmountSats*1000), r.Memo
	return w.invoice(false)
}

// Invoices implements Backend. LNbits has no index, and forgets old unpaid
// invoices, so a position says nothing: the mark is the time of creation, and the
// list is read from the newest back to it.
func (l *LNbits) Invoices(ctx context.Context, after int64) iter.Seq2[Invoice, error] {
	return func(yield func(Invoice, error) bool) {
		for offset := 0; ; offset += lnbitsPage {
			query := url.Values{
				"limit": {strconv.Itoa(lnbitsPage)}, "offset": {strconv.Itoa(offset)}, "sortby": {"time"}, "direction": {"desc"},
			}
			var page []lnbitsPayment
			if err := l.c.call(ctx, http.MethodGet, "/api/v1/payments", query, nil, &page); err != nil {
				yield(Invoice{}, err)
				return
			}
			for _, w := range page {
				if w.Amount < 0 {
					continue
				}
				v, err := w.invoice(w.Status == "success" || w.Status == "" && w.Pending != nil && !*w.Pending)
				if err == nil && !v.CreatedAt.IsZero() && v.Mark <= after {
					return
				}
				if !yield(v, err) || err != nil {
					return
				}
			}
			if len(page) < lnbitsPage {
				return
			}
		}
	}
}

// lnbitsTime is seconds since 1970, or a text, by version.
type lnbitsTime time.Time

// UnmarshalJSON accepts both. A text without zone is UTC.
func (t *lnbitsTime) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		return nil
	}
	var seconds float64
	if exactjson.Unmarshal(raw, &seconds) == nil {
		if seconds >= 1 { // 0 is "not said"
			*t = lnbitsTime(time.Unix(int64(seconds), 0).UTC())
		}
		return nil
	}
	text := strings.Trim(string(raw), `"`)
	if text == "" {
		return nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999", "2006-01-02 15:04:05.999999"} {
		if at, err := time.ParseInLocation(layout, text, time.UTC); err == nil {
			*t = lnbitsTime(at.UTC())
			return nil
		}
	}
	return errors.New("not a time")
}
