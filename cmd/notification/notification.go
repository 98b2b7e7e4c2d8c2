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
	c.AddCommand(list(a))
	return c
}

func list(a *app.App) *cobra.Command {
	return verb.Activity(a, verb.Subject[models.Notification, view]{Desc: desc, View: viewOf}, verb.ActivityList[models.Notification]{
		Noun:     "notification channels",
		Examples: []string{"axisor notification list --user ana@example.com", "axisor notification list --type telegram -o csv"},
		TypeFlag: "type", TypeHelp: "only this `CHANNEL`, such as telegram, email or whatsapp",
		Enabled: true,
		Sort:    []string{"created_at", "updated_at", "type"},
		Rows:    (*store.DB).ListNotifications,
	})
}
