package audit

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/store"
)

type exportOptions struct {
	listOptions

	security bool
}

func newExport(a *app.App) *cobra.Command {
	o := &exportOptions{listOptions: listOptions{app: a}}
	c := &cobra.Command{
		Use:   "export",
		Short: "Write the whole trail to stdout, as csv unless -o says otherwise",
		Long: `Write the audit trail, or what the filters leave of it, oldest first, for an archive or an auditor. --security writes
the security events instead. Secrets are not part of either.

Exit codes: 0, 2, 3 (no such user), 10, 11, 12.`,
		Example: "  axisor audit export -o jsonl --until 365d | gzip > audit-old.jsonl.gz\n  axisor audit export --security --since 2026-01-01 > security.csv",
		Args:    flags.None(),
		RunE:    func(c *cobra.Command, _ []string) error { return runExport(c.Context(), o) },
	}
	c.Flags().StringVar(&o.user, "user", "", "only what concerns this `USER`")
	c.Flags().StringVar(&o.action, "action", "", "only this `ACTION`, such as user.create, or user. for all of users")
	c.Flags().StringVar(&o.resource, "resource", "", "only this `KIND` of thing, such as user")
	c.Flags().StringVar(&o.actor, "actor", "", "only what the operator `NAME` did, not with --security")
	c.Flags().BoolVar(&o.security, "security", false, "the security events instead of the changes")
	o.span.Register(c)
	flags.CompleteLive(c, "user", a.UserNames)
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[view]())
	flags.FieldsWith(c, "security", output.Fields[securityView]())
	return c
}

func runExport(ctx context.Context, o *exportOptions) error {
	if o.security && o.actor != "" {
		return clierr.Usagef("--actor is for changes and cannot be given with --security")
	}
	p, err := o.app.ExportPrinter()
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
	defer o.app.CountOutput("export audit trail")()
	filter := store.AuditFilter{Action: o.action, Resource: o.resource, Actor: o.actor, Created: when}
	if o.user != "" {
		if err := byUser(ctx, db, o.user, &filter); err != nil {
			return err
		}
	}
	csv, byServer := o.app.ServerCSV(p)
	csv.Clean = admin.Redact
	out, page := o.app.Streams.Out, store.Page{All: true, Sort: "created_at"}
	switch security := (store.SecurityAuditFilter{UserID: filter.UserID, Action: o.action, Created: when}); {
	case o.security && byServer:
		_, err = db.CopySecurityAudit(ctx, out, security, csv)
	case o.security:
		err = output.List(p, securityDesc(), output.Map(db.ListSecurityAudit(ctx, security, page).Items, securityOf), nil)
	case byServer:
		_, err = db.CopyAudit(ctx, out, filter, csv)
	default:
		err = output.List(p, desc(), output.Map(db.ListAudit(ctx, filter, page).Items, viewOf), nil)
	}
	return err
}
