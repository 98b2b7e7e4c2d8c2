package dev

import (
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/devenv"
)

// envView is the environment as commands print it. Addresses carry no password.
type envView struct {
	Folder      string  `json:"folder"`
	ConfigFile  *string `json:"config_file"`
	Database    string  `json:"database"`
	DatabaseURL *string `json:"database_url"`
	DatabasePID *int    `json:"database_pid"`
	DatabaseLog string  `json:"database_log"`
	Exchange    string  `json:"exchange"`
	ExchangeURL *string `json:"exchange_url"`
	ExchangePID *int    `json:"exchange_pid"`
	ExchangeLog string  `json:"exchange_log"`
	// Orders to a simulator, below /sim, need the token in this file.
	ExchangeToken *string `json:"exchange_token_file"`

	Lightning      string  `json:"lightning"`
	LightningURL   *string `json:"lightning_url"`
	LightningPID   *int    `json:"lightning_pid"`
	LightningLog   string  `json:"lightning_log"`
	LightningToken *string `json:"lightning_token_file"`
}

func envDesc() output.Desc { return output.Desc{Noun: "environments", ID: "folder"} }

func viewOf(s devenv.Status) envView {
	v := envView{Folder: s.Folder, ConfigFile: output.Optional(s.ConfigFile)}
	for _, p := range s.Parts {
		address, pid, token := output.Optional(p.Address), output.Optional(p.PID), output.Optional(p.TokenFile)
		switch p.Name {
		case "exchange":
			v.Exchange, v.ExchangeURL, v.ExchangePID, v.ExchangeLog, v.ExchangeToken = p.State, address, pid, p.Log, token
		case "lightning":
			v.Lightning, v.LightningURL, v.LightningPID, v.LightningLog, v.LightningToken = p.State, address, pid, p.Log, token
		default:
			v.Database, v.DatabaseURL, v.DatabasePID, v.DatabaseLog = p.State, address, pid, p.Log
		}
	}
	return v
}
