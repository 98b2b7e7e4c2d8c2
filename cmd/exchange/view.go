package exchange

import (
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/models"
)

// view is what the world sees of an exchange.
type view struct {
	ID              string      `json:"id"`
	Name            string      `json:"name"`
	Slug            string      `json:"slug"`
	Description     *string     `json:"description"`
	Website         *string     `json:"website"`
	LogoURL         *string     `json:"logo_url"`
	IsActive        bool        `json:"is_active"`
	APIVersion      *string     `json:"api_version"`
	CredentialTypes []string    `json:"credential_types"` // field names, in the order to ask for them
	CreatedAt       output.Time `json:"created_at"`
	UpdatedAt       output.Time `json:"updated_at"`
}

func desc() output.Desc {
	return output.Desc{Noun: "exchanges", ID: "id", Columns: []output.Column{
		{Field: "slug"},
		{Field: "name"},
		{Field: "is_active", Header: "ACTIVE"},
		{Field: "api_version", Header: "API"},
		{Field: "credential_types", Header: "CREDENTIAL FIELDS", Drop: 1},
		{Field: "website", Drop: 2},
	}}
}

func viewOf(e models.Exchange, types []models.ExchangeCredentialType) view {
	v := view{
		ID: e.ID, Name: e.Name, Slug: e.Slug, Description: e.Description, Website: e.Website, LogoURL: e.LogoURL,
		IsActive: e.IsActive == nil || *e.IsActive, APIVersion: e.APIVersion, CredentialTypes: []string{},
		CreatedAt: output.At(e.CreatedAt), UpdatedAt: output.At(e.UpdatedAt),
	}
	for _, t := range types {
		v.CredentialTypes = append(v.CredentialTypes, t.FieldName)
	}
	return v
}
