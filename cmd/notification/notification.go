// Package notification holds the commands that look at the channels that users subscribed to. They only read.
package notification

import (
	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// New builds `axisor notification`.
func New(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "notification",
		Short: "Channels that users are notified on",
		Long:  `Channels that users are notified on. The web application makes them; here they are only looked at.`,
	}
	c.AddCommand(newList(a))
	return c
}

func newList(a *app.App) *cobra.Command {
	return verb.Activity(a, verb.ActivitySpec[models.Notification, view]{
		Noun:     "notification channels",
		Example:  "  axisor notification list --user ana@example.com\n  axisor notification list --type telegram -o csv",
		TypeFlag: "type", TypeHelp: "only this `CHANNEL`, such as telegram, email or whatsapp",
		Enabled:  true,
		Sortable: []string{"created_at", "updated_at", "type"},
		Desc:     desc, List: (*store.DB).ListNotifications, View: viewOf,
	})
}
