package account

import (
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/store"
)

// view is what the world sees of an account. Of the credentials it has the names of the fields.
type view struct {
	ID          string       `json:"id"`
	UserID      string       `json:"user_id"`
	UserEmail   string       `json:"user_email"`
	Exchange    string       `json:"exchange"` // slug
	AccountName string       `json:"account_name"`
	Fields      []string     `json:"fields"`
	IsActive    bool         `json:"is_active"`
	IsVerified  bool         `json:"is_verified"`
	LastTest    *output.Time `json:"last_test"`
	CreatedAt   output.Time  `json:"created_at"`
	UpdatedAt   output.Time  `json:"updated_at"`
}

func desc() output.Desc {
	return output.Desc{Noun: "accounts", ID: "id", Columns: []output.Column{
		{Field: "user_email", Header: "USER"},
		{Field: "exchange"},
		{Field: "account_name", Header: "NAME"},
		{Field: "is_active", Header: "ACTIVE"},
		{Field: "is_verified", Header: "VERIFIED"},
		{Field: "fields", Drop: 2},
		{Field: "last_test", Drop: 3},
		{Field: "created_at", Header: "CREATED", Drop: 4},
		{Field: "id", Drop: 1},
	}}
}

func viewOf(a store.Account) view {
	v := view{
		ID: a.ID, UserID: a.UserID, UserEmail: a.UserEmail, Exchange: a.ExchangeSlug, AccountName: a.AccountName, Fields: []string{},
		IsActive: a.IsActive, IsVerified: a.IsVerified, LastTest: output.AtPtr(a.LastTest),
		CreatedAt: output.At(a.CreatedAt), UpdatedAt: output.At(a.UpdatedAt),
	}
	v.Fields = append(v.Fields, a.Fields...)
	return v
}
