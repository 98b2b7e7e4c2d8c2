package exchange

import (
	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/models"
)

// typeView is one field of an exchange's credentials. It defines a field and holds no value of one.
type typeView struct {
	ID          string      `json:"id"`
	Exchange    string      `json:"exchange"` // slug
	FieldName   string      `json:"field_name"`
	Name        string      `json:"name"`
	FieldType   string      `json:"field_type"`
	IsRequired  bool        `json:"is_required"`
	Description *string     `json:"description"`
	Order       int32       `json:"order"`
	CreatedAt   output.Time `json:"created_at"`
	UpdatedAt   output.Time `json:"updated_at"`
}

func typeDesc() output.Desc {
	return output.Desc{Noun: "credential fields", ID: "id", Columns: []output.Column{
		{Field: "exchange"},
		{Field: "order"},
		{Field: "field_name", Header: "FIELD"},
		{Field: "name"},
		{Field: "field_type", Header: "TYPE"},
		{Field: "is_required", Header: "REQUIRED"},
		{Field: "description", Drop: 1},
	}}
}

func typeViewOf(c models.ExchangeCredentialType, slug string) typeView {
	return typeView{
		ID: c.ID, Exchange: slug, FieldName: c.FieldName, Name: c.Name, FieldType: c.FieldType,
		IsRequired: c.IsRequired == nil || *c.IsRequired, Description: c.Description, Order: c.Order,
		CreatedAt: output.At(c.CreatedAt), UpdatedAt: output.At(c.UpdatedAt),
	}
}

func newCredentialType(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:     "credential-type",
		Aliases: []string{"credential-types"},
		Short:   "The credential fields an exchange asks for",
		Long:    "The fields that credentials of an exchange consist of, in the order in which they are asked for.",
	}
	c.AddCommand(newTypeList(a, nil), newTypeAdd(a, nil), newTypeRemove(a, nil))
	return c
}
