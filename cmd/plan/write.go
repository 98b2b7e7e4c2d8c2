package plan

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// planFlags are the flags that describe a plan, for create and update.
type planFlags struct {
	name, description, features          string
	sats, monthly, yearly, order, notify int32
	api, advanced, priority              bool
	clear                                flags.Clear
}

func (f *planFlags) register(c *cobra.Command) {
	s := c.Flags()
	s.StringVar(&f.name, "name", "", "`NAME` that people see")
	s.StringVar(&f.description, "description", "", "one `SENTENCE`")
	s.Int32Var(&f.sats, "price-sats", 0, "price in `SATS`")
	s.Int32Var(&f.monthly, "price-monthly", 0, "price a month; -1 for none")
	s.Int32Var(&f.yearly, "price-yearly", 0, "price a year; -1 for none")
	s.StringVar(&f.features, "features", "", "`JSON` list of what it offers")
	s.Int32Var(&f.order, "sort-order", 0, "place in the list")
	s.BoolVar(&f.api, "api-access", false, "has API access")
	s.BoolVar(&f.advanced, "advanced", false, "has the advanced features")
	s.BoolVar(&f.priority, "priority", false, "has priority support")
	s.Int32Var(&f.notify, "max-notifications", 0, "most notifications; -1 is unlimited")
}

// input is what was named on the command line.
func (f *planFlags) input(c *cobra.Command) admin.PlanInput {
	var in admin.PlanInput
	given := c.Flags().Changed
	if f.clear.Has("description") {
		in.Description = new("")
	}
	if f.clear.Has("features") {
		in.Features = new(models.JSON(""))
	}
	pick(&in.Name, &f.name, given("name"))
	pick(&in.Description, &f.description, given("description"))
	pick(&in.PriceSats, &f.sats, given("price-sats"))
	pick(&in.PriceMonthly, &f.monthly, given("price-monthly"))
	pick(&in.PriceYearly, &f.yearly, given("price-yearly"))
	pick(&in.SortOrder, &f.order, given("sort-order"))
	pick(&in.APIAccess, &f.api, given("api-access"))
	pick(&in.Advanced, &f.advanced, given("advanced"))
	pick(&in.Priority, &f.priority, given("priority"))
	pick(&in.MaxNotifications, &f.notify, given("max-notifications"))
	if given("features") {
		in.Features = new(models.JSON(f.features))
	}
	return in
}

func pick[T any](to **T, from *T, given bool) {
	if given {
		*to = from
	}
}

type (
	change  = verb.Change[models.Plan]
	changed = admin.Change[models.Plan]
)

func subject() verb.Subject[models.Plan, view] {
	return verb.Subject[models.Plan, view]{
		Desc: desc, Find: (*store.DB).FindPlan, View: viewOf,
		Name:     func(p models.Plan) string { return p.Slug },
		Complete: func(a *app.App) flags.Names { return a.PlanNames },
	}
}

func create(a *app.App) *cobra.Command {
	var f planFlags
	var slug string
	var inactive, ifNotExists bool
	return subject().Change(a, change{
		Words: verb.Words{
			Use: "create", Short: "Create a plan",
			Long: `Create a plan, with the default limits until "plan limits set" says otherwise. Users can only be put on the five slugs
that the database knows: free, basic, advanced, pro, lifetime.`,
			Examples: []string{"axisor plan create --slug pro --name Pro --price-sats 500000 --api-access --advanced --priority"},
			Exits:    exits.Database(exits.Conflict("slug or name taken")), Needs: []string{"slug", "name"},
		},
		Create: true,
		Flags: func(c *cobra.Command) {
			c.Flags().StringVar(&slug, "slug", "", "`SLUG` that users and payments refer to it by")
			f.register(c)
			c.Flags().BoolVar(&inactive, "inactive", false, "do not offer it yet")
			c.Flags().BoolVar(&ifNotExists, "if-not-exists", false, "a plan with this slug is no error")
		},
		Do: func(ctx context.Context, s *admin.Service, m admin.Mode, c *verb.Call) (changed, error) {
			in := f.input(c.Cmd)
			in.Slug, in.IfNotExists = slug, ifNotExists
			if inactive {
				in.Active = new(false)
			}
			return s.CreatePlan(ctx, m, in)
		},
		Done: "plan %s is created", Would: "plan %s would be created", Already: "plan %s exists already and is left as it is",
		Also: func(c *verb.Call, ch changed) {
			if ch.Status == words.Created && !models.PlanType(ch.After.Slug).Valid() {
				c.Print.Notice("note: the database knows no user on %q; only free, basic, advanced, pro and lifetime can be given to users", ch.After.Slug)
			}
		},
	})
}

