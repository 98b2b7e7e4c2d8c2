package credential

import (
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/store"
)

// view is what the world sees of credentials: the names of the fields.
type view struct {
	ID         string       `json:"id"`
	UserID     string       `json:"user_id"`
	UserEmail  string       `json:"user_email"`
	Exchange   string       `json:"exchange"` // slug
	Fields     []string     `json:"fields"`
	IsActive   bool         `json:"is_active"`
	IsVerified bool         `json:"is_verified"`
	LastTest   *output.Time `json:"last_test"`
	CreatedAt  output.Time  `json:"created_at"`
	UpdatedAt  output.Time  `json:"updated_at"`
}

func desc() output.Desc {
	return output.Desc{Noun: "credentials", ID: "id", Columns: []output.Column{
		{Field: "user_email", Header: "USER"},
		{Field: "exchange"},
		{Field: "is_active", Header: "ACTIVE"},
		{Field: "is_verified", Header: "VERIFIED"},
		{Field: "fields", Drop: 2},
		{Field: "last_test", Drop: 3},
		{Field: "updated_at", Header: "UPDATED", Drop: 4},
		{Field: "id", Drop: 1},
	}}
}

func viewOf(c store.Credential) view {
	v := view{
		ID: c.ID, UserID: c.UserID, UserEmail: c.UserEmail, Exchange: c.ExchangeSlug, Fields: []string{}, IsActive: c.IsActive == nil || *c.IsActive,
		IsVerified: c.IsVerified, LastTest: output.AtPtr(c.LastTest), CreatedAt: output.At(c.CreatedAt), UpdatedAt: output.At(c.UpdatedAt),
	}
	v.Fields = append(v.Fields, c.Fields...)
	return v
}
