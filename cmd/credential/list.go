package credential

import (
	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/store"
)

func newList(a *app.App) *cobra.Command {
	return verb.Keys(a, subject(), verb.KeysList[store.Credential]{
		Words: verb.Words{
			Short:    "List stored credentials",
			Long:     "Lists the older store of credentials, newest first, with the names of the fields. Values are not even read.",
			Examples: []string{"axisor credential list --user ana@example.com", "axisor credential list --all -o csv"},
		},
		Sort: []string{"created_at", "updated_at", "user_id", "last_test"},
		Rows: (*store.DB).ListCredentials,
	})
}
