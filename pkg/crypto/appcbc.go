package crypto

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// appCBC is the format that the web application writes: AES-256-CBC with PKCS#7
// padding under the same scrypt key as the design's format, as iv:ciphertext in
// hex. Nothing authenticates it. It is written only where the configuration asks
// for it, because that application reads nothing else.
type appCBC struct{}

func (appCBC) name() Format { return FormatAppCBC }

func (appCBC) matches(text string) bool {
	_, _, ok := splitCBC(text)
	return ok
}

func (appCBC) seal(m *material, _ Place, plain []byte, random io.Reader) (string, error) {
	iv, err := randomBytes(random, aes.BlockSize)
	if err != nil {
		return "", err
	}
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	padded := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(m.block, iv).CryptBlocks(padded, padded)
	return hex.EncodeToString(iv) + ":" + hex.EncodeToString(padded), nil
}

// open takes a wrong key for the right one in about one of 256 cases if only the
// padding is looked at. Credentials are printable text, which what a wrong key
// gives is not: for one block both together leave one in hundreds of millions.
func (appCBC) open(m *material, _ Place, text string) ([]byte, error) {
	iv, body, ok := splitCBC(text)
	if !ok {
		return nil, ErrFormat
	}
	cipher.NewCBCDecrypter(m.block, iv).CryptBlocks(body, body)
	pad := int(body[len(body)-1])
	if pad < 1 || pad > aes.BlockSize || bytes.Count(body[len(body)-pad:], body[len(body)-1:]) != pad {
		return nil, ErrWrongKey
	}
	plain := body[:len(body)-pad]
	if !printable(plain) {
		return nil, ErrWrongKey
	}
	return plain, nil
}

func printable(b []byte) bool {
	return utf8.Valid(b) && !bytes.ContainsFunc(b, func(r rune) bool {
		return !unicode.IsPrint(r) && r != '\n' && r != '\r' && r != '\t'
	})
}

func splitCBC(text string) (iv, body []byte, ok bool) {
	first, rest, found := strings.Cut(text, ":")
	if !found {
		return nil, nil, false
	}
	iv, okIV := hexPart(first, aes.BlockSize)
	body, okBody := hexPart(rest, -1)
	return iv, body, okIV && okBody && len(body) > 0 && len(body)%aes.BlockSize == 0
}
