package user

import (
	"fmt"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// userExample is the user in the examples of errors.
const userExample = "ana@example.com"

func subject() verb.Subject[models.User, view] {
	return verb.Subject[models.User, view]{
		Desc: desc, Find: (*store.DB).FindUser, View: viewOf,
		Name:     func(u models.User) string { return u.Email },
		Complete: func(a *app.App) flags.Names { return a.UserNames },
	}
}

// printChange prints a user as it now is and says which of the sentences is true.
func printChange(p *output.Printer, c admin.Change[models.User], done, would, already, next string) error {
	fill := func(sentence string) string { return fmt.Sprintf(sentence, c.After.Email) }
	return output.Change(p, desc(), viewOf(*c.After), output.ChangeInfo{
		Result: c.Status, DryRun: c.DryRun, Next: next, Say: output.Say{Done: fill(done), Would: fill(would), Already: fill(already)},
	})
}
