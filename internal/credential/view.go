package credential

import (
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/pkg/exchange"
)

// View is the result of one test.
type View struct {
	ID            string   `json:"id"`
	UserID        string   `json:"user_id"`
	Exchange      string   `json:"exchange"`     // slug
	AccountName   *string  `json:"account_name"` // null for credentials, which have none
	Outcome       string   `json:"outcome"`
	Detail        string   `json:"detail"`
	MissingScopes []string `json:"missing_scopes"`
	IsVerified    *bool    `json:"is_verified"` // null when nothing was learned
	Recorded      bool     `json:"recorded"`    // is_verified and last_test were written
	ClockOffsetMS int64    `json:"clock_offset_ms"`
}

// Desc describes results of tests.
func Desc(noun string) output.Desc {
	return output.Desc{Noun: noun, ID: "id", Columns: []output.Column{
		{Field: "id"},
		{Field: "user_id", Header: "USER", Drop: 3},
		{Field: "exchange", Drop: 2},
		{Field: "account_name", Header: "NAME", Drop: 1},
		{Field: "outcome", Role: role},
		{Field: "detail", Drop: 4},
	}}
}

func role(v any) int {
	switch exchange.Outcome(v.(string)) {
	case exchange.Works:
		return int(streams.Good)
	case exchange.Unreachable, exchange.ClockOff, exchange.RateLimited, exchange.OtherNetwork:
		return int(streams.Warn)
	}
	return int(streams.Bad)
}
