package lnmarkets

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"
)

// Names of the four headers of a private request. The exchange's documents write
// them in capitals; this is the spelling that net/http puts on the wire, and
// case does not matter.
const (
	HeaderKey        = "Lnm-Access-Key"
	HeaderPassphrase = "Lnm-Access-Passphrase"
	HeaderTimestamp  = "Lnm-Access-Timestamp"
	HeaderSignature  = "Lnm-Access-Signature"
)

// TimestampWindow is how far a request's timestamp may be from the exchange's
// clock before the exchange refuses it.
const TimestampWindow = 30 * time.Second

// Sign computes the signature of one request: standard base64 of the
// HMAC-SHA256 over timestamp, lower-case method, path with version, and data.
// The key is the text of the secret as it stands, although it looks like
// base64. data is the exact body, or the query with its question mark when
// there is no body, or empty.
func Sign(secretText, timestamp, method, path, data string) string {
	mac := hmac.New(sha256.New, []byte(secretText))
	for _, part := range []string{timestamp, strings.ToLower(method), path, data} {
		mac.Write([]byte(part))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
