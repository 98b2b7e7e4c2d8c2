package user

import (
	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

func subject() verb.Subject[models.User, view] { return subjectAs(viewOf) }

// subjectAs is a user shown with more than its row.
func subjectAs[V any](view func(models.User) V) verb.Subject[models.User, V] {
	return verb.Subject[models.User, V]{
		Desc: desc, Find: (*store.DB).FindUser, View: view,
		Name:     func(u models.User) string { return u.Email },
		Complete: func(a *app.App) flags.Names { return a.UserNames },
	}
}
