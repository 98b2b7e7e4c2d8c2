package guard

import (
	"errors"
	"fmt"

	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/exchange"
	"github.com/axisor/axisor/pkg/lnmarkets"
	"github.com/axisor/axisor/pkg/marginguard"
)

// credentials opens a stored credentials object. Those of a test network are not
// for the exchange where bitcoins are real (*marginguard.ElsewhereError), and a
// value that no key opens is a marginguard.ErrSealed. Clear text is never sent: nobody
// knows whether it is a key.
func credentials(keys *crypto.Keyring, at crypto.Place, column []byte, mainnet bool) (lnmarkets.Credentials, error) {
	fields, err := keys.DecryptSealed(at, column, exchange.Sent)
	switch {
	case errors.Is(err, crypto.ErrClearText):
		return lnmarkets.Credentials{}, fmt.Errorf("%s: %w", exchange.ClearText, err)
	case errors.Is(err, crypto.ErrWrongKey):
		return lnmarkets.Credentials{}, fmt.Errorf("%w: %w", marginguard.ErrSealed, err)
	case err != nil:
		return lnmarkets.Credentials{}, err
	case mainnet && exchange.IsTestnet(fields):
		return lnmarkets.Credentials{}, &marginguard.ElsewhereError{Reason: "the account is one of a test network, and the exchange is the mainnet's"}
	}
	return exchange.LNMarketsCredentials(fields)
}
