package config

func guardKeys() []Key {
	return append([]Key{
		{
			Name: "guard.reading", Kind: KindEnum, Default: "remaining", Enum: []string{"remaining", "price", "travelled"},
			Summary: "how a threshold is read against a position",
			field:   func(c *Config) any { return &c.Guard.Reading },
		},
		{
			Name: "guard.concurrency", Kind: KindInteger, Default: "16", rule: between(1, 256),
			Summary: "users worked on at once",
			field:   func(c *Config) any { return &c.Guard.Concurrency },
		},
		{
			Name: "guard.cooldown", Kind: KindDuration, Default: "60s", rule: notNegative,
			Summary: "shortest time between two additions to one position",
			field:   func(c *Config) any { return &c.Guard.Cooldown },
		},
		{
			Name: "guard.max_sats_per_run", Kind: KindInteger, Default: "0", rule: between(0, maxSats),
			Summary: "most sats one run may add; 0 is no cap",
			field:   func(c *Config) any { return &c.Guard.MaxSatsPerRun },
		},
		{
			Name: "guard.max_sats_per_user_day", Kind: KindInteger, Default: "0", rule: between(0, maxSats),
			Summary: "most sats added for one user in any 24 hours; 0 is no cap",
			field:   func(c *Config) any { return &c.Guard.MaxSatsPerUserDay },
		},
		{
			Name: "guard.max_sats_per_position_day", Kind: KindInteger, Default: "0", rule: between(0, maxSats),
			Summary: "most sats added to one position in any 24 hours; 0 is the position's entry margin",
			field:   func(c *Config) any { return &c.Guard.MaxSatsPerPositionDay },
		},
		{
			Name: "guard.max_balance_share", Kind: KindNumber, Default: "0.5", rule: numberOver(0, 1),
			Summary: "largest part of an account's free balance that all additions of one run, or one round, may take together",
			field:   func(c *Config) any { return &c.Guard.MaxBalanceShare },
		},
		{
			Name: "guard.min_add_sats", Kind: KindInteger, Default: "100", rule: between(1, maxSats),
			Summary: "smaller additions are not made",
			field:   func(c *Config) any { return &c.Guard.MinAddSats },
		},
		{
			Name: "guard.surge", Kind: KindEnum, Default: "tell", Enum: []string{"tell", "stop"},
			Summary: "what a run does that wants to add unusually much: tell adds and tells, stop adds up to the limit, nearest to liquidation first, then stops",
			field:   func(c *Config) any { return &c.Guard.Surge },
		},
		{
			Name: "guard.surge_factor", Kind: KindNumber, Default: "3", rule: numberFrom(0, 1000),
			Summary: "more than this many times what the largest run of the last week added is unusually much; 0 never is",
			field:   func(c *Config) any { return &c.Guard.SurgeFactor },
		},
		{
			Name: "guard.warn_at", Kind: KindNumber, Default: "0", rule: numberFrom(0, 99),
			Summary: "percent of the way from entry to liquidation; a position with no more left is reported as near its trigger, once per approach; 0 reports none",
			field:   func(c *Config) any { return &c.Guard.WarnAt },
		},
		{
			Name: "guard.price_source", Kind: KindEnum, Default: "ticker", Enum: []string{"ticker", "stream"},
			Summary: "where watchers and workers hear the price: by polling, or from the Stream API",
			field:   func(c *Config) any { return &c.Guard.PriceSource },
		},
		{
			Name: keyAlertURL, Kind: KindURL, rule: safeURL,
			Summary: "address that receives alerts",
			field:   func(c *Config) any { return &c.Guard.AlertURL },
		},
		{
			Name: "guard.alert_secret_file", Kind: KindPath,
			Summary: "file with the secret that signs alerts",
			field:   func(c *Config) any { return &c.Guard.AlertSecretFile },
		},
	}, monitorKeys("guard", func(c *Config) *Monitor { return &c.Guard.Monitor })...)
}

