package user

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/limits"
)

type showOptions struct {
	app *app.App
	ref string
}

func newShow(a *app.App) *cobra.Command {
	o := &showOptions{app: a}
	c := &cobra.Command{
		Use:     "show USER",
		Aliases: []string{"get"},
		Short:   "Show everything about one user",
		Long: `Show one user: profile, plan and what is used of its limits, exchange accounts, automations, margin guard, the
last payments and trades, and the sessions. Secrets and tokens are not read.

Exit codes: 0, 2, 3 (no such user), 10, 11, 12.`,
		Example:           "  axisor user show ana@example.com\n  axisor user show ana -o json --jq .usage",
		Args:              flags.Exactly("axisor user show ana@example.com", "USER"),
		ValidArgsFunction: flags.Live(a.UserNames, false),
		RunE: func(c *cobra.Command, args []string) error {
			o.ref = args[0]
			return runShow(c.Context(), o)
		},
	}
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[profileView]())
	return c
}

func runShow(ctx context.Context, o *showOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	u, err := db.FindUser(ctx, o.ref)
	if err != nil {
		return err
	}
	profile, err := db.Profile(ctx, u)
	if err != nil {
		return err
	}
	v := profileOf(profile)
	now := o.app.Now()
	return output.One(p, desc(), v, func(d *output.Doc) { v.write(d, now, o.app.Streams.OutTerminal()) })
}

// write lays the profile out for a person, what matters in a support case first.
func (v profileView) write(d *output.Doc, now time.Time, terminal bool) {
	d.Section("user", v.Username)
	d.Field("id", v.ID)
	d.Field("email", v.Email)
	d.Field("plan", v.PlanType)
	d.Field("active", v.IsActive)
	d.Field("email verified", v.EmailVerified)
	d.Field("password", v.HasPassword)
	d.Field("two-factor", v.TwoFactorEnabled)
	d.Field("login attempts", v.LoginAttempts)
	d.Field("locked until", v.LockedUntil)
	d.Field("last login", v.LastLoginAt)
	d.Field("last login ip", v.LastLoginIP)
	d.Field("social provider", v.SocialProvider)
	d.Field("preferences", v.Preferences)
	d.Field("created", v.CreatedAt)
	d.Field("updated", v.UpdatedAt)
	if v.LockedUntil != nil && time.Time(*v.LockedUntil).After(now) {
		d.Line(streams.Warn, "locked out now")
	}
	if !v.IsActive {
		d.Line(streams.Warn, "disabled")
	}
	d.Section("plan limits")
	if v.Plan == nil {
		d.Line(streams.Warn, "there is no plan %q; the defaults apply", v.PlanType)
	}
	limits.Write(d, v.Usage, terminal)
	d.Section("exchange accounts")
	output.TableOf(d, accountDesc(), v.Accounts)
	d.Section("automations")
	output.TableOf(d, automationDesc(), v.Automations)
	d.Section("margin guard")
	if g := v.Guard; g == nil {
		d.Line(streams.Muted, "not configured")
	} else {
		d.Field("active", g.IsActive)
		d.Field("mode", g.Mode)
		d.Field("threshold %", g.MarginThreshold)
		d.Field("add %", g.AddMarginPercentage)
		d.Field("positions", g.SelectedPositions)
		d.Field("individual", g.IndividualConfigs)
	}
	d.Section("last payments")
	output.TableOf(d, paymentDesc(), v.Payments)
	d.Section("last trades")
	output.TableOf(d, tradeDesc(), v.Trades)
	d.Section("sessions")
	output.TableOf(d, sessionDesc(), v.Sessions)
}
