package exchange

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
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
	c.AddCommand(typeList(a), typeAdd(a), typeRemove(a))
	return c
}

type changedType = admin.Change[models.ExchangeCredentialType]

func typeSubject() verb.Subject[models.ExchangeCredentialType, typeView] {
	return verb.Subject[models.ExchangeCredentialType, typeView]{
		Desc: typeDesc,
		Views: func(ctx context.Context, db *store.DB) (func(models.ExchangeCredentialType) typeView, error) {
			all, err := db.ListExchanges(ctx, store.ExchangeFilter{}, store.Page{All: true}).Collect()
			slugs := make(map[string]string, len(all))
			for _, e := range all {
				slugs[e.ID] = e.Slug
			}
			return func(t models.ExchangeCredentialType) typeView { return typeViewOf(t, slugs[t.ExchangeID]) }, err
		},
		Name:     func(t models.ExchangeCredentialType) string { return t.FieldName },
		Complete: func(a *app.App) flags.Names { return a.ExchangeNames },
	}
}

func typeList(a *app.App) *cobra.Command {
	return verb.Command{
		Words: verb.Words{
			Use: "list EXCHANGE", Short: "List the credential fields of an exchange",
			Long:     "Lists the credential fields of an exchange (slug, name or id) in the order in which they are asked for.",
			Examples: []string{"axisor exchange credential-type list lnmarkets"}, Exits: exits.Database(exits.NotFound("no such exchange")),
		},
		Aliases: []string{"ls"}, Effect: flags.Read, Fields: output.Fields[typeView](), Complete: a.ExchangeNames,
		Read: func(ctx context.Context, call *verb.Call, db *store.DB) error {
			e, err := db.FindExchange(ctx, call.Args[0])
			if err != nil {
				return err
			}
			types, err := db.CredentialTypes(ctx, e.ID)
			if err != nil {
				return err
			}
			views := make([]typeView, 0, len(types))
			for _, t := range types {
				views = append(views, typeViewOf(t, e.Slug))
			}
			return output.Slice(call.Print, typeDesc(), views)
		},
	}.Build(a)
}

func typeAdd(a *app.App) *cobra.Command {
	var in admin.CredentialTypeInput
	var kind flags.Enum
	var order int32
	return typeSubject().Change(a, verb.Change[models.ExchangeCredentialType]{
		Words: verb.Words{
			Use: "add EXCHANGE FIELD", Short: "Add a credential field to an exchange",
			Long: `Adds a field to what an exchange asks for. FIELD is its name in stored credentials, as in api_key; names that differ
in case, spaces, dashes or underscores alone are one field. Credentials that are stored already do not change.`,
			Examples: []string{"axisor exchange credential-type add kraken private_key --name 'Private Key' --type password"},
			Exits:    exits.Database(exits.NotFound("no such exchange"), exits.Conflict("it has the field")),
		},
		Aliases: []string{"create"},
		Flags: func(c *cobra.Command) {
			f := c.Flags()
			f.StringVar(&in.Name, "name", "", "`LABEL` for people; default: FIELD")
			flags.RegisterEnum(c, &kind, "type", "text", "kind of form field", admin.FieldTypes()...)
			f.BoolVar(&in.Optional, "optional", false, "it may be left empty")
			f.StringVar(&in.Description, "description", "", "a sentence of `TEXT` shown when it is asked for")
			f.Int32Var(&order, "order", 0, "its place among the fields; default: the last")
		},
		Check: func(call *verb.Call) error {
			in.Exchange, in.FieldName, in.FieldType = call.Args[0], call.Args[1], kind.String()
			if call.Given("order") {
				in.Order = &order
			}
			return nil
		},
		Do: func(ctx context.Context, s *admin.Service, m admin.Mode, _ *verb.Call) (changedType, error) {
			return s.AddCredentialType(ctx, m, in)
		},
		Done: "the exchange asks for %s", Would: "the exchange would ask for %s",
	})
}

func typeRemove(a *app.App) *cobra.Command {
	return typeSubject().Change(a, verb.Change[models.ExchangeCredentialType]{
		Words: verb.Words{
			Use: "remove EXCHANGE FIELD", Short: "Remove a credential field from an exchange",
			Long:     "Removes a field from what an exchange asks for, after a confirmation. Values of the field that are stored stay stored.",
			Examples: []string{"axisor exchange credential-type remove kraken private_key --yes"},
			Exits:    exits.Destroys(exits.NotFound("no such exchange or field")),
		},
		Aliases: []string{"rm", "delete"},
		Ask: func(t models.ExchangeCredentialType) (string, string) {
			return "stop asking for " + t.FieldName + "?", ""
		},
		Do: func(ctx context.Context, s *admin.Service, m admin.Mode, c *verb.Call) (changedType, error) {
			return s.RemoveCredentialType(ctx, m, c.Args[0], c.Args[1])
		},
		Done: "the exchange does not ask for %s any more", Would: "the exchange would not ask for %s any more",
	})
}
