package lnmarkets

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// Networks lists the names that Options.Network accepts.
func Networks() []string { return []string{"mainnet", "signet", "testnet4"} }

// NetworkURL is the address of a named network; an empty name is mainnet.
func NetworkURL(network string) (string, error) {
	switch network {
	case "", "mainnet":
		return "https://api.lnmarkets.com/v3", nil
	case "signet":
		return "https://api.signet.lnmarkets.com/v3", nil
	case "testnet4":
		return "https://api.testnet4.lnmarkets.com/v3", nil
	default:
		return "", fmt.Errorf("network %q is not one of %s: %w", network, strings.Join(Networks(), ", "), ErrOptions)
	}
}

// ResolveURL checks an explicit address, or finds that of a network when there
// is none. Plain http is accepted for this machine only, because a request
// carries a key and a passphrase in clear. An address without a path gets /v3.
func ResolveURL(network, address string) (*url.URL, error) {
	if address == "" {
		named, err := NetworkURL(network)
		if err != nil {
			return nil, err
		}
		address = named
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("base url cannot be parsed: %w", ErrOptions)
	}
	u.Path = strings.TrimRight(u.Path, "/")
	if u.Path == "" {
		u.Path = "/v3"
	}
	u.RawPath = ""
	switch {
	case u.User != nil:
		// Not shown: the address holds a password.
		return nil, fmt.Errorf("base url must not carry a user or password: %w", ErrOptions)
	case u.Host == "" || u.Hostname() == "":
		return nil, fmt.Errorf("base url %q has no host: %w", address, ErrOptions)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, fmt.Errorf("base url %q must not carry a query or fragment: %w", address, ErrOptions)
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("base url %q must start with https://: %w", address, ErrOptions)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, fmt.Errorf("base url %q must use https, plain http is for this machine only: %w", address, ErrOptions)
	case u.Path == "/v2":
		return nil, fmt.Errorf("base url %q names API v2, which is switched off, use /v3: %w", address, ErrOptions)
	}
	return u, nil
}

// Mainnet reports whether an address, or a network's when there is none, is the
// exchange where bitcoins are real.
func Mainnet(network, address string) bool {
	u, err := ResolveURL(network, address)
	return err == nil && strings.EqualFold(u.Hostname(), "api.lnmarkets.com")
}

// StreamURL is the address of the Stream API: the explicit one, or the one that
// belongs to the address of the API, or the network's. A simulated exchange on
// this machine serves it beside the API.
func StreamURL(network, base, address string) (string, error) {
	if address == "" {
		api, err := ResolveURL(network, base)
		if err != nil {
			return "", err
		}
		name, official := strings.CutPrefix(api.Host, "api.")
		switch {
		case loopback(api.Hostname()):
			return "ws://" + api.Host + "/stream/v1", nil
		case !official:
			return "", fmt.Errorf("no stream url is known for %q: %w", api.Host, ErrOptions)
		}
		return "wss://stream." + name + "/v1", nil
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Hostname() == "" || u.User != nil:
		return "", fmt.Errorf("stream url needs a host and no user: %w", ErrOptions)
	case u.Scheme == "wss", u.Scheme == "ws" && loopback(u.Hostname()):
		return address, nil
	}
	return "", fmt.Errorf("stream url %q must start with wss://, plain ws is for this machine only: %w", address, ErrOptions)
}

// loopback reports whether a host name or address is this machine.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
