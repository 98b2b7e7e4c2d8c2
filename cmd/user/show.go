package user

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/limits"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/store"
)

func newShow(a *app.App) *cobra.Command {
	return verb.Subject[store.Profile, profileView]{
		Desc: desc, View: profileOf, Complete: func(a *app.App) flags.Names { return a.UserNames },
		Find: func(db *store.DB, ctx context.Context, ref string) (store.Profile, error) {
			u, err := db.FindUser(ctx, ref)
			if err != nil {
				return store.Profile{}, err
			}
			return db.Profile(ctx, u)
		},
	}.Show(a, verb.Words{
		Use: "show USER", Short: "Show everything about one user",
		Long: `Show one user: profile, plan and what is used of its limits, exchange accounts, automations, margin guard, the
last payments and trades, and the sessions. Secrets and tokens are not read.`,
		Examples: []string{"axisor user show ana@example.com", "axisor user show ana -o json --jq .usage"},
		Exits:    exits.Database(exits.NotFound("no such user")),
	}, func(v profileView, d *output.Doc) { v.write(d, a.Now(), a.Streams.OutTerminal()) })
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
