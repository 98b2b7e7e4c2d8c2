package crypto

import (
	"encoding/hex"
	"io"
	"strings"
)

// seedGCM is the format of the database design: AES-256-GCM with a random 16-byte
// nonce, the fixed associated data "axisor", and the three parts in lower-case
// hex as iv:tag:ciphertext.
//
// GCM is used with a nonce of 16 bytes instead of the usual 12 because that is
// what the design generates and what existing values carry.
type seedGCM struct{}

const (
	seedNonceSize = 16
	seedTagSize   = 16
	seedAAD       = "axisor"
)

func (seedGCM) name() Format { return FormatSeed }

func (seedGCM) matches(text string) bool {
	_, _, ok := splitSeed(text)
	return ok
}

func (seedGCM) seal(m *material, _ Place, plain []byte, random io.Reader) (string, error) {
	nonce, err := randomBytes(random, seedNonceSize)
	if err != nil {
		return "", err
	}
	sealed := m.seed.Seal(nil, nonce, plain, []byte(seedAAD))
	body, tag := sealed[:len(plain)], sealed[len(plain):]
	return hex.EncodeToString(nonce) + ":" + hex.EncodeToString(tag) + ":" + hex.EncodeToString(body), nil
}

func (seedGCM) open(m *material, _ Place, text string) ([]byte, error) {
	nonce, sealed, ok := splitSeed(text)
	if !ok {
		return nil, ErrFormat
	}
	plain, err := m.seed.Open(nil, nonce, sealed, []byte(seedAAD))
	if err != nil {
		return nil, ErrWrongKey
	}
	return plain, nil
}

// splitSeed returns the nonce and the ciphertext with its tag appended, the order
// Go's AEAD wants. A tag shorter than 16 bytes is refused: GCM itself would take
// one, and each missing byte makes a forgery 256 times easier.
func splitSeed(text string) (nonce, sealed []byte, ok bool) {
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return nil, nil, false
	}
	nonce, okNonce := hexPart(parts[0], seedNonceSize)
	tag, okTag := hexPart(parts[1], seedTagSize)
	body, okBody := hexPart(parts[2], -1)
	return nonce, append(body, tag...), okNonce && okTag && okBody
}
