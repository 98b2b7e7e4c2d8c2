package guard

import (
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/exchange"
	"github.com/axisor/axisor/pkg/lnmarkets"
)

// Credentials opens a stored credentials object.
func Credentials(keys *crypto.Keyring, at crypto.Place, column []byte) (lnmarkets.Credentials, error) {
	fields, err := keys.DecryptJSON(at, column)
	if err != nil {
		return lnmarkets.Credentials{}, err
	}
	return exchange.LNMarketsCredentials(fields)
}
