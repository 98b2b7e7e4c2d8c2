package config

import "regexp"

func paymentsKeys() []Key {
	return append([]Key{
		{
			Name: "payments.backend", Kind: KindEnum, Default: "none", Enum: []string{"none", "lnd", "lnbits"},
			Summary: "what receives Lightning payments and is asked about them",
			field:   func(c *Config) any { return &c.Payments.Backend },
		},
		{
			Name: "payments.network", Kind: KindEnum, Default: "mainnet", Enum: []string{"mainnet", "testnet", "signet", "regtest"},
			Summary: "the network that invoices must be paid on",
			field:   func(c *Config) any { return &c.Payments.Network },
		},
		{
			Name: "payments.node_id", Kind: KindText, rule: publicKey,
			Summary: "public key of the node that our invoices pay; default: any",
			field:   func(c *Config) any { return &c.Payments.NodeID },
		},
		{
			Name: "payments.expiry", Kind: KindDuration, Default: "1h", rule: positive,
			Summary: "how long a new invoice can be paid",
			field:   func(c *Config) any { return &c.Payments.Expiry },
		},
		{
			Name: "payments.timeout", Kind: KindDuration, Default: "20s", rule: positive,
			Summary: "longest wait for one answer of the backend",
			field:   func(c *Config) any { return &c.Payments.Timeout },
		},
		{
			Name: "payments.lnd_url", Kind: KindURL, rule: safeURL,
			Summary: "address of LND's REST interface, such as https://lnd.internal:8080",
			field:   func(c *Config) any { return &c.Payments.LNDURL },
		},
		{
			Name: "payments.lnd_macaroon_file", Kind: KindPath,
			Summary: "file with LND's macaroon, readable by its owner only; invoice.macaroon is enough",
			field:   func(c *Config) any { return &c.Payments.LNDMacaroonFile },
		},
		{
			Name: "payments.lnd_tls_cert_file", Kind: KindPath,
			Summary: "file with LND's certificate, when it signed that itself",
			field:   func(c *Config) any { return &c.Payments.LNDTLSCertFile },
		},
		{
			Name: "payments.lnbits_url", Kind: KindURL, rule: safeURL,
			Summary: "address of LNbits, such as https://lnbits.internal",
			field:   func(c *Config) any { return &c.Payments.LNbitsURL },
		},
		{
			Name: "payments.lnbits_key_file", Kind: KindPath,
			Summary: "file with the wallet's invoice key, readable by its owner only",
			field:   func(c *Config) any { return &c.Payments.LNbitsKeyFile },
		},
	}, monitorKeys("payments", func(c *Config) *Monitor { return &c.Payments.Monitor })...)
}

var publicKeyForm = regexp.MustCompile(`^(0[23][0-9a-f]{64})?$`)

func publicKey(v any) string {
	if !publicKeyForm.MatchString(v.(string)) {
		return "must be a compressed public key: 66 hex digits in lower case"
	}
	return ""
}
