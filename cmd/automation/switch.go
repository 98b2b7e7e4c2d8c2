package automation

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/store"
)

type switchOptions struct {
	app    *app.App
	ids    []string
	user   string
	kind   string
	active bool
	write  flags.Writes
}

func newEnable(a *app.App) *cobra.Command {
	return newSwitch(a, true, &cobra.Command{
		Use:   "enable [ID...]",
		Short: "Start automations",
		Long: `Makes automations active, and their status with them: those with these ids, or those of a user, a type, or both. What
--user and --type select is shown before anything happens. All are changed or, when one cannot be, none.

Exit codes: 0 also when they are active already, 2, 3, 4 when another of the same type is active on the account, 5, 10, 11, 12.`,
		Example: "  axisor automation enable " + idExample + "\n  axisor automation enable --user ana@example.com --type tp_sl --dry-run",
	})
}

func newDisable(a *app.App) *cobra.Command {
	return newSwitch(a, false, &cobra.Command{
		Use:   "disable [ID...]",
		Short: "Pause automations",
		Long: `Makes automations inactive and their status paused: those with these ids, or those of a user, a type, or both. What
--user and --type select is shown before anything happens. Positions on the exchange stay as they are.

Exit codes: 0 also when they are inactive already, 2, 3, 5, 10, 11, 12.`,
		Example: "  axisor automation disable " + idExample + "\n  axisor automation disable --user ana@example.com --yes --reason 'asked by mail'",
	})
}

func newSwitch(a *app.App, active bool, c *cobra.Command) *cobra.Command {
	o := &switchOptions{app: a, active: active}
	c.Args = cobra.ArbitraryArgs
	c.RunE = func(c *cobra.Command, args []string) error {
		o.ids = args
		chosen := o.user != "" || o.kind != ""
		if chosen == (len(args) > 0) {
			return clierr.Usagef("automation %s takes ids, or --user and --type", c.Name()).
				WithHint("for example: axisor automation " + c.Name() + " " + idExample)
		}
		return runSwitch(c.Context(), o)
	}
	c.Flags().StringVar(&o.user, "user", "", "all of this `USER` (id, e-mail or username)")
	c.Flags().StringVar(&o.kind, "type", "", "all of this type (`SLUG`)")
	flags.CompleteLive(c, "user", a.UserNames)
	flags.Complete(c, "type", typeWords)
	o.write.Register(c)
	flags.Fields(c, output.Fields[view]())
	return c
}

func runSwitch(ctx context.Context, o *switchOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	svc, err := o.app.Admin(ctx)
	if err != nil {
		return err
	}
	single := len(o.ids) == 1
	if len(o.ids) == 0 {
		if err := o.choose(ctx, p); err != nil {
			return err
		}
	}
	changes, err := svc.SetAutomationsActive(ctx, o.app.Mode(o.write.DryRun), o.ids, o.active)
	if err != nil {
		return err
	}
	word := "active"
	if !o.active {
		word = "paused"
	}
	if single {
		c := changes[0]
		is := "automation " + c.After.ID + " is " + word
		say := output.Say{Done: is, Would: "automation " + c.After.ID + " would be " + word, Already: is + " already"}
		return output.Change(p, desc(), viewOf(*c.After), output.ChangeInfo{Result: c.Status, DryRun: c.DryRun, Say: say})
	}
	views, changed := make([]switchView, 0, len(changes)), 0
	for _, c := range changes {
		v := switchView{view: viewOf(*c.After), Result: c.Status}
		if c.DryRun {
			v.DryRun = &c.DryRun
		}
		views = append(views, v)
		if c.Status != admin.StatusUnchanged {
			changed++
		}
	}
	if err := output.Slice(p, desc(), views); err != nil || p.Machine() {
		return err
	}
	said := fmt.Sprintf("%d of %d automations are now %s", changed, len(views), word)
	if o.write.DryRun {
		said = fmt.Sprintf("dry run: %d of %d automations would become %s; nothing was changed", changed, len(views), word)
	}
	p.Notice("%s", said)
	return nil
}

// switchView is one of several automations that were switched.
type switchView struct {
	view
	Result string `json:"result"`
	DryRun *bool  `json:"dry_run,omitempty"`
}

// choose collects the ids of what would change, and asks.
func (o *switchOptions) choose(ctx context.Context, p *output.Printer) error {
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	f := store.AutomationFilter{Active: new(!o.active)}
	whose := "everybody's"
	if o.user != "" {
		u, err := db.FindUser(ctx, o.user)
		if err != nil {
			return err
		}
		f.UserID, whose = u.ID, u.Email+"'s"
	}
	if o.kind != "" {
		kind, err := db.FindAutomationType(ctx, o.kind)
		if err != nil {
			return err
		}
		f.Type = kind.Slug
		whose += " " + kind.Slug
	}
	rows, err := db.ListAutomations(ctx, f, store.Page{All: true, Sort: "created_at"}).Collect()
	if err != nil {
		return err
	}
	for _, r := range rows {
		o.ids = append(o.ids, r.ID)
	}
	if len(rows) == 0 || o.write.DryRun {
		return nil
	}
	verb := "pause"
	if o.active {
		verb = "start"
	}
	const few = 20
	for i, r := range rows {
		if i == few {
			p.Notice("  … and %d more", len(rows)-few)
			break
		}
		p.Notice("  %s  %s  %s", r.ID, r.Type, viewOf(r).Status)
	}
	return o.app.Prompt().Confirm(ctx, fmt.Sprintf("%s %s automations (%d)?", verb, whose, len(rows)))
}
