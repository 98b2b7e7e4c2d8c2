package bolt11_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/btcsuite/btcd/btcutil/bech32"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/bolt11"
)

// expected are the fields of the published examples, in their own spelling.
type expected struct {
	Network         string  `json:"network"`
	Currency        string  `json:"currency"`
	AmountMsat      *int64  `json:"amount_msat"`
	Timestamp       int64   `json:"timestamp"`
	Expiry          int64   `json:"expiry"`
	ExpiryExplicit  bool    `json:"expiry_explicit"`
	ExpiresAt       int64   `json:"expires_at"`
	PaymentHash     string  `json:"payment_hash"`
	PaymentSecret   string  `json:"payment_secret"`
	Description     *string `json:"description"`
	DescriptionHash *string `json:"description_hash"`
	Metadata        *string `json:"metadata"`
	MinFinal        int64   `json:"min_final_cltv_expiry_delta"`
	MinFinalGiven   bool    `json:"min_final_cltv_explicit"`
	Payee           string  `json:"payee_node_id"`
	PayeeField      *string `json:"payee_node_id_field"`
	Features        []int   `json:"features"`
	Fallback        []struct {
		Version int    `json:"version"`
		Address string `json:"address"`
	} `json:"fallback"`
	RouteHints [][]struct {
		PublicKey   string `json:"pubkey"`
		Channel     string `json:"short_channel_id"`
		FeeBase     uint32 `json:"fee_base_msat"`
		FeePart     uint32 `json:"fee_proportional_millionths"`
		ExpiryDelta uint16 `json:"cltv_expiry_delta"`
	} `json:"route_hints"`
	Signature  string   `json:"signature_r_s"`
	RecoveryID int      `json:"recovery_id"`
	HighS      bool     `json:"high_s"`
	Ignored    []string `json:"ignored_fields"`
}

type examples struct {
	Valid []struct {
		ID       string   `json:"id"`
		Invoice  string   `json:"invoice"`
		Preimage string   `json:"preimage"`
		Expected expected `json:"expected"`
	} `json:"valid"`
	Invalid []struct {
		ID      string       `json:"id"`
		Invoice string       `json:"invoice"`
		Class   bolt11.Class `json:"reject_class"`
	} `json:"invalid"`
}

func load(t testing.TB) examples {
	t.Helper()
	raw, err := os.ReadFile("testdata/examples.json")
	require.NoError(t, err)
	var e examples
	require.NoError(t, json.Unmarshal(raw, &e))
	require.Len(t, e.Valid, 26)
	require.Len(t, e.Invalid, 18)
	return e
}

func texts(raw []byte) *string { return new(hex.EncodeToString(raw)) }

func fieldsOf(v *bolt11.Invoice) expected {
	e := expected{
		Network: string(v.Network), Currency: v.Currency, AmountMsat: v.AmountMsat, Timestamp: v.Timestamp.Unix(),
		Expiry: v.ExpirySeconds, ExpiryExplicit: v.ExpiryGiven, ExpiresAt: v.ExpiresAt().Unix(), PaymentHash: v.Hash(),
		PaymentSecret: hex.EncodeToString(v.PaymentSecret[:]), Description: v.Description, MinFinal: v.MinFinalCLTV,
		MinFinalGiven: v.MinFinalGiven, Payee: hex.EncodeToString(v.Payee[:]), Features: v.Features,
		Signature: hex.EncodeToString(v.Signature[:]), RecoveryID: v.RecoveryID, HighS: v.HighS, Ignored: v.Ignored,
	}
	if v.DescriptionHash != nil {
		e.DescriptionHash = texts(v.DescriptionHash[:])
	}
	if v.Metadata != nil {
		e.Metadata = texts(v.Metadata)
	}
	if v.PayeeGiven {
		e.PayeeField = &e.Payee
	}
	for _, f := range v.Fallbacks {
		e.Fallback = append(e.Fallback, struct {
			Version int    `json:"version"`
			Address string `json:"address"`
		}(f))
	}
	for _, hops := range v.RouteHints {
		e.RouteHints = append(e.RouteHints, nil)
		for _, h := range hops {
			last := &e.RouteHints[len(e.RouteHints)-1]
			*last = append(*last, struct {
				PublicKey   string `json:"pubkey"`
				Channel     string `json:"short_channel_id"`
				FeeBase     uint32 `json:"fee_base_msat"`
				FeePart     uint32 `json:"fee_proportional_millionths"`
				ExpiryDelta uint16 `json:"cltv_expiry_delta"`
			}{hex.EncodeToString(h.PublicKey[:]), h.Channel(), h.FeeBaseMsat, h.FeeProportionalMillionths, h.CLTVExpiryDelta})
		}
	}
	return e
}

// asJSON makes empty and missing lists equal.
func asJSON(t *testing.T, e expected) string {
	t.Helper()
	raw, err := json.Marshal(e)
	require.NoError(t, err)
	return strings.ReplaceAll(string(raw), ":null", ":[]")
}

