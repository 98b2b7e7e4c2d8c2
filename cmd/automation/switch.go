package automation

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

type switchOptions struct {
	user   string
	kind   string
	active bool
}

func newEnable(a *app.App) *cobra.Command {
	return newSwitch(a, true, verb.Words{
		Use: "enable [ID...]", Short: "Start automations",
		Long: `Makes automations active, and their status with them: those with these ids, or those of a user, a type, or both. What
--user and --type select is shown before anything happens. All are changed or, when one cannot be, none.`,
		Examples: []string{"axisor automation enable " + idExample, "axisor automation enable --user ana@example.com --type tp_sl --dry-run"},
		Exits: exits.Database(exits.OK("also when they are active already"), exits.NotFound(""),
			exits.Conflict("another of the same type is active on the account"), exits.On(clierr.Cancelled, "")),
	})
}

func newDisable(a *app.App) *cobra.Command {
	return newSwitch(a, false, verb.Words{
		Use: "disable [ID...]", Short: "Pause automations",
		Long: `Makes automations inactive and their status paused: those with these ids, or those of a user, a type, or both. What
--user and --type select is shown before anything happens. Positions on the exchange stay as they are.`,
		Examples: []string{"axisor automation disable " + idExample, "axisor automation disable --user ana@example.com --yes --reason 'asked by mail'"},
		Exits:    exits.Database(exits.OK("also when they are inactive already"), exits.NotFound(""), exits.On(clierr.Cancelled, "")),
	})
}

func newSwitch(a *app.App, active bool, w verb.Words) *cobra.Command {
	o := &switchOptions{active: active}
	return verb.Command{
		Words: w, Effect: flags.Write, Fields: output.Fields[view](),
		Flags: func(c *cobra.Command) {
			c.Flags().StringVar(&o.user, "user", "", "all of this `USER` (id, e-mail or username)")
			c.Flags().StringVar(&o.kind, "type", "", "all of this type (`SLUG`)")
			flags.CompleteLive(c, "user", a.UserNames)
			flags.Complete(c, "type", typeWords)
		},
		Check: func(call *verb.Call) error {
			if chosen := o.user != "" || o.kind != ""; chosen == (len(call.Args) > 0) {
				return clierr.Usagef("automation %s takes ids, or --user and --type", call.Cmd.Name()).
					WithHint("for example: axisor automation " + call.Cmd.Name() + " " + idExample)
			}
			return nil
		},
		Write: o.run,
	}.Build(a)
}

func (o *switchOptions) run(ctx context.Context, call *verb.Call, db *store.DB, svc *admin.Service) error {
	ids := call.Args
	if len(ids) == 0 {
		var err error
		if ids, err = o.choose(ctx, call, db); err != nil {
			return err
		}
	}
	changes, err := svc.SetAutomationsActive(ctx, call.Mode(), ids, o.active)
	if err != nil {
		return err
	}
	state := "active"
	if !o.active {
		state = "paused"
	}
	if len(call.Args) == 1 {
		return subject().PrintChange(call, changes[0], verb.Change[models.Automation]{
			Done: "automation %s is " + state, Would: "automation %s would be " + state, Already: "automation %s is " + state + " already",
		})
	}
	one := func(a models.Automation, result string, dryRun *bool) switchView {
		return switchView{viewOf(a), result, dryRun}
	}
	return verb.PrintMany(call, desc(), changes, one, "%d of %d automations are now "+state, "%d of %d automations would become "+state)
}

// switchView is one of several automations that were switched.
type switchView struct {
	view
	Result string `json:"result"`
	DryRun *bool  `json:"dry_run,omitempty"`
}

// choose collects the ids of what would change, and asks.
func (o *switchOptions) choose(ctx context.Context, call *verb.Call, db *store.DB) (ids []string, err error) {
	f := store.AutomationFilter{Active: new(!o.active)}
	whose := "everybody's"
	if o.user != "" {
		u, err := db.FindUser(ctx, o.user)
		if err != nil {
			return nil, err
		}
		f.UserID, whose = u.ID, u.Email+"'s"
	}
	if o.kind != "" {
		kind, err := db.FindAutomationType(ctx, o.kind)
		if err != nil {
			return nil, err
		}
		f.Type = kind.Slug
		whose += " " + kind.Slug
	}
	rows, err := db.ListAutomations(ctx, f, store.Page{All: true, Sort: "created_at"}).Collect()
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	if len(rows) == 0 || call.DryRun {
		return ids, nil
	}
	word := "pause"
	if o.active {
		word = "start"
	}
	const few = 20
	for i, r := range rows {
		if i == few {
			call.Print.Notice("  … and %d more", len(rows)-few)
			break
		}
		call.Print.Notice("  %s  %s  %s", r.ID, r.Type, viewOf(r).Status)
	}
	return ids, call.Prompt().Confirm(ctx, fmt.Sprintf("%s %s automations (%d)?", word, whose, len(rows)))
}
