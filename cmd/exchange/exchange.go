// Package exchange holds the commands on exchanges, the venues that users connect accounts of.
package exchange

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// New builds `axisor exchange`.
func New(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "exchange",
		Short: "Exchanges that accounts belong to",
		Long:  "Exchanges that users connect accounts of, with the credential fields each of them asks for.",
	}
	c.AddCommand(list(a), show(a), create(a), update(a), enable(a), disable(a), remove(a), newCredentialType(a))
	return c
}

type change = verb.Change[models.Exchange]

type changed = admin.Change[models.Exchange]

func subject() verb.Subject[models.Exchange, view] {
	return verb.Subject[models.Exchange, view]{
		Desc: desc, Find: (*store.DB).FindExchange,
		Views: func(ctx context.Context, db *store.DB) (func(models.Exchange) view, error) {
			types, err := db.CredentialTypesByExchange(ctx)
			return func(e models.Exchange) view { return viewOf(e, types[e.ID]) }, err
		},
		Name:     func(e models.Exchange) string { return e.Slug },
		Complete: func(a *app.App) flags.Names { return a.ExchangeNames },
	}
}

func list(a *app.App) *cobra.Command {
	return subject().List(a, verb.List[models.Exchange]{
		Words: verb.Words{
			Short: "List exchanges", Long: "List exchanges with the names of the credential fields each of them asks for.",
			Examples: []string{"axisor exchange list", "axisor exchange list -o json --jq '.items[].slug'"}, Exits: exits.Database(),
		},
		Sort: []string{"name", "slug", "created_at", "updated_at"},
		Filter: func(_ *app.App, c *cobra.Command) verb.Query[models.Exchange] {
			var active flags.Active
			var filter store.ExchangeFilter
			active.Register(c)
			c.Flags().StringVar(&filter.Search, "search", "", "only with this `TEXT` in the name or slug")
			return func(ctx context.Context, db *store.DB, page store.Page) (l store.List[models.Exchange], err error) {
				if filter.Active, err = active.Chosen(); err != nil {
					return l, err
				}
				return db.ListExchanges(ctx, filter, page), nil
			}
		},
	})
}

func show(a *app.App) *cobra.Command {
	return subject().Show(a, verb.Words{
		Use: "show EXCHANGE", Short: "Show one exchange",
		Long: `Shows an exchange (slug, name or id) with the names of the credential fields it asks for. lnmarkets and ln-markets
are the same exchange.`,
		Examples: []string{"axisor exchange show lnmarkets"}, Exits: exits.Database(exits.NotFound("no such exchange")),
	}, nil)
}

func create(a *app.App) *cobra.Command {
	const example = "axisor exchange create --slug kraken --name Kraken"
	var f fieldFlags
	var in admin.ExchangeInput
	var exists bool
	return subject().Change(a, change{
		Words: verb.Words{
			Use: "create", Short: "Add an exchange",
			Long: `Adds an exchange that users can have accounts on. Its credential fields are added one by one afterwards, with
"axisor exchange credential-type add". axisor itself speaks only to LN Markets; for others it stores credentials.`,
			Examples: []string{example + " --website https://www.kraken.com", example + " --if-not-exists -o json"},
			Exits:    exits.Database(exits.Conflict("the slug or the name is taken")), Needs: []string{"slug", "name"},
		},
		Create: true,
		Flags: func(c *cobra.Command) {
			f.register(c)
			c.Flags().BoolVar(&exists, "if-not-exists", false, "an exchange with this slug is fine as it is")
		},
		Check: func(call *verb.Call) error {
			in = f.input(call.Cmd)
			in.IfNotExists = exists
			return in.Check()
		},
		Do: func(ctx context.Context, s *admin.Service, m admin.Mode, _ *verb.Call) (changed, error) {
			return s.CreateExchange(ctx, m, in)
		},
		Done: "exchange %s is added", Would: "exchange %s would be added", Already: "exchange %s exists already",
		Next: func(e models.Exchange) string {
			return "axisor exchange credential-type add " + e.Slug + " api_key --name 'API Key'"
		},
	})
}

