package crypto

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5" //nolint:gosec // not our choice: OpenSSL's EVP_BytesToKey, to read what was written with it
)

// literalGCM reads what the code of the database design computes when it is run
// as printed. It calls Node's createCipher, which takes a password where a key
// was meant and derives key and nonce from it: the same nonce for every value,
// which gives away the difference of any two of them. The part called iv is
// decoration. Such values are read, reported as weak, and never written.
type literalGCM struct{}

const literalNonceSize = 12

func (literalGCM) name() Format { return FormatLiteral }

func (literalGCM) matches(text string) bool { return seedGCM{}.matches(text) }

func (literalGCM) open(m *material, _ Place, text string) ([]byte, error) {
	_, sealed, ok := splitSeed(text)
	if !ok {
		return nil, ErrFormat
	}
	plain, err := m.literal.Open(nil, m.nonce, sealed, []byte(seedAAD))
	if err != nil {
		return nil, ErrWrongKey
	}
	return plain, nil
}

// literalCipher is EVP_BytesToKey with MD5, one round and no salt.
func literalCipher(password []byte) (cipher.AEAD, []byte, error) {
	var stream, last []byte
	for len(stream) < scryptKeyLen+literalNonceSize {
		sum := md5.Sum(append(last, password...)) //nolint:gosec // see the import
		last = sum[:]
		stream = append(stream, last...)
	}
	block, err := aes.NewCipher(stream[:scryptKeyLen])
	if err != nil {
		return nil, nil, err
	}
	aead, err := cipher.NewGCM(block)
	return aead, stream[scryptKeyLen : scryptKeyLen+literalNonceSize], err
}