func TestDecode_Valid(t *testing.T) {
	t.Parallel()
	for _, x := range load(t).Valid {
		v, err := bolt11.Decode(x.Invoice)
		require.NoError(t, err, x.ID)
		require.JSONEq(t, asJSON(t, x.Expected), asJSON(t, fieldsOf(v)), x.ID)
		require.Equal(t, v.ExpiresAt().Add(1).After(v.ExpiresAt()), v.Expired(v.ExpiresAt().Add(1)), x.ID)
		require.False(t, v.Expired(v.ExpiresAt()), "%s: the last moment still counts", x.ID)
		if x.Preimage != "" {
			raw, err := hex.DecodeString(x.Preimage)
			require.NoError(t, err)
			require.Equal(t, sha256.Sum256(raw), v.PaymentHash, x.ID)
		}
		// Case carries no information, mixing it is an error.
		upper, err := bolt11.Decode(strings.ToUpper(x.Invoice))
		require.NoError(t, err, x.ID)
		require.Equal(t, v, upper, x.ID)
	}
}

func TestDecode_Invalid(t *testing.T) {
	t.Parallel()
	for _, x := range load(t).Invalid {
		_, err := bolt11.Decode(x.Invoice)
		var refused *bolt11.Error
		require.ErrorAs(t, err, &refused, x.ID)
		require.Equal(t, x.Class, refused.Class, x.ID)
		require.ErrorIs(t, err, bolt11.ErrInvalid)
		require.NotContains(t, err.Error(), x.Invoice[:20], x.ID)
	}
}

func TestDecode_OddTexts(t *testing.T) {
	t.Parallel()
	good := load(t).Valid[1].Invoice
	for text, class := range map[string]bolt11.Class{
		"":                       bolt11.NoSeparator,
		"1":                      bolt11.NoSeparator,
		"lnbc1":                  bolt11.NoSeparator,
		"lnbc1qqqqqq":            bolt11.BadChecksum,
		good + " ":               bolt11.BadCharacter,
		good + "é":               bolt11.BadCharacter,
		good + "i":               bolt11.BadCharacter,
		good[:len(good)-1]:       bolt11.BadChecksum,
		strings.Repeat("q", 1e6): bolt11.TooLong,
		"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4":                     bolt11.BadPrefix,
		"bc1pptdvg0d2nj99568qn6ssdy4cygnwuxgw2ukmnwgwz7jpqjz2kszse2s3lm": bolt11.BadChecksum, // bech32m
	} {
		_, err := bolt11.Decode(text)
		var refused *bolt11.Error
		require.ErrorAs(t, err, &refused, text)
		require.Equal(t, class, refused.Class, "%.40s", text)
	}
}

// One wrong character never goes unnoticed.
func TestDecode_EveryChangedCharacter(t *testing.T) {
	t.Parallel()
	const letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	good := load(t).Valid[1].Invoice
	for i := range good {
		for _, c := range letters {
			if byte(c) == good[i] {
				continue
			}
			_, err := bolt11.Decode(good[:i] + string(c) + good[i+1:])
			require.Error(t, err, "position %d, letter %c", i, c)
		}
	}
}

func TestNormal(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"lnbc1x": "lnbc1x", " lightning:lnbc1x\n": "lnbc1x", "LIGHTNING:LNBC1X": "LNBC1X", "": "", "lightning:": "lightning:",
	} {
		require.Equal(t, want, bolt11.Normal(in))
	}
}

func TestSats(t *testing.T) {
	t.Parallel()
	for _, x := range load(t).Valid {
		v, err := bolt11.Decode(x.Invoice)
		require.NoError(t, err)
		sats, ok := v.Sats()
		whole := v.AmountMsat != nil && *v.AmountMsat%1000 == 0
		require.Equal(t, whole, ok, x.ID)
		if ok {
			require.Equal(t, *v.AmountMsat, sats*1000, x.ID)
		}
	}
}

// The decoder never panics, and what it accepts is consistent.
func FuzzDecode(f *testing.F) {
	e := load(f)
	for _, x := range e.Valid {
		f.Add(x.Invoice)
	}
	for _, x := range e.Invalid {
		f.Add(x.Invoice)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := bolt11.Decode(text)
		if err != nil {
			require.ErrorIs(t, err, bolt11.ErrInvalid)
			return
		}
		require.NotEmpty(t, v.Network)
		require.Less(t, v.ExpiresAt().Year(), 10000)
		require.True(t, v.AmountMsat == nil || *v.AmountMsat > 0)
		require.NotEqual(t, v.Description == nil, v.DescriptionHash == nil)
	})
}

// Random data under a correct checksum reaches what random text never does: fields, addresses, signatures.
func FuzzDecode_Fields(f *testing.F) {
	for _, x := range load(f).Valid {
		prefix, groups, _, err := bech32.DecodeNoLimitWithVersion(x.Invoice)
		require.NoError(f, err)
		f.Add(prefix, groups)
	}
	f.Fuzz(func(t *testing.T, prefix string, groups []byte) {
		for i := range groups {
			groups[i] &= 31
		}
		text, err := bech32.Encode(strings.ToLower(prefix), groups)
		if err != nil {
			return
		}
		v, err := bolt11.Decode(text)
		if err != nil {
			require.ErrorIs(t, err, bolt11.ErrInvalid)
			return
		}
		require.Less(t, v.ExpiresAt().Year(), 10000)
		require.True(t, v.AmountMsat == nil || *v.AmountMsat > 0)
		require.NotZero(t, v.Payee)
	})
}

func BenchmarkDecode(b *testing.B) {
	for _, x := range load(b).Valid {
		b.Run(x.ID, func(b *testing.B) {
			for b.Loop() {
				if _, err := bolt11.Decode(x.Invoice); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
