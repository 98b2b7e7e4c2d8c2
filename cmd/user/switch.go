package user

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/admin"
)

type switchOptions struct {
	app         *app.App
	refs        []string
	active      bool
	endSessions bool
	writes      flags.Writes
}

func newEnable(a *app.App) *cobra.Command {
	return newSwitch(a, true, &cobra.Command{
		Use:   "enable USER...",
		Short: "Let users log in again",
		Long: `Enable users. With several, all are enabled or, when one does not exist, none.

Exit codes: 0 (also for users who are enabled), 2, 3 (no such user), 10, 11, 12.`,
		Example: "  axisor user enable ana@example.com\n  axisor user enable ana bob --reason 'paid'",
	})
}

func newDisable(a *app.App) *cobra.Command {
	return newSwitch(a, false, &cobra.Command{
		Use:   "disable USER...",
		Short: "Keep users from logging in",
		Long: `Disable users: they cannot log in, and nothing of theirs is deleted. Automations and the margin guard keep their
own switches. With several users, all are disabled or, when one does not exist, none.

Exit codes: 0 (also for users who are disabled), 2, 3 (no such user), 10, 11, 12.`,
		Example: "  axisor user disable ana@example.com --revoke-sessions --reason 'account taken over'\n  axisor user disable ana bob",
	})
}

func newSwitch(a *app.App, active bool, c *cobra.Command) *cobra.Command {
	o := &switchOptions{app: a, active: active}
	c.Args = flags.AtLeastOne("axisor user "+c.Name()+" "+userExample, "USER")
	c.ValidArgsFunction = flags.Live(a.UserNames, true)
	c.RunE = func(c *cobra.Command, args []string) error {
		o.refs = args
		return runSwitch(c.Context(), o)
	}
	if !active {
		c.Flags().BoolVar(&o.endSessions, "revoke-sessions", false, "end their sessions too")
	}
	o.writes.Register(c)
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
	changes, err := svc.SetUsersActive(ctx, o.app.Mode(o.writes.DryRun), o.refs, o.active, o.endSessions)
	if err != nil {
		return err
	}
	word := "enabled"
	if !o.active {
		word = "disabled"
	}
	if len(changes) == 1 {
		return printChange(p, changes[0], "user %s is "+word, "user %s would be "+word, "user %s is "+word+" already", "")
	}
	views := make([]switchView, 0, len(changes))
	changed := 0
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
	if err := output.Slice(p, desc(), views); err != nil {
		return err
	}
	if !p.Machine() {
		p.Notice("%s", dryWords(o.writes.DryRun, fmt.Sprintf("%d of %d users %s", changed, len(views), word)))
	}
	return nil
}

// switchView is one of several users that were switched.
type switchView struct {
	view
	Result string `json:"result"`
	DryRun *bool  `json:"dry_run,omitempty"`
}

// dryWords marks a sentence about something that was only tried.
func dryWords(dryRun bool, said string) string {
	if dryRun {
		return "dry run: " + said + "; nothing was changed"
	}
	return said
}
