package lightning

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/axisor/axisor/pkg/secret"
)

// HeaderMacaroon carries LND's macaroon.
const HeaderMacaroon = "Grpc-Metadata-macaroon"

// lndPage is how many invoices are asked for at once.
const lndPage = 100

// LND is the REST interface of an LND node.
type LND struct{ c *caller }

// NewLND makes the client. It does not connect.
func NewLND(o Options) (*LND, error) {
	c, err := newCaller(o, HeaderMacaroon)
	if err != nil {
		return nil, fmt.Errorf("configure lnd: %w", err)
	}
	return &LND{c: c}, nil
}

// Name is lnd.
func (*LND) Name() string { return "lnd" }

// Address is the node's.
func (l *LND) Address() string { return l.c.base.String() }

// lndInvoice is an invoice on the wire: bytes are base64, long numbers are texts.
type lndInvoice struct {
	Memo           string  `json:"memo"`
	Preimage       string  `json:"r_preimage"`
	Hash           string  `json:"r_hash"`
	ValueMsat      integer `json:"value_msat"`
	Value          integer `json:"value"`
	CreationDate   integer `json:"creation_date"`
	SettleDate     integer `json:"settle_date"`
	PaymentRequest string  `json:"payment_request"`
	AddIndex       integer `json:"add_index"`
	PaidMsat       integer `json:"amt_paid_msat"`
	State          string  `json:"state"`
}

func (w lndInvoice) invoice() (Invoice, error) {
	hash, err := unbase64(w.Hash)
	if err != nil || len(hash) != 32 {
		return Invoice{}, fmt.Errorf("%w: an invoice without payment hash", ErrUnavailable)
	}
	v := Invoice{
		PaymentHash: hex.EncodeToString(hash), PaymentRequest: w.PaymentRequest, Memo: w.Memo, AmountMsat: int64(w.ValueMsat),
		CreatedAt: time.Unix(int64(w.CreationDate), 0).UTC(), Mark: int64(w.AddIndex),
	}
	if v.AmountMsat == 0 {
		v.AmountMsat = int64(w.Value) * 1000
	}
	// The older field "settled" is not looked at: it cannot tell cancelled from open.
	switch w.State {
	case "OPEN":
		v.State = Open
	case "ACCEPTED":
		v.State = Accepted
	case "CANCELED":
		v.State = Cancelled
	case "SETTLED":
		v.State = Settled
		v.ReceivedMsat = new(int64(w.PaidMsat))
		if w.SettleDate > 0 { // 0 is how an unset number is written
			v.SettledAt = time.Unix(int64(w.SettleDate), 0).UTC()
		}
		if raw, err := unbase64(w.Preimage); err == nil && len(raw) == 32 {
			v.Preimage = secret.New(hex.EncodeToString(raw))
		}
	default:
		return Invoice{}, fmt.Errorf("%w: an invoice in the unknown state %q", ErrUnavailable, w.State)
	}
	return v, nil
}

func unbase64(text string) ([]byte, error) {
	return base64.StdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/").Replace(text))
}

// Lookup implements Backend.
func (l *LND) Lookup(ctx context.Context, hash string) (Invoice, error) {
	var w lndInvoice
	err := l.c.call(ctx, http.MethodGet, "/v1/invoice/"+url.PathEscape(hash), nil, nil, &w)
	if unknownToLND(err) {
		return Invoice{}, fmt.Errorf("%s: %w", hash, ErrNotFound)
	}
	if err != nil {
		return Invoice{}, err
	}
	v, err := w.invoice()
	if err == nil && v.PaymentHash != hash {
		err = fmt.Errorf("%w: it answered with another invoice", ErrUnavailable)
	}
	return v, err
}

// unknownToLND recognises "no such invoice", which older versions answer with
// status 500 and newer ones with 404. Another 404 is a proxy's.
func unknownToLND(err error) bool {
	var api *APIError
	if !errors.As(err, &api) {
		return false
	}
	return strings.Contains(api.Message, "unable to locate invoice") || strings.Contains(api.Message, "there are no existing invoices")
}

// Create implements Backend.
func (l *LND) Create(ctx context.Context, r Request) (Invoice, error) {
	input := map[string]any{
		"memo": r.Memo, "value_msat": strconv.FormatInt(r.AmountSats*1000, 10), "expiry": strconv.FormatInt(int64(r.Expiry/time.Second), 10),
	}
	var w lndInvoice
	if err := l.c.call(ctx, http.MethodPost, "/v1/invoices", nil, input, &w); err != nil {
		return Invoice{}, err
	}
	w.State, w.ValueMsat, w.Memo = "OPEN", integer(r.AmountSats*1000), r.Memo // the answer has none of these
	return w.invoice()
}

// Invoices implements Backend; the mark is the index in the order of creation.
func (l *LND) Invoices(ctx context.Context, after int64) iter.Seq2[Invoice, error] {
	return func(yield func(Invoice, error) bool) {
		for offset := after; ; {
			var page struct {
				Invoices []lndInvoice `json:"invoices"`
				Last     integer      `json:"last_index_offset"`
			}
			query := url.Values{
				"index_offset": {strconv.FormatInt(offset, 10)}, "num_max_invoices": {strconv.Itoa(lndPage)}, "reversed": {"false"},
			}
			if err := l.c.call(ctx, http.MethodGet, "/v1/invoices", query, nil, &page); err != nil {
				yield(Invoice{}, err)
				return
			}
			for _, w := range page.Invoices {
				v, err := w.invoice()
				if !yield(v, err) || err != nil {
					return
				}
			}
			if len(page.Invoices) < lndPage || int64(page.Last) <= offset {
				return
			}
			offset = int64(page.Last)
		}
	}
}