func update(a *app.App) *cobra.Command {
	const example = "axisor plan update pro --price-sats 450000"
	var f planFlags
	var in admin.PlanInput
	return subject().Change(a, change{
		Words: verb.Words{
			Use: "update SLUG", Short: "Change a plan",
			Long:     "Change a plan; what is not named stays. The slug cannot change: users and payments refer to it by that text.",
			Examples: []string{example, `axisor plan update pro --features '["API","Alerts"]' --api-access=false`, "axisor plan update pro --clear description"},
			Exits:    exits.Database(exits.NotFound("no such plan"), exits.Conflict("name taken")),
		},
		Flags: func(c *cobra.Command) {
			f.register(c)
			f.clear.Register(c, "description", "features")
		},
		Check: func(call *verb.Call) error {
			if in = f.input(call.Cmd); in == (admin.PlanInput{}) {
				return clierr.Usagef("nothing to change").WithHint("for example: " + example)
			}
			return f.clear.Validate(call.Cmd)
		},
		Do: func(ctx context.Context, s *admin.Service, m admin.Mode, c *verb.Call) (changed, error) {
			return s.UpdatePlan(ctx, m, c.Args[0], in)
		},
		Done: "plan %s is updated", Would: "plan %s would be updated", Already: "plan %s is like that already",
	})
}

func enable(a *app.App) *cobra.Command {
	return switched(a, true, change{
		Words: verb.Words{Use: "enable SLUG", Short: "Offer a plan", Long: "Offer a plan again.", Examples: []string{"axisor plan enable basic"}},
		Done:  "plan %s is offered", Would: "plan %s would be offered", Already: "plan %s is offered already",
	})
}

func disable(a *app.App) *cobra.Command {
	return switched(a, false, change{
		Words: verb.Words{
			Use: "disable SLUG", Short: "Take a plan off sale", Long: "Take a plan off sale. Users who are on it stay on it.",
			Examples: []string{"axisor plan disable basic"},
		},
		Done: "plan %s is off sale", Would: "plan %s would be off sale", Already: "plan %s is off sale already",
	})
}

func switched(a *app.App, active bool, ch change) *cobra.Command {
	ch.Exits = exits.Database(exits.OK("also when it is that way already"), exits.NotFound("no such plan"))
	ch.Do = func(ctx context.Context, s *admin.Service, m admin.Mode, c *verb.Call) (changed, error) {
		return s.UpdatePlan(ctx, m, c.Args[0], admin.PlanInput{Active: &active})
	}
	return subject().Change(a, ch)
}

func remove(a *app.App) *cobra.Command {
	return subject().Change(a, change{
		Words: verb.Words{
			Use: "delete SLUG", Short: "Delete a plan that nobody is on",
			Long: `Delete a plan and its limits. A plan that users are on, or that pending payments are for, is refused with the count.
A terminal has to type the slug.`,
			Examples: []string{"axisor plan delete basic --dry-run", "axisor plan delete basic --yes"},
			Exits:    exits.Destroys(exits.NotFound("no such plan"), exits.Conflict("in use")),
		},
		Aliases: []string{"rm"},
		Ask:     func(p models.Plan) (string, string) { return "delete plan " + p.Slug, p.Slug },
		Do: func(ctx context.Context, s *admin.Service, m admin.Mode, c *verb.Call) (changed, error) {
			return s.DeletePlan(ctx, m, c.Args[0])
		},
		Done: "plan %s is deleted", Would: "plan %s would be deleted",
	})
}
