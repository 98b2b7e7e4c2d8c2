package account

import (
	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/store"
)

func newList(a *app.App) *cobra.Command {
	return verb.Keys(a, verb.KeysSpec[store.Account, view]{
		Short: "List exchange accounts",
		Long:  "Lists exchange accounts, newest first, with the names of their credential fields. Values are not even read.",
		Example: `  axisor account list --user ana@example.com
  axisor account list --active --exchange lnmarkets -o json
  axisor account list --all -o csv --columns id,user_id,account_name`,
		Sortable: []string{"created_at", "updated_at", "account_name", "user_id", "last_test"},
		Desc:     desc, List: (*store.DB).ListAccounts, View: viewOf,
	})
}
