package bolt11

import (
	"math"
	"strings"
)

// maxMsat is every millisatoshi there will ever be.
const maxMsat = 21_000_000 * msatPerBitcoin

const msatPerBitcoin = 100_000_000_000

// readPrefix takes "lnbc2500u" apart: what it is, the chain, the amount.
func (v *Invoice) readPrefix(prefix string) error {
	rest, found := strings.CutPrefix(prefix, "ln")
	if !found {
		return refuse(BadPrefix, "it is no Lightning invoice")
	}
	currency, amount := rest, ""
	if i := strings.IndexAny(rest, "0123456789"); i >= 0 {
		currency, amount = rest[:i], rest[i:]
	}
	switch currency {
	case "bc":
		v.Network = Mainnet
	case "tb":
		v.Network = Testnet
	case "tbs":
		v.Network = Signet
	case "bcrt":
		v.Network = Regtest
	default:
		return refuse(BadPrefix, "it is an invoice of a chain that is not bitcoin")
	}
	v.Currency = currency
	if amount == "" {
		return nil
	}
	msat, err := parseAmount(amount)
	if err != nil {
		return err
	}
	v.AmountMsat = &msat
	return nil
}

// parseAmount reads digits and an optional multiplier. Leading zeros and zero are
// forbidden to writers only; refusing them keeps one amount from having two texts,
// and "no amount" from looking like an amount.
func parseAmount(text string) (int64, error) {
	digits, perUnit := text, int64(msatPerBitcoin)
	pico := false
	switch text[len(text)-1] {
	case 'm':
		digits, perUnit = text[:len(text)-1], msatPerBitcoin/1_000
	case 'u':
		digits, perUnit = text[:len(text)-1], msatPerBitcoin/1_000_000
	case 'n':
		digits, perUnit = text[:len(text)-1], msatPerBitcoin/1_000_000_000
	case 'p':
		digits, perUnit, pico = text[:len(text)-1], 1, true
	}
	if digits == "" || digits[0] == '0' {
		return 0, refuse(BadAmount, "its amount does not begin with a digit from 1 to 9")
	}
	var n int64
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' {
			return 0, refuse(BadAmount, "its amount has an unknown multiplier")
		}
		if n > (math.MaxInt64-9)/10 {
			return 0, refuse(BadAmount, "its amount is more than there is")
		}
		n = n*10 + int64(c-'0')
	}
	if pico {
		if n%10 != 0 {
			return 0, refuse(SubMsat, "its amount is no whole number of millisatoshis")
		}
		n /= 10
	}
	if n > maxMsat/perUnit {
		return 0, refuse(BadAmount, "its amount is more than there is")
	}
	return n * perUnit, nil
}
