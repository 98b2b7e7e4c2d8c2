package audit

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// securityView is what the world sees of a security event.
type securityView struct {
	ID        string       `json:"id"`
	UserID    *output.Ref  `json:"user_id"`
	Action    string       `json:"action"`
	Resource  *string      `json:"resource"`
	IPAddress *string      `json:"ip_address"`
	UserAgent *string      `json:"user_agent"`
	Success   bool         `json:"success"`
	Details   *models.JSON `json:"details"`
	CreatedAt output.Time  `json:"created_at"`
}

func securityDesc() output.Desc {
	return output.Desc{Noun: "security events", ID: "id", Columns: []output.Column{
		{Field: "created_at", Header: "WHEN"},
		{Field: "action"},
		{Field: "success"},
		{Field: "user_id", Header: "USER", Format: output.Name},
		{Field: "ip_address", Drop: 2},
		{Field: "details", Header: "BY", Format: actor},
		{Field: "id", Drop: 1},
	}}
}

func securityOf(r models.SecurityAuditLog) securityView {
	return securityView{
		ID: r.ID, UserID: output.RefTo(r.UserID), Action: r.Action, Resource: r.Resource, IPAddress: r.IPAddress, UserAgent: r.UserAgent,
		Success: r.Success == nil || *r.Success, Details: values(r.Details), CreatedAt: output.At(r.CreatedAt),
	}
}

func newSecurity(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use: "security", Short: "Security events: passwords, two-factor, sessions, credentials, plans",
		Long: `Security events, of this tool and of the web application: what touches how somebody gets in, or what they may do.`,
	}
	c.AddCommand(newSecurityList(a))
	return c
}

func newSecurityList(a *app.App) *cobra.Command {
	subject := verb.Subject[models.SecurityAuditLog, securityView]{
		Desc: securityDesc, View: securityOf, Owner: func(v *securityView) *output.Ref { return v.UserID },
	}
	return subject.List(a, verb.List[models.SecurityAuditLog]{
		Words: verb.Words{
			Short: "List security events, newest first",
			Examples: []string{
				"axisor audit security list --failed --since 1d", "axisor audit security list --user ana@example.com --action PASSWORD_CHANGED",
			},
			Exits: exits.Database(exits.NotFound("no such user")), Excludes: [][]string{{"failed", "success"}},
		},
		Sort:   []string{"created_at", "action"},
		Filter: verb.Filtered(securityFiltered, (*store.DB).ListSecurityAudit),
	})
}

func securityFiltered(a *app.App, c *cobra.Command) func(context.Context, *store.DB) (store.SecurityAuditFilter, error) {
	var (
		span            flags.Range
		user            verb.UserFlag
		failed, success bool
		f               store.SecurityAuditFilter
	)
	user.Register(a, c, "only what concerns this `USER`")
	c.Flags().StringVar(&f.Action, "action", "", "only this `ACTION`, such as PASSWORD_CHANGED")
	c.Flags().BoolVar(&failed, "failed", false, "only what failed")
	c.Flags().BoolVar(&success, "success", false, "only what succeeded")
	span.Register(c)
	return func(ctx context.Context, _ *store.DB) (_ store.SecurityAuditFilter, err error) {
		if failed || success {
			f.Success = &success
		}
		if f.Created, err = a.TimeRange(&span); err != nil {
			return f, err
		}
		if f.UserID, err = user.ID(ctx, a); errors.Is(err, store.ErrNotFound) {
			return f, clierr.From(a.Classify(err)).WithHint("events of a deleted user have lost their link; axisor audit list --user ID finds what was done")
		}
		return f, err
	}
}
