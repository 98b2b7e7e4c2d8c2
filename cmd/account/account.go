// Package account holds the commands for exchange accounts: several a user and exchange, of which one is
// active. It reads secrets from a file, standard input or the terminal and never prints one.
package account

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/store"
)

// New builds `axisor account`.
func New(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "account",
		Short: "Users' accounts on exchanges, with encrypted credentials",
		Long: `Accounts of users on exchanges. A user may have several, on one exchange or on many, and one of them is active:
the one that automations and the margin guard work with. Credential values are stored encrypted, field by
field, and no command here prints them.`,
	}
	c.AddCommand(list(a), show(a), newCreate(a), activate(a), deactivate(a), rename(a), remove(a), newTest(a), newCheck(a))
	return c
}

type change = verb.Change[store.Account]

func subject() verb.Subject[store.Account, view] {
	return verb.Subject[store.Account, view]{
		Desc: desc, Find: (*store.DB).FindAccount, View: viewOf,
		Name:     func(a store.Account) string { return a.AccountName },
		Complete: func(a *app.App) flags.Names { return a.AccountNames },
	}
}

func list(a *app.App) *cobra.Command {
	return verb.Keys(a, subject(), verb.KeysList[store.Account]{
		Words: verb.Words{
			Short: "List exchange accounts",
			Long:  "Lists exchange accounts, newest first, with the names of their credential fields. Values are not even read.",
			Examples: []string{
				"axisor account list --user ana@example.com",
				"axisor account list --active --exchange lnmarkets -o json",
				"axisor account list --all -o csv --columns id,user_id,account_name",
			},
		},
		Sort: []string{"created_at", "updated_at", "account_name", "user_id", "last_test"},
		Rows: (*store.DB).ListAccounts,
	})
}

func show(a *app.App) *cobra.Command {
	return subject().Show(a, verb.Words{
		Use:   "show ACCOUNT",
		Short: "Show one exchange account",
		Long:  `Shows one account, named by its id or as USER/NAME, with the names of its credential fields. Values are not read.`,
		Examples: []string{
			"axisor account show ana@example.com/Main",
			"axisor account show 6f1d2a34-5b6c-4d7e-8f90-a1b2c3d4e5f6 -o json",
		},
		Exits: exits.Database(exits.NotFound("no such account"), exits.Conflict("USER/NAME fits several")),
	}, nil)
}

func activate(a *app.App) *cobra.Command {
	return subject().Change(a, change{
		Words: verb.Words{
			Use:   "activate ACCOUNT",
			Short: "Make an account its user's active one",
			Long: `Makes an account (id, or USER/NAME) the one that automations and the margin guard work with. The user's other
accounts, on every exchange, are switched off in the same transaction.`,
			Examples: []string{"axisor account activate ana@example.com/Main", "axisor account activate ana/Main --dry-run -o json"},
			Exits:    exits.Database(exits.OK("also when it was active"), exits.NotFound(""), exits.Conflict("")),
		},
		Do: func(ctx context.Context, s *admin.Service, m admin.Mode, c *verb.Call) (admin.Change[store.Account], error) {
			return s.ActivateAccount(ctx, m, c.Args[0])
		},
		Done: "account %s is the user's active account", Would: "account %s would be the user's active account",
		Already: "account %s is the user's active account already",
		Next:    func(a store.Account) string { return "axisor account test " + a.ID },
	})
}

func deactivate(a *app.App) *cobra.Command {
	return subject().Change(a, change{
		Words: verb.Words{
			Use:   "deactivate ACCOUNT",
			Short: "Switch an account off",
			Long: `Switches an account (id, or USER/NAME) off. Without another active account the user's automations and margin guard
stand still.`,
			Examples: []string{"axisor account deactivate ana@example.com/Main --reason 'key was leaked'"},
			Exits:    exits.Database(exits.OK("also when it was off"), exits.NotFound(""), exits.Conflict("")),
		},
		Do: func(ctx context.Context, s *admin.Service, m admin.Mode, c *verb.Call) (admin.Change[store.Account], error) {
			return s.DeactivateAccount(ctx, m, c.Args[0])
		},
		Done: "account %s is off", Would: "account %s would be switched off", Already: "account %s is off already",
	})
}

func rename(a *app.App) *cobra.Command {
	return subject().Change(a, change{
		Words: verb.Words{
			Use:      "rename ACCOUNT NAME",
			Short:    "Give an account another name",
			Long:     `Gives an account (id, or USER/NAME) another name, which must be unique for the user on that exchange.`,
			Examples: []string{"axisor account rename ana@example.com/Main Trading"},
			Exits:    exits.Database(exits.OK("also when that is its name"), exits.NotFound(""), exits.Conflict("the name is taken")),
		},
		Check: func(call *verb.Call) error { return admin.CheckAccountName(call.Args[1]) },
		Do: func(ctx context.Context, s *admin.Service, m admin.Mode, c *verb.Call) (admin.Change[store.Account], error) {
			return s.RenameAccount(ctx, m, c.Args[0], c.Args[1])
		},
		Done: "the account is called %s", Would: "the account would be called %s", Already: "the account is called %s already",
	})
}

func remove(a *app.App) *cobra.Command {
	return subject().Change(a, change{
		Words: verb.Words{
			Use:   "delete ACCOUNT",
			Short: "Delete an account with its credentials",
			Long: `Deletes an account (id, or USER/NAME) with its credentials, after the name was typed. An account that an automation
refers to, even an inactive one, is not deleted. What the margin guard did for it stays on record.`,
			Examples: []string{"axisor account delete ana@example.com/Old", "axisor account delete ana/Old --yes --reason 'ticket 7'"},
			Exits:    exits.Destroys(exits.NotFound(""), exits.Conflict("automations use it")),
		},
		Aliases: []string{"rm"},
		Ask: func(a store.Account) (string, string) {
			return "delete account " + a.AccountName + " on " + a.ExchangeSlug + " and its credentials?", a.AccountName
		},
		Do: func(ctx context.Context, s *admin.Service, m admin.Mode, c *verb.Call) (admin.Change[store.Account], error) {
			return s.DeleteAccount(ctx, m, c.Args[0])
		},
		Done: "account %s is deleted", Would: "account %s would be deleted",
	})
}
