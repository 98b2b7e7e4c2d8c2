package crypto

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"

	"golang.org/x/crypto/scrypt"

	"github.com/axisor/axisor/pkg/secret"
)

// The web application calls Node's scryptSync(key, "salt", 32) and relies on the
// defaults of N, r and p. Changing any of these makes stored values unreadable.
const (
	scryptSalt   = "salt"
	scryptN      = 16384
	scryptR      = 8
	scryptP      = 1
	scryptKeyLen = 32
)

// keyIDDomain separates the name of a key from everything else that may ever be
// derived from it.
const keyIDDomain = "axisor key id v1"

// keyIDLength is the number of hex digits shown. 32 bits tell a handful of keys
// apart and say nothing about the key, which has gone through scrypt and a MAC.
const keyIDLength = 8

// key is one encryption key of the operator.
type key struct {
	secret secret.Secret
	// material runs scrypt at the first call and keeps the result. It costs about
	// 16 MiB and 50 ms, too much to repeat for every stored value.
	material func() (*material, error)
}

// material is everything that the formats need of one key. Its ciphers are safe
// for concurrent use.
type material struct {
	derived []byte // the scrypt bytes
	id      string
	seed    cipher.AEAD
	literal cipher.AEAD
	nonce   []byte // of literal: it has only this one
	block   cipher.Block
	v2      cipher.AEAD
}

func newKey(s secret.Secret) *key {
	of := sha256.Sum256([]byte(s.Reveal()))
	derive, _ := materials.LoadOrStore(of, sync.OnceValues(func() (*material, error) {
		m, err := newMaterial(s)
		if err != nil {
			return nil, fmt.Errorf("derive key: %w", err)
		}
		return m, nil
	}))
	return &key{secret: s, material: derive.(func() (*material, error))}
}

// materials are what this process has derived, by the digest of the secret. Deriving is slow on purpose, once: the same
// key is asked for by each part of a process that opens credentials.
var materials sync.Map

func newMaterial(s secret.Secret) (*material, error) {
	b, err := scrypt.Key([]byte(s.Reveal()), []byte(scryptSalt), scryptN, scryptR, scryptP, scryptKeyLen)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, b)
	mac.Write([]byte(keyIDDomain))
	m := &material{derived: b, id: hex.EncodeToString(mac.Sum(nil))[:keyIDLength]}
	if m.block, err = aes.NewCipher(b); err != nil {
		return nil, err
	}
	if m.seed, err = cipher.NewGCMWithNonceSize(m.block, seedNonceSize); err != nil {
		return nil, err
	}
	if m.literal, m.nonce, err = literalCipher(b); err != nil {
		return nil, err
	}
	m.v2, err = v2Cipher(b)
	return m, err
}

// id returns a short stable name of the key, for messages and audit rows.
func (k *key) id() (string, error) {
	m, err := k.material()
	if err != nil {
		return "", err
	}
	return m.id, nil
}
