package automation

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/store"
)

// typeView is a type of automation.
type typeView struct {
	ID          string      `json:"id"`
	Slug        string      `json:"slug"`
	Name        string      `json:"name"`
	Description *string     `json:"description"`
	IsActive    bool        `json:"is_active"`
	Automations int64       `json:"automations"`
	Active      int64       `json:"active"` // of the automations
	CreatedAt   output.Time `json:"created_at"`
	UpdatedAt   output.Time `json:"updated_at"`
}

func typeDesc() output.Desc {
	return output.Desc{Noun: "automation types", ID: "id", Columns: []output.Column{
		{Field: "slug"},
		{Field: "name", Drop: 2},
		{Field: "is_active", Header: "ACTIVE"},
		{Field: "automations"},
		{Field: "active", Header: "RUNNING"},
		{Field: "description", Drop: 1},
	}}
}

func typeViewOf(t store.AutomationTypeUse) typeView {
	return typeView{
		ID: t.ID, Slug: t.Slug, Name: t.Name, Description: t.Description, IsActive: t.IsActive == nil || *t.IsActive,
		Automations: t.Automations, Active: t.Active, CreatedAt: output.At(t.CreatedAt), UpdatedAt: output.At(t.UpdatedAt),
	}
}

func newType(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "type",
		Short: "Types of automations",
		Long:  "The types that automations can have, with how many there are of each.",
	}
	c.AddCommand(newTypeList(a), newTypeSwitch(a, true), newTypeSwitch(a, false))
	return c
}

func typeSubject() verb.Subject[store.AutomationTypeUse, typeView] {
	return verb.Subject[store.AutomationTypeUse, typeView]{
		Desc: typeDesc, View: typeViewOf,
		Name: func(t store.AutomationTypeUse) string { return t.Slug },
		Complete: func(*app.App) flags.Names {
			return func(context.Context, string) []string { return typeWords() }
		},
	}
}

func newTypeList(a *app.App) *cobra.Command {
	return typeSubject().List(a, verb.List[store.AutomationTypeUse]{
		Words: verb.Words{
			Short: "List the types of automations", Long: "Lists the types with the number of their automations.",
			Examples: []string{"axisor automation type list"}, Exits: exits.Database(),
		},
		Sort: []string{"slug", "name", "created_at"},
		Filter: func(*app.App, *cobra.Command) verb.Query[store.AutomationTypeUse] {
			return func(ctx context.Context, db *store.DB, page store.Page) (store.List[store.AutomationTypeUse], error) {
				return db.ListAutomationTypes(ctx, page), nil
			}
		},
	})
}

func newTypeSwitch(a *app.App, active bool) *cobra.Command {
	name, short, long, state := "enable", "Let users have new automations of a type", "Makes a type (slug, name or id) active.", "active"
	if !active {
		name, short, state = "disable", "Keep users from having new automations of a type", "inactive"
		long = "Makes a type (slug, name or id) inactive: no new automations of it. Those that run go on."
	}
	return typeSubject().Change(a, verb.Change[store.AutomationTypeUse]{
		Words: verb.Words{
			Use: name + " TYPE", Short: short, Long: long, Examples: []string{"axisor automation type " + name + " tp_sl"},
			Exits: exits.Database(exits.OK("also when it is so already"), exits.NotFound("")),
		},
		Do: func(ctx context.Context, s *admin.Service, m admin.Mode, call *verb.Call) (admin.Change[store.AutomationTypeUse], error) {
			done := admin.Change[store.AutomationTypeUse]{}
			change, err := s.SetAutomationTypeActive(ctx, m, call.Args[0], active)
			if err != nil {
				return done, err
			}
			db, err := call.DB(ctx)
			if err != nil {
				return done, err
			}
			use, err := db.AutomationTypeUse(ctx, *change.After)
			done.After, done.Status, done.DryRun = &use, change.Status, change.DryRun
			return done, err
		},
		Done: "automation type %s is " + state, Would: "automation type %s would be " + state, Already: "automation type %s is " + state + " already",
	})
}
