// Package credential holds the commands on stored credentials: the older store with one row per user and exchange,
// and the encryption of everything that both stores hold. Only `show --reveal` prints a value.
package credential

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/store"
)

// New builds `axisor credential`.
func New(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "credential",
		Short: "Stored exchange credentials and their encryption",
		Long: `The older store of exchange credentials, one per user and exchange. Trading uses accounts (see "axisor account");
"credential check" and "credential rekey" look after the values of both.

CREDENTIAL is an id, or a user (id, e-mail or username) together with --exchange when the user has several.`,
	}
	c.AddCommand(newList(a), newShow(a), newSet(a), newTest(a), newEnable(a), newDisable(a),
		newDelete(a), newCheck(a), newRekey(a))
	return c
}

// target names one row of the older store.
type target struct {
	ref      string
	exchange string
}

func (t *target) register(c *cobra.Command, a *app.App) {
	c.Flags().StringVar(&t.exchange, "exchange", "", "which of the user's credentials, by the exchange's `SLUG`")
	flags.CompleteLive(c, "exchange", a.ExchangeNames)
	c.ValidArgsFunction = flags.Live(a.UserNames, false)
}

func (t *target) find(ctx context.Context, a *app.App) (store.Credential, error) {
	db, err := a.DB(ctx)
	if err != nil {
		return store.Credential{}, err
	}
	row, err := db.FindCredential(ctx, t.ref, t.exchange)
	var missing *store.NotFoundError
	if errors.As(err, &missing) && missing.Kind == "credential" {
		return row, clierr.New(clierr.NotFound, "credential_not_found", fmt.Sprintf("no credentials of %q", t.ref),
			"axisor credential set "+t.ref+" --exchange lnmarkets", "trading uses accounts: axisor account list --user "+t.ref).WithCause(err)
	}
	return row, err
}

func subject() verb.Subject[store.Credential, view] {
	return verb.Subject[store.Credential, view]{
		Desc: desc, View: viewOf, Name: func(c store.Credential) string { return c.ExchangeSlug },
	}
}

// change writes the row that the argument names.
func (t *target) change(do func(context.Context, *admin.Service, admin.Mode, string) (admin.Change[store.Credential], error)) doing {
	return func(ctx context.Context, s *admin.Service, m admin.Mode, call *verb.Call) (admin.Change[store.Credential], error) {
		t.ref = call.Args[0]
		row, err := t.find(ctx, call.App)
		if err != nil {
			return admin.Change[store.Credential]{}, err
		}
		return do(ctx, s, m, row.ID)
	}
}

type doing = func(context.Context, *admin.Service, admin.Mode, *verb.Call) (admin.Change[store.Credential], error)
