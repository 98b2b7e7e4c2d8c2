package lnmarkets_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/lnmarkets"
	"github.com/axisor/axisor/pkg/secret"
)

func TestResolveURL(t *testing.T) {
	t.Parallel()
	tests := []struct{ network, address, want string }{
		{"", "", "https://api.lnmarkets.com/v3"},
		{"mainnet", "", "https://api.lnmarkets.com/v3"},
		{"signet", "", "https://api.signet.lnmarkets.com/v3"},
		{"testnet4", "", "https://api.testnet4.lnmarkets.com/v3"},
		{"signet", "https://example.org/v3/", "https://example.org/v3"},
		{"nonsense", "https://example.org", "https://example.org/v3"},
		{"", "http://127.0.0.1:8080", "http://127.0.0.1:8080/v3"},
		{"", "http://[::1]:8080/v3", "http://[::1]:8080/v3"},
		{"", "http://localhost/v3", "http://localhost/v3"},
		{"", "https://proxy.example.org/lnm/v3", "https://proxy.example.org/lnm/v3"},
	}
	for _, tt := range tests {
		got, err := lnmarkets.ResolveURL(tt.network, tt.address)
		require.NoError(t, err)
		require.Equal(t, tt.want, got.String())
	}
}

func TestResolveURL_Refuses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"http://api.lnmarkets.com/v3", "http://127.0.0.1.example.org/v3", "http://10.0.0.1/v3", "http://localhost.example.org",
		"ftp://example.org/v3", "api.lnmarkets.com/v3", "/v3", "https:///v3", "https://:8080/v3", "://", "https://user:hunter2@example.org/v3",
		"https://example.org/v3?x=1", "https://example.org/v3#x", "https://api.lnmarkets.com/v2", "https://exa\x7fmple.org",
	} {
		_, err := lnmarkets.ResolveURL("", address)
		require.ErrorIs(t, err, lnmarkets.ErrOptions, address)
		require.NotContains(t, err.Error(), "hunter2")
	}
	_, err := lnmarkets.ResolveURL("testnet", "")
	require.ErrorIs(t, err, lnmarkets.ErrOptions)
	require.ErrorContains(t, err, "mainnet, signet, testnet4")
}

func TestOptions_Validate(t *testing.T) {
	t.Parallel()
	good := lnmarkets.Options{Now: time.Now}
	require.NoError(t, good.Validate())
	for _, o := range []lnmarkets.Options{
		{},
		{Now: time.Now, Timeout: -1},
		{Now: time.Now, Network: "moon"},
		{Now: time.Now, BaseURL: "http://example.org"},
	} {
		_, err := lnmarkets.New(o)
		require.ErrorIs(t, err, lnmarkets.ErrOptions)
	}
	full := lnmarkets.Credentials{Key: secret.New("k"), Secret: secret.New("s"), Passphrase: secret.New("p")}
	for _, strip := range []func(*lnmarkets.Credentials){
		func(c *lnmarkets.Credentials) { c.Key = secret.Secret{} },
		func(c *lnmarkets.Credentials) { c.Secret = secret.Secret{} },
		func(c *lnmarkets.Credentials) { c.Passphrase = secret.Secret{} },
	} {
		c := full
		strip(&c)
		_, err := lnmarkets.New(lnmarkets.Options{Now: time.Now, Credentials: &c})
		require.ErrorIs(t, err, lnmarkets.ErrCredentials)
	}
}

func TestStreamURL(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ network, base, address, want string }{
		{"mainnet", "", "", "wss://stream.lnmarkets.com/v1"},
		{"signet", "", "", "wss://stream.signet.lnmarkets.com/v1"},
		{"", "https://api.signet.lnmarkets.com/v3", "", "wss://stream.signet.lnmarkets.com/v1"},
		{"", "http://127.0.0.1:9000/v3", "", "ws://127.0.0.1:9000/stream/v1"},
		{"", "https://proxy.example.org/v3", "", ""},
		{"", "https://proxy.example.org/v3", "wss://proxy.example.org/stream", "wss://proxy.example.org/stream"},
		{"", "", "ws://proxy.example.org/stream", ""},
		{"", "", "wss://me:pw@proxy.example.org/stream", ""},
		{"", "", "https://stream.lnmarkets.com/v1", ""},
		{"moon", "", "", ""},
	} {
		got, err := lnmarkets.StreamURL(tc.network, tc.base, tc.address)
		if tc.want == "" {
			require.ErrorIs(t, err, lnmarkets.ErrOptions, "%+v", tc)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, tc.want, got)
	}
}
