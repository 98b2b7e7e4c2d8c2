package audit

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
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

type securityOptions struct {
	app             *app.App
	page            flags.Page
	span            flags.Range
	user, action    string
	failed, success bool
}

func newSecurityList(a *app.App) *cobra.Command {
	o := &securityOptions{app: a}
	sortable := []string{"created_at", "action"}
	c := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List security events, newest first",
		Long: `List security events, newest first.

Exit codes: 0, 2, 3 (no such user), 10, 11, 12.`,
		Example: "  axisor audit security list --failed --since 1d\n  axisor audit security list --user ana@example.com --action PASSWORD_CHANGED",
		Args:    flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if o.failed && o.success {
				return clierr.Usagef("--failed and --success exclude each other")
			}
			if err := o.page.Validate(sortable...); err != nil {
				return err
			}
			return runSecurityList(c.Context(), o)
		},
	}
	o.page.Register(c, sortable...)
	c.Flags().StringVar(&o.user, "user", "", "only what concerns this `USER`")
	c.Flags().StringVar(&o.action, "action", "", "only this `ACTION`, such as PASSWORD_CHANGED")
	c.Flags().BoolVar(&o.failed, "failed", false, "only what failed")
	c.Flags().BoolVar(&o.success, "success", false, "only what succeeded")
	o.span.Register(c)
	flags.CompleteLive(c, "user", a.UserNames)
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[securityView]())
	return c
}

func runSecurityList(ctx context.Context, o *securityOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	when, err := o.app.TimeRange(&o.span)
	if err != nil {
		return err
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	f := store.SecurityAuditFilter{Action: o.action, Created: when}
	if o.failed || o.success {
		f.Success = &o.success
	}
	if o.user != "" {
		u, err := db.FindUser(ctx, o.user)
		if errors.Is(err, store.ErrNotFound) {
			return clierr.From(o.app.Classify(err)).WithHint("events of a deleted user have lost their link; axisor audit list --user ID finds what was done")
		}
		if err != nil {
			return err
		}
		f.UserID = u.ID
	}
	list := db.ListSecurityAudit(ctx, f, store.Page(o.page))
	owner := func(v *securityView) *output.Ref { return v.UserID }
	return output.List(p, securityDesc(), app.Owned(ctx, p, db, list.Items, securityOf, owner), list.Next)
}
