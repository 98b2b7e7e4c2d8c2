package crypto

import (
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

// key is one encryption key of the operator. Formats take from it what they
// need: the seed's format the scrypt bytes, others may start from the text.
type key struct {
	secret secret.Secret
	// derived runs scrypt at the first call and keeps the result. It costs about
	// 16 MiB and 50 ms, too much to repeat for every stored value.
	derived func() ([]byte, error)
}

func newKey(s secret.Secret) *key {
	return &key{secret: s, derived: sync.OnceValues(func() ([]byte, error) {
		b, err := scrypt.Key([]byte(s.Reveal()), []byte(scryptSalt), scryptN, scryptR, scryptP, scryptKeyLen)
		if err != nil {
			return nil, fmt.Errorf("derive key: %w", err)
		}
		return b, nil
	})}
}

// id returns a short stable name of the key, for messages and audit rows.
func (k *key) id() (string, error) {
	b, err := k.derived()
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, b)
	mac.Write([]byte(keyIDDomain))
	return hex.EncodeToString(mac.Sum(nil))[:keyIDLength], nil
}