func backupKeys() []Key {
	return append([]Key{
		{
			Name: "backup.directory", Kind: KindPath, Default: "/backups/postgresql",
			Summary: "where backups are written",
			field:   func(c *Config) any { return &c.Backup.Directory },
		},
		{
			Name: "backup.retention_days", Kind: KindInteger, Default: "30", rule: between(0, 36500),
			Summary: "every backup of this many days is kept; 0 is no such rule",
			field:   func(c *Config) any { return &c.Backup.RetentionDays },
		},
		{
			Name: "backup.keep_last", Kind: KindInteger, Default: "1", rule: between(0, 10000),
			Summary: "this many newest backups are kept, however old they are",
			field:   func(c *Config) any { return &c.Backup.KeepLast },
		},
		{
			Name: "backup.keep_daily", Kind: KindInteger, Default: "0", rule: between(0, 10000),
			Summary: "days of which one backup is kept",
			field:   func(c *Config) any { return &c.Backup.KeepDaily },
		},
		{
			Name: "backup.keep_weekly", Kind: KindInteger, Default: "0", rule: between(0, 10000),
			Summary: "weeks of which one backup is kept",
			field:   func(c *Config) any { return &c.Backup.KeepWeekly },
		},
		{
			Name: "backup.keep_monthly", Kind: KindInteger, Default: "0", rule: between(0, 10000),
			Summary: "months of which one backup is kept",
			field:   func(c *Config) any { return &c.Backup.KeepMonthly },
		},
		{
			Name: "backup.compression", Kind: KindText, Default: "zstd", rule: compression,
			Summary: "compression of dumps: zstd, gzip or none, with an optional level such as zstd:3",
			field:   func(c *Config) any { return &c.Backup.Compression },
		},
		{
			Name: "backup.recipients", Kind: KindList,
			Summary: "age public keys that dumps are encrypted to",
			field:   func(c *Config) any { return &c.Backup.Recipients },
		},
		{
			Name: "backup.signing_key_file", Kind: KindPath,
			Summary: "file with the key that signs manifests; a backup without its signature is then refused",
			field:   func(c *Config) any { return &c.Backup.SigningKeyFile },
		},
		{
			Name: "backup.targets", Kind: KindList,
			Summary: "further places that receive a copy of each backup",
			field:   func(c *Config) any { return &c.Backup.Targets },
		},
		{
			Name: "backup.dump_flags", Kind: KindList,
			Summary: "more flags for pg_dump",
			field:   func(c *Config) any { return &c.Backup.DumpFlags },
		},
		{
			Name: "backup.pre_hook", Kind: KindList,
			Summary: "program and arguments run before a backup, without a shell; its failure stops the backup",
			field:   func(c *Config) any { return &c.Backup.PreHook },
		},
		{
			Name: "backup.post_hook", Kind: KindList,
			Summary: "program and arguments run after a backup, good or failed, without a shell",
			field:   func(c *Config) any { return &c.Backup.PostHook },
		},
	}, monitorKeys("backup", func(c *Config) *Monitor { return &c.Backup.Monitor })...)
}

func doctorKeys() []Key {
	return monitorKeys("doctor", func(c *Config) *Monitor { return &c.Doctor.Monitor })
}

const pingSuffix = ".ping_url"

// monitorKeys are the keys by which a job tells machines how its runs go.
func monitorKeys(job string, of func(*Config) *Monitor) []Key {
	return []Key{
		{
			Name: job + pingSuffix, Kind: KindURL, rule: safeURL,
			Summary: "address that is called with /start, after a good run, and with /fail after a failed one",
			field:   func(c *Config) any { return &of(c).PingURL },
		},
		{
			Name: job + ".metrics_file", Kind: KindPath,
			Summary: "file that receives numbers of the last run in Prometheus text form",
			field:   func(c *Config) any { return &of(c).MetricsFile },
		},
	}
}
