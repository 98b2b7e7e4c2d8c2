package bolt11

import (
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/btcsuite/btcd/btcutil/bech32"
)

// MaxLength bounds the text. Invoices carry no limit of their own; this is the
// largest QR code four times over, and it keeps a hostile file from being parsed.
const MaxLength = 16 << 10

// Defaults of fields that an invoice may leave out.
const (
	DefaultExpirySeconds = 3600
	DefaultMinFinalCLTV  = 18
)

// Network is the chain that an invoice is paid on.
type Network string

// The networks that have a prefix.
const (
	Mainnet Network = "mainnet"
	Testnet Network = "testnet"
	Signet  Network = "signet"
	Regtest Network = "regtest"
)

// Networks lists the networks.
func Networks() []Network { return []Network{Mainnet, Testnet, Signet, Regtest} }

// Invoice is a decoded invoice whose signature was checked.
type Invoice struct {
	Network  Network
	Currency string // the prefix: bc, tb, tbs or bcrt
	// AmountMsat is nil when the payer chooses the amount.
	AmountMsat      *int64
	Timestamp       time.Time
	ExpirySeconds   int64
	ExpiryGiven     bool
	PaymentHash     [32]byte
	PaymentSecret   [32]byte
	Description     *string // as the writer wrote it: escape before showing
	DescriptionHash *[32]byte
	Metadata        []byte
	MinFinalCLTV    int64
	MinFinalGiven   bool
	// Payee is the public key that signed. PayeeGiven says that the invoice
	// names it; otherwise it was recovered from the signature.
	Payee      [33]byte
	PayeeGiven bool
	Features   []int // numbers of the bits that are set
	Fallbacks  []Fallback
	RouteHints [][]Hop
	Signature  [64]byte // r, s
	RecoveryID int
	HighS      bool
	// Ignored lists fields that a reader skips, as type:length in groups of five
	// bits, or f:vN for a fallback address of an unknown version.
	Ignored []string
}

// ExpiresAt is the last moment at which the invoice may be paid.
func (v *Invoice) ExpiresAt() time.Time {
	return time.Unix(v.Timestamp.Unix()+v.ExpirySeconds, 0).UTC()
}

// Expired reports whether the invoice can no longer be paid.
func (v *Invoice) Expired(now time.Time) bool { return now.After(v.ExpiresAt()) }

// Hash is the payment hash in hex.
func (v *Invoice) Hash() string { return hex.EncodeToString(v.PaymentHash[:]) }

// Sats is the amount in whole satoshis. ok is false when there is no amount or
// it is not whole.
func (v *Invoice) Sats() (sats int64, ok bool) {
	if v.AmountMsat == nil || *v.AmountMsat%1000 != 0 {
		return 0, false
	}
	return *v.AmountMsat / 1000, true
}

// Lengths in groups of five bits.
const (
	timestampGroups = 7
	signatureGroups = 104
)

// Normal is the text of an invoice without what people paste along with it: the
// scheme of a link and blanks around it.
func Normal(text string) string {
	text = strings.TrimSpace(text)
	const scheme = "lightning:"
	if len(text) > len(scheme) && strings.EqualFold(text[:len(scheme)], scheme) {
		text = text[len(scheme):]
	}
	return text
}

// Decode reads an invoice and checks everything that can be checked without the
// network: checksum, structure, signature, and the rules for a payer. The error
// is always an *Error.
func Decode(text string) (*Invoice, error) {
	prefix, data, err := unpack(text)
	if err != nil {
		return nil, err
	}
	v := &Invoice{ExpirySeconds: DefaultExpirySeconds, MinFinalCLTV: DefaultMinFinalCLTV}
	if err := v.readPrefix(prefix); err != nil {
		return nil, err
	}
	if len(data) < timestampGroups+signatureGroups {
		return nil, refuse(TooShort, "it is shorter than a time and a signature")
	}
	body, signature := data[:len(data)-signatureGroups], data[len(data)-signatureGroups:]
	seconds, _ := number(body[:timestampGroups]) // 35 bits
	v.Timestamp = time.Unix(seconds, 0).UTC()
	p := &parser{v: v}
	if err := p.fields(body[timestampGroups:]); err != nil {
		return nil, err
	}
	if err := v.checkSignature(prefix, body, signature); err != nil {
		return nil, err
	}
	if err := p.complete(); err != nil {
		return nil, err
	}
	return v, nil
}

// unpack takes the bech32 text apart. The library's other functions have a limit
// of 90 characters or accept bech32m too; invoices have neither.
func unpack(text string) (prefix string, data []byte, err error) {
	if len(text) > MaxLength {
		return "", nil, refuse(TooLong, "it is longer than %d characters", MaxLength)
	}
	prefix, data, version, err := bech32.DecodeNoLimitWithVersion(text)
	var (
		separator bech32.ErrInvalidSeparatorIndex
		length    bech32.ErrInvalidLength
		checksum  bech32.ErrInvalidChecksum
		mixed     bech32.ErrMixedCase
	)
	switch {
	case err == nil && version != bech32.Version0:
		return "", nil, refuse(BadChecksum, "its checksum is that of another encoding")
	case err == nil:
		return prefix, data, nil
	case errors.As(err, &mixed):
		return "", nil, refuse(MixedCase, "it mixes upper and lower case")
	case errors.As(err, &separator), errors.As(err, &length):
		return "", nil, refuse(NoSeparator, `it has no prefix such as "lnbc" followed by data`)
	case errors.As(err, &checksum):
		return "", nil, refuse(BadChecksum, "its checksum is wrong: it was mistyped or cut")
	default:
		return "", nil, refuse(BadCharacter, "it holds a character that invoices do not have")
	}
}
