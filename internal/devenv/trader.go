package devenv

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"

	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

// Trader is one account on the simulated exchange with its key. Everything follows from the name, so the same name
// is the same account after any number of runs. The values are made up and guard nothing.
type Trader struct {
	Name    string
	Balance int64 // sats
}

// Position is what a trader opens.
type Position struct {
	Side     futures.Side
	Quantity int64 // US dollars
	Leverage float64
}

// NewTrader names a trader.
func NewTrader(name string, balance int64) Trader { return Trader{Name: name, Balance: balance} }

func (t Trader) derive(purpose string) []byte {
	sum := sha256.Sum256([]byte("axisor dev " + purpose + " " + t.Name))
	return sum[:]
}

// AccountID is the trader's id on the exchange, in the shape of a UUID.
func (t Trader) AccountID() string {
	h := hex.EncodeToString(t.derive("account"))
	return fmt.Sprintf("%s-%s-4%s-8%s-%s", h[:8], h[8:12], h[13:16], h[17:20], h[20:32])
}

// Account is the account to put into the exchange.
func (t Trader) Account() lnsim.Account {
	return lnsim.Account{ID: t.AccountID(), Username: t.Name, Balance: t.Balance}
}

// Key is the API key the exchange knows the trader by.
func (t Trader) Key() lnsim.Key {
	secret := append(t.derive("secret a"), t.derive("secret b")...)
	return lnsim.Key{
		AccountID: t.AccountID(), Key: base64.StdEncoding.EncodeToString(t.derive("key")),
		Secret: base64.StdEncoding.EncodeToString(secret), Passphrase: hex.EncodeToString(t.derive("passphrase"))[:12],
	}
}

// Credentials are the key's parts under the names that the exchange's credential types have.
func (t Trader) Credentials() map[string]string {
	k := t.Key()
	return map[string]string{"api_key": k.Key, "api_secret": k.Secret, "passphrase": k.Passphrase}
}

// missing is the trade to open so that the trader has an untouched position; false when there is one.
func (t Trader) missing(m Market, p Position) (lnsim.TradeSpec, bool) {
	for _, old := range m.Trades {
		if old.AccountID == t.AccountID() && old.Status == lnsim.StatusRunning && old.Margin == old.EntryMargin {
			return lnsim.TradeSpec{}, false
		}
	}
	return lnsim.TradeSpec{AccountID: t.AccountID(), Side: p.Side, Quantity: p.Quantity, Leverage: p.Leverage}, true
}

// Join puts one trader into the exchange, with an open position when one is given.
func (c *Control) Join(ctx context.Context, t Trader, p *Position) error {
	var trades []lnsim.TradeSpec
	if p != nil {
		m, err := c.State(ctx)
		if err != nil {
			return err
		}
		if spec, ok := t.missing(m, *p); ok {
			trades = append(trades, spec)
		}
	}
	return c.Put(ctx, []lnsim.Account{t.Account()}, []lnsim.Key{t.Key()}, trades)
}
