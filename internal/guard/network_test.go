package guard_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/secret"
)

// rerouted sends what is meant for one exchange to another one.
type rerouted struct{ to string }

func (r rerouted) RoundTrip(q *http.Request) (*http.Response, error) {
	to, err := url.Parse(r.to)
	if err != nil {
		return nil, err
	}
	q = q.Clone(q.Context())
	q.URL.Scheme, q.URL.Host = to.Scheme, to.Host
	return http.DefaultTransport.RoundTrip(q)
}

// TestRun_AnAccountOfATestNetworkStaysOffTheMainnet, however the network is told.
func TestRun_AnAccountOfATestNetworkStaysOffTheMainnet(t *testing.T) {
	t.Parallel()
	s := setup(t)
	flagged := func(name, value string) func(*personOptions) {
		return func(w *personOptions) {
			w.credentials = func(k lnsim.Key) map[string]string {
				return map[string]string{"API Key": k.Key, "API Secret": k.Secret, "Passphrase": k.Passphrase, name: value}
			}
		}
	}
	flag, old := s.person(t, "flag", flagged("isTestnet", "true")), s.person(t, "old", flagged("testnet", "TRUE"))
	prefix := s.person(t, "prefix", func(w *personOptions) {
		w.credentials = func(k lnsim.Key) map[string]string {
			return map[string]string{"api_key": "test_" + k.Key, "api_secret": k.Secret, "passphrase": k.Passphrase}
		}
	})
	real := s.person(t, "real", flagged("isTestnet", "false"))
	s.sim.MustPrice(91700)
	mainnet := func(o *guard.Options) {
		o.BaseURL, o.HTTP = "https://api.lnmarkets.com/v3", &http.Client{Transport: rerouted{s.sim.URL}}
	}
	got := s.must(t, mainnet)
	for _, p := range []person{flag, old, prefix} {
		i := item(t, got, p.id)
		require.Equal(t, marginguard.OtherNetwork, i.Decision)
		require.Equal(t, marginguard.StatusSkipped, i.Status)
		require.Equal(t, int64(210526), s.margin(t, p))
	}
	require.Equal(t, int64(252631), s.margin(t, real))
	require.False(t, got.Partial())
	for _, r := range s.sim.Requests() {
		require.Contains(t, []string{"", real.exchange}, r.AccountID)
	}
	// On another exchange, such as a test network's, they are as good as any.
	s.must(t)
	require.Equal(t, int64(252631), s.margin(t, flag))
}

// TestRun_AKeyThatOpensNothing is told from one broken row among many.
func TestRun_AKeyThatOpensNothing(t *testing.T) {
	t.Parallel()
	s := setup(t)
	a, b := s.person(t, "anna"), s.person(t, "bert")
	s.sim.MustPrice(91700)
	other, err := crypto.NewKeyring(secret.New(strings.Repeat("x", 32)), nil)
	require.NoError(t, err)
	wrong := func(o *guard.Options) { o.Keyring = other }
	got, err := s.run(t, marginguard.Request{}, wrong)
	var sealed *marginguard.SealedError
	require.ErrorAs(t, err, &sealed)
	require.Equal(t, 2, sealed.Accounts)
	require.Equal(t, 2, got.Failed)
	_, err = s.run(t, marginguard.Request{Users: []string{a.id}}, wrong)
	require.NoError(t, err, "a part of the users proves nothing about the key")

	// One row of another key among good ones is that user's trouble alone.
	mixed, err := other.EncryptFields(crypto.Place{}, map[string]secret.Secret{"api_key": secret.New("k"), "api_secret": secret.New("s"), "passphrase": secret.New("p")})
	require.NoError(t, err)
	text, err := json.Marshal(mixed)
	require.NoError(t, err)
	s.exec(t, `UPDATE "UserExchangeAccounts" SET credentials = ?::jsonb WHERE id = ?`, string(text), a.account)
	got = s.must(t)
	require.Equal(t, marginguard.StatusFailed, item(t, got, a.id).Status)
	require.Equal(t, int64(252631), s.margin(t, b))
}
