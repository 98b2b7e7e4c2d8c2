package bolt11

import (
	"fmt"

	"github.com/btcsuite/btcd/btcutil/base58"
	"github.com/btcsuite/btcd/btcutil/bech32"
)

// Fallback is an address on the chain that may be paid instead.
type Fallback struct {
	Version int // of the witness; 17 and 18 are the two older kinds of address
	Address string
}

// Versions of older addresses.
const (
	keyHash    = 17
	scriptHash = 18
)

// fallback keeps an address it can write and lists any other as ignored.
func (p *parser) fallback(data []byte) {
	if len(data) == 0 {
		p.v.Ignored = append(p.v.Ignored, "f:0")
		return
	}
	version := int(data[0])
	if address := p.v.address(version, data[1:]); address != "" {
		p.v.Fallbacks = append(p.v.Fallbacks, Fallback{Version: version, Address: address})
		return
	}
	p.v.Ignored = append(p.v.Ignored, fmt.Sprintf("f:v%d", version))
}

// address writes an address in its usual form, or nothing when there is none.
func (v *Invoice) address(version int, program []byte) string {
	raw := octets(program)
	main := v.Network == Mainnet
	switch {
	case version == keyHash && len(raw) == 20:
		return base58.CheckEncode(raw, pick[byte](main, 0x00, 0x6f))
	case version == scriptHash && len(raw) == 20:
		return base58.CheckEncode(raw, pick[byte](main, 0x05, 0xc4))
	case version > 16, len(raw) < 2, len(raw) > 40, version == 0 && len(raw) != 20 && len(raw) != 32:
		return ""
	}
	prefix := v.Currency
	if v.Network == Signet { // shares addresses with testnet
		prefix = "tb"
	}
	encode := bech32.Encode
	if version > 0 {
		encode = bech32.EncodeM
	}
	groups, err := bech32.ConvertBits(raw, 8, 5, true)
	if err != nil {
		return ""
	}
	text, err := encode(prefix, append([]byte{byte(version)}, groups...))
	if err != nil {
		return ""
	}
	return text
}

func pick[T any](first bool, a, b T) T {
	if first {
		return a
	}
	return b
}
