package automation

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
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

type typeListOptions struct {
	app  *app.App
	page flags.Page
}

func newTypeList(a *app.App) *cobra.Command {
	o := &typeListOptions{app: a}
	sorts := []string{"slug", "name", "created_at"}
	c := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the types of automations",
		Long: `Lists the types with the number of their automations.

Exit codes: 0, 2, 10, 11, 12.`,
		Example: "  axisor automation type list",
		Args:    flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.page.Validate(sorts...); err != nil {
				return err
			}
			return runTypeList(c.Context(), o)
		},
	}
	o.page.Register(c, sorts...)
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[typeView]())
	return c
}

func runTypeList(ctx context.Context, o *typeListOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	list := db.ListAutomationTypes(ctx, store.Page(o.page))
	return output.List(p, typeDesc(), output.Map(list.Items, typeViewOf), list.Next)
}

type typeSwitchOptions struct {
	app    *app.App
	ref    string
	active bool
	write  flags.Writes
}

func newTypeSwitch(a *app.App, active bool) *cobra.Command {
	o := &typeSwitchOptions{app: a, active: active}
	verb, short, long := "enable", "Let users have new automations of a type", "Makes a type (slug, name or id) active."
	if !active {
		verb, short = "disable", "Keep users from having new automations of a type"
		long = "Makes a type (slug, name or id) inactive: no new automations of it. Those that run go on."
	}
	c := &cobra.Command{
		Use: verb + " TYPE", Short: short,
		Long:    long + "\n\nExit codes: 0 also when it is so already, 2, 3, 10, 11, 12.",
		Example: "  axisor automation type " + verb + " tp_sl",
		Args:    flags.Exactly("axisor automation type "+verb+" tp_sl", "TYPE"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return typeWords(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			o.ref = args[0]
			return runTypeSwitch(c.Context(), o)
		},
	}
	o.write.Register(c)
	flags.Fields(c, output.Fields[typeView]())
	return c
}

func runTypeSwitch(ctx context.Context, o *typeSwitchOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	svc, err := o.app.Admin(ctx)
	if err != nil {
		return err
	}
	change, err := svc.SetAutomationTypeActive(ctx, o.app.Mode(o.write.DryRun), o.ref, o.active)
	if err != nil {
		return err
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	use, err := db.AutomationTypeUse(ctx, *change.After)
	if err != nil {
		return err
	}
	word := "inactive"
	if o.active {
		word = "active"
	}
	is := "automation type " + change.After.Slug + " is " + word
	say := output.Say{Done: is, Would: "automation type " + change.After.Slug + " would be " + word, Already: is + " already"}
	return output.Change(p, typeDesc(), typeViewOf(use), output.ChangeInfo{Result: change.Status, DryRun: change.DryRun, Say: say})
}
