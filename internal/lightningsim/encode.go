package lightningsim

import (
	"fmt"

	"github.com/btcsuite/btcd/btcutil/bech32"
	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"

	"github.com/axisor/axisor/pkg/bolt11"
)

// terms are what an invoice of the simulator says.
type terms struct {
	prefix      string // lnbc, lnbcrt, …
	amountMsat  int64  // 0 for none
	timestamp   int64
	hash        [32]byte
	secret      [32]byte
	description string
	expiry      int64
}

// encode writes and signs an invoice.
func encode(key *secp256k1.PrivateKey, t terms) (string, error) {
	prefix := t.prefix
	if t.amountMsat > 0 {
		prefix += fmt.Sprintf("%d0p", t.amountMsat) // a millisatoshi is ten pico-bitcoin
	}
	data := groups(t.timestamp, 7)
	for _, f := range []struct {
		tag   byte
		value []byte
	}{{'p', t.hash[:]}, {'s', t.secret[:]}, {'d', []byte(t.description)}} {
		packed, err := bech32.ConvertBits(f.value, 8, 5, true)
		if err != nil {
			return "", err
		}
		data = append(data, field(f.tag, packed)...)
	}
	data = append(data, field('x', groups(t.expiry, 7))...)
	data = append(data, field('9', []byte{0b10000, 0b01000, 0})...) // bits 14 and 8
	digest := bolt11.Digest(prefix, data)
	compact := ecdsa.SignCompact(key, digest[:], true) // header, r, s
	signature, err := bech32.ConvertBits(append(compact[1:], compact[0]-27-4), 8, 5, true)
	if err != nil {
		return "", err
	}
	return bech32.Encode(prefix, append(data, signature...))
}

func field(tag byte, data []byte) []byte {
	const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	code := byte(0)
	for i := range len(alphabet) {
		if alphabet[i] == tag {
			code = byte(i)
		}
	}
	return append([]byte{code, byte(len(data) >> 5), byte(len(data) & 31)}, data...)
}

// groups writes a number as so many groups of five bits.
func groups(n int64, length int) []byte {
	out := make([]byte, length)
	for i := length - 1; i >= 0; i-- {
		out[i] = byte(n & 31)
		n >>= 5
	}
	return out
}
