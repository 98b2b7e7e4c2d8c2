package crypto

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"strings"
)

// v2 is our own format: AES-256-GCM with the usual 12-byte random nonce, under a
// key of its own, and bound to the place where it is stored. It names its key,
// so that nothing has to be tried. docs/credential-format-v2.md describes it for
// other programs, with a reader in JavaScript that a test runs.
//
// One key may seal 2^32 values before two nonces are likely enough to be equal
// to worry; that is far more than an installation writes between two rotations.
type v2 struct{}

const (
	v2Prefix    = "v2:"
	v2NonceSize = 12
	v2TagSize   = 16
	// v2Info separates the key of this format from others made of the same bytes.
	v2Info = "axisor credential v2"
)

func (v2) name() Format { return FormatV2 }

func (v2) matches(text string) bool {
	_, _, ok := splitV2(text)
	return ok
}

func (v2) seal(m *material, at Place, plain []byte, random io.Reader) (string, error) {
	if err := at.check(); err != nil {
		return "", err
	}
	nonce, err := randomBytes(random, v2NonceSize)
	if err != nil {
		return "", err
	}
	sealed := m.v2.Seal(nonce, nonce, plain, v2AAD(m.id, at))
	return v2Prefix + m.id + ":" + base64.RawURLEncoding.EncodeToString(sealed), nil
}

func (v2) open(m *material, at Place, text string) ([]byte, error) {
	id, sealed, ok := splitV2(text)
	if !ok {
		return nil, ErrFormat
	}
	if id != m.id {
		return nil, ErrWrongKey
	}
	if err := at.check(); err != nil {
		return nil, err
	}
	plain, err := m.v2.Open(nil, sealed[:v2NonceSize], sealed[v2NonceSize:], v2AAD(id, at))
	if err != nil {
		return nil, ErrAltered
	}
	return plain, nil
}

// v2AAD joins the parts with NUL, which PostgreSQL cannot store in a text and
// Place refuses, so that no two places give the same bytes.
func v2AAD(keyID string, at Place) []byte {
	return []byte(strings.Join([]string{"axisor", "v2", keyID, at.Table, at.Row, at.User, at.Field}, "\x00"))
}

func v2Cipher(master []byte) (cipher.AEAD, error) {
	derived, err := hkdf.Key(sha256.New, master, nil, v2Info, scryptKeyLen)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// splitV2 accepts one spelling of each value and no other.
func splitV2(text string) (keyID string, sealed []byte, ok bool) {
	rest, ok := strings.CutPrefix(text, v2Prefix)
	if !ok {
		return "", nil, false
	}
	keyID, body, ok := strings.Cut(rest, ":")
	if !ok || len(keyID) != keyIDLength || strings.ToLower(keyID) != keyID {
		return "", nil, false
	}
	if _, err := hex.DecodeString(keyID); err != nil {
		return "", nil, false
	}
	if strings.ContainsAny(body, "\r\n") { // the decoder would skip them
		return "", nil, false
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(body)
	return keyID, sealed, err == nil && len(sealed) >= v2NonceSize+v2TagSize
}
