package app

import (
	"encoding/hex"
	"strings"

	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/pkg/lightning"
	"github.com/axisor/axisor/pkg/secret"
)

// Node opens the Lightning node that is chosen, or else the configured one; nil when that is none.
func (a *App) Node(chosen string) (lightning.Backend, error) {
	cfg, err := a.Config()
	if err != nil {
		return nil, err
	}
	p := cfg.Payments
	if chosen == "" {
		chosen = p.Backend
	}
	o := lightning.Options{Timeout: p.Timeout}
	switch chosen {
	case "lnd":
		if p.LNDURL == "" || p.LNDMacaroonFile == "" {
			return nil, incomplete("lnd", "payments.lnd_url and payments.lnd_macaroon_file")
		}
		raw, err := config.ReadPrivateFile(p.LNDMacaroonFile, "payments.lnd_macaroon_file")
		if err != nil {
			return nil, err
		}
		o.URL, o.Key = p.LNDURL, macaroon(raw)
		if p.LNDTLSCertFile != "" {
			if o.Certificate, err = config.ReadPublicFile(p.LNDTLSCertFile, "payments.lnd_tls_cert_file"); err != nil {
				return nil, err
			}
		}
		return some(lightning.NewLND(o))
	case "lnbits":
		if p.LNbitsURL == "" || p.LNbitsKeyFile == "" {
			return nil, incomplete("lnbits", "payments.lnbits_url and payments.lnbits_key_file")
		}
		if o.Key, err = config.ReadSecretFile(p.LNbitsKeyFile, "payments.lnbits_key_file"); err != nil {
			return nil, err
		}
		o.URL = p.LNbitsURL
		return some(lightning.NewLNbits(o))
	}
	return nil, nil
}

// some keeps a nil pointer from becoming a backend that is not nil.
func some[B lightning.Backend](b B, err error) (lightning.Backend, error) {
	if err != nil {
		return nil, err
	}
	return b, nil
}

func incomplete(name, keys string) error {
	return clierr.New(clierr.Config, "backend_incomplete", "backend "+name+" needs "+keys, "axisor config show --origins")
}

// macaroon reads the file as LND writes it, or as hex.
func macaroon(raw []byte) secret.Secret {
	if text := strings.TrimSpace(string(raw)); len(text) > 0 {
		if _, err := hex.DecodeString(text); err == nil {
			return secret.New(text)
		}
	}
	return secret.New(hex.EncodeToString(raw))
}
