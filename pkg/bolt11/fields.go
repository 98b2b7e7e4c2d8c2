package bolt11

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// alphabet gives a group of five bits its letter, which is also the name of a field.
const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// Lengths of the fields that have one, in groups of five bits.
const (
	hashGroups = 52
	keyGroups  = 53
)

// parser reads the tagged fields of one invoice. Of a field that comes twice the
// first counts, as with every other reader.
type parser struct {
	v                         *Invoice
	hash, secret, seenFeature bool
}

// fields reads all of them.
func (p *parser) fields(data []byte) error {
	for len(data) > 0 {
		if len(data) < 3 {
			return refuse(TruncatedField, "its last field has no length")
		}
		tag, length := alphabet[data[0]], int(data[1])<<5|int(data[2])
		data = data[3:]
		if length > len(data) {
			return refuse(TruncatedField, "field %c is longer than what is left", tag)
		}
		known, err := p.field(tag, data[:length])
		if err != nil {
			return err
		}
		if !known {
			p.v.Ignored = append(p.v.Ignored, fmt.Sprintf("%c:%d", tag, length))
		}
		data = data[length:]
	}
	return nil
}

// field reads one. known is false for what a reader skips.
func (p *parser) field(tag byte, data []byte) (known bool, err error) {
	v := p.v
	switch tag {
	case 'p':
		return fixed(data, &v.PaymentHash, &p.hash), nil
	case 's':
		return fixed(data, &v.PaymentSecret, &p.secret), nil
	case 'h':
		if len(data) != hashGroups {
			return false, nil
		}
		if v.DescriptionHash == nil {
			v.DescriptionHash = (*[32]byte)(octets(data))
		}
	case 'n':
		if len(data) != keyGroups {
			return false, nil
		}
		if !v.PayeeGiven {
			v.Payee, v.PayeeGiven = [33]byte(octets(data)), true
		}
	case 'd':
		text := string(octets(data))
		if !utf8.ValidString(text) {
			return false, refuse(BadField, "its description is not text")
		}
		if v.Description == nil {
			v.Description = &text
		}
	case 'm':
		if v.Metadata == nil {
			v.Metadata = octets(data)
		}
	case 'x':
		return true, p.expiry(data)
	case 'c':
		n, ok := number(data)
		if !ok {
			return false, refuse(BadField, "its number of blocks is too large")
		}
		if !v.MinFinalGiven {
			v.MinFinalCLTV, v.MinFinalGiven = n, true
		}
	case 'f':
		p.fallback(data)
	case 'r':
		hops, ok := route(octets(data))
		if !ok {
			return false, nil
		}
		v.RouteHints = append(v.RouteHints, hops)
	case '9':
		if !p.seenFeature {
			v.Features, p.seenFeature = bits(data), true
		}
	default:
		return false, nil
	}
	return true, nil
}

func (p *parser) expiry(data []byte) error {
	n, ok := number(data)
	// Later than the year 9999 no calendar of ours can write it.
	if !ok || n > lastSecond-p.v.Timestamp.Unix() {
		return refuse(BadField, "it expires later than a date can say")
	}
	if !p.v.ExpiryGiven {
		p.v.ExpirySeconds, p.v.ExpiryGiven = n, true
	}
	return nil
}

var lastSecond = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).Unix()

// complete applies the rules on what must be there, and on features.
func (p *parser) complete() error {
	v := p.v
	switch {
	case !p.hash:
		return refuse(MissingPaymentHash, "it has no payment hash")
	case !p.secret:
		return refuse(MissingPaymentSecret, "it has no payment secret")
	case v.Description == nil && v.DescriptionHash == nil:
		return refuse(DescriptionXorHash, "it has neither a description nor the hash of one")
	case v.Description != nil && v.DescriptionHash != nil:
		return refuse(DescriptionXorHash, "it has a description and also the hash of one")
	}
	for _, bit := range v.Features {
		if bit%2 == 0 && !requiredFeature(bit) {
			return refuse(UnknownRequiredFeature, "it requires feature %d, which is not known", bit)
		}
	}
	return nil
}

// requiredFeature knows the even bits that BOLT 9 allows in an invoice.
func requiredFeature(bit int) bool {
	switch bit {
	case 8, // variable-length onion
		14, // payment secret
		16, // multi-part payments
		24, // route blinding
		36, // attributable failures
		48: // payment metadata
		return true
	}
	return false
}

// fixed reads 32 bytes into the first field of its kind.
func fixed(data []byte, into *[32]byte, seen *bool) bool {
	if len(data) != hashGroups {
		return false
	}
	if !*seen {
		*into, *seen = [32]byte(octets(data)), true
	}
	return true
}

// Hop is one channel of a private route to the payee.
type Hop struct {
	PublicKey                 [33]byte
	ShortChannelID            uint64
	FeeBaseMsat               uint32
	FeeProportionalMillionths uint32
	CLTVExpiryDelta           uint16
}

// Channel is the short channel id in its usual form.
func (h Hop) Channel() string {
	return fmt.Sprintf("%dx%dx%d", h.ShortChannelID>>40, h.ShortChannelID>>16&0xffffff, h.ShortChannelID&0xffff)
}

const hopBytes = 33 + 8 + 4 + 4 + 2

func route(raw []byte) (hops []Hop, ok bool) {
	if len(raw) == 0 || len(raw)%hopBytes != 0 {
		return nil, false
	}
	for ; len(raw) > 0; raw = raw[hopBytes:] {
		hops = append(hops, Hop{
			PublicKey:                 [33]byte(raw[:33]),
			ShortChannelID:            binary.BigEndian.Uint64(raw[33:41]),
			FeeBaseMsat:               binary.BigEndian.Uint32(raw[41:45]),
			FeeProportionalMillionths: binary.BigEndian.Uint32(raw[45:49]),
			CLTVExpiryDelta:           binary.BigEndian.Uint16(raw[49:51]),
		})
	}
	return hops, true
}

// number reads groups of five bits, the highest first. ok is false beyond 62 bits.
func number(data []byte) (n int64, ok bool) {
	for _, group := range data {
		if n >= 1<<57 {
			return 0, false
		}
		n = n<<5 | int64(group)
	}
	return n, true
}

// bits lists the bits that are set, counted from the last one.
func bits(data []byte) []int {
	set := []int{}
	for i, group := range slices.Backward(data) {
		for b := range 5 {
			if group>>b&1 == 1 {
				set = append(set, 5*(len(data)-1-i)+b)
			}
		}
	}
	return set
}

// octets packs groups of five bits into bytes. Bits that fill the last group are
// dropped.
func octets(data []byte) []byte {
	out := make([]byte, 0, len(data)*5/8)
	var acc uint32
	have := 0
	for _, group := range data {
		acc = acc<<5 | uint32(group)
		have += 5
		if have >= 8 {
			have -= 8
			out = append(out, byte(acc>>have))
		}
	}
	return out
}
