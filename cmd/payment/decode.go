package payment

import (
	"bufio"
	"context"
	"encoding/hex"
	"io"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/bolt11"
)

// invoiceView is a decoded invoice, with the words of the specification.
type invoiceView struct {
	PaymentHash     string         `json:"payment_hash"`
	Network         bolt11.Network `json:"network"`
	Currency        string         `json:"currency"`
	AmountMsat      *int64         `json:"amount_msat"`
	AmountSats      *int64         `json:"amount_sats"` // null when there is none, or it is not whole
	Description     *string        `json:"description"`
	DescriptionHash *string        `json:"description_hash"`
	Timestamp       output.Time    `json:"timestamp"`
	ExpirySeconds   int64          `json:"expiry_seconds"`
	ExpiresAt       output.Time    `json:"expires_at"`
	Expired         bool           `json:"expired"`
	PayeeNodeID     string         `json:"payee_node_id"`
	PayeeGiven      bool           `json:"payee_given"` // named by the invoice, not recovered from its signature
	PaymentSecret   string         `json:"payment_secret"`
	MinFinalCLTV    int64          `json:"min_final_cltv_expiry_delta"`
	Metadata        *string        `json:"metadata"`
	Features        []int          `json:"features"`
	Fallbacks       []fallbackView `json:"fallback"`
	RouteHints      [][]hopView    `json:"route_hints"`
	Signature       string         `json:"signature"`
	RecoveryID      int            `json:"recovery_id"`
	IgnoredFields   []string       `json:"ignored_fields"`
}

// fallbackView is an address on the chain.
type fallbackView struct {
	Version int    `json:"version"`
	Address string `json:"address"`
}

// hopView is a channel of a private route.
type hopView struct {
	PublicKey                 string `json:"pubkey"`
	ShortChannelID            string `json:"short_channel_id"`
	FeeBaseMsat               uint32 `json:"fee_base_msat"`
	FeeProportionalMillionths uint32 `json:"fee_proportional_millionths"`
	CLTVExpiryDelta           uint16 `json:"cltv_expiry_delta"`
}

func invoiceDesc() output.Desc { return output.Desc{Noun: "invoices", ID: "payment_hash"} }

func newDecode(a *app.App) *cobra.Command {
	return verb.Command{
		Words: verb.Words{
			Use: "decode BOLT11", Short: "Show what a Lightning invoice says",
			Long: `Decode an invoice without database or node, and refuse what the specification tells a payer to refuse; the error code
names the rule (invoice_bad_checksum, invoice_missing_payment_secret, …). "-" reads the invoice from standard input.
A description is whatever its writer wanted: unprintable characters are shown escaped.`,
			Examples: []string{
				"axisor payment decode lnbc2500u1pvjluezsp5…",
				"axisor payment decode - -o json --jq .amount_sats < invoice.txt",
			},
			Exits: exits.Local(exits.OK("also for an expired invoice"), exits.On(clierr.Usage, "not a valid invoice")),
		},
		Local: true, Fields: output.Fields[invoiceView](),
		Run: runDecode,
	}.Build(a)
}

func runDecode(_ context.Context, call *verb.Call) error {
	text := call.Args[0]
	if text == "-" {
		raw, err := io.ReadAll(io.LimitReader(bufio.NewReader(call.Streams.In), bolt11.MaxLength+64))
		if err != nil {
			return clierr.Usagef("standard input cannot be read").WithCause(err)
		}
		text = string(raw)
	}
	invoice, err := bolt11.Decode(bolt11.Normal(text))
	if err != nil {
		return err
	}
	v := invoiceViewOf(invoice)
	v.Expired = invoice.Expired(call.Now())
	return output.One(call.Print, invoiceDesc(), v, v.write)
}

func invoiceViewOf(i *bolt11.Invoice) invoiceView {
	v := invoiceView{
		PaymentHash: i.Hash(), Network: i.Network, Currency: i.Currency, AmountMsat: i.AmountMsat, Description: i.Description,
		Timestamp: output.At(i.Timestamp), ExpirySeconds: i.ExpirySeconds, ExpiresAt: output.At(i.ExpiresAt()),
		PayeeNodeID: hex.EncodeToString(i.Payee[:]), PayeeGiven: i.PayeeGiven, PaymentSecret: hex.EncodeToString(i.PaymentSecret[:]),
		MinFinalCLTV: i.MinFinalCLTV, Features: append([]int{}, i.Features...), Fallbacks: []fallbackView{}, RouteHints: [][]hopView{},
		Signature: hex.EncodeToString(i.Signature[:]), RecoveryID: i.RecoveryID, IgnoredFields: append([]string{}, i.Ignored...),
	}
	if sats, whole := i.Sats(); whole {
		v.AmountSats = &sats
	}
	if i.DescriptionHash != nil {
		v.DescriptionHash = new(hex.EncodeToString(i.DescriptionHash[:]))
	}
	if i.Metadata != nil {
		v.Metadata = new(hex.EncodeToString(i.Metadata))
	}
	for _, f := range i.Fallbacks {
		v.Fallbacks = append(v.Fallbacks, fallbackView(f))
	}
	for _, route := range i.RouteHints {
		hops := []hopView{}
		for _, h := range route {
			hops = append(hops, hopView{
				PublicKey: hex.EncodeToString(h.PublicKey[:]), ShortChannelID: h.Channel(), FeeBaseMsat: h.FeeBaseMsat,
				FeeProportionalMillionths: h.FeeProportionalMillionths, CLTVExpiryDelta: h.CLTVExpiryDelta,
			})
		}
		v.RouteHints = append(v.RouteHints, hops)
	}
	return v
}

func (v invoiceView) write(d *output.Doc) {
	d.Field("network", v.Network)
	if v.AmountMsat != nil && v.AmountSats == nil {
		d.Field("amount msat", v.AmountMsat)
	} else {
		d.Field("amount sats", v.AmountSats)
	}
	d.Field("description", v.Description)
	d.Field("description hash", v.DescriptionHash)
	d.Field("made", v.Timestamp)
	d.Field("expires", v.ExpiresAt)
	d.Field("payment hash", v.PaymentHash)
	d.Field("payee", v.PayeeNodeID)
	d.Field("payment secret", v.PaymentSecret)
	d.Field("final blocks", v.MinFinalCLTV)
	d.Field("features", v.Features)
	d.Field("metadata", v.Metadata)
	for _, f := range v.Fallbacks {
		d.Field("fallback", f.Address)
	}
	for _, route := range v.RouteHints {
		for _, h := range route {
			d.Field("route", h.PublicKey+" "+h.ShortChannelID)
		}
	}
	if len(v.IgnoredFields) > 0 {
		d.Field("ignored fields", v.IgnoredFields)
	}
	switch {
	case v.Expired:
		d.Line(streams.Warn, "expired: nobody can pay it any more")
	case v.AmountMsat == nil:
		d.Line(streams.Warn, "names no amount: the payer chooses it")
	}
}
