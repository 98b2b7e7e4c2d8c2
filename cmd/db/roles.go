package db

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
	return verb.Command{
		Words: verb.Words{
			Use: "roles", Short: "Show the roles of row security and of support",
			Long: `Shows the two roles beside the owner: authenticated, which sees the rows of the user in app.current_user_id, and
axisor_support, which reads the rows of everybody but no column with a password, hash, token or credential.`,
			Examples: []string{"axisor db roles", "axisor db roles create"},
			Exits:    unreachable(),
		},
		Fields: output.Fields[roleView](),
		Flags:  func(c *cobra.Command) { c.AddCommand(newRolesCreate(a)) },
		Server: func(ctx context.Context, call *verb.Call, db *store.DB) error {
			roles, err := db.Roles(ctx)
			if err != nil {
				return err
			}
			return output.Slice(call.Print, roleDesc(), roleViews(roles))
		},
	}.Build(a)
}

func newRolesCreate(a *app.App) *cobra.Command {
	return verb.Command{
		Words: verb.Words{
			Use: "create", Short: "Make both roles and set their grants",
			Long: `Makes the roles that are missing and sets their grants in this database to exactly what they need; run it again
after a migration that adds columns. Both are made without a login: grant them to a login role, or give one a
password with psql (\password), and SET ROLE. This login may read as a user afterwards (--as-user). A role that sees
all rows can be made by an administrator only; without that right axisor_support is left out.`,
			Examples: []string{"axisor db roles create --dry-run", "axisor db roles create"},
			Exits: exits.Database(exits.On(clierr.Denied, "the connecting role may not make roles"),
				exits.On(clierr.Partial, "axisor_support was left out")),
		},
		Effect: flags.Write, Fields: output.Fields[roleView](), Write: createRoles,
	}.Build(a)
}

func createRoles(ctx context.Context, call *verb.Call, _ *store.DB, svc *admin.Service) error {
	done, err := svc.CreateRoles(ctx, call.Mode())
	if err != nil {
		return err
	}
	if err := output.Slice(call.Print, roleDesc(), roleViews(done.After)); err != nil {
		return err
	}
	if call.DryRun && !call.Print.Machine() {
		call.Print.Notice("dry run: nothing was changed")
	}
	for _, r := range done.After {
		if !r.Exists {
			return clierr.New(clierr.Partial, "role_missing", "the role "+r.Name+" sees all rows, and this login may not make such a role",
				"as an administrator: CREATE ROLE "+r.Name+" NOLOGIN BYPASSRLS; then axisor db roles create again")
		}
	}
	return nil
}
