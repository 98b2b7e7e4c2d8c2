package plan

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
)

// planFlags are the flags that describe a plan, for create and update.
type planFlags struct {
	name, description, features          string
	sats, monthly, yearly, order, notify int32
	api, advanced, priority              bool
}

func (f *planFlags) register(c *cobra.Command) {
	s := c.Flags()
	s.StringVar(&f.name, "name", "", "`NAME` that people see")
	s.StringVar(&f.description, "description", "", "one `SENTENCE`; empty removes it")
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

func newCreate(a *app.App) *cobra.Command {
	var f planFlags
	var slug string
	var inactive, ifNotExists bool
	var writes flags.Writes
	c := &cobra.Command{
		Use: "create", Short: "Create a plan",
		Long: `Create a plan, with the default limits until "plan limits set" says otherwise. Users can only be put on the five slugs
that the database knows: free, basic, advanced, pro, lifetime.

Exit codes: 0, 2, 4 (slug or name taken), 10, 11, 12.`,
		Example: "  axisor plan create --slug pro --name Pro --price-sats 500000 --api-access --advanced --priority",
		Args:    flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if slug == "" || f.name == "" {
				return clierr.Usagef("a plan needs --slug and --name").WithHint("axisor plan create --slug pro --name Pro")
			}
			in := f.input(c)
			in.Slug, in.IfNotExists = slug, ifNotExists
			if inactive {
				in.Active = new(false)
			}
			return change(c.Context(), a, "created", func(ctx context.Context, s *admin.Service) (admin.Change[models.Plan], error) {
				return s.CreatePlan(ctx, a.Mode(writes.DryRun), in)
			})
		},
	}
	c.Flags().StringVar(&slug, "slug", "", "`SLUG` that users and payments refer to it by")
	f.register(c)
	c.Flags().BoolVar(&inactive, "inactive", false, "do not offer it yet")
	c.Flags().BoolVar(&ifNotExists, "if-not-exists", false, "a plan with this slug is no error")
	writes.Register(c)
	flags.Fields(c, output.Fields[view]())
	return c
}

func newUpdate(a *app.App) *cobra.Command {
	var f planFlags
	var writes flags.Writes
	const example = "axisor plan update pro --price-sats 450000"
	c := &cobra.Command{
		Use: "update SLUG", Short: "Change a plan",
		Long: `Change a plan; what is not named stays. The slug cannot change: users and payments refer to it by that text.

Exit codes: 0, 2, 3 (no such plan), 4 (name taken), 10, 11, 12.`,
		Example:           "  " + example + "\n  axisor plan update pro --features '[\"API\",\"Alerts\"]' --api-access=false",
		Args:              flags.Exactly(example, "SLUG"),
		ValidArgsFunction: flags.Live(a.PlanNames, false),
		RunE: func(c *cobra.Command, args []string) error {
			in := f.input(c)
			if in == (admin.PlanInput{}) {
				return clierr.Usagef("nothing to change").WithHint("for example: " + example)
			}
			return change(c.Context(), a, "updated", func(ctx context.Context, s *admin.Service) (admin.Change[models.Plan], error) {
				return s.UpdatePlan(ctx, a.Mode(writes.DryRun), args[0], in)
			})
		},
	}
	f.register(c)
	writes.Register(c)
	flags.Fields(c, output.Fields[view]())
	return c
}

func newSwitch(a *app.App, active bool) *cobra.Command {
	var writes flags.Writes
	name, short, long := "enable", "Offer a plan", "Offer a plan again."
	if !active {
		name, short, long = "disable", "Take a plan off sale", "Take a plan off sale. Users who are on it stay on it."
	}
	c := &cobra.Command{
		Use: name + " SLUG", Short: short,
		Long:              long + "\n\nExit codes: 0 (also when it is that way already), 2, 3 (no such plan), 10, 11, 12.",
		Example:           "  axisor plan " + name + " basic",
		Args:              flags.Exactly("axisor plan "+name+" basic", "SLUG"),
		ValidArgsFunction: flags.Live(a.PlanNames, false),
		RunE: func(c *cobra.Command, args []string) error {
			return change(c.Context(), a, name+"d", func(ctx context.Context, s *admin.Service) (admin.Change[models.Plan], error) {
				return s.UpdatePlan(ctx, a.Mode(writes.DryRun), args[0], admin.PlanInput{Active: &active})
			})
		},
	}
	writes.Register(c)
	flags.Fields(c, output.Fields[view]())
	return c
}

func newDelete(a *app.App) *cobra.Command {
	var writes flags.Writes
	const example = "axisor plan delete basic --dry-run"
	c := &cobra.Command{
		Use: "delete SLUG", Aliases: []string{"rm"}, Short: "Delete a plan that nobody is on",
		Long: `Delete a plan and its limits. A plan that users are on, or that pending payments are for, is refused with the count.
A terminal has to type the slug.

Exit codes: 0, 2, 3 (no such plan), 4 (in use), 5, 10, 11, 12.`,
		Example:           "  " + example + "\n  axisor plan delete basic --yes",
		Args:              flags.Exactly(example, "SLUG"),
		ValidArgsFunction: flags.Live(a.PlanNames, false),
		RunE: func(c *cobra.Command, args []string) error {
			return change(c.Context(), a, "deleted", func(ctx context.Context, s *admin.Service) (admin.Change[models.Plan], error) {
				plan, err := s.DeletePlan(ctx, admin.Mode{DryRun: true}, args[0]) // what stands in the way is said before anything is asked
				if err != nil || writes.DryRun {
					return plan, err
				}
				if err := a.Prompt().Type(ctx, "delete plan "+plan.Before.Slug, plan.Before.Slug); err != nil {
					return plan, err
				}
				return s.DeletePlan(ctx, a.Mode(false), plan.Before.ID)
			})
		},
	}
	writes.RegisterDestroy(c)
	flags.Fields(c, output.Fields[view]())
	return c
}

// change runs a write and prints the plan as it now is.
func change(ctx context.Context, a *app.App, word string, act func(context.Context, *admin.Service) (admin.Change[models.Plan], error)) error {
	p, err := a.Printer()
	if err != nil {
		return err
	}
	svc, err := a.Admin(ctx)
	if err != nil {
		return err
	}
	c, err := act(ctx, svc)
	if err != nil {
		return err
	}
	plan := "plan " + c.After.Slug
	say := output.Say{Done: plan + " is " + word, Would: plan + " would be " + word, Already: plan + " is like that already"}
	if c.Status == admin.StatusAlreadyExists {
		say.Already = plan + " exists already and is left as it is"
	}
	if err := output.Change(p, desc(), viewOf(*c.After), output.ChangeInfo{Result: c.Status, DryRun: c.DryRun, Say: say}); err != nil {
		return err
	}
	if c.Status == admin.StatusCreated && !models.PlanType(c.After.Slug).Valid() {
		p.Notice("note: the database knows no user on %q; only free, basic, advanced, pro and lifetime can be given to users", c.After.Slug)
	}
	return nil
}
