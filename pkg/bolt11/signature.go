package bolt11

import (
	"crypto/sha256"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

// compactMagic is what the first byte of a compact signature begins at for a
// compressed key.
const compactMagic = 27 + 4

// checkSignature verifies against the payee that the invoice names, or recovers
// the payee.
func (v *Invoice) checkSignature(prefix string, body, groups []byte) error {
	raw := octets(groups) // 65 bytes
	copy(v.Signature[:], raw)
	v.RecoveryID = int(raw[64])
	digest := Digest(prefix, body)
	var r, s secp256k1.ModNScalar
	overflow := r.SetByteSlice(raw[:32]) || s.SetByteSlice(raw[32:64]) || r.IsZero() || s.IsZero()
	v.HighS = s.IsOverHalfOrder()
	if !v.PayeeGiven {
		if overflow || v.RecoveryID > 3 {
			return refuse(SigNotRecoverable, "no key can have made its signature")
		}
		key, _, err := ecdsa.RecoverCompact(append([]byte{compactMagic + raw[64]}, raw[:64]...), digest[:])
		if err != nil {
			return refuse(SigNotRecoverable, "no key can have made its signature")
		}
		v.Payee = [33]byte(key.SerializeCompressed())
		return nil
	}
	if overflow {
		return refuse(BadSignature, "its signature is out of range")
	}
	if v.HighS {
		return refuse(HighSWithN, "it names the payee, and its signature is not in the normal form")
	}
	key, err := secp256k1.ParsePubKey(v.Payee[:])
	if err != nil {
		return refuse(BadSignature, "the payee it names is no public key")
	}
	if !ecdsa.NewSignature(&r, &s).Verify(digest[:], key) {
		return refuse(BadSignature, "the payee it names did not sign it")
	}
	return nil
}

// Digest is what is signed: the prefix as text and the data without the
// signature, padded with zero bits to whole bytes.
func Digest(prefix string, groups []byte) [32]byte { // at least seven groups, the time
	raw := octets(groups)
	if left := len(groups) * 5 % 8; left != 0 {
		var last uint16
		for _, group := range groups[len(groups)-2:] { // the bits left over are in the last two
			last = last<<5 | uint16(group)
		}
		raw = append(raw, byte(last<<(8-left)))
	}
	return sha256.Sum256(append([]byte(prefix), raw...))
}
