package crypto

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"

	"github.com/axisor/axisor/pkg/secret"
)

// tagDomain separates tags from everything else that is derived from a key.
const tagDomain = "axisor tag v1"

// Tag is a name for a secret, for telling equal ones together without keeping them: the
// hex of an HMAC-SHA256 under the current key. Without that key it says nothing of the
// secret, and tags for different purposes have nothing in common.
func (kr *Keyring) Tag(purpose string, s secret.Secret) (string, error) {
	m, err := kr.keys[0].material()
	if err != nil {
		return "", err
	}
	inner := hmac.New(sha256.New, m.derived)
	inner.Write([]byte(tagDomain))
	mac := hmac.New(sha256.New, inner.Sum(nil))
	mac.Write([]byte(purpose))
	mac.Write([]byte{0})
	mac.Write([]byte(s.Reveal()))
	return hex.EncodeToString(mac.Sum(nil)), nil
}
