package db

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

type roleView struct {
	Role            string `json:"role"`
	Exists          bool   `json:"exists"`
	Login           bool   `json:"login"`
	SeesAllRows     bool   `json:"sees_all_rows"`
	ReadableColumns int    `json:"readable_columns"`
	SecretColumns   int    `json:"secret_columns"` // readable ones that hold a secret; must be 0
}

func roleDesc() output.Desc {
	return output.Desc{Noun: "roles", ID: "role", Columns: []output.Column{
		{Field: "role"}, {Field: "exists"}, {Field: "login"}, {Field: "sees_all_rows"}, {Field: "readable_columns"}, {Field: "secret_columns"},
	}}
}

func roleViews(roles []store.Role) []roleView {
	views := make([]roleView, 0, len(roles))
	for _, r := range roles {
		views = append(views, roleView{
			Role: r.Name, Exists: r.Exists, Login: r.Login, SeesAllRows: r.BypassRLS, ReadableColumns: r.Columns, SecretColumns: r.Secrets,
		})
	}
	return views
}

func newRoles(a *app.App) *cobra.Command {
	c := reading(a, &cobra.Command{
		Use:   "roles",
		Short: "Show the roles of row security and of support",
		Long: `Shows the two roles beside the owner: authenticated, which sees the rows of the user in app.current_user_id, and
axisor_support, which reads the rows of everybody but no column with a password, hash, token or credential.

Exit codes: 11 without a database.`,
		Example: `  axisor db roles
  axisor db roles create`,
	}, output.Fields[roleView](), runRoles)
	c.AddCommand(newRolesCreate(a))
	return c
}

func runRoles(ctx context.Context, a *app.App, p *output.Printer) error {
	db, err := a.RawDB()
	if err != nil {
		return err
	}
	roles, err := db.Roles(ctx)
	if err != nil {
		return err
	}
	return output.Slice(p, roleDesc(), roleViews(roles))
}

func newRolesCreate(a *app.App) *cobra.Command {
	var w flags.Writes
	c := &cobra.Command{
		Use:   "create",
		Short: "Make both roles and set their grants",
		Long: `Makes the roles that are missing and sets their grants in this database to exactly what they need; run it again
after a migration that adds columns. Both are made without a login: grant them to a login role, or give one a
password with psql (\password), and SET ROLE. This login may read as a user afterwards (--as-user). A role that sees
all rows can be made by an administrator only; without that right axisor_support is left out.

Exit codes: 6 when the connecting role may not make roles, 7 when axisor_support was left out, 11 without a database, 12 when the schema is not this program's.`,
		Example: `  axisor db roles create --dry-run
  axisor db roles create`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := a.Printer()
			if err != nil {
				return err
			}
			s, err := a.Admin(c.Context())
			if err != nil {
				return err
			}
			done, err := s.CreateRoles(c.Context(), admin.Mode{DryRun: w.DryRun, Reason: a.Globals.Reason})
			if err != nil {
				return err
			}
			if err := output.Slice(p, roleDesc(), roleViews(done.After)); err != nil {
				return err
			}
			if w.DryRun && !p.Machine() {
				p.Notice("dry run: nothing was changed")
			}
			for _, r := range done.After {
				if !r.Exists {
					return clierr.New(clierr.Partial, "role_missing", "the role "+r.Name+" sees all rows, and this login may not make such a role",
						"as an administrator: CREATE ROLE "+r.Name+" NOLOGIN BYPASSRLS; then axisor db roles create again")
				}
			}
			return nil
		},
	}
	w.Register(c)
	flags.Fields(c, output.Fields[roleView]())
	return c
}
