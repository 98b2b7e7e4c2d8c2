package crypto

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

// format is one text form of an encrypted value. Adding a form means writing one
// of these and naming it in NewKeyring.
type format interface {
	name() Format
	// matches reports whether text has the outer shape of the format. Several
	// formats may match one text; authentication decides between them.
	matches(text string) bool
	seal(k *key, plain []byte) (string, error)
	// open returns ErrWrongKey when the text does not authenticate under k.
	open(k *key, text string) ([]byte, error)
}

// seedGCM is the format of the database design: AES-256-GCM with a random 16-byte
// nonce, the fixed associated data "axisor", and the three parts in lower-case
// hex as iv:tag:ciphertext.
//
// GCM is used with a nonce of 16 bytes instead of the usual 12 because that is
// what the design generates and what existing values carry.
type seedGCM struct {
	// random replaces crypto/rand in the tests of the published vectors.
	random io.Reader
}

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

func (f seedGCM) seal(k *key, plain []byte) (string, error) {
	aead, err := seedAEAD(k)
	if err != nil {
		return "", err
	}
	random := f.random
	if random == nil {
		random = rand.Reader
	}
	nonce := make([]byte, seedNonceSize)
	if _, err := io.ReadFull(random, nonce); err != nil {
		return "", fmt.Errorf("read random nonce: %w", err)
	}
	sealed := aead.Seal(nil, nonce, plain, []byte(seedAAD))
	body, tag := sealed[:len(plain)], sealed[len(plain):]
	return hex.EncodeToString(nonce) + ":" + hex.EncodeToString(tag) + ":" + hex.EncodeToString(body), nil
}

func (seedGCM) open(k *key, text string) ([]byte, error) {
	nonce, sealed, ok := splitSeed(text)
	if !ok {
		return nil, ErrFormat
	}
	aead, err := seedAEAD(k)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, nonce, sealed, []byte(seedAAD))
	if err != nil {
		return nil, ErrWrongKey
	}
	return plain, nil
}

func seedAEAD(k *key) (cipher.AEAD, error) {
	b, err := k.derived()
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(b)
	if err != nil {
		return nil, fmt.Errorf("set up cipher: %w", err)
	}
	aead, err := cipher.NewGCMWithNonceSize(block, seedNonceSize)
	if err != nil {
		return nil, fmt.Errorf("set up cipher: %w", err)
	}
	return aead, nil
}

// splitSeed returns the nonce and the ciphertext with its tag appended, the order
// Go's AEAD wants. A tag shorter than 16 bytes is refused: GCM itself would take
// one, and each missing byte makes a forgery 256 times easier.
func splitSeed(text string) (nonce, sealed []byte, ok bool) {
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return nil, nil, false
	}
	nonce, err := hex.DecodeString(parts[0])
	if err != nil || len(nonce) != seedNonceSize {
		return nil, nil, false
	}
	tag, err := hex.DecodeString(parts[1])
	if err != nil || len(tag) != seedTagSize {
		return nil, nil, false
	}
	body, err := hex.DecodeString(parts[2])
	if err != nil {
		return nil, nil, false
	}
	return nonce, append(body, tag...), true
}
