package audit

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/store"
)

type exportOptions struct {
	filter   func(context.Context, *store.DB) (store.AuditFilter, error)
	security bool
}

func newExport(a *app.App) *cobra.Command {
	o := &exportOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "export", Short: "Write the whole trail to stdout, as csv unless -o says otherwise",
			Long: `Write the audit trail, or what the filters leave of it, oldest first, for an archive or an auditor. --security writes
the security events instead. Secrets are not part of either.`,
			Examples: []string{
				"axisor audit export -o jsonl --until 365d | gzip > audit-old.jsonl.gz",
				"axisor audit export --security --since 2026-01-01 > security.csv",
			},
			Exits: exits.Database(exits.NotFound("no such user")),
		},
		Fields:  output.Fields[view](),
		Printer: a.ExportPrinter,
		Flags: func(c *cobra.Command) {
			o.filter = filtered(a, c)
			c.Flags().Lookup("actor").Usage += ", not with --security"
			c.Flags().BoolVar(&o.security, "security", false, "the security events instead of the changes")
			flags.FieldsWith(c, "security", output.Fields[securityView]())
		},
		Check: func(call *verb.Call) error {
			if o.security && call.Given("actor") {
				return clierr.Usagef("--actor is for changes and cannot be given with --security")
			}
			return nil
		},
		Read: o.run,
	}.Build(a)
}

func (o *exportOptions) run(ctx context.Context, call *verb.Call, db *store.DB) error {
	p := call.Print
	filter, err := o.filter(ctx, db)
	if err != nil {
		return err
	}
	defer call.CountOutput("export audit trail")()
	csv, byServer := call.ServerCSV(p)
	csv.Clean = admin.Redact
	out, page := call.Streams.Out, store.Page{All: true, Sort: "created_at"}
	switch security := (store.SecurityAuditFilter{UserID: filter.UserID, Action: filter.Action, Created: filter.Created}); {
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