func update(a *app.App) *cobra.Command {
	const example = "axisor exchange update lnmarkets --api-version v3"
	var f fieldFlags
	var in admin.ExchangeInput
	return subject().Change(a, change{
		Words: verb.Words{
			Use: "update EXCHANGE", Short: "Change an exchange",
			Long: `Changes the given fields of an exchange (slug, name or id); --clear empties optional ones. LN Markets has to have API
version v3: v2 was switched off on 31 March 2026.`,
			Examples: []string{example, "axisor exchange update ln-markets --slug lnmarkets", "axisor exchange update kraken --clear website,logo-url"},
			Exits: exits.Database(exits.OK("also when nothing had to change"), exits.NotFound(""),
				exits.Conflict("the slug or the name is taken")),
		},
		Flags: func(c *cobra.Command) {
			f.register(c)
			f.clear.Register(c, "api-version", "website", "description", "logo-url")
		},
		Check: func(call *verb.Call) error {
			if err := f.clear.Validate(call.Cmd); err != nil {
				return err
			}
			if in = f.input(call.Cmd); in == (admin.ExchangeInput{}) {
				return clierr.Usagef("exchange update needs something to change").WithHint("for example: " + example)
			}
			return in.Check()
		},
		Do: func(ctx context.Context, s *admin.Service, m admin.Mode, c *verb.Call) (changed, error) {
			return s.UpdateExchange(ctx, m, c.Args[0], in)
		},
		Done: "exchange %s is updated", Would: "exchange %s would be updated", Already: "exchange %s is like that already",
	})
}

func enable(a *app.App) *cobra.Command {
	return switched(a, true, change{
		Words: verb.Words{
			Use: "enable EXCHANGE", Short: "Let users have new accounts on an exchange", Long: "Makes an exchange (slug, name or id) active.",
			Examples: []string{"axisor exchange enable lnmarkets"},
		},
		Done: "exchange %s is active", Would: "exchange %s would be active", Already: "exchange %s is active already",
	})
}

func disable(a *app.App) *cobra.Command {
	return switched(a, false, change{
		Words: verb.Words{
			Use: "disable EXCHANGE", Short: "Keep users from having new accounts on an exchange",
			Long:     "Makes an exchange (slug, name or id) inactive: no new accounts on it. Existing accounts stay as they are.",
			Examples: []string{"axisor exchange disable kraken --reason 'closed on 1 May'"},
		},
		Done: "exchange %s is inactive", Would: "exchange %s would be inactive", Already: "exchange %s is inactive already",
	})
}

func switched(a *app.App, active bool, ch change) *cobra.Command {
	ch.Exits = exits.Database(exits.OK("also when it is so already"), exits.NotFound(""))
	ch.Do = func(ctx context.Context, s *admin.Service, m admin.Mode, c *verb.Call) (changed, error) {
		return s.UpdateExchange(ctx, m, c.Args[0], admin.ExchangeInput{Active: &active})
	}
	return subject().Change(a, ch)
}

func remove(a *app.App) *cobra.Command {
	return subject().Change(a, change{
		Words: verb.Words{
			Use: "delete EXCHANGE", Short: "Delete an exchange that nobody uses",
			Long: `Deletes an exchange (slug, name or id) with its credential fields, after its slug was typed. An exchange on which
users have accounts or credentials is not deleted, because the database would delete those with it.`,
			Examples: []string{"axisor exchange delete kraken", "axisor exchange delete kraken --yes -o json"},
			Exits:    exits.Destroys(exits.NotFound(""), exits.Conflict("it is used")),
		},
		Aliases: []string{"rm"},
		Ask: func(e models.Exchange) (string, string) {
			return "delete exchange " + e.Name + " and its credential fields?", e.Slug
		},
		Do: func(ctx context.Context, s *admin.Service, m admin.Mode, c *verb.Call) (changed, error) {
			done, _, err := s.DeleteExchange(ctx, m, c.Args[0])
			return done, err
		},
		Done: "exchange %s is deleted with its credential fields", Would: "exchange %s would be deleted with its credential fields",
	})
}
