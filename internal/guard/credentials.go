package guard

import (
	"strings"
	"unicode"

	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/lnmarkets"
	"github.com/axisor/axisor/pkg/secret"
)

// Credentials opens a stored credentials object. The web application stores the
// same three fields by label, by field name or in camel case, so names are
// compared by their letters and digits alone.
func Credentials(keys *crypto.Keyring, column []byte) (lnmarkets.Credentials, error) {
	fields, err := keys.DecryptJSON(column)
	if err != nil {
		return lnmarkets.Credentials{}, err
	}
	known := make(map[string]secret.Secret, len(fields))
	for name, value := range fields {
		known[plain(name)] = value
	}
	auth := lnmarkets.Credentials{
		Key: known["apikey"], Secret: first(known, "apisecret", "secret", "secretkey"), Passphrase: known["passphrase"],
	}
	return auth, auth.Validate()
}

func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

func first(known map[string]secret.Secret, names ...string) secret.Secret {
	for _, n := range names {
		if s, ok := known[n]; ok {
			return s
		}
	}
	return secret.Secret{}
}
